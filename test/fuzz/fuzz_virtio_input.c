/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input device under a driver made of the input, with a person at the other side: any
 * selection of the config space, buffers and statuses of any kind, kicks and resets,
 * while keys, places and fingers come. Besides what the sanitizers see: what selects
 * something says no more bytes than there are, every status is answered, and no buffer is
 * kept.
 */
#include <stdlib.h>
#include <string.h>

#include "host/seat.h"
#include "src/loop.h"
#include "test/fuzz/rings.h"
#include "virtio/input.h"

struct world {
	struct loop *loop;
	struct guest_mem mem;
	struct seat *seat;
	struct input_source *source;
	struct virtio_device *dev;
};

static void put_chain(struct world *world, struct rings_input *input)
{
	uint32_t kind = rings_take(input, 1);
	struct rings_buffer buffers[4];
	uint32_t count = 1 + (kind >> 4) % 4;

	for (uint32_t i = 0; i < count; i++) {
		buffers[i].offset = RINGS_BUFFERS + rings_take(input, 1) * 8;
		buffers[i].bytes = kind & 8 ? rings_take(input, 1) : 8;
		buffers[i].writable = kind & (1u << i);
	}
	rings_offer(world->dev, kind & 4 ? VIRTIO_INPUT_STATUS : VIRTIO_INPUT_EVENTS,
		(uint16_t)(rings_take(input, 1) % RINGS_SIZE), buffers, count);
}

/* Buffers as a driver gives them: as many as the ring has. */
static void fill_events(struct world *world, struct rings_input *input)
{
	for (uint32_t i = rings_take(input, 1) % RINGS_SIZE; i < RINGS_SIZE; i++) {
		const struct rings_buffer buffer = {RINGS_BUFFERS + i * 8, 8, true};

		rings_offer(world->dev, VIRTIO_INPUT_EVENTS, (uint16_t)i, &buffer, 1);
	}
	virtio_device_kick(world->dev, VIRTIO_INPUT_EVENTS);
}

static void act(struct world *world, struct rings_input *input)
{
	uint32_t what = rings_take(input, 1);
	uint32_t a = rings_take(input, 2);
	uint32_t b = rings_take(input, 2);
	struct seat *seat = world->seat;

	switch (what % 8) {
	case 0:
		seat_key(seat, (uint16_t)a, what & 8);
		break;
	case 1:
		seat_place(seat, (int32_t)a - 100, (int32_t)b - 100);
		break;
	case 2:
		seat_motion(seat, (int32_t)a - 0x8000, (int32_t)b - 0x8000);
		break;
	case 3:
		seat_wheel(seat, (int32_t)a - 0x8000, (int32_t)b - 0x8000);
		break;
	case 4:
		seat_touch(seat, (what >> 3) % SEAT_TOUCHES, (int32_t)a, (int32_t)b);
		break;
	case 5:
		seat_touch_end(seat, (what >> 3) % SEAT_TOUCHES);
		break;
	case 6:
		seat_release_all(seat);
		break;
	default:
		seat_sync(seat);
		break;
	}
}

static void check(struct world *world)
{
	struct virtio_device *dev = world->dev;

	while (dev->kicks_due)
		loop_turn(world->loop, 0);
	if (virtio_device_config_read(dev, 2, 1) > 128)
		abort();
	for (uint32_t i = 0; i < dev->queue_count; i++)
		if (dev->queues[i].live && !dev->queues[i].broken &&
			dev->queues[i].in_flight)
			abort();
}

static void step(struct world *world, struct rings_input *input)
{
	struct virtio_device *dev = world->dev;

	switch (rings_take(input, 1) % 9) {
	case 0:
		put_chain(world, input);
		break;
	case 1:
		fill_events(world, input);
		break;
	case 2:
	case 3:
		act(world, input);
		break;
	case 4:
		virtio_device_kick(dev, rings_take(input, 1) % (dev->queue_count + 1));
		break;
	case 5:
		virtio_device_config_write(dev, rings_take(input, 1) % 140,
			1u << rings_take(input, 1) % 4, rings_take(input, 4));
		break;
	case 6:
		*rings_ram(dev,
			rings_take(input, 2) % (dev->queue_count * RINGS_QUEUE_BYTES)) =
			(uint8_t)rings_take(input, 1);
		break;
	case 7:
		*rings_ram(dev, RINGS_BUFFERS + rings_take(input, 1)) =
			(uint8_t)rings_take(input, 1);
		break;
	default:
		check(world);
		virtio_device_reset(dev);
		rings_start(dev, rings_take(input, 1) & 1);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static struct world world;
	struct rings_input input = {bytes, count};

	if (!world.loop &&
		(loop_create(&world.loop, NULL) ||
			guest_mem_add(&world.mem, RINGS_RAM_GPA, RINGS_RAM_BYTES, NULL)))
		abort();
	if (seat_create(world.loop, &world.seat, NULL) ||
		seat_source_create(world.seat, rings_take(&input, 1) % 4, "fuzz",
			&world.source, NULL) ||
		virtio_input_create(world.loop, "fuzz", world.source, &world.dev, NULL))
		abort();
	rings_attach(world.dev, &world.mem);
	rings_start(world.dev, 0);
	while (input.left)
		step(&world, &input);
	check(&world);
	virtio_device_destroy(world.dev);
	input_source_destroy(world.source);
	seat_destroy(world.seat);
	return 0;
}
