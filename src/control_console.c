/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VM's terminals, for those who attach to them over the control socket. Each console
 * keeps the last of its output; a client is a place in that stream, so that many may
 * watch and a slow one loses the oldest bytes instead of stopping the guest. One may
 * type.
 *
 * Output comes on any thread with the loop's lock and is only kept there; everything else
 * happens on the loop's.
 */
#include "src/control_console.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "host/terminal.h"
#include "src/byte_ring.h"
#include "src/container_of.h"
#include "src/control_impl.h"
#include "src/error.h"

#define SCROLL_BACK_BYTES 65536u
#define CHUNK_BYTES 1024u

struct control_console {
	struct control *control;
	struct control_console *next;
	const char *name;
	struct terminal *terminal;
	struct terminal_listener listener;
	struct byte_ring output;
	uint64_t written; /* bytes of output since the beginning: the end of the ring */
	struct control_client *typist;
	struct loop_task task;
};

/* ---- the terminal's side ---------------------------------------------------------- */

static void wrote(struct terminal_listener *listener, const void *buf, size_t bytes)
{
	struct control_console *console =
		container_of(listener, struct control_console, listener);

	byte_ring_put(&console->output, buf, bytes);
	console->written += bytes;
	loop_post(console->control->loop, &console->task);
}

static void was_read(struct terminal_listener *listener)
{
	struct control_console *console =
		container_of(listener, struct control_console, listener);

	if (console->typist)
		loop_post(console->control->loop, &console->task);
}

static void pump_all(struct loop_task *task)
{
	struct control_console *console =
		container_of(task, struct control_console, task);

	for (struct control_client *client = console->control->clients; client;
		client = client->next)
		if (client->console == console && client->raw)
			control_client_watch(client);
}

/* ---- the client's side ------------------------------------------------------------ */

/* False where the client takes no more for now. */
static bool send_output(struct control_client *client)
{
	const struct control_console *console = client->console;
	uint64_t oldest = console->written - console->output.count;

	if (client->heard < oldest)
		client->heard = oldest;
	while (client->heard < console->written) {
		const uint8_t *from;
		size_t run = byte_ring_run(
			&console->output, (size_t)(client->heard - oldest), &from);
		ssize_t n =
			send(client->watch.fd, from, run, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			client->heard += (uint64_t)n;
		} else if (errno == EAGAIN) {
			return false;
		} else if (errno != EINTR) {
			client->deaf = true;
			return true;
		}
	}
	return true;
}

static size_t input_room(const struct control_client *client)
{
	size_t room = client->types ? terminal_type_room(client->console->terminal)
				    : CHUNK_BYTES;

	return room < CHUNK_BYTES ? room : CHUNK_BYTES;
}

/* One that only watches may say what it likes. */
static void read_input(struct control_client *client)
{
	char chunk[CHUNK_BYTES];
	size_t room;

	while (!client->ended && (room = input_room(client))) {
		ssize_t n = recv(client->watch.fd, chunk, room, MSG_DONTWAIT);

		if (n > 0 && client->types) {
			terminal_type(client->console->terminal, chunk, (size_t)n);
		} else if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			client->ended = true;
			control_console_leave(client);
		}
		if (n <= 0)
			break;
	}
}

uint32_t control_console_pump(struct control_client *client)
{
	bool sent = control_client_flush(client) && (client->deaf || send_output(client));

	read_input(client);
	/* After the last of its input, one that has only closed its sending side still
	 * watches. */
	if (client->deaf && client->ended) {
		control_client_drop(client);
		return 0;
	}
	return (!client->ended && input_room(client) ? EPOLLIN : 0) |
	       (sent ? 0 : EPOLLOUT);
}

void control_console_leave(struct control_client *client)
{
	if (client->console->typist == client)
		client->console->typist = NULL;
}

/* ---- commands --------------------------------------------------------------------- */

static struct control_console *find(struct control *control, const char *name)
{
	struct control_console *console = control->consoles;

	while (console && strcmp(console->name, name))
		console = console->next;
	return console;
}

static int refuse_typist(const struct control_console *console, struct error *err)
{
	pid_t process = control_client_process(console->typist);
	char who[32] = "somebody by TLS";

	if (process)
		snprintf(who, sizeof(who), "process %d", (int)process);
	return error_set(err, -EBUSY, NULL,
		"%s types at '%s' already; attach with mode ro", who, console->name);
}

static int attach(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	const char *mode = "rw";
	struct control_console *console;
	json_error_t wrong;
	const char *name;

	if (json_unpack_ex(
		    arguments, &wrong, 0, "{s:s, s?s !}", "device", &name, "mode", &mode))
		return control_arguments_wrong(&wrong, err);
	console = find(client->control, name);
	if (!console)
		return error_set(err, -ENOENT, NULL, "there is no console '%s'", name);
	if (strcmp(mode, "rw") && strcmp(mode, "ro"))
		return error_set(
			err, -EINVAL, NULL, "mode is '%s', allowed: rw, ro", mode);
	if (!strcmp(mode, "rw") && console->typist)
		return refuse_typist(console, err);
	client->types = !strcmp(mode, "rw");
	if (client->types)
		console->typist = client;
	client->heard = console->written - console->output.count;
	client->console = console;
	return 0;
}

static int query_chardev(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	int code = control_no_arguments(arguments, err);

	if (code)
		return code;
	*ret = json_array();
	for (const struct control_console *console = client->control->consoles; console;
		console = console->next) {
		const char *place = terminal_place(console->terminal);

		json_array_append_new(
			*ret, json_pack("{s:s, s:s, s:b}", "label", console->name,
				      "filename", place ? place : "", "frontend-open",
				      terminal_is_attached(console->terminal)));
	}
	return 0;
}

json_t *control_consoles_stats(const struct control *control)
{
	json_t *list = json_array();

	for (const struct control_console *console = control->consoles; console;
		console = console->next) {
		const struct terminal_counts *counts = terminal_counts(console->terminal);

		json_array_append_new(
			list, json_pack("{s:s, s:I, s:I}", "device", console->name,
				      "written-bytes", (json_int_t)counts->written_bytes,
				      "read-bytes", (json_int_t)counts->read_bytes));
	}
	return list;
}

const struct control_command control_console_commands[] = {
	{"bonsai-console", attach},
	{"query-chardev", query_chardev},
	{NULL, NULL},
};

/* ---- life ------------------------------------------------------------------------- */

int control_add_terminal(struct control *control, const char *name,
	struct terminal *terminal, struct error *err)
{
	struct control_console **at;
	struct control_console *console;

	if (!control)
		return 0;
	console = calloc(1, sizeof(*console));
	if (!console)
		return error_set(err, -ENOMEM, NULL, "no memory for a console");
	console->control = control;
	console->name = name;
	console->terminal = terminal;
	console->listener.wrote = wrote;
	console->listener.read = was_read;
	console->output.size = SCROLL_BACK_BYTES;
	byte_ring_reserve(&console->output);
	console->task.run = pump_all;
	terminal_listen(terminal, &console->listener);
	for (at = &control->consoles; *at; at = &(*at)->next)
		;
	*at = console;
	return 0;
}

void control_consoles_destroy(struct control *control)
{
	while (control->consoles) {
		struct control_console *console = control->consoles;

		control->consoles = console->next;
		terminal_unlisten(console->terminal, &console->listener);
		loop_task_cancel(control->loop, &console->task);
		byte_ring_finish(&console->output);
		free(console);
	}
}
