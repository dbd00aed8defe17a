/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio device core (virtio 1.2, chapter 2 and section 3.1): status, feature
 * negotiation, reset, notification suppression, DEVICE_NEEDS_RESET, config generation;
 * written once for every device and transport. A device is what differs: its id,
 * features, queues, config space, and what it does with a chain.
 *
 * Runs with the lock of the device's loop held. Buffers, chains and lifetimes: a device
 * may keep a popped chain for as long as it likes, but after stop() it must never touch
 * one again.
 */
#ifndef VIRTIO_VIRTIO_H
#define VIRTIO_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/log.h"
#include "src/loop.h"
#include "virtio/queue.h"

struct virtio_device;

#define VIRTIO_QUEUES_MAX 34
#define VIRTIO_KICK_CHAINS 256u

/* Device status (2.1). */
#define VIRTIO_STATUS_ACKNOWLEDGE 1u
#define VIRTIO_STATUS_DRIVER 2u
#define VIRTIO_STATUS_DRIVER_OK 4u
#define VIRTIO_STATUS_FEATURES_OK 8u
#define VIRTIO_STATUS_NEEDS_RESET 64u
#define VIRTIO_STATUS_FAILED 128u

#define VIRTIO_F_INDIRECT_DESC 28
#define VIRTIO_F_EVENT_IDX 29
#define VIRTIO_F_VERSION_1 32

#define VIRTIO_BIT(feature) (1ull << (feature))

struct virtio_ops {
	uint32_t device_id; /* virtio 1.2, chapter 5 */

	/*
	 * Mandatory. Chains may be waiting on this queue: takes what it can. Called after
	 * a kick, once for each live queue at DRIVER_OK, and whenever the device itself
	 * says virtio_device_kick(). The core signals the driver afterwards; chains
	 * pushed at other times need virtio_device_signal(). A turn hands out at most
	 * VIRTIO_KICK_CHAINS chains and is followed by another turn of the loop, so that
	 * one busy queue cannot starve the rest; a device whose chains can be long stops
	 * by itself and says virtio_device_kick_soon().
	 */
	void (*kick)(struct virtio_device *dev, unsigned int queue);

	/* Optional. DRIVER_OK: dev->features is final, queues are live. */
	void (*start)(struct virtio_device *dev);

	/*
	 * Mandatory. The driver resets the device, or the VM ends: forget every chain and
	 * return to the initial state. After it returns nothing may touch guest memory,
	 * so work in flight is waited for. Called only for a started device; its queues
	 * are stopped already, so pops and pushes do nothing.
	 */
	void (*stop)(struct virtio_device *dev);

	/*
	 * Optional. The driver wrote [offset, offset + bytes) of the config space, in
	 * bounds; the core has not changed dev->config. Absent: writes are ignored.
	 */
	void (*config_write)(struct virtio_device *dev, uint32_t offset,
		unsigned int bytes, uint64_t value);
	bool config_is_memory; /* of the device: config_write() touches nothing else */

	/* Mandatory. Frees the device; not called while started. */
	void (*destroy)(struct virtio_device *dev);
};

/* The transport that carries the device (virtio/mmio.h; a test's own). */
struct virtio_transport_ops {
	void (*queue_interrupt)(struct virtio_device *dev);
	void (*config_interrupt)(struct virtio_device *dev);

	/*
	 * For external queues, whose server gets both. What kicks one of those, and the
	 * core hears nothing of it; the transport's, or -errno.
	 */
	int (*kick_fd)(struct virtio_device *dev, unsigned int queue);
	/* Whoever writes it interrupts as queue_interrupt does. -1: there is none. */
	int (*interrupt_fd)(struct virtio_device *dev);
};

/* Embedded in each device. The first group is filled by the device's create function. */
struct virtio_device {
	const struct virtio_ops *ops;
	const char *name; /* from the XML; outlives the device */
	struct loop *loop;
	uint64_t features_offered; /* without the core's own, which it adds */
	unsigned int queue_count;
	unsigned int queue_size; /* at most, a power of two; 0: VIRTQ_SIZE_MAX */
	void *config; /* the config space, little-endian, as the guest sees it */
	uint32_t config_bytes;
	/*
	 * Somebody else, such as another process, serves the rings of so many queues, the
	 * first ones. The core checks where they lie and leaves them alone: no chain can
	 * be popped, and ops->kick forwards a kick that did not come by kick_fd. Where
	 * there are any, all feature bits but VERSION_1 are the device's own to offer.
	 */
	unsigned int external_queues;

