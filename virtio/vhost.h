/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device whose rings somebody else serves gives away at DRIVER_OK: guest RAM, the
 * rings as the core has checked them, and the eventfds of kicks and interrupts.
 *
 * Runs with the lock of the device's loop held.
 */
#ifndef VIRTIO_VHOST_H
#define VIRTIO_VHOST_H

#include "host/vhost.h"
#include "src/guest_mem.h"
#include "virtio/virtio.h"

/* Embedded in the device. */
struct vhost_rings {
	struct virtio_device *dev;
	struct loop_fd call_watch; /* fd -1, but where the line has no eventfd */
	unsigned int region_count;
	struct vhost_region regions[GUEST_MEM_REGIONS_MAX];
	unsigned int count;
	struct vhost_ring list[VIRTIO_QUEUES_MAX];
};

void vhost_rings_init(struct vhost_rings *rings, struct virtio_device *dev);
void vhost_rings_finish(struct vhost_rings *rings);

/*
 * Of a device that is being started: guest RAM, or no more than is shared with other
 * processes, and those of its first queues that the driver set up. -errno where there is
 * no eventfd.
 */
int vhost_rings_collect(struct vhost_rings *rings, unsigned int queues, bool shared);

/* A kick that came as a write to a register, passed on: its eventfd is not ours to read.
 */
void vhost_rings_kick(struct vhost_rings *rings, unsigned int queue);

#endif
