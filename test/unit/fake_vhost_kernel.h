/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's kernel as one that serves rings: host/vhost_kernel.h over what a test sets
 * and looks at. A program that links this has no other.
 */
#ifndef TEST_UNIT_FAKE_VHOST_KERNEL_H
#define TEST_UNIT_FAKE_VHOST_KERNEL_H

#include <stdint.h>

#include "host/vhost.h"

#define FAKE_VHOST_KERNEL_DEVICES 8

struct fake_vhost_device {
	int fd;
	unsigned int set_ups;
	uint64_t features; /* and the rest: as set up last */
	unsigned int region_count;
	struct vhost_region regions[4];
	unsigned int ring_count;
	struct vhost_ring rings[2];
	int backends[2]; /* by ring; -1: stopped */
};

struct fake_vhost_kernel {
	/* The test's. */
	uint64_t features;
	unsigned int devices_max; /* more cannot be opened */
	int refuse_set_up;        /* -errno, or 0 */
	int refuse_backend;

	/* What was asked for. */
	unsigned int opened;
	struct fake_vhost_device devices[FAKE_VHOST_KERNEL_DEVICES];
};

extern struct fake_vhost_kernel fake_vhost_kernel;

/* Everything is there, with these features. */
void fake_vhost_kernel_reset(uint64_t features);

#endif
