/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least driver of devices on virtio-mmio (OASIS virtio 1.2, 2.7 and 4.2), for bare
 * guests of every architecture. Rings are in memory that an ARM guest does not cache,
 * which suits emulated boards and those whose stage 2 forces caching.
 */
#ifndef TEST_GUEST_BARE_VIRTIO_H
#define TEST_GUEST_BARE_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_BLOCK 2u
#define VIRTIO_GPU 16u
#define VIRTIO_INPUT 18u

#define VIRTIO_ENTRIES 8u /* of a ring */

enum virtio_flag { VIRTIO_NEXT = 1, VIRTIO_WRITE = 2 };

struct virtio_ring {
	struct {
		uint64_t gpa;
		uint32_t bytes;
		uint16_t flags;
		uint16_t next;
	} descriptors[VIRTIO_ENTRIES];
	struct {
		uint16_t flags;
		uint16_t index;
		uint16_t ring[VIRTIO_ENTRIES];
	} available;
	struct {
		uint16_t flags;
		uint16_t index;
		struct {
			uint32_t head;
			uint32_t bytes;
		} ring[VIRTIO_ENTRIES];
	} used __attribute__((aligned(4)));
} __attribute__((aligned(16)));

/* The slot of the n-th device of that kind; -1: there is none. */
int virtio_find(uint32_t device_id, unsigned int n);
/* Where the slot's registers are. */
uintptr_t virtio_registers(unsigned int slot);

/* Up to the driver's features: VERSION_1 and these, of the first 32. */
void virtio_begin(unsigned int slot, uint32_t features);
void virtio_set_ring(
	unsigned int slot, unsigned int queue, volatile struct virtio_ring *ring);
void virtio_go(unsigned int slot);

/* Descriptor index; with VIRTIO_NEXT the following one goes on. */
void virtio_describe(volatile struct virtio_ring *ring, unsigned int index,
	const volatile void *address, uint32_t bytes, uint16_t flags);
/* Offers the chain that begins there, and kicks. */
void virtio_offer(unsigned int slot, unsigned int queue,
	volatile struct virtio_ring *ring, unsigned int head);
/* Whether everything that was offered has come back. */
bool virtio_is_idle(const volatile struct virtio_ring *ring);

/* Says that its interrupt was seen; bit 1 of what is returned: its configuration changed.
 */
uint32_t virtio_acknowledge(unsigned int slot);
uint32_t virtio_config(unsigned int slot, unsigned int offset);
void virtio_set_config(unsigned int slot, unsigned int offset, uint32_t value);

#endif