	/* The core's. */
	const struct guest_mem *mem;
	const struct virtio_transport_ops *transport;
	void *transport_data;
	uint64_t features;    /* negotiated; valid from FEATURES_OK */
	bool features_beyond; /* the driver accepted bits beyond the 64 that exist */
	uint8_t status;
	bool started;
	uint32_t config_generation;
	struct virtq_setup setups[VIRTIO_QUEUES_MAX];
	struct virtq queues[VIRTIO_QUEUES_MAX];
	struct guest_log log;
	uint64_t kicks_due;  /* a bit a queue, for kick_task */
	uint64_t kicks_held; /* a bit a queue: off after ops->kick too */
	struct loop_task kick_task;
};

/* --- for devices ------------------------------------------------------------------ */

/*
 * Has ops->kick called now, for chains that wait on something else than the driver: a
 * backend that has bytes or room again. Nothing happens while the queue is not live. From
 * within ops->kick of the same queue it is virtio_device_kick_soon().
 */
void virtio_device_kick(struct virtio_device *dev, unsigned int queue);

/* The same in the next turn of the loop. */
void virtio_device_kick_soon(struct virtio_device *dev, unsigned int queue);

/*
 * For use within ops->kick: kicks of the queue stay off when it returns, because the
 * device expects more chains shortly and itself says virtio_device_kick() then, which
 * ends this unless it is said again.
 */
void virtio_device_hold_kicks(struct virtio_device *dev, unsigned int queue);

/* Interrupts the driver if it wants to hear of what was pushed on the queue. */
void virtio_device_signal(struct virtio_device *dev, unsigned int queue);

/* After a change of dev->config: bumps the generation and interrupts. */
void virtio_device_config_changed(struct virtio_device *dev);

/* The host cannot serve the device on: NEEDS_RESET, and what is said of it is said. */
void virtio_device_failed(struct virtio_device *dev, const char *what);

/* The guest broke a rule: NEEDS_RESET, one line in the guest log, queues go quiet. */
void virtio_device_broken(struct virtio_device *dev, const char *what);

static inline bool virtio_device_has(
	const struct virtio_device *dev, unsigned int feature)
{
	return dev->features & VIRTIO_BIT(feature);
}

/* --- for transports and the machine ------------------------------------------------ */

/* Binds a freshly created device to guest memory and a transport. */
void virtio_device_attach(struct virtio_device *dev, const struct guest_mem *mem,
	const struct virtio_transport_ops *transport, void *transport_data);

/*
 * The driver's verbs, virtio_device_kick() too. Out-of-range queues and late writes are
 * guest mistakes: ignored.
 */
uint64_t virtio_device_offered(const struct virtio_device *dev);
void virtio_device_accept(struct virtio_device *dev, unsigned int word, uint32_t value);
void virtio_device_set_status(struct virtio_device *dev, uint32_t value);
/* What the driver sets up of a queue; NULL where there is none or DRIVER_OK froze it. */
struct virtq_setup *virtio_device_setup(struct virtio_device *dev, unsigned int queue);
/* What the driver may make a queue's size at most; 0: there is no such queue. */
unsigned int virtio_device_queue_size(
	const struct virtio_device *dev, unsigned int queue);
bool virtio_device_queue_ready(const struct virtio_device *dev, unsigned int queue);
/* False stops a live queue until the device is reset. */
void virtio_device_set_queue_ready(
	struct virtio_device *dev, unsigned int queue, bool ready);
uint64_t virtio_device_config_read(
	const struct virtio_device *dev, uint64_t offset, unsigned int bytes);
void virtio_device_config_write(
	struct virtio_device *dev, uint64_t offset, unsigned int bytes, uint64_t value);

/* Stops a started device and clears all that was negotiated; for resets of the VM too. */
void virtio_device_reset(struct virtio_device *dev);

/* Resets, then frees; NULL is fine. */
void virtio_device_destroy(struct virtio_device *dev);

#endif
