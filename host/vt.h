/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual terminal of this host, taken for a display (ioctl_vt(2), ioctl_console(2)):
 * the kernel draws no text on it, and asks before a person's Ctrl-Alt-Fn shows another
 * one. A small process of its own keeps it, which gives it back when this one ends, in
 * whatever way. Displays on several cards may be on one terminal.
 *
 * Runs with the loop's lock held; events on the loop's thread.
 */
#ifndef HOST_VT_H
#define HOST_VT_H

#include <stdbool.h>
#include <sys/types.h>

#include "src/loop.h"

struct error;
struct source_pos;

struct vt;

/* A terminal that is kept, for all that are on it. */
struct vt_keeper {
	struct vt_keeper *next;
	unsigned int number; /* 0: standard input, whichever that is */
	struct vt *users;
	struct loop_fd socket; /* to the process */
	pid_t pid;
};

/* Zeroed by whoever has displays; goes when all of them have given back. */
struct vt_terminals {
	struct vt_keeper *keepers;
};

/* Embedded by its owner, who sets the functions; zeroed else. */
struct vt {
	/* The screen is to be another's when it returns; is ours again. */
	void (*left)(struct vt *vt);
	void (*entered)(struct vt *vt);

	/* Its own. */
	struct vt_terminals *terminals;
	struct vt_keeper *keeper; /* NULL: it took nothing */
	struct vt *next;
};

/*
 * number is of /dev/ttyN, which is switched to; 0: standard input, or nothing where that
 * is no virtual terminal. Call it before this process has threads or descriptors that
 * matter: the keeper is a copy of it.
 */
int vt_take(struct vt *vt, struct vt_terminals *terminals, struct loop *loop,
	unsigned int number, const struct source_pos *pos, struct error *err);
/* The last one gives it back, and waits until it is. One that took nothing is fine. */
void vt_give_back(struct vt *vt);

/* Whether standard input is a virtual terminal, of a bare console. */
bool vt_is_stdin(void);

/*
 * The keeper: takes the terminal and serves until the other end of the socket is closed.
 * What it says are single bytes: VT_READY, or VT_FAILED; then VT_LEAVE, which is answered
 * with the same, and VT_ENTERED. For the tests.
 */
enum vt_word { VT_READY = 'r', VT_FAILED = 'f', VT_LEAVE = 'l', VT_ENTERED = 'e' };
void vt_keep(int tty, int socket);

#endif
