/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket device (virtio 1.2, section 5.10) with its connections in the host's kernel:
 * there the guest is an address of AF_VSOCK like any other. The kernel has the rings of
 * packets from DRIVER_OK to the reset.
 *
 * Runs with the lock of its loop held.
 */
#ifndef VIRTIO_VHOST_VSOCK_H
#define VIRTIO_VHOST_VSOCK_H

#include <stdint.h>

struct error;
struct loop;
struct source_pos;
struct virtio_device;

/*
 * cid is the guest's, which no other VM of the host may have. name and pos are borrowed
 * for the device's life.
 */
int virtio_vhost_vsock_create(struct loop *loop, const char *name, uint32_t cid,
	const struct source_pos *pos, struct virtio_device **ret, struct error *err);

#endif
