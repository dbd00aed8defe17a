/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

#define CHUNK_BYTES 4096u
#define BACKLOG 64 /* who connects without waiting is refused beyond that */

/* ---- output ----------------------------------------------------------------------- */

static void silence(struct control_client *client)
{
	client->deaf = true;
	client->output_bytes = 0;
}

void control_client_drop(struct control_client *client)
{
	if (client->gone)
		return;
	client->gone = true;
	if (client->console)
		control_console_leave(client);
	loop_fd_remove(&client->watch);
	close(client->watch.fd);
	loop_post(client->control->loop, &client->control->reap_task);
}

void control_client_watch(struct control_client *client)
{
	bool reads = !client->ended && !client->waits &&
		     client->output_bytes < CONTROL_OUTPUT_PAUSE;
	uint32_t events = (reads ? EPOLLIN : 0) | (client->output_bytes ? EPOLLOUT : 0);

	if (client->raw && !client->gone)
		events = control_console_pump(client);
	else if (client->ended && !client->waits && !client->output_bytes)
		control_client_drop(client);
	if (client->gone)
		return;
	/* One that has closed is ready for good: what it is waiting for comes back to it.
	 */
	if (client->closed && (client->raw || client->waits))
		loop_fd_remove(&client->watch);
	else
		loop_fd_modify(&client->watch, events);
}

void control_client_go_on(struct control_client *client)
{
	if (client->gone)
		loop_post(client->control->loop, &client->control->reap_task);
	else if (client->watch.loop)
		control_client_watch(client);
	else if (loop_fd_add(client->control->loop, &client->watch))
		control_client_drop(client);
}

bool control_client_flush(struct control_client *client)
{
	size_t done = 0;

	while (done < client->output_bytes) {
		ssize_t n = send(client->watch.fd, client->output + done,
			client->output_bytes - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			silence(client);
			return true;
		}
	}
	client->output_bytes -= done;
	if (done)
		memmove(client->output, client->output + done, client->output_bytes);
	return !client->output_bytes;
}

static bool keep(struct control_client *client, const char *text, size_t bytes)
{
	size_t room = client->output_room ? client->output_room : CHUNK_BYTES;
	char *output;

	while (room < client->output_bytes + bytes)
		room *= 2;
	output = room > client->output_room ? realloc(client->output, room)
					    : client->output;
	if (!output)
		return false;
	client->output = output;
	client->output_room = room;
	memcpy(output + client->output_bytes, text, bytes);
	client->output_bytes += bytes;
	return true;
}

static void send_text(struct control_client *client, const char *text, size_t bytes)
{
	if (client->gone || client->deaf)
		return;
	if (client->output_bytes + bytes > CONTROL_OUTPUT_MAX ||
		!keep(client, text, bytes)) {
		control_client_drop(client);
		return;
	}
	control_client_flush(client);
	control_client_watch(client);
}

void control_client_send(struct control_client *client, json_t *line)
{
	char *json = line ? json_dumps(line, 0) : NULL;
	char *text = NULL;
	int bytes = json ? asprintf(&text, "%s\r\n", json) : -1;

	free(json);
	json_decref(line);
	if (bytes < 0) {
		control_client_drop(client); /* it would wait for the answer for good */
		return;
	}
	send_text(client, text, (size_t)bytes);
	free(text);
}

static json_t *timestamp(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return json_pack("{s:I, s:I}", "seconds", (json_int_t)now.tv_sec, "microseconds",
		(json_int_t)now.tv_usec);
}

void control_event(struct control *control, const char *name, json_t *data)
{
	json_t *line = NULL;

	if (control && control->clients)
		line = json_pack("{s:s, s:o*, s:o}", "event", name, "data",
			json_incref(data), "timestamp", timestamp());
	json_decref(data);
	if (!line)
		return;
	for (struct control_client *client = control->clients; client;
		client = client->next)
		if (client->negotiated && !client->console)
			control_client_send(client, json_incref(line));
	json_decref(line);
}

/* ---- clients ---------------------------------------------------------------------- */

/* After this nothing tells where the next command would begin. */
static void give_up(struct control_client *client, int code)
{
	client->ended = true;
	control_client_send(client,
		control_error("GenericError",
			code == -EMSGSIZE ? "the command is longer than 65536 bytes or "
					    "deeper than 64 levels"
					  : "no memory for the command",
			NULL));
}

/*
 * How many of these bytes are commands whose time has come: those behind one that takes a
 * while are not; neither is what is behind one that makes the client a console, but for
 * the end of its line.
 */
static size_t take(struct control_client *client, const char *bytes, size_t count)
{
	const char *end = bytes + count;
	const char *at = bytes;

	while (!client->ended && !client->gone && !client->console && !client->waits) {
		int code = json_frame_feed(&client->frame, &at, end);

		if (!code)
			break;
		if (code > 0)
			control_run_command(
				client, client->frame.bytes, client->frame.count);
		else
			give_up(client, code);
	}
	if (client->console && end - at >= 2 && at[0] == '\r' && at[1] == '\n')
		at += 2;
	else if (client->console && at < end && at[0] == '\n')
		at++;
	return client->console || client->waits ? (size_t)(at - bytes) : count;
}

/* Looks first, and then takes what was commands. */
static void read_commands(struct control_client *client)
{
	char chunk[CHUNK_BYTES];
	ssize_t n = recv(client->watch.fd, chunk, sizeof(chunk), MSG_PEEK | MSG_DONTWAIT);
	size_t taken;

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		client->ended = true;
	if (n <= 0)
		return;
	taken = take(client, chunk, (size_t)n);
	if (!client->gone && recv(client->watch.fd, chunk, taken, MSG_DONTWAIT) < 0)
		client->ended = true;
	client->raw = client->console;
}

