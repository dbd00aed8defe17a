/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What whoever serves a device's rings in the monitor's place has to be told, as plain
 * data.
 */
#ifndef HOST_VHOST_H
#define HOST_VHOST_H

#include <stdint.h>

/* A piece of guest RAM. */
struct vhost_region {
	uint64_t gpa;
	uint64_t bytes;
	const void *hva;
	int fd; /* the memfd that it is, from its start; -1: private to this process */
};

struct vhost_ring {
	unsigned int index;
	unsigned int size;
	const void *desc; /* in a region, like the others */
	const void *avail;
	const void *used;
	int kick_fd; /* eventfds, borrowed */
	int call_fd;
};

#endif
