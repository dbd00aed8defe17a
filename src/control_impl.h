/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the files of the control socket: control.c moves bytes, control_commands.c
 * answers commands. Loop's thread with its lock held, unless said otherwise.
 */
#ifndef SRC_CONTROL_IMPL_H
#define SRC_CONTROL_IMPL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/listener.h"
#include "src/control.h"
#include "src/json_frame.h"
#include "src/loop.h"

#define CONTROL_CLIENTS_MAX 32u
/* So much output that nobody reads stops the reading of commands, and costs the client.
 */
#define CONTROL_OUTPUT_PAUSE 65536u
#define CONTROL_OUTPUT_MAX (1u << 20)

struct control_console;

struct control {
	struct loop *loop;
	struct machine_control *machine;
	struct listener listener;
	struct listener remote; /* by TLS; closed where there is none */
	struct control_client *clients;
	unsigned int client_count;
	struct control_console *consoles;
	struct loop_task reap_task;
	int memory_fd; /* /proc/self/smaps_rollup, or -1 */
	uid_t owner;   /* of this process */
};

struct control_client {
	struct control *control;
	struct control_client *next;
	struct loop_fd watch;
	bool negotiated; /* qmp_capabilities was said */
	bool remote;     /* by TLS: no process of this machine */
	bool ended;      /* it sends no more */
	bool gone;       /* to be freed by the control's task */
	bool closed;     /* both its sides are */
	bool deaf;       /* its output leads nowhere, its commands count nevertheless */
	bool waits;      /* for control_answer() */
	json_t *id;      /* of the command that it waits for, or NULL */
	struct json_frame frame;
	char *output;
	size_t output_bytes;
	size_t output_room;

	/* Of one that has become a console's: it has heard everything up to here. */
	struct control_console *console;
	bool raw; /* and has been told so */
	bool types;
	uint64_t heard;
};

/* Sends a line, keeping what does not go at once. Takes line over. Any thread. */
void control_client_send(struct control_client *client, json_t *line);

/* Runs the command that is the text and sends its answer. */
void control_run_command(struct control_client *client, const char *text, size_t bytes);

/* Frees it later, on the loop's thread, when it waits for nothing. Any thread. */
void control_client_drop(struct control_client *client);

/* Its command has been answered: it may go on with the next one, or go. */
void control_client_go_on(struct control_client *client);

/* Waits for what it can do next, or drops it where there is nothing. */
void control_client_watch(struct control_client *client);

/* Sends the answers that wait; false where some still do. */
bool control_client_flush(struct control_client *client);

/* Its process; 0 where that is not known. */
pid_t control_client_process(const struct control_client *client);

/* ---- a client that has become a console: control_console.c ------------------------- */

/* Moves bytes in both directions and says what it waits for: EPOLLIN, EPOLLOUT. */
uint32_t control_console_pump(struct control_client *client);
/* It is about to go. Any thread. */
void control_console_leave(struct control_client *client);
void control_consoles_destroy(struct control *control);
/* A list of what each has carried. */
json_t *control_consoles_stats(const struct control *control);

/* An error in the answer's shape; id may be NULL and is borrowed. */
json_t *control_error(const char *class, const char *desc, json_t *id);

/* What a client reads first. */
json_t *control_greeting(void);

#endif
