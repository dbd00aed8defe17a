/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A passt process: user-mode networking for one guest (passt(1)). It ends by itself when
 * the other end of its socket is closed, hence with this process, however that ends.
 *
 * Runs with the loop's lock held; events on the loop's thread.
 */
#ifndef HOST_PASST_H
#define HOST_PASST_H

#include <stdbool.h>

#include "host/child.h"
#include "src/log.h"
#include "src/loop.h"

/* The descriptor numbers that its arguments name. */
#define PASST_SOCKET CHILD_FD
#define PASST_READY "/proc/self/fd/1"

struct passt {
	/* The owner's, before passt_init(). */
	struct child child;     /* its loop */
	char *const *arguments; /* with "--fd" PASST_SOCKET and "--pid" PASST_READY */
	/*
	 * socket_fd, non-blocking, belongs to the callee: the process is ready. Or it is
	 * -errno: the process ended before.
	 */
	void (*started)(struct passt *passt, int socket_fd);
	bool quiet; /* what it says is not logged */

	/* Its own. */
	struct outside_job launching;
	int socket_fd;
	struct loop_fd ready_watch; /* a pipe: its process id comes when it is ready */
	bool is_ready;
	char message[320];    /* what it said before it was ready */
	struct guest_log log; /* the guest's traffic can make it talk */
};

/* -ENOMEM; passt_finish() it all the same. */
int passt_init(struct passt *passt);
void passt_finish(struct passt *passt);

/* 0, and passt->started() comes later, or -errno, as for an ended process. */
int passt_start(struct passt *passt);

/*
 * In place of passt->started(): waits for its event and returns the socket or -errno;
 * -ETIMEDOUT where the process is neither ready nor ended after timeout_ms.
 */
int passt_wait(struct passt *passt, int timeout_ms);

/*
 * Kills and reaps, if need be. Returns the exit status where it had ended by itself,
 * else -1. passt->message stays.
 */
int passt_stop(struct passt *passt);

#endif
