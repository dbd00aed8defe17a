/* SPDX-License-Identifier: Apache-2.0 */
#include "test/guest/bare/virtio.h"

#include "test/guest/bare/platform.h"

#define SLOT_BYTES 0x200u

#define MAGIC 0x00
#define VERSION 0x04
#define DEVICE_ID 0x08
#define FEATURES 0x20
#define FEATURES_SELECT 0x24
#define QUEUE_SELECT 0x30
#define QUEUE_SIZE 0x38
#define QUEUE_READY 0x44
#define QUEUE_NOTIFY 0x50
#define INTERRUPT_STATUS 0x60
#define INTERRUPT_ACK 0x64
#define STATUS 0x70
#define DESCRIPTORS 0x80
#define AVAILABLE 0x90
#define USED 0xa0
#define CONFIG 0x100

#define MAGIC_VALUE 0x74726976u
#define ACKNOWLEDGE 1u
#define DRIVER 2u
#define DRIVER_OK 4u
#define FEATURES_OK 8u

uintptr_t virtio_registers(unsigned int slot)
{
	return VIRTIO_SLOTS + slot * SLOT_BYTES;
}

int virtio_find(uint32_t device_id, unsigned int n)
{
	for (unsigned int i = 0; i < VIRTIO_SLOT_COUNT; i++) {
		uintptr_t at = virtio_registers(i);

		if (read_word(at + MAGIC) == MAGIC_VALUE &&
			read_word(at + VERSION) == 2 &&
			read_word(at + DEVICE_ID) == device_id && !n--)
			return (int)i;
	}
	return -1;
}

void virtio_begin(unsigned int slot, uint32_t features)
{
	uintptr_t at = virtio_registers(slot);

	write_word(at + STATUS, 0);
	write_word(at + STATUS, ACKNOWLEDGE | DRIVER);
	write_word(at + FEATURES_SELECT, 1);
	write_word(at + FEATURES, 1); /* VERSION_1 */
	write_word(at + FEATURES_SELECT, 0);
	write_word(at + FEATURES, features);
	write_word(at + STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
}

static void set_address(uintptr_t at, const volatile void *address)
{
	write_word(at, (uint32_t)(uintptr_t)address);
	write_word(at + 4, (uint32_t)((uint64_t)(uintptr_t)address >> 32));
}

void virtio_set_ring(
	unsigned int slot, unsigned int queue, volatile struct virtio_ring *ring)
{
	uintptr_t at = virtio_registers(slot);

	write_word(at + QUEUE_SELECT, queue);
	write_word(at + QUEUE_SIZE, VIRTIO_ENTRIES);
	set_address(at + DESCRIPTORS, ring->descriptors);
	set_address(at + AVAILABLE, &ring->available);
	set_address(at + USED, &ring->used);
	write_word(at + QUEUE_READY, 1);
}

void virtio_go(unsigned int slot)
{
	write_word(virtio_registers(slot) + STATUS,
		ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

void virtio_describe(volatile struct virtio_ring *ring, unsigned int index,
	const volatile void *address, uint32_t bytes, uint16_t flags)
{
	ring->descriptors[index].gpa = (uintptr_t)address;
	ring->descriptors[index].bytes = bytes;
	ring->descriptors[index].flags = flags;
	ring->descriptors[index].next = (uint16_t)(index + 1);
}

void virtio_offer(unsigned int slot, unsigned int queue,
	volatile struct virtio_ring *ring, unsigned int head)
{
	ring->available.ring[ring->available.index % VIRTIO_ENTRIES] = (uint16_t)head;
	barrier();
	ring->available.index++;
	barrier();
	write_word(virtio_registers(slot) + QUEUE_NOTIFY, queue);
}

bool virtio_is_idle(const volatile struct virtio_ring *ring)
{
	return ring->used.index == ring->available.index;
}

uint32_t virtio_acknowledge(unsigned int slot)
{
	uintptr_t at = virtio_registers(slot);
	uint32_t status = read_word(at + INTERRUPT_STATUS);

	write_word(at + INTERRUPT_ACK, status);
	return status;
}

uint32_t virtio_config(unsigned int slot, unsigned int offset)
{
	return read_word(virtio_registers(slot) + CONFIG + offset);
}

void virtio_set_config(unsigned int slot, unsigned int offset, uint32_t value)
{
	write_word(virtio_registers(slot) + CONFIG + offset, value);
}
