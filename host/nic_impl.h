/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an implementation of host/nic.h provides. Runs with the loop's lock held.
 */
#ifndef HOST_NIC_IMPL_H
#define HOST_NIC_IMPL_H

#include "host/nic.h"

struct nic_ops {
	/* Mandatory; n is 1 to NIC_IOV_MAX, the frame has at least its header. */
	int (*send)(struct nic *nic, unsigned int queue, const struct iovec *iov,
		unsigned int n, size_t bytes);
	/* Mandatory; n likewise, bytes is the room. */
	ssize_t (*receive)(struct nic *nic, unsigned int queue, const struct iovec *iov,
		unsigned int n, size_t bytes);
	/* Mandatory. */
	void (*want_frames)(struct nic *nic, unsigned int queue, bool want);
	/* Optional where offloads is 0; gets a subset of it, without TSO lacking CSUM. */
	int (*set_offloads)(struct nic *nic, uint32_t offloads);
	/* Optional where queues is 1. */
	int (*set_active_queues)(struct nic *nic, unsigned int count);
	/* Optional: nic_vhost_fd(). */
	int (*vhost_fd)(const struct nic *nic, unsigned int queue);
	/* Mandatory. */
	void (*destroy)(struct nic *nic);
};

/* Embedded in each implementation, which keeps all but user and counts up to date. */
struct nic {
	const struct nic_ops *ops;
	struct nic_user *user; /* NULL until nic_set_user() */
	struct nic_counts counts;
	uint32_t offloads;
	unsigned int queues;
	bool link_up;
};

#endif
