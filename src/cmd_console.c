/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A visit to a console of a VM that runs elsewhere: bytes go both ways between this
 * terminal and the stream that the VM's control socket becomes. One thread, one loop.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/terminal.h"
#include "host/tls_call.h"
#include "src/cmd.h"
#include "src/cmd_client.h"
#include "src/cmd_tls.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "src/vm_client.h"

#define CHUNK_BYTES 4096u

/* What one side has said and the other has not taken yet. */
struct chunk {
	char bytes[CHUNK_BYTES];
	size_t at;
	size_t count;
};

struct visit {
	struct loop *loop;
	struct terminal *terminal;
	struct terminal_user user;
	struct loop_fd watch; /* the VM's stream */
	struct chunk from_vm;
	struct chunk to_vm;
	bool ended; /* the VM, or its interest in us */
};

/* ---- both directions -------------------------------------------------------------- */

static void update_events(struct visit *visit)
{
	uint32_t events = (visit->from_vm.count ? 0 : EPOLLIN) |
			  (visit->to_vm.count ? EPOLLOUT : 0);

	if (visit->watch.loop)
		loop_fd_modify(&visit->watch, events);
}

static void leave(void *leave_data)
{
	loop_stop(((struct visit *)leave_data)->loop);
}

static void show(struct visit *visit)
{
	struct chunk *chunk = &visit->from_vm;
	size_t taken =
		terminal_write(visit->terminal, chunk->bytes + chunk->at, chunk->count);

	chunk->at += taken;
	chunk->count -= taken;
	update_events(visit);
}

/* What does not go now, goes when the stream is writable. */
static void forward(struct visit *visit)
{
	struct chunk *chunk = &visit->to_vm;

	for (;;) {
		ssize_t n;

		if (!chunk->count) {
			chunk->at = 0;
			chunk->count = terminal_read(
				visit->terminal, chunk->bytes, sizeof(chunk->bytes));
		}
		if (!chunk->count)
			break;
		n = send(visit->watch.fd, chunk->bytes + chunk->at, chunk->count,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			chunk->count = 0; /* its end is about to be read */
		if (n < 0)
			break;
		chunk->at += (size_t)n;
		chunk->count -= (size_t)n;
	}
	update_events(visit);
}

static void stream_ready(struct loop_fd *watch, uint32_t events)
{
	struct visit *visit = container_of(watch, struct visit, watch);
	struct chunk *chunk = &visit->from_vm;
	ssize_t n;

	if (events & EPOLLOUT)
		forward(visit);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || chunk->count)
		return;
	n = recv(watch->fd, chunk->bytes, sizeof(chunk->bytes), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		visit->ended = true;
		leave(visit);
		return;
	}
	chunk->at = 0;
	chunk->count = (size_t)n;
	show(visit);
}

/* ---- the terminal's events -------------------------------------------------------- */

static struct visit *visit_of(struct terminal_user *user)
{
	return container_of(user, struct visit, user);
}

static void terminal_readable(struct terminal_user *user)
{
	forward(visit_of(user));
}

static void terminal_writable(struct terminal_user *user)
{
	show(visit_of(user));
}

static void terminal_resized(struct terminal_user *user)
{
}

/* A reader that is only slow comes back, one that has gone does not. */
static void terminal_attached(struct terminal_user *user)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	if (!terminal_is_attached(visit_of(user)->terminal) && poll(&out, 1, 0) == 1 &&
		out.revents & (POLLERR | POLLHUP))
		leave(visit_of(user));
}

static const struct terminal_events terminal_events = {
	.readable = terminal_readable,
	.writable = terminal_writable,
	.resized = terminal_resized,
	.attached = terminal_attached,
};

/* ---- the two kinds of visit ------------------------------------------------------- */

static int run_visit(struct visit *visit, struct error *err)
{
	int code = loop_create(&visit->loop, err);

	if (code)
		return code;
	code = terminal_stdio_visit(visit->loop, leave, visit, &visit->terminal, err);
	if (code)
		return code;
	visit->user.events = &terminal_events;
	terminal_set_user(visit->terminal, &visit->user);
	visit->watch.events = EPOLLIN;
	visit->watch.ready = stream_ready;
	code = loop_fd_add(visit->loop, &visit->watch);
	if (code)
		return error_set(err, code, NULL, "console: %s", strerror(-code));
	show(visit);
	return loop_run(visit->loop);
}

static int interact(
	const struct cmd_target *target, int fd, const char *rest, size_t bytes)
{
	struct visit visit = {.watch = {.fd = fd}};
	struct error err = {.text = ""};
	int code;

	memcpy(visit.from_vm.bytes, rest, bytes);
	visit.from_vm.count = bytes;
	cmd_restore_terminal(true);
	code = run_visit(&visit, &err);
	loop_fd_remove(&visit.watch);
	terminal_destroy(visit.terminal);
	loop_destroy(visit.loop);
	if (code) {
		cmd_print_error(&err);
		return EXIT_HOST_FAILED;
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\nbonsai: %s %s\n", cmd_target_name(target),
			visit.ended ? "has ended" : "runs on");
	return 0;
}

