/* SPDX-License-Identifier: Apache-2.0 */
#include "test/fuzz/steps.h"

#include <stdlib.h>

#include "src/loop.h"
#include "test/unit/virtio_driver.h"

#define STEPS_MAX 400u
#define REGISTERS 0x100u /* the config space is behind them */
#define CHAIN_MAX 8u

static void start(struct virtio_driver *driver, struct rings_input *input)
{
	uint64_t offered = virtio_device_offered(driver->dev);

	driver->next_gpa = DRIVER_RAM_GPA;
	driver_start(driver, offered & ~(uint64_t)rings_take(input, 4));
}

/* Any queue that was set up, or NULL. */
static struct driver_queue *some_queue(
	struct virtio_driver *driver, struct rings_input *input, unsigned int *ret)
{
	*ret = rings_take(input, 1) % driver->dev->queue_count;
	return driver->queues[*ret].size ? &driver->queues[*ret] : NULL;
}

static void put_chain(struct virtio_driver *driver, struct rings_input *input)
{
	unsigned int queue, count = 1 + rings_take(input, 1) % CHAIN_MAX;
	struct driver_queue *q = some_queue(driver, input, &queue);
	uint16_t head = (uint16_t)(rings_take(input, 1) % DRIVER_QUEUE_SIZE);
	uint16_t *avail;

	if (!q)
		return;
	for (unsigned int i = 0; i < count; i++) {
		uint16_t at = (uint16_t)((head + i) % q->size);
		uint32_t kind = rings_take(input, 1);

		/* Now and then it has flags that make no sense there. */
		*driver_desc(driver, queue, at) = (struct driver_desc){
			.gpa = DRIVER_RAM_GPA + STEPS_BUFFERS + rings_take(input, 2),
			.bytes = kind & 4 ? rings_take(input, 3) : kind,
			.flags = (uint16_t)((kind & DRIVER_WRITE) |
					    (kind > 250 ? DRIVER_INDIRECT : 0) |
					    (i + 1 < count ? DRIVER_NEXT : 0)),
			.next = (uint16_t)((at + 1) % q->size),
		};
	}
	avail = driver_avail(driver, queue);
	avail[2 + q->avail_index % q->size] = head;
	avail[1] = ++q->avail_index;
	driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
}

/* Two bytes anywhere in a queue's rings. */
static void scribble(struct virtio_driver *driver, struct rings_input *input)
{
	unsigned int queue;
	struct driver_queue *q = some_queue(driver, input, &queue);
	uint32_t at = rings_take(input, 2);
	uint16_t value = (uint16_t)rings_take(input, 2);

	if (!q)
		return;
	switch (at % 3) {
	case 0:
		driver_avail(driver, queue)[at / 3 % (3u + q->size)] = value;
		break;
	case 1:
		driver_used_ring(driver, queue)[at / 3 % (3u + 4u * q->size)] = value;
		break;
	default:
		((uint16_t *)(void *)driver_desc(
			driver, queue, 0))[at / 3 % (8u * q->size)] = value;
	}
}

static void access_register(struct virtio_driver *driver, struct rings_input *input)
{
	uint32_t at = rings_take(input, 2);
	unsigned int bytes = 1u << (at >> 14);

	if (at & 0x2000)
		driver_read_sized(driver, at % VIRTIO_MMIO_BYTES, bytes);
	else
		driver_write_sized(
			driver, at % VIRTIO_MMIO_BYTES, bytes, rings_take(input, 4));
}

static void guest_acts(
	struct virtio_driver *driver, uint32_t what, struct rings_input *input)
{
	switch (what) {
	case 0:
	case 1:
		put_chain(driver, input);
		break;
	case 2:
		scribble(driver, input);
		break;
	case 3:
		access_register(driver, input);
		break;
	case 4: /* one that there is */
		driver_write(driver, rings_take(input, 1) * 4 % REGISTERS,
			rings_take(input, 4));
		break;
	case 5:
		driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, rings_take(input, 1));
		break;
	case 6:
		start(driver, input);
		break;
	default:
		driver_reset(driver);
	}
}

void steps_run(struct loop *loop, struct virtio_device *dev, struct rings_input *input,
	const struct steps_host *host)
{
	static struct virtio_driver driver;

	driver_init_shared(&driver, dev);
	start(&driver, input);
	for (unsigned int i = 0; i < STEPS_MAX && input->left; i++) {
		uint32_t what = rings_take(input, 1) % 12;

		if (what < 8)
			guest_acts(&driver, what, input);
		else if (what < 10)
			loop_turn(loop, 0);
		else
			host->act(host->user, input);
		if (host->check)
			host->check(host->user);
	}
	driver_reset(&driver);
	if (driver_status(&driver))
		abort();
	driver_finish(&driver);
}
