/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A control socket in a folder of its own, over a machine that only counts what is done
 * to it, and clients of it. All on one thread: the loop turns while a client waits.
 */
#ifndef TEST_UNIT_CONTROL_RIG_H
#define TEST_UNIT_CONTROL_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/machine_control.h"

struct control;
struct loop;

struct control_rig {
	struct machine_control machine;
	struct loop *loop;
	struct control *control;
	char folder[64];
	char path[96];
	unsigned int pauses;
	unsigned int resumes;
	unsigned int resets;
	unsigned int quits;
	unsigned int presses[2];
	bool no_buttons;
	struct machine_balloon balloon; /* there where it has a name */
	uint64_t memory_asked;
	char dumped[128];                   /* what screendump was asked for */
	struct machine_screendump dumps[4]; /* that have no answer; rig_answer_dump() */
	unsigned int dump_count;
	uint64_t disk_bytes; /* of the one disk, "vda" */
	char line[70000];    /* what rig_line() read last */
};

void rig_begin(struct control_rig *rig);
/* The socket is gone by then, and the folder empty. */
void rig_end(struct control_rig *rig);

/* Turns the loop until nothing happens any more. */
void rig_settle(struct control_rig *rig);

/* A client that has read nothing yet; its descriptor, for close(). */
int rig_connect(struct control_rig *rig);
/* One that has read the greeting and negotiated. */
int rig_client(struct control_rig *rig);

/* The first screendump that has no answer gets one. */
void rig_answer_dump(struct control_rig *rig, int code, const struct error *err);

void rig_send(int fd, const char *text);
/* The next line without its end; "" at the end of the stream or where none comes. */
const char *rig_line(struct control_rig *rig, int fd);
/* Sends a command and reads its answer. */
const char *rig_ask(struct control_rig *rig, int fd, const char *text);

#endif
