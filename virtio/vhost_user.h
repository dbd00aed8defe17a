/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device of any class whose rings another process serves: what is left here is the
 * driver's negotiation, the config space, and the life of the connection. When the other
 * process goes away, the device needs a reset, one line is logged, and the next driver
 * that starts it has it connected anew.
 *
 * Guest RAM must be shared (src/guest_mem.h). Runs with the lock of its loop held.
 */
#ifndef VIRTIO_VHOST_USER_H
#define VIRTIO_VHOST_USER_H

#include <stdint.h>

struct error;
struct loop;
struct vhost_source;
struct virtio_device;

struct virtio_vhost_user_options {
	uint32_t device_id; /* virtio 1.2, chapter 5 */
	unsigned int queues;
	unsigned int
		queue_size; /* of each at most, a power of two; 0: as the core has it */
	/* The config space where it is ours, else NULL: then the back end is asked. */
	const void *config;
	uint32_t config_bytes;   /* at most VHOST_USER_CONFIG_BYTES_MAX */
	unsigned int timeout_ms; /* for each answer of the back end */
};

/*
 * Connects to the back end. source is taken over, on failure too; name is borrowed for
 * the device's life; virtio_device_destroy() frees it.
 */
int virtio_vhost_user_create(struct loop *loop, const char *name,
	struct vhost_source *source, const struct virtio_vhost_user_options *options,
	struct virtio_device **ret, struct error *err);

#endif
