/* SPDX-License-Identifier: Apache-2.0 */
/* A word to who waits at a terminal for what takes more than a second. */
#ifndef SRC_CMD_PROGRESS_H
#define SRC_CMD_PROGRESS_H

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

/* The caller's; only cmd_progress.c looks inside. */
struct cmd_progress {
	bool runs;
	const char *what;
	const char *name;
	struct timespec begin;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool over;
	bool shown;
};

/*
 * From now on a line of standard error grows older, "WHAT NAME: 12 s", once a second and
 * by a thread of its own; other lines go before it. what and name are borrowed until the
 * end. Nothing at all where standard error is no terminal.
 */
void cmd_progress_begin(
	struct cmd_progress *progress, const char *what, const char *name);

/* The line is empty again, and the thread is gone. A zeroed one that never began is fine.
 */
void cmd_progress_end(struct cmd_progress *progress);

#endif
