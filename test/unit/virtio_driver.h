/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's driver for the tests of virtio devices: real guest memory, the real transport
 * registers (through their mmio_ops, as a vCPU's trap would), the real rings.
 *
 *	struct virtio_driver driver;
 *
 *	driver_init(&driver, dev);                  // dev: freshly created, taken over
 *	CHECK(driver_start(&driver, VIRTIO_BIT(MY_FEATURE)));
 *	gpa = driver_alloc(&driver, 512, 16);       // and fill it through driver_hva()
 *	head = driver_add(&driver, 0, (struct driver_buffer[]){
 *		{.gpa = gpa, .bytes = 512}, {.gpa = status, .bytes = 1, .writable =
 *true}}, 2, false); driver_kick(&driver, 0); CHECK(driver_used(&driver, 0, &used));  //
 *used.head == head, used.bytes == 1 driver_finish(&driver);                     //
 *destroys dev
 *
 * driver_add() publishes at once; driver_kick() honours the device's wish not to be
 * kicked, so a test that never calls it finds out what the device would miss. A driver
 * that misbehaves writes through driver_avail(), driver_desc() and driver_write().
 */
#ifndef TEST_UNIT_VIRTIO_DRIVER_H
#define TEST_UNIT_VIRTIO_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/guest_mem.h"
#include "src/irq.h"
#include "virtio/mmio.h"

#define DRIVER_RAM_GPA 0x40000000ull
#define DRIVER_RAM_BYTES (64ull << 20)
#define DRIVER_MMIO_GPA 0x0a000000ull
#define DRIVER_QUEUE_SIZE 64

/* Descriptor flags. */
#define DRIVER_NEXT 1u
#define DRIVER_WRITE 2u
#define DRIVER_INDIRECT 4u

struct driver_desc {
	uint64_t gpa;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

struct driver_buffer {
	uint64_t gpa;
	uint32_t bytes;
	bool writable;
};

struct driver_used {
	uint16_t head;
	uint32_t bytes;
};

struct driver_queue {
	uint16_t size; /* 0: not set up */
	uint64_t desc_gpa;
	uint64_t avail_gpa;
	uint64_t used_gpa;
	uint16_t avail_index; /* as published */
	uint16_t kicked;      /* avail_index at the last driver_kick() */
	uint16_t used_index;  /* next used entry to take */
	uint16_t free_head;
	uint16_t free_count;
	uint16_t chain_descs[VIRTQ_SIZE_MAX]; /* by head: descriptors to free */
	bool quiet;                           /* wants no interrupts */
};

struct virtio_driver {
	struct virtio_device *dev;
	struct guest_mem mem;
	struct virtio_mmio transport;
	struct irq_line irq;
	unsigned int interrupts; /* pulses so far */
	uint64_t next_gpa;
	bool event_idx;
	struct driver_queue queues[VIRTIO_QUEUES_MAX];
};

/* Makes RAM and puts dev, which is taken over, behind transport registers. */
void driver_init(struct virtio_driver *driver, struct virtio_device *dev);
/* The same with RAM that other processes can map. */
void driver_init_shared(struct virtio_driver *driver, struct virtio_device *dev);
/* Destroys the device too. */
void driver_finish(struct virtio_driver *driver);

/* One trapped access of 32 bits, at an offset of the transport; and of any width. */
uint32_t driver_read(struct virtio_driver *driver, uint64_t offset);
void driver_write(struct virtio_driver *driver, uint64_t offset, uint32_t value);
uint64_t driver_read_sized(
	struct virtio_driver *driver, uint64_t offset, unsigned int bytes);
void driver_write_sized(struct virtio_driver *driver, uint64_t offset, unsigned int bytes,
	uint64_t value);
/* Of the config space, from its start. */
uint64_t driver_config(struct virtio_driver *driver, uint64_t offset, unsigned int bytes);

uint8_t driver_status(struct virtio_driver *driver);
/* InterruptStatus, acknowledged. */
uint32_t driver_take_interrupt(struct virtio_driver *driver);
uint64_t driver_offered(struct virtio_driver *driver);

/*
 * ACKNOWLEDGE, DRIVER, features, FEATURES_OK. wanted goes to the device as it is, with
 * VERSION_1 added. Returns whether FEATURES_OK stuck.
 */
bool driver_negotiate(struct virtio_driver *driver, uint64_t wanted);
/* Puts fresh, zeroed rings behind a queue and makes it ready. */
void driver_queue_setup(struct virtio_driver *driver, unsigned int queue, uint16_t size);
/* Reset, negotiation, every queue with DRIVER_QUEUE_SIZE entries, DRIVER_OK. */
bool driver_start(struct virtio_driver *driver, uint64_t wanted);
/* Status 0; the rings are forgotten. */
void driver_reset(struct virtio_driver *driver);

/* Guest memory that is never freed, zeroed. */
uint64_t driver_alloc(struct virtio_driver *driver, uint64_t bytes, uint64_t align);
void *driver_hva(struct virtio_driver *driver, uint64_t gpa, uint64_t bytes);

/*
 * Offers a chain, through an indirect table or not, and returns its head. Fails the test
 * where the ring is full.
 */
uint16_t driver_add(struct virtio_driver *driver, unsigned int queue,
	const struct driver_buffer *buffers, unsigned int count, bool indirect);
/* The same without making it visible; driver_publish() then shows all that were added. */
uint16_t driver_stage(struct virtio_driver *driver, unsigned int queue,
	const struct driver_buffer *buffers, unsigned int count, bool indirect);
void driver_publish(struct virtio_driver *driver, unsigned int queue);

/* Notifies the device if it asked for it; returns whether it did. */
bool driver_kick(struct virtio_driver *driver, unsigned int queue);

/* The next used chain, its descriptors freed. False where there is none. */
bool driver_used(
	struct virtio_driver *driver, unsigned int queue, struct driver_used *ret);

/*
 * Whether the driver wants an interrupt for each used chain, as it does at first, or none
 * at all.
 */
void driver_want_interrupts(struct virtio_driver *driver, unsigned int queue, bool want);

/* The raw rings, for drivers that misbehave. Entries of avail are at [2 + i]. */
uint16_t *driver_avail(struct virtio_driver *driver, unsigned int queue);
uint16_t *driver_used_ring(struct virtio_driver *driver, unsigned int queue);
struct driver_desc *driver_desc(
	struct virtio_driver *driver, unsigned int queue, unsigned int index);

#endif
