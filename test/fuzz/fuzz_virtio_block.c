/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The block device under a driver made of the input: chains of any layout with headers of
 * any kind, kicks, resets and rewritten rings, on a real disk of 64 KiB. Besides what the
 * sanitizers see: the disk keeps its size, and a healthy queue gets an answer for every
 * chain.
 */
#include <endian.h>
#include <linux/virtio_blk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/disk.h"
#include "src/guest_mem.h"
#include "src/loop.h"
#include "virtio/block.h"
#include "virtio/virtio.h"

#define RAM_GPA 0x40000000ull
#define RAM_BYTES (2u << 20)
#define QUEUE_SIZE 16u
#define QUEUES 2u
#define DISK_BYTES 65536

/* Offsets into RAM: a page for each queue's rings, then buffers. */
#define DESC 0u
#define AVAIL 1024u
#define USED 2048u
#define BUFFERS 65536u

struct desc {
	uint64_t gpa;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

struct input {
	const uint8_t *at;
	size_t left;
};

struct world {
	struct loop *loop;
	struct guest_mem mem;
	struct disk *disk;
	int fd;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static uint32_t take(struct input *input, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes && input->left; i++) {
		value |= (uint32_t)*input->at++ << 8 * i;
		input->left--;
	}
	return value;
}

static void ignore(struct virtio_device *dev)
{
}

static const struct virtio_transport_ops transport = {
	.queue_interrupt = ignore,
	.config_interrupt = ignore,
};

static struct world *make_world(void)
{
	static struct world world;
	struct disk_file_options options = {.discard = true, .depth = VIRTIO_BLOCK_DEPTH};
	char path[64];

	if (world.loop)
		return &world;
	world.fd = memfd_create("disk", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", world.fd);
	options.path = path;
	if (ftruncate(world.fd, DISK_BYTES) || loop_create(&world.loop, NULL) ||
		guest_mem_add(&world.mem, RAM_GPA, RAM_BYTES, NULL) ||
		disk_file_open(world.loop, &options, &world.disk, NULL))
		abort();
	return &world;
}

static uint8_t *ram(struct world *world, uint32_t offset)
{
	return world->mem.regions[0].hva + offset;
}

static void start(struct world *world, struct virtio_device *dev)
{
	memset(ram(world, 0), 0, QUEUES * 4096);
	virtio_device_set_status(dev, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	virtio_device_accept(dev, 0, (uint32_t)virtio_device_offered(dev));
	virtio_device_accept(dev, 1, 1);
	virtio_device_set_status(dev, VIRTIO_STATUS_FEATURES_OK);
	for (uint32_t i = 0; i < QUEUES; i++) {
		uint64_t gpa = RAM_GPA + i * 4096;
		struct virtq_setup *setup = virtio_device_setup(dev, i);

		*setup = (struct virtq_setup){.size = QUEUE_SIZE,
			.desc_gpa = gpa + DESC,
			.avail_gpa = gpa + AVAIL,
			.used_gpa = gpa + USED};
		virtio_device_set_queue_ready(dev, i, true);
	}
	virtio_device_set_status(dev, VIRTIO_STATUS_DRIVER_OK);
}

/* A header at the start of the buffers that chains take theirs from. */
static void put_header(struct world *world, struct input *input)
{
	static const uint32_t types[] = {VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT,
		VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_GET_ID, VIRTIO_BLK_T_DISCARD,
		VIRTIO_BLK_T_WRITE_ZEROES, 2, UINT32_MAX};
	struct virtio_blk_outhdr header = {.type = htole32(types[take(input, 1) % 8])};
	uint64_t sector = take(input, 1);

	/* Mostly around the end of the disk, sometimes far beyond it. */
	if (sector > 200)
		sector = sector << 56 | take(input, 4);
	else
		sector %= DISK_BYTES / 512 + 2;
	header.sector = htole64(sector);
	memcpy(ram(world, BUFFERS), &header, sizeof(header));
}

static void put_ranges(struct world *world, struct input *input)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct virtio_blk_discard_write_zeroes range = {
			.sector = htole64(take(input, 1)),
			.num_sectors = htole32(take(input, 1) * take(input, 1)),
			.flags = htole32(take(input, 1) & 3)};

		memcpy(ram(world, BUFFERS + 16 + i * 16), &range, sizeof(range));
	}
}

/* The header's descriptor, some buffers of any kind, and the status, or without. */
static void put_chain(struct world *world, struct input *input)
{
	uint32_t queue = take(input, 1) % QUEUES;
	uint16_t head = (uint16_t)(take(input, 1) % QUEUE_SIZE);
	uint32_t count = take(input, 1) % 8;
	struct desc *table = (void *)ram(world, queue * 4096 + DESC);
	uint16_t *avail = (void *)ram(world, queue * 4096 + AVAIL);
	uint32_t offset = BUFFERS;
	bool writable = false;

	for (uint32_t i = 0; i < count; i++) {
		uint8_t kind = (uint8_t)take(input, 1);
		uint32_t bytes = kind & 2 ? take(input, 1) : 16;

		if (kind & 4)
			bytes *= 512;
		writable |= kind & 1;
		table[(head + i) % QUEUE_SIZE] = (struct desc){
			.gpa = htole64(RAM_GPA + offset),
			.bytes = htole32(bytes),
			.flags = htole16(
				(uint16_t)((writable ? 2 : 0) | (i + 1 < count ? 1 : 0))),
			.next = htole16((uint16_t)((head + i + 1) % QUEUE_SIZE)),
		};
		offset += bytes;
	}
	if (!count)
		return;
	avail[2 + le16toh(avail[1]) % QUEUE_SIZE] = htole16(head);
	avail[1] = htole16((uint16_t)(le16toh(avail[1]) + 1));
}

static void check(struct world *world, const struct virtio_device *dev)
{
	struct stat st;

	disk_drain(world->disk);
	while (dev->kicks_due) {
		loop_turn(world->loop, 0);
		disk_drain(world->disk);
	}
	for (uint32_t i = 0; i < QUEUES; i++) {
		const struct virtq *q = &dev->queues[i];

		if (q->live && !q->broken && q->in_flight)
			abort();
	}
	if (fstat(world->fd, &st) || st.st_size != DISK_BYTES)
		abort();
}

static void step(struct world *world, struct virtio_device *dev, struct input *input)
{
	switch (take(input, 1) % 8) {
	case 0:
	case 1:
		put_header(world, input);
		put_chain(world, input);
		break;
	case 2:
		put_ranges(world, input);
		put_chain(world, input);
		break;
	case 3:
	case 4:
		virtio_device_kick(dev, take(input, 1) % (QUEUES + 1));
		break;
	case 5:
		loop_turn(world->loop, 0);
		break;
	case 6:
		*ram(world, take(input, 2) % (QUEUES * 4096)) = (uint8_t)take(input, 1);
		break;
	default:
		check(world, dev);
		virtio_device_reset(dev);
		start(world, dev);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct virtio_block_options options = {
		.serial = "fuzz", .queues = QUEUES};
	struct world *world = make_world();
	struct input input = {bytes, count};
	struct virtio_device *dev;

	if (virtio_block_create(world->loop, "vda", world->disk, &options, &dev, NULL))
		abort();
	virtio_device_attach(dev, &world->mem, &transport, NULL);
	start(world, dev);
	while (input.left)
		step(world, dev, &input);
	check(world, dev);
	virtio_device_destroy(dev);
	return 0;
}
