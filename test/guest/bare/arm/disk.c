/* SPDX-License-Identifier: Apache-2.0 */
#include "test/guest/bare/arm/disk.h"

#include "test/guest/bare/virtio.h"

#define FLUSH_OFFERED (1u << 9)

#define BYTES 4096u
#define SECTORS (BYTES / 512)

enum { READ_REQUEST, WRITE_REQUEST, FLUSH_REQUEST = 4 };

static struct {
	struct virtio_ring ring;
	struct {
		uint32_t type;
		uint32_t zero;
		uint64_t sector;
	} head;
	uint8_t status;
} volatile queue;

static uint32_t data[BYTES / 4] __attribute__((aligned(4096)));
static unsigned int slot;

bool disk_open(void)
{
	int found = virtio_find(VIRTIO_BLOCK, 0);

	if (found < 0)
		return false;
	slot = (unsigned int)found;
	virtio_begin(slot, FLUSH_OFFERED);
	virtio_set_ring(slot, 0, &queue.ring);
	virtio_go(slot);
	virtio_describe(&queue.ring, 2, &queue.status, 1, VIRTIO_WRITE);
	return true;
}

static void ask(uint32_t type, uint32_t number)
{
	queue.head.type = type;
	queue.head.sector = (uint64_t)number * SECTORS;
	virtio_describe(&queue.ring, 0, &queue.head, sizeof(queue.head), VIRTIO_NEXT);
	virtio_describe(&queue.ring, 1, data, BYTES,
		type == READ_REQUEST ? VIRTIO_NEXT | VIRTIO_WRITE : VIRTIO_NEXT);
	if (type == FLUSH_REQUEST)
		queue.ring.descriptors[0].next = 2;
	virtio_offer(slot, 0, &queue.ring, 0);
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
	return virtio_is_idle(&queue.ring);
}

bool disk_is_well(void)
{
	return queue.status == 0;
}

void disk_acknowledge(void)
{
	virtio_acknowledge(slot);
}
