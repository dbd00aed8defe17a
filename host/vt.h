/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtual terminal of this host, taken for a display (ioctl_vt(2), ioctl_console(2)):
 * the kernel draws no text on it, and asks before a person's Ctrl-Alt-Fn shows another
 * one. A small process of its own keeps it, which gives it back when this one ends, in
 * whatever way.
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

/* Embedded by its owner, who sets the functions; zeroed else. */
struct vt {
	/* The screen is to be another's when it returns; is ours again. */
	void (*left)(struct vt *vt);
	void (*entered)(struct vt *vt);

	/* Its own. */
	struct loop_fd keeper;
	pid_t pid;
};

/*
 * number is of /dev/ttyN, which is switched to; 0: standard input, or nothing where that
 * is no virtual terminal. Call it before this process has threads or descriptors that
 * matter: the keeper is a copy of it.
 */
int vt_take(struct vt *vt, struct loop *loop, unsigned int number,
	const struct source_pos *pos, struct error *err);
/* Gives it back and waits until it is. One that took nothing is fine. */
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
