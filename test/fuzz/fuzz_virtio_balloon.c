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

#include "src/guest_mem.h"
#include "src/loop.h"
#include "test/fuzz/device.h"
#include "virtio/balloon.h"
#include "virtio/virtio.h"

#define RAM_GPA 0x40000000ull
#define RAM_BYTES (2u << 20)
#define QUEUE_SIZE 16u
#define QUEUE_STATS 2u

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
	struct virtio_device *dev;
};

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

static uint8_t *ram(struct world *world, uint32_t offset)
{
	return world->mem.regions[0].hva + offset;
}

static void start(struct world *world, struct input *input)
{
	struct virtio_device *dev = world->dev;

	memset(ram(world, 0), 0, dev->queue_count * 4096);
	virtio_device_set_status(dev, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
	virtio_device_accept(
		dev, 0, (uint32_t)virtio_device_offered(dev) & ~(take(input, 1) & 0x3f));
	virtio_device_accept(dev, 1, 1);
	virtio_device_set_status(dev, VIRTIO_STATUS_FEATURES_OK);
	for (uint32_t i = 0; i < dev->queue_count; i++) {
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

/* Mostly pages of RAM, sometimes those around it and far away. */
static void put_pfns(struct world *world, struct input *input)
{
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t pfn = take(input, 1);

		pfn = pfn == 255 ? take(input, 4) : (RAM_GPA >> 12) - 2 + pfn * 2;
		pfn = htole32(pfn);
		memcpy(ram(world, BUFFERS + i * 4), &pfn, sizeof(pfn));
	}
}

static void put_chain(struct world *world, struct input *input)
{
	uint32_t queue = take(input, 1) % world->dev->queue_count;
	uint16_t head = (uint16_t)(take(input, 1) % QUEUE_SIZE);
	uint32_t count = 1 + take(input, 1) % 4;
	struct desc *table = (void *)ram(world, queue * 4096 + DESC);
	uint16_t *avail = (void *)ram(world, queue * 4096 + AVAIL);

	for (uint32_t i = 0; i < count; i++) {
		uint8_t kind = (uint8_t)take(input, 1);

		table[(head + i) % QUEUE_SIZE] = (struct desc){
			.gpa = htole64(
				RAM_GPA + BUFFERS + (kind & 2 ? take(input, 3) : 0)),
			.bytes = htole32(kind & 4 ? take(input, 3) : 256),
			.flags = htole16(
				(uint16_t)((kind & 1 ? 2 : 0) | (i + 1 < count ? 1 : 0))),
			.next = htole16((uint16_t)((head + i + 1) % QUEUE_SIZE)),
		};
	}
	avail[2 + le16toh(avail[1]) % QUEUE_SIZE] = htole16(head);
	avail[1] = htole16((uint16_t)(le16toh(avail[1]) + 1));
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

static void step(struct world *world, struct input *input)
{
	struct virtio_device *dev = world->dev;

	switch (take(input, 1) % 8) {
	case 0:
		put_pfns(world, input);
		break;
	case 1:
	case 2:
		put_chain(world, input);
		break;
	case 3:
	case 4:
		virtio_device_kick(dev, take(input, 1) % (dev->queue_count + 1));
		break;
	case 5:
		virtio_device_config_write(dev, take(input, 1) % 20,
			1u << take(input, 1) % 4, take(input, 4));
		break;
	case 6:
		*ram(world, take(input, 2) % (dev->queue_count * 4096)) =
			(uint8_t)take(input, 1);
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
	struct input input = {bytes, count};
	struct virtio_balloon_options options = {.free_page_reporting = true};

	if (!world.loop && (loop_create(&world.loop, NULL) ||
				   guest_mem_add(&world.mem, RAM_GPA, RAM_BYTES, NULL)))
		abort();
	options.host_page_bytes = take(&input, 1) & 1 ? 65536 : 4096;
	options.stats_interval = take(&input, 1) & 1;
	if (virtio_balloon_create(world.loop, "fuzz", &options, &world.dev, NULL))
		abort();
	virtio_device_attach(world.dev, &world.mem, &transport, NULL);
	start(&world, &input);
	while (input.left)
		step(&world, &input);
	check(&world);
	virtio_device_destroy(world.dev);
	return 0;
}
