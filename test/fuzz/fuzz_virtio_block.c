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
#include "src/loop.h"
#include "test/fuzz/rings.h"
#include "virtio/block.h"

#define QUEUES 2u
#define DISK_BYTES 65536

struct world {
	struct loop *loop;
	struct guest_mem mem;
	struct disk *disk;
	int fd;
	struct virtio_device *dev;
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
		guest_mem_add(&world.mem, RINGS_RAM_GPA, RINGS_RAM_BYTES, NULL) ||
		disk_file_open(world.loop, &options, &world.disk, NULL))
		abort();
	return &world;
}

/* A header at the start of the buffers that chains take theirs from. */
static void put_header(struct world *world, struct rings_input *input)
{
	static const uint32_t types[] = {VIRTIO_BLK_T_IN, VIRTIO_BLK_T_OUT,
		VIRTIO_BLK_T_FLUSH, VIRTIO_BLK_T_GET_ID, VIRTIO_BLK_T_DISCARD,
		VIRTIO_BLK_T_WRITE_ZEROES, 2, UINT32_MAX};
	struct virtio_blk_outhdr header = {
		.type = htole32(types[rings_take(input, 1) % 8])};
	uint64_t sector = rings_take(input, 1);

	/* Mostly around the end of the disk, sometimes far beyond it. */
	if (sector > 200)
		sector = sector << 56 | rings_take(input, 4);
	else
		sector %= DISK_BYTES / 512 + 2;
	header.sector = htole64(sector);
	memcpy(rings_ram(world->dev, RINGS_BUFFERS), &header, sizeof(header));
}

static void put_ranges(struct world *world, struct rings_input *input)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct virtio_blk_discard_write_zeroes range = {
			.sector = htole64(rings_take(input, 1)),
			.num_sectors =
				htole32(rings_take(input, 1) * rings_take(input, 1)),
			.flags = htole32(rings_take(input, 1) & 3)};

		memcpy(rings_ram(world->dev, RINGS_BUFFERS + 16 + i * 16), &range,
			sizeof(range));
	}
}

/* The header's buffer, some of any kind, and the status, or without. */
static void put_chain(struct world *world, struct rings_input *input)
{
	uint32_t queue = rings_take(input, 1) % QUEUES;
	uint16_t head = (uint16_t)(rings_take(input, 1) % RINGS_SIZE);
	uint32_t count = rings_take(input, 1) % 8;
	struct rings_buffer buffers[8];
	uint32_t offset = RINGS_BUFFERS;
	bool writable = false;

	for (uint32_t i = 0; i < count; i++) {
		uint8_t kind = (uint8_t)rings_take(input, 1);
		uint32_t bytes = kind & 2 ? rings_take(input, 1) : 16;

		if (kind & 4)
			bytes *= 512;
		writable |= kind & 1;
		buffers[i] = (struct rings_buffer){offset, bytes, writable};
		offset += bytes;
	}
	rings_offer(world->dev, queue, head, buffers, count);
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

static void step(
	struct world *world, struct virtio_device *dev, struct rings_input *input)
{
	switch (rings_take(input, 1) % 8) {
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
		virtio_device_kick(dev, rings_take(input, 1) % (QUEUES + 1));
		break;
	case 5:
		loop_turn(world->loop, 0);
		break;
	case 6:
		*rings_ram(dev, rings_take(input, 2) % (QUEUES * RINGS_QUEUE_BYTES)) =
			(uint8_t)rings_take(input, 1);
		break;
	default:
		check(world, dev);
		virtio_device_reset(dev);
		rings_start(dev, 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct virtio_block_options options = {
		.serial = "fuzz", .queues = QUEUES};
	struct world *world = make_world();
	struct rings_input input = {bytes, count};
	struct virtio_device *dev;

	if (virtio_block_create(world->loop, "vda", world->disk, &options, &dev, NULL))
		abort();
	world->dev = dev;
	rings_attach(dev, &world->mem);
	rings_start(dev, 0);
	while (input.left)
		step(world, dev, &input);
	check(world, dev);
	virtio_device_destroy(dev);
	return 0;
}
