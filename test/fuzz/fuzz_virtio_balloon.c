/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The balloon under a driver made of the input: page frames and reports of any kind on
 * any queue, config writes, kicks and resets, with host pages of 4 KiB or 64 KiB. Besides
 * what the sanitizers see: a healthy queue gets an answer for every chain but one buffer
 * of statistics.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "src/loop.h"
#include "test/fuzz/rings.h"
#include "virtio/balloon.h"

#define QUEUE_STATS 2u

struct world {
	struct loop *loop;
	struct guest_mem mem;
	struct virtio_device *dev;
};

static void start(struct world *world, struct rings_input *input)
{
	rings_start(world->dev, rings_take(input, 1) & 0x3f);
}

/* Mostly pages of RAM, sometimes those around it and far away. */
static void put_pfns(struct world *world, struct rings_input *input)
{
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t pfn = rings_take(input, 1);

		pfn = pfn == 255 ? rings_take(input, 4)
				 : (RINGS_RAM_GPA >> 12) - 2 + pfn * 2;
		pfn = htole32(pfn);
		memcpy(rings_ram(world->dev, RINGS_BUFFERS + i * 4), &pfn, sizeof(pfn));
	}
}

static void put_chain(struct world *world, struct rings_input *input)
{
	uint32_t queue = rings_take(input, 1) % world->dev->queue_count;
	uint16_t head = (uint16_t)(rings_take(input, 1) % RINGS_SIZE);
	uint32_t count = 1 + rings_take(input, 1) % 4;
	struct rings_buffer buffers[4];

	for (uint32_t i = 0; i < count; i++) {
		uint8_t kind = (uint8_t)rings_take(input, 1);

		buffers[i].offset = RINGS_BUFFERS + (kind & 2 ? rings_take(input, 3) : 0);
		buffers[i].bytes = kind & 4 ? rings_take(input, 3) : 256;
		buffers[i].writable = kind & 1;
	}
	rings_offer(world->dev, queue, head, buffers, count);
}

static void check(struct world *world)
{
	while (world->dev->kicks_due)
		loop_turn(world->loop, 0);
	for (uint32_t i = 0; i < world->dev->queue_count; i++) {
		const struct virtq *q = &world->dev->queues[i];

		if (q->live && !q->broken && q->in_flight > (i == QUEUE_STATS))
			abort();
	}
}

static void step(struct world *world, struct rings_input *input)
{
	struct virtio_device *dev = world->dev;

	switch (rings_take(input, 1) % 8) {
	case 0:
		put_pfns(world, input);
		break;
	case 1:
	case 2:
		put_chain(world, input);
		break;
	case 3:
	case 4:
		virtio_device_kick(dev, rings_take(input, 1) % (dev->queue_count + 1));
		break;
	case 5:
		virtio_device_config_write(dev, rings_take(input, 1) % 20,
			1u << rings_take(input, 1) % 4, rings_take(input, 4));
		break;
	case 6:
		*rings_ram(dev,
			rings_take(input, 2) % (dev->queue_count * RINGS_QUEUE_BYTES)) =
			(uint8_t)rings_take(input, 1);
		break;
	default:
		check(world);
		virtio_device_reset(dev);
		start(world, input);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static struct world world;
	struct rings_input input = {bytes, count};
	struct virtio_balloon_options options = {.free_page_reporting = true};

	if (!world.loop &&
		(loop_create(&world.loop, NULL) ||
			guest_mem_add(&world.mem, RINGS_RAM_GPA, RINGS_RAM_BYTES, NULL)))
		abort();
	options.host_page_bytes = rings_take(&input, 1) & 1 ? 65536 : 4096;
	options.stats_interval = rings_take(&input, 1) & 1;
	if (virtio_balloon_create(world.loop, "fuzz", &options, &world.dev, NULL))
		abort();
	rings_attach(world.dev, &world.mem);
	start(&world, &input);
	while (input.left)
		step(&world, &input);
	check(&world);
	virtio_device_destroy(world.dev);
	return 0;
}
