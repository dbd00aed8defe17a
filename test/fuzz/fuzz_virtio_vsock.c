/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver that does anything to its rings, packets and registers, while the streams of
 * its host come, move and go. Beyond the sanitizers it holds the device to this: one that
 * needs a reset reads nothing, a reset closes every stream, and no event is wanted that
 * changes nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/vsock_bench.h"

#define ARENA_GPA (DRIVER_RAM_GPA + (2u << 20))
#define PORTS 4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct input {
	const uint8_t *at;
	size_t left;
};

static struct vsock_bench bench;

static uint32_t take(struct input *input, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes-- && input->left) {
		value = value << 8 | *input->at++;
		input->left--;
	}
	return value;
}

static bool needs_reset(void)
{
	return driver_status(&bench.driver) & VIRTIO_STATUS_NEEDS_RESET;
}

/* One descriptor where the ring goes on, whatever is in flight there. */
static void put(unsigned int queue, uint16_t index, struct driver_desc desc)
{
	struct virtio_driver *driver = &bench.driver;
	struct driver_queue *q = &driver->queues[queue];
	uint16_t *avail = driver_avail(driver, queue);

	*driver_desc(driver, queue, index) = desc;
	avail[2 + q->avail_index % DRIVER_QUEUE_SIZE] = index;
	q->avail_index++;
	avail[1] = q->avail_index;
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

static uint32_t host_port(struct input *input)
{
	uint32_t choice = take(input, 1);

	return choice % 2 ? choice / 2 % PORTS : (1u << 30) + choice / 2 % PORTS;
}

/* Mostly as it should be. */
static void packet(struct input *input)
{
	struct vsock_header header =
		vsock_bench_packet((enum vsock_op)(take(input, 1) % 9),
			take(input, 1) % PORTS, host_port(input));
	uint16_t index = (uint16_t)(take(input, 1) % DRIVER_QUEUE_SIZE);
	uint64_t gpa = ARENA_GPA + (uint64_t)index * 0x20000;
	uint32_t odd = take(input, 1);

	header.flags = odd & 3;
	header.bytes = header.op == VSOCK_RW ? take(input, 2) * 2 : 0;
	header.buffer_bytes = take(input, 2) * 8;
	header.forwarded_bytes = odd & 4 ? take(input, 4) : 0;
	if (odd >> 4 == 15)
		header.type = (uint16_t)take(input, 1);
	if (odd >> 4 == 14)
		header.to_cid = take(input, 4);
	if (odd >> 4 == 13)
		header.from_cid = take(input, 4);
	vsock_header_swap(&header);
	memcpy(driver_hva(&bench.driver, gpa, VSOCK_HEADER_BYTES), &header,
		VSOCK_HEADER_BYTES);
	put(VSOCK_FROM_DRIVER, index,
		(struct driver_desc){.gpa = gpa,
			.bytes = (uint32_t)VSOCK_HEADER_BYTES + le32toh(header.bytes) -
				 (odd >> 4 == 12)});
}

static void receive_buffer(struct input *input)
{
	uint16_t index = (uint16_t)(take(input, 1) % DRIVER_QUEUE_SIZE);
	uint32_t kind = take(input, 1);

	put(VSOCK_TO_DRIVER, index,
		(struct driver_desc){.gpa = ARENA_GPA + (uint64_t)index * 0x20000,
			.bytes = kind == 255 ? take(input, 1) : 45 + kind * 64,
			.flags = kind == 254 ? 0 : DRIVER_WRITE});
}

static void scribble(struct input *input)
{
	struct virtio_driver *driver = &bench.driver;
	unsigned int queue = take(input, 1) % VSOCK_QUEUE_COUNT;
	uint32_t offset = take(input, 1);
	uint16_t value = (uint16_t)take(input, 2);

	if (take(input, 1) % 2)
		driver_avail(driver, queue)[offset % (DRIVER_QUEUE_SIZE + 3)] = value;
	else
		memcpy((uint8_t *)driver_desc(driver, queue, 0) + 2 * offset, &value, 2);
}

static struct bench_stream *any_stream(struct input *input)
{
	uint32_t back = take(input, 1);

	if (!bench.stream_count)
		return NULL;
	return &bench.streams[bench.stream_count - 1 - back % bench.stream_count];
}

static void host_acts(struct input *input)
{
	struct bench_stream *stream = any_stream(input);
	uint32_t what = take(input, 1);

	if (!stream || !stream->open)
		return;
	switch (what % 8) {
	case 0:
	case 1:
		stream->in_left += take(input, 2);
		break;
	case 2:
		stream->in_ends = true;
		break;
	case 3:
		stream->in_error = -ECONNRESET;
		break;
	case 4:
		stream->out_error = -EPIPE;
		break;
	case 5:
		stream->room = take(input, 2);
		break;
	case 6:
		stream->room = UINT64_MAX;
		break;
	default:
		/* It is told once, and nothing follows. */
		stream->in_ends = true;
		stream->out_error = -EPIPE;
		if (!stream->in_error && stream->port != UINT32_MAX) {
			stream->port = UINT32_MAX;
			stream->base.user->events->gone(stream->base.user);
		}
	}
}

static uint64_t read_so_far(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < bench.stream_count; i++)
		sum += bench.streams[i].in_read;
	return sum;
}

static void pump(void)
{
	bool broken = needs_reset();
	uint64_t before = read_so_far();

	vsock_bench_pump(&bench);
	if (broken && before != read_so_far())
		abort();
}

static void check_closed(void)
{
	for (unsigned int i = 0; i < bench.stream_count; i++)
		if (bench.streams[i].open)
			abort();
}

static void restart(void)
{
	if (bench.driver.next_gpa > ARENA_GPA - (64u << 10))
		return;
	driver_reset(&bench.driver);
	check_closed();
	driver_start(&bench.driver, 0);
}

static void step(struct input *input)
{
	switch (take(input, 1) % 12) {
	case 0:
	case 1:
	case 2:
	case 3:
		packet(input);
		break;
	case 4:
	case 5:
		receive_buffer(input);
		break;
	case 6:
	case 7:
		host_acts(input);
		break;
	case 8:
		pump();
		break;
	case 9:
		if (bench.stream_count < BENCH_STREAMS)
			vsock_bench_ask(&bench, take(input, 1) % PORTS);
		break;
	case 10:
		bench.connect_code = take(input, 1) % 4 ? 0 : -ECONNREFUSED;
		driver_write_sized(&bench.driver, take(input, 2) % VIRTIO_MMIO_BYTES,
			1u << take(input, 1) % 4, take(input, 4));
		break;
	default:
		if (take(input, 1) % 4)
			scribble(input);
		else
			restart();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input input = {data, bytes};

	vsock_bench_init(&bench);
	driver_start(&bench.driver, 0);
	while (input.left)
		step(&input);
	/* Its bytes follow from nothing, so those that the host got are not looked at. */
	driver_finish(&bench.driver);
	check_closed();
	loop_destroy(bench.loop);
	return 0;
}