static void client_ready(struct loop_fd *fd_watch, uint32_t events)
{
	struct control_client *client =
		container_of(fd_watch, struct control_client, watch);

	/* It has closed, and may have said what it wants before. */
	if (events & (EPOLLHUP | EPOLLERR)) {
		client->closed = true;
		silence(client);
	}
	if (events & EPOLLOUT)
		control_client_flush(client);
	if (!client->raw && !client->ended && !client->waits &&
		events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		read_commands(client);
	control_client_watch(client);
}

static void free_client(struct control_client *client)
{
	json_frame_finish(&client->frame);
	free(client->output);
	free(client);
}

static void reap(struct loop_task *task)
{
	struct control *control = container_of(task, struct control, reap_task);
	struct control_client **at = &control->clients;

	while (*at) {
		struct control_client *client = *at;

		if (!client->gone || client->waits) {
			at = &client->next;
			continue;
		}
		*at = client->next;
		control->client_count--;
		free_client(client);
	}
}

static bool get_peer(int fd, struct ucred *ret)
{
	socklen_t bytes = sizeof(*ret);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &bytes) == 0;
}

/* The mode of the socket says the same, unless somebody has widened it. */
static bool is_trusted(const struct control *control, int fd)
{
	struct ucred peer;

	return get_peer(fd, &peer) && (peer.uid == 0 || peer.uid == control->owner);
}

pid_t control_client_process(const struct control_client *client)
{
	struct ucred peer;

	return !client->remote && get_peer(client->watch.fd, &peer) ? peer.pid : 0;
}

static void refuse(int fd, const char *desc)
{
	json_t *error = control_error("GenericError", desc, NULL);
	char *text = error ? json_dumps(error, 0) : NULL;

	if (text)
		send(fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
	json_decref(error);
	free(text);
	close(fd);
}

static void add_client(struct control *control, int fd, bool remote)
{
	struct control_client *client;

	if (control->client_count == CONTROL_CLIENTS_MAX) {
		refuse(fd, "there are 32 clients already");
		return;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return;
	}
	client->control = control;
	client->remote = remote;
	client->watch.fd = fd;
	client->watch.events = EPOLLIN;
	client->watch.ready = client_ready;
	if (loop_fd_add(control->loop, &client->watch)) {
		close(fd);
		free(client);
		return;
	}
	client->next = control->clients;
	control->clients = client;
	control->client_count++;
	control_client_send(client, control_greeting());
}

static void accepted(struct listener *listener, int fd)
{
	struct control *control = container_of(listener, struct control, listener);

	if (is_trusted(control, fd))
		add_client(control, fd, false);
	else
		refuse(fd, "only the VM's owner and root may control it");
}

/* It has shown a certificate for it. */
static void remote_accepted(struct listener *listener, int fd)
{
	add_client(container_of(listener, struct control, remote), fd, true);
}

struct machine_control *control_client_machine(struct control_client *client)
{
	return client->control->machine;
}

/* ---- life ------------------------------------------------------------------------- */

static int listen_at_path(struct control *control, const char *path,
	const struct source_pos *pos, struct error *err)
{
	int code = listener_open_unix(
		&control->listener, control->loop, path, BACKLOG, accepted, pos, err);

	return code == -EADDRINUSE ? error_set(err, code, pos,
					     "a VM of this name runs: %s is its", path)
				   : code;
}

/* To listen once more makes those who connect see this process at the other end. */
static int listen_at(struct control *control, int fd, struct error *err)
{
	int code =
		listener_adopt(&control->listener, control->loop, fd, BACKLOG, accepted);

	return code ? error_set(err, code, NULL,
			      "the control socket of the service manager: %s",
			      strerror(-code))
		    : 0;
}

static struct control *make(struct loop *loop, struct machine_control *machine)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return NULL;
	control->loop = loop;
	control->machine = machine;
	control->reap_task.run = reap;
	control->owner = geteuid();
	control->listener.watch.fd = -1;
	control->remote.watch.fd = -1;
	control->memory_fd = open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC);
	return control;
}

int control_create(struct loop *loop, const char *path, struct machine_control *machine,
	const struct source_pos *pos, struct control **ret, struct error *err)
{
	struct control *control = make(loop, machine);
	int code = 0;

	if (!control)
		return error_set(err, -ENOMEM, pos, "no memory for the control socket");
	if (path)
		code = listen_at_path(control, path, pos, err);
	if (code)
		control_destroy(control);
	else
		*ret = control;
	return code;
}

int control_create_at(struct loop *loop, int fd, struct machine_control *machine,
	struct control **ret, struct error *err)
{
	struct control *control = make(loop, machine);
	int code;

	if (!control) {
		close(fd);
		return error_set(err, -ENOMEM, NULL, "no memory for the control socket");
	}
	code = listen_at(control, fd, err);
	if (code)
		control_destroy(control);
	else
		*ret = control;
	return code;
}

int control_listen(struct control *control, const char *address, uint16_t port,
	const struct tls_files *tls, const struct source_pos *pos, struct error *err)
{
	struct listener *remote = &control->remote;
	int code = listener_open_tcp(remote, control->loop, address, port,
		(int)TLS_GATE_CONNECTIONS, remote_accepted, pos, err);

	return code ? code : listener_use_tls(remote, tls, TLS_AT_ONCE, "control", err);
}

void control_destroy(struct control *control)
{
	if (!control)
		return;
	for (struct control_client *client = control->clients; client;
		client = client->next)
		control_client_drop(client);
	listener_close(&control->listener);
	listener_close(&control->remote);
	reap(&control->reap_task);
	control_consoles_destroy(control);
	loop_task_cancel(control->loop, &control->reap_task);
	if (control->memory_fd >= 0)
		close(control->memory_fd);
	free(control);
}
