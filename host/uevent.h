/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hears of changes of this host's devices from the kernel (Linux, lib/kobject_uevent.c).
 * Runs with the loop's lock held; events on the loop's thread.
 */
#ifndef HOST_UEVENT_H
#define HOST_UEVENT_H

#include "src/loop.h"

/* Embedded by its owner. */
struct uevent {
	/* A device of the subsystem came, went or changed. */
	void (*happened)(struct uevent *uevent);

	/* Its own. */
	const char *subsystem;
	struct loop_fd watch;
};

/* subsystem as the kernel calls it ("drm"), borrowed. -errno. */
int uevent_open(struct uevent *uevent, struct loop *loop, const char *subsystem,
	void (*happened)(struct uevent *uevent));
/* One that was zeroed is fine. */
void uevent_close(struct uevent *uevent);

#endif
