/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graphics adapter under a driver made of the input: commands on both queues with
 * words that are mostly small, memory entries mostly in RAM, a display that takes its
 * time, changes its mode or has no memory, resets. Besides what the sanitizers see: a
 * healthy queue gets an answer for every chain, what the display allocates stays within
 * the limit, and a reset leaves nothing.
 */
#include <errno.h>
#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

#include "host/display_impl.h"
#include "src/loop.h"
#include "test/fuzz/rings.h"
#include "virtio/gpu.h"

#define MEMORY_BYTES (512u << 10)
#define REQUEST_WORDS 24u
#define ENTRIES RINGS_BUFFERS
#define REQUEST (RINGS_BUFFERS + 4096u)
#define ANSWER (RINGS_BUFFERS + 8192u)

static struct world {
	struct loop *loop;
	struct guest_mem mem;
	struct display display;
	struct virtio_device *dev;
	bool slow;
	bool out_of_memory;
	unsigned int buffers;
	uint64_t bytes;
} world;

/* ---- the display ----------------------------------------------------------------------
 */

static int add_buffer(struct display_buffer *buffer, struct display_buffer **ret)
{
	struct display_buffer *copy = malloc(sizeof(*copy));

	*copy = *buffer;
	world.buffers++;
	*ret = copy;
	return 0;
}

static int buffer_create(struct display *display, uint32_t width, uint32_t height,
	struct display_buffer **ret)
{
	struct display_buffer buffer = {
		.width = width, .height = height, .stride_bytes = 4 * (size_t)width};

	if (world.out_of_memory)
		return -ENOMEM;
	world.bytes += display_buffer_bytes(width, height);
	if (world.bytes > MEMORY_BYTES)
		abort();
	buffer.pixels = calloc(height, buffer.stride_bytes);
	return add_buffer(&buffer, ret);
}

static int buffer_import(struct display *display, const struct pixel_source *source,
	int dmabuf, struct display_buffer **ret)
{
	struct display_buffer buffer = {
		.width = source->width, .height = source->height, .source = *source};

	return world.out_of_memory ? -ENOMEM : add_buffer(&buffer, ret);
}

static void buffer_destroy(struct display *display, struct display_buffer *buffer)
{
	if (buffer->pixels)
		world.bytes -= display_buffer_bytes(buffer->width, buffer->height);
	world.buffers--;
	free(buffer->pixels);
	free(buffer);
}

static void show(struct display *display, unsigned int scanout)
{
	if (!display_frame_show(display, scanout) ||
		display->scanouts[scanout].frame.copy_bytes > MEMORY_BYTES)
		abort();
}

static bool flush(struct display *display, unsigned int scanout, const struct rect *rect)
{
	display_frame_flush(display, scanout, rect);
	return world.slow;
}

static const struct display_ops ops = {
	.buffer_create = buffer_create,
	.buffer_import = buffer_import,
	.buffer_destroy = buffer_destroy,
	.show = show,
	.flush = flush,
};

/* ---- the driver -----------------------------------------------------------------------
 */

static void make_world(void)
{
	if (loop_create(&world.loop, NULL) ||
		guest_mem_add(&world.mem, RINGS_RAM_GPA, RINGS_RAM_BYTES, NULL))
		abort();
}

static uint32_t take_word(struct rings_input *input)
{
	uint32_t word = rings_take(input, 1);

	if (word < 0xf0)
		return word % 80;
	return word < 0xf8 ? (word & 7) << 6 : rings_take(input, 4);
}

static void put_entries(struct rings_input *input, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct virtio_gpu_mem_entry entry = {
			.addr = RINGS_RAM_GPA + rings_take(input, 3),
			.length = rings_take(input, 2)};

		memcpy(rings_ram(world.dev, ENTRIES + i * sizeof(entry)), &entry,
			sizeof(entry));
	}
}

/* A command whose words are the input's but for its type. */
static void put_command(struct rings_input *input)
{
	uint32_t words[REQUEST_WORDS] = {0};
	uint32_t kind = rings_take(input, 1);
	uint32_t count = rings_take(input, 1) % REQUEST_WORDS + 1;
	uint32_t entries = rings_take(input, 1) % 64;
	bool cursor = kind & 0x10;
	struct rings_buffer buffers[] = {{REQUEST, count * 4, false},
		{ENTRIES, entries * sizeof(struct virtio_gpu_mem_entry), false},
		{ANSWER, kind & 0x20 ? rings_take(input, 2) : 1200, true}};

	words[0] = cursor ? VIRTIO_GPU_CMD_UPDATE_CURSOR + (kind & 1)
			  : VIRTIO_GPU_CMD_GET_DISPLAY_INFO + (kind & 15);
	words[1] = kind & 0x40 ? VIRTIO_GPU_FLAG_FENCE : 0;
	for (uint32_t i = 6; i < count; i++)
		words[i] = take_word(input);
	if (entries)
		put_entries(input, entries);
	else
		buffers[1] = buffers[2];
	memcpy(rings_ram(world.dev, REQUEST), words, sizeof(words));
	rings_offer(world.dev, cursor, (uint16_t)(rings_take(input, 1) % RINGS_SIZE),
		buffers, entries ? 3 : 2);
	virtio_device_kick(world.dev, cursor);
}

static void check(void)
{
	const struct virtq *q = world.dev->queues;

	for (unsigned int i = 0; i < display_scanouts(&world.display); i++)
		display_presented(&world.display, i);
	while (world.dev->kicks_due) {
		world.slow = false;
		loop_turn(world.loop, 0);
	}
	for (unsigned int i = 0; i < 2; i++)
		if (q[i].live && !q[i].broken && q[i].in_flight)
			abort();
}

static void reset(uint32_t refused)
{
	virtio_device_reset(world.dev);
	if (world.buffers || world.bytes)
		abort();
	rings_start(world.dev, refused);
}

static void step(struct rings_input *input)
{
	struct display_mode mode = world.display.scanouts[0].mode;

	switch (rings_take(input, 1) % 16) {
	case 0:
		display_presented(&world.display, rings_take(input, 1) % 2);
		break;
	case 1:
		world.slow = !world.slow;
		break;
	case 2:
		world.out_of_memory = !world.out_of_memory;
		break;
	case 3:
		mode.width = 1 + rings_take(input, 2);
		mode.refresh_mhz = rings_take(input, 4);
		mode.connected = mode.width & 1;
		display_set_mode(&world.display, 0, &mode);
		break;
	case 4:
		check();
		reset(rings_take(input, 1) & 0xe);
		break;
	case 5:
		*rings_ram(world.dev, rings_take(input, 2)) =
			(uint8_t)rings_take(input, 1);
		break;
	case 6:
		loop_turn(world.loop, 0);
		break;
	default:
		put_command(input);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	static const struct display_size sizes[] = {{80, 60}, {64, 64}};
	const struct virtio_gpu_options options = {
		.max_memory_bytes = MEMORY_BYTES, .udmabuf = -1};
	struct rings_input input = {bytes, count};

	if (!world.loop)
		make_world();
	world.slow = world.out_of_memory = false;
	display_init(&world.display, &ops, sizes, 2);
	if (virtio_gpu_create(
		    world.loop, "fuzz", &world.display, &options, &world.dev, NULL))
		abort();
	rings_attach(world.dev, &world.mem);
	rings_start(world.dev, 0);
	while (input.left)
		step(&input);
	check();
	reset(0);
	virtio_device_destroy(world.dev);
	display_finish(&world.display);
	return 0;
}