static int write_all(const char *bytes, size_t count)
{
	while (count) {
		ssize_t n = write(STDOUT_FILENO, bytes, count);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			count -= (size_t)n;
		}
	}
	return 0;
}

/* Reads nothing of this terminal, which stays as it is: Ctrl-C ends it. */
static int watch_only(int fd, const char *rest, size_t bytes)
{
	char chunk[CHUNK_BYTES];
	ssize_t n = 1;
	int code = write_all(rest, bytes);

	while (!code && n > 0) {
		n = recv(fd, chunk, sizeof(chunk), 0);
		if (n > 0)
			code = write_all(chunk, (size_t)n);
	}
	if (!code || code == -EPIPE)
		return 0;
	fprintf(stderr, "bonsai: cannot write to standard output: %s\n", strerror(-code));
	return EXIT_HOST_FAILED;
}

/* Its first console, else its serial port. An exit status. */
static int choose(const struct cmd_target *target, struct vm_client *client,
	char ret[CONFIG_NAME_CHARS + 1])
{
	json_t *answer = NULL;
	json_t *entry;
	size_t index;
	int status = cmd_client_ask(target, client, "query-chardev", NULL, &answer);

	snprintf(ret, CONFIG_NAME_CHARS + 1, "%s", CONFIG_UART_NAME);
	json_array_foreach(answer, index, entry)
	{
		const char *label = json_string_value(json_object_get(entry, "label"));

		if (!label || !strcmp(label, CONFIG_UART_NAME))
			continue;
		snprintf(ret, CONFIG_NAME_CHARS + 1, "%s", label);
		break;
	}
	json_decref(answer);
	return status;
}

/* A console's own port, which says nothing but what the guest does. */
static int visit_port(
	const struct cmd_target *target, const struct cmd_tls_place *place, bool watch)
{
	struct error err = {.text = ""};
	struct tls_call *call;
	const char *fault;
	int status;
	int fd;

	if (cmd_tls_call(target, place, &call, &fd, &err)) {
		cmd_print_error(&err);
		return EXIT_HOST_FAILED;
	}
	status = watch ? watch_only(fd, "", 0) : interact(target, fd, "", 0);
	close(fd);
	fault = tls_call_fault(call);
	if (fault) {
		fprintf(stderr, "bonsai: TLS: %s port %s %s\n", place->host, place->port,
			fault);
		status = EXIT_HOST_FAILED;
	}
	tls_call_close(call);
	return status;
}

/* device NULL: whichever suits. */
static int visit_vm(const struct cmd_target *target, const char *device, bool watch)
{
	struct vm_client *client = NULL;
	char chosen[CONFIG_NAME_CHARS + 1];
	const char *rest = NULL;
	size_t bytes = 0;
	int status = cmd_client_open(target, &client);
	int fd;

	if (!status && !device) {
		status = choose(target, client, chosen);
		device = chosen;
	}
	if (!status)
		status = cmd_client_ask(target, client, "bonsai-console",
			json_pack("{s:s, s:s}", "device", device, "mode",
				watch ? "ro" : "rw"),
			NULL);
	if (!status) {
		fd = vm_client_stream(client, &rest, &bytes);
		status = watch ? watch_only(fd, rest, bytes)
			       : interact(target, fd, rest, bytes);
	}
	vm_client_close(client);
	return status;
}

/* Where the VM is on another machine; the name behind the slash is the device's. */
static int visit_place(
	struct cmd_target *target, const char *text, const char *device, bool watch)
{
	struct error err = {.text = ""};
	struct cmd_tls_place place;

	if (cmd_tls_read_place(text, &place, &err)) {
		cmd_print_error(&err);
		return EXIT_USAGE;
	}
	target->socket = text;
	if (!place.device && !device)
		return visit_port(target, &place, watch);
	if (place.device && *place.device && device) {
		fprintf(stderr, "bonsai: both %s and %s, write one of them\n",
			place.device, device);
		return EXIT_USAGE;
	}
	if (place.device && *place.device)
		device = place.device;
	return visit_vm(target, device, watch);
}

int cmd_console(int argc, char **argv)
{
	struct cmd_target target = {.name = NULL};
	const char *watch = NULL;
	const char *uart = NULL;
	const char *words[2] = {NULL, NULL};
	const struct cmd_option options[] = {CMD_OPTIONS_TARGET(&target),
		{"--watch", NULL, &watch}, {"--uart", NULL, &uart}, {NULL}};
	const char *device;
	int status = cmd_options_parse(argv, options, "NAME [DEVICE]", words, 2);

	if (status)
		return status;
	target.name = target.socket && !words[1] ? NULL : words[0];
	device = target.socket && !words[1] ? words[0] : words[1];
	if (uart && device) {
		fprintf(stderr, "bonsai: both --uart and %s, write one of them\n",
			device);
		return EXIT_USAGE;
	}
	if (uart)
		device = CONFIG_UART_NAME;
	if (target.name && !target.socket && cmd_tls_is_place(target.name)) {
		const char *place = target.name;

		target.name = NULL;
		return visit_place(&target, place, device, watch);
	}
	return visit_vm(&target, device, watch);
}
