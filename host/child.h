/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that serves this one: started, heard and ended. It is of a process group of
 * its own, so that a Ctrl-C on our terminal is not for it; what it says on stderr comes
 * line by line.
 *
 * Runs with the loop's lock held; events on the loop's thread.
 */
#ifndef HOST_CHILD_H
#define HOST_CHILD_H

#include <sys/types.h>

#include "src/loop.h"
#include "src/outside.h"

/* The descriptor number that its arguments may name. */
#define CHILD_FD "3"

struct child {
	/* The owner's, before child_init(). */
	struct loop *loop;
	/* A line of stderr, or a part of an overlong one, with printable characters. */
	void (*said)(struct child *child, const char *line);

	/* Its own. */
	pid_t pid; /* 0: none */
	struct outside_job ending;
	struct loop_fd message_watch;
	char line[200]; /* not complete yet */
	unsigned int line_bytes;
};

/* -ENOMEM; child_finish() it all the same. */
int child_init(struct child *child);
void child_finish(struct child *child);

/*
 * For a job outside (src/outside.h): starts arguments[0], searched for in PATH unless it
 * has a slash, with fd as CHILD_FD and out_fd as stdout, or with /dev/null there where it
 * is -1; both stay the caller's. -ENOENT where there is no such program. Adds the end of
 * its stderr to the answer's descriptors, whose number becomes the process's.
 */
int child_spawn(struct child *child, char *const *arguments, int fd, int out_fd,
	struct outside_message *answer);

/* Takes over what that answered, for the one who asked; the descriptor on failure too. */
int child_adopt(struct child *child, pid_t pid, int message_fd);

/* Hears what it has said by now. */
void child_listen(struct child *child);

/*
 * Kills it and its group and reaps it, if need be; its last words come before. Returns
 * the exit status where it had ended by itself, else -1.
 */
int child_stop(struct child *child);

/*
 * Moves a descriptor for a child above the numbers that those have there. *fd is -1 on
 * failure.
 */
int child_keep(int *fd);

/*
 * A pair of descriptors of which the second goes to a child: a pipe that it writes into,
 * or a stream socket. The first is non-blocking. Both are -1 or open, on failure too.
 */
int child_pipe(int ends[2]);
int child_socket(int ends[2]);

#endif
