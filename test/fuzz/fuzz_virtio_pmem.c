/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pmem device under a driver made of the input: chains of any layout, kicks, resets
 * and rewritten rings, on a real file. Besides what the sanitizers see: a healthy queue
 * gets an answer for every chain.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk.h"
#include "src/loop.h"
#include "test/fuzz/rings.h"
#include "virtio/pmem.h"

#define FILE_BYTES (2u << 20)

struct world {
	struct loop *loop;
	struct guest_mem mem;
	struct disk *disk;
};

static struct world *make_world(void)
{
	static struct world world;
	struct disk_file_options options = {.depth = VIRTIO_PMEM_DEPTH};
	char path[64];
	int fd;

	if (world.loop)
		return &world;
	fd = memfd_create("pmem", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	options.path = path;
	if (ftruncate(fd, FILE_BYTES) || loop_create(&world.loop, NULL) ||
		guest_mem_add(&world.mem, RINGS_RAM_GPA, RINGS_RAM_BYTES, NULL) ||
		disk_file_open(world.loop, &options, &world.disk, NULL))
		abort();
	close(fd);
	return &world;
}

/* A readable and a writable part, each of any number of pieces. */
static void put_chain(struct virtio_device *dev, struct rings_input *input)
{
	uint16_t head = (uint16_t)(rings_take(input, 1) % RINGS_SIZE);
	uint32_t readable = rings_take(input, 1) % 3;
	uint32_t count = readable + rings_take(input, 1) % 6;
	struct rings_buffer buffers[8];

	*rings_ram(dev, RINGS_BUFFERS) = rings_take(input, 1) & 1;
	for (uint32_t i = 0; i < count; i++) {
		bool writable = i >= readable;

		buffers[i].offset =
			RINGS_BUFFERS + (writable ? 64 : 0) + rings_take(input, 1);
		buffers[i].bytes = rings_take(input, 1) % 6;
		buffers[i].writable = writable;
	}
	rings_offer(dev, 0, head, buffers, count);
}

static void check(struct world *world, const struct virtio_device *dev)
{
	const struct virtq *q = &dev->queues[0];

	disk_drain(world->disk);
	while (dev->kicks_due) {
		loop_turn(world->loop, 0);
		disk_drain(world->disk);
	}
	if (q->live && !q->broken && q->in_flight)
		abort();
}

static void step(
	struct world *world, struct virtio_device *dev, struct rings_input *input)
{
	uint32_t at;

	switch (rings_take(input, 1) % 8) {
	case 0:
	case 1:
	case 2:
		put_chain(dev, input);
		break;
	case 3:
	case 4:
		virtio_device_kick(dev, rings_take(input, 1) % 2);
		break;
	case 5:
		loop_turn(world->loop, 0);
		break;
	case 6:
		at = rings_take(input, 1) * 16u + rings_take(input, 1) % 16u;
		*rings_ram(dev, at) = (uint8_t)rings_take(input, 1);
		break;
	default:
		if (rings_take(input, 1) & 1)
			check(world, dev);
		virtio_device_reset(dev);
		rings_start(dev, 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct world *world = make_world();
	struct rings_input input = {bytes, count};
	struct virtio_pmem_options options = {.gpa = 1ull << 32,
		.bytes = FILE_BYTES,
		.flush = rings_take(&input, 1) & 1};
	struct virtio_device *dev;

	if (virtio_pmem_create(world->loop, "fuzz", world->disk, &options, &dev, NULL))
		abort();
	rings_attach(dev, &world->mem);
	rings_start(dev, 0);
	while (input.left)
		step(world, dev, &input);
	check(world, dev);
	virtio_device_destroy(dev);
	return 0;
}
