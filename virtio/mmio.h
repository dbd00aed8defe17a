/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio-mmio transport, version 2 (virtio 1.2, section 4.2). Registers on the bus,
 * kicks by eventfd where the hypervisor offers it and by QueueNotify otherwise.
 *
 * Registers: a vCPU thread with the loop's lock. Kick descriptors: the loop's thread.
 */
#ifndef VIRTIO_MMIO_H
#define VIRTIO_MMIO_H

#include <stdint.h>

#include "src/bus.h"
#include "src/loop.h"
#include "virtio/virtio.h"

struct irq_line;

#define VIRTIO_MMIO_BYTES 0x200
#define VIRTIO_MMIO_QUEUE_NOTIFY 0x50

struct virtio_mmio_kick {
	struct loop_fd watch; /* fd -1: none */
	struct virtio_mmio *transport;
	unsigned int queue;
};

struct virtio_mmio {
	struct mmio_region region;
	struct virtio_device *dev;
	struct irq_line *irq;
	uint32_t interrupt_status;
	uint32_t device_features_sel;
	uint32_t driver_features_sel;
	uint32_t queue_sel;
	struct virtio_mmio_kick kicks[VIRTIO_QUEUES_MAX];
};

/*
 * Puts dev (borrowed) behind registers at gpa, not yet on a bus. irq is borrowed and may
 * be changed later by virtio_mmio_set_irq() (a fresh VM after a reboot).
 */
int virtio_mmio_init(struct virtio_mmio *transport, struct virtio_device *dev,
	const struct guest_mem *mem, uint64_t gpa, struct irq_line *irq,
	struct error *err);
void virtio_mmio_finish(struct virtio_mmio *transport); /* a zeroed one is fine */

/*
 * The eventfd that kicks a queue, made on first use and watched by the device's loop, or,
 * of an external device, by whoever it is given to. The transport owns it. -errno.
 */
int virtio_mmio_kick_fd(struct virtio_mmio *transport, unsigned int queue);

void virtio_mmio_set_irq(struct virtio_mmio *transport, struct irq_line *irq);

/* To the state after virtio_mmio_init(): device reset, selectors and status cleared. */
void virtio_mmio_reset(struct virtio_mmio *transport);

#endif
