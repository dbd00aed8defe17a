/* SPDX-License-Identifier: Apache-2.0 */
#include "test/guest/bare/arm/disk.h"

#include "test/guest/bare/arm/cpu.h"

#define SLOTS 0x0a000000u
#define SLOT_BYTES 0x200u
#define SLOT_COUNT 32u

#define MAGIC 0x00
#define VERSION 0x04
#define DEVICE_ID 0x08
#define FEATURES_SELECT 0x24
#define FEATURES 0x20
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

#define MAGIC_VALUE 0x74726976u
#define BLOCK 2u
#define FLUSH_OFFERED (1u << 9)

#define ENTRIES 4u
#define BYTES 4096u
#define SECTORS (BYTES / 512)
#define NEXT 1u
#define WRITE 2u

enum { READ_REQUEST, WRITE_REQUEST, FLUSH_REQUEST = 4 };

static struct {
	struct {
		uint64_t gpa;
		uint32_t bytes;
		uint16_t flags;
		uint16_t next;
	} descriptors[ENTRIES];
	struct {
		uint16_t flags;
		uint16_t index;
		uint16_t ring[ENTRIES];
	} available;
	struct {
		uint16_t flags;
		uint16_t index;
		struct {
			uint32_t head;
			uint32_t bytes;
		} ring[ENTRIES];
	} used __attribute__((aligned(4)));
	struct {
		uint32_t type;
		uint32_t zero;
		uint64_t sector;
	} head;
	uint8_t status;
} volatile queue __attribute__((aligned(16)));

static uint32_t data[BYTES / 4] __attribute__((aligned(4096)));
static uintptr_t slot;

static uintptr_t find(void)
{
	for (unsigned int i = 0; i < SLOT_COUNT; i++) {
		uintptr_t at = SLOTS + i * SLOT_BYTES;

		if (read_word(at + MAGIC) == MAGIC_VALUE &&
			read_word(at + VERSION) == 2 &&
			read_word(at + DEVICE_ID) == BLOCK)
			return at;
	}
	return 0;
}

static void set_address(uint32_t offset, const volatile void *address)
{
	write_word(slot + offset, (uint32_t)(uintptr_t)address);
	write_word(slot + offset + 4, (uint32_t)((uint64_t)(uintptr_t)address >> 32));
}

static void set_descriptor(
	unsigned int index, const volatile void *address, uint32_t bytes, uint16_t flags)
{
	queue.descriptors[index].gpa = (uintptr_t)address;
	queue.descriptors[index].bytes = bytes;
	queue.descriptors[index].flags = flags;
	queue.descriptors[index].next = (uint16_t)(index + 1);
}

bool disk_open(void)
{
	slot = find();
	if (!slot)
		return false;
	write_word(slot + STATUS, 0);
	write_word(slot + STATUS, 1 | 2);
	write_word(slot + FEATURES_SELECT, 1);
	write_word(slot + FEATURES, 1); /* VERSION_1 and no more */
	write_word(slot + FEATURES_SELECT, 0);
	write_word(slot + FEATURES, FLUSH_OFFERED);
	write_word(slot + STATUS, 1 | 2 | 8);
	write_word(slot + QUEUE_SELECT, 0);
	write_word(slot + QUEUE_SIZE, ENTRIES);
	set_address(DESCRIPTORS, queue.descriptors);
	set_address(AVAILABLE, &queue.available);
	set_address(USED, &queue.used);
	write_word(slot + QUEUE_READY, 1);
	write_word(slot + STATUS, 1 | 2 | 8 | 4);
	set_descriptor(2, &queue.status, 1, WRITE);
	return true;
}

static void ask(uint32_t type, uint32_t number)
{
	queue.head.type = type;
	queue.head.sector = (uint64_t)number * SECTORS;
	set_descriptor(0, &queue.head, sizeof(queue.head), NEXT);
	set_descriptor(1, data, BYTES, type == READ_REQUEST ? NEXT | WRITE : NEXT);
	if (type == FLUSH_REQUEST)
		queue.descriptors[0].next = 2;
	barrier();
	queue.available.index++;
	barrier();
	write_word(slot + QUEUE_NOTIFY, 0);
}

void disk_read(uint32_t number)
{
	ask(READ_REQUEST, number);
}

void disk_write(uint32_t number, uint32_t value)
{
	for (unsigned int i = 0; i < BYTES / 4; i++)
		data[i] = value;
	ask(WRITE_REQUEST, number);
}

void disk_flush(void)
{
	ask(FLUSH_REQUEST, 0);
}

bool disk_is_done(void)
{
	return queue.used.index == queue.available.index;
}

bool disk_is_well(void)
{
	return queue.status == 0;
}

void disk_acknowledge(void)
{
	write_word(slot + INTERRUPT_ACK, read_word(slot + INTERRUPT_STATUS));
}
