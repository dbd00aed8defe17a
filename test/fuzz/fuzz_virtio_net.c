/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A driver that does anything to its rings and registers, while frames come and go.
 * Beyond the sanitizers it holds the device to this: one that needs a reset takes no
 * frame and touches no buffer. With the rings in the kernel's hands it takes none at all.
 */
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "test/unit/fake_vhost_kernel.h"
#include "test/unit/net_bench.h"

#define ARENA_BYTES (256u << 10)
#define ARENA_GPA (DRIVER_RAM_GPA + (1u << 20))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct input {
	const uint8_t *at;
	size_t left;
};

static uint32_t take(struct input *input, unsigned int bytes)
{
	uint32_t value = 0;

	while (bytes-- && input->left) {
		value = value << 8 | *input->at++;
		input->left--;
	}
	return value;
}

/* A length that is often right, at times tiny, huge or odd. */
static uint32_t take_length(struct input *input)
{
	static const uint32_t lengths[] = {
		0, 1, 11, 12, 13, 60, 1526, 4096, 65562, 65563, UINT32_MAX};
	uint32_t choice = take(input, 1);

	return choice < ARRAY_SIZE(lengths) ? lengths[choice] : choice * 16;
}

/* A chain of a few descriptors, mostly in RAM, put where the ring goes on. */
static void add_chain(struct net_bench *bench, struct input *input)
{
	struct virtio_driver *driver = &bench->driver;
	unsigned int queue = take(input, 1) % driver->dev->queue_count;
	struct driver_queue *q = &driver->queues[queue];
	unsigned int count = 1 + take(input, 1) % 8;
	uint16_t head = (uint16_t)(take(input, 1) % DRIVER_QUEUE_SIZE);
	uint16_t *avail = driver_avail(driver, queue);

	for (unsigned int i = 0; i < count; i++) {
		uint16_t index = (uint16_t)((head + i) % DRIVER_QUEUE_SIZE);
		uint32_t kind = take(input, 1);

		*driver_desc(driver, queue, index) = (struct driver_desc){
			.gpa = ARENA_GPA + take(input, 2),
			.bytes = take_length(input),
			.flags = (uint16_t)((i + 1 < count ? DRIVER_NEXT : 0) |
					    (kind % 16 == 0 ? kind / 16 : 0) |
					    (queue % 2 ? 0 : DRIVER_WRITE)),
			.next = (uint16_t)((index + 1) % DRIVER_QUEUE_SIZE),
		};
	}
	avail[2 + q->avail_index % DRIVER_QUEUE_SIZE] = head;
	q->avail_index++;
	avail[1] = q->avail_index;
}

static void scribble(struct net_bench *bench, struct input *input)
{
	struct virtio_driver *driver = &bench->driver;
	unsigned int queue = take(input, 1) % driver->dev->queue_count;
	uint32_t offset = take(input, 1);
	uint16_t value = (uint16_t)take(input, 2);

	switch (take(input, 1) % 3) {
	case 0:
		driver_avail(driver, queue)[offset % (DRIVER_QUEUE_SIZE + 3)] = value;
		break;
	case 1:
		driver_used_ring(driver, queue)[offset % (4 * DRIVER_QUEUE_SIZE + 3)] =
			value;
		break;
	default:
		memcpy((uint8_t *)driver_desc(driver, queue, 0) + 2 * offset, &value, 2);
	}
}

static void wake(struct net_bench *bench)
{
	const void *arena = driver_hva(&bench->driver, ARENA_GPA, ARENA_BYTES);
	bool broken = net_bench_needs_reset(bench) || bench->driver.dev->external_queues;
	uint32_t sum = broken ? fake_nic_sum(arena, ARENA_BYTES) : 0;
	unsigned int first = bench->nic.first;

	fake_nic_wake(&bench->nic);
	if (broken &&
		(sum != fake_nic_sum(arena, ARENA_BYTES) || first != bench->nic.first))
		abort();
}

static void set_full(struct net_bench *bench, bool full)
{
	struct nic_user *user = bench->nic.nic.user;

	bench->nic.full = full;
	for (unsigned int i = 0; i < bench->nic.nic.queues && !full; i++)
		user->events->writable(user, i);
}

static void start(struct net_bench *bench, struct input *input)
{
	struct virtio_driver *driver = &bench->driver;

	driver_start(
		driver, virtio_device_offered(driver->dev) & ~(uint64_t)take(input, 4));
}

static void step(struct net_bench *bench, struct input *input)
{
	struct virtio_driver *driver = &bench->driver;

	switch (take(input, 1) % 12) {
	case 0:
	case 1:
	case 2:
		add_chain(bench, input);
		break;
	case 3:
		driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, take(input, 1) % 10);
		break;
	case 4:
	case 5:
		if (bench->nic.end < FAKE_NIC_FRAMES)
			fake_nic_arrive(&bench->nic,
				take(input, 1) % bench->nic.nic.queues,
				NIC_HEADER_BYTES + 1 + take(input, 2) % 65550,
				(uint8_t)take(input, 1));
		wake(bench);
		break;
	case 6:
		wake(bench);
		break;
	case 7:
		scribble(bench, input);
		break;
	case 8:
		set_full(bench, take(input, 1) % 2);
		break;
	case 9:
		loop_turn(bench->loop, 0);
		break;
	case 10:
		driver_write_sized(driver, take(input, 2) % VIRTIO_MMIO_BYTES,
			1u << take(input, 1) % 4, take(input, 4));
		break;
	default:
		if (take(input, 1) % 8 == 0 && driver->next_gpa < ARENA_GPA - (64u << 10))
			start(bench, input);
		else
			fake_nic_set_link(&bench->nic, take(input, 1) % 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct input input = {data, bytes};
	static struct net_bench bench;
	uint32_t kind = take(&input, 1);

	if (kind & 64) {
		fake_vhost_kernel_reset(UINT64_MAX);
		net_bench_init_vhost(&bench, kind % 2 ? 4 : 1, kind >> 1 & 31);
	} else {
		net_bench_init(&bench, kind % 2 ? 4 : 1, kind >> 1 & 31);
	}
	start(&bench, &input);
	while (input.left)
		step(&bench, &input);
	net_bench_finish(&bench);
	return 0;
}
