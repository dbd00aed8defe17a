/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver's side of virtio 1.2: sections 2.7 (rings), 3.1 (set-up), 4.2 (registers).
 * The tests run on little-endian machines; one thread, so the barriers are left out.
 */
#include "test/unit/virtio_driver.h"

#include <string.h>

#include "src/container_of.h"
#include "test/unit/test.h"

enum {
	DEVICE_FEATURES = 0x10,
	DEVICE_FEATURES_SEL = 0x14,
	DRIVER_FEATURES = 0x20,
	DRIVER_FEATURES_SEL = 0x24,
	QUEUE_SEL = 0x30,
	QUEUE_SIZE = 0x38,
	QUEUE_READY = 0x44,
	INTERRUPT_STATUS = 0x60,
	INTERRUPT_ACK = 0x64,
	STATUS = 0x70,
	QUEUE_DESC = 0x80,
	QUEUE_AVAIL = 0x90,
	QUEUE_USED = 0xa0,
	CONFIG = 0x100,
};

static void irq_set(struct irq_line *line, bool level)
{
	test_fail(__FILE__, __LINE__, "a virtio line is an edge, never a level");
}

static void irq_pulse(struct irq_line *line)
{
	container_of(line, struct virtio_driver, irq)->interrupts++;
}

static const struct irq_line_ops irq_ops = {.set = irq_set, .pulse = irq_pulse};

static void init(struct virtio_driver *driver, struct virtio_device *dev, bool shared)
{
	memset(driver, 0, sizeof(*driver));
	driver->mem.options.shared = shared;
	driver->dev = dev;
	driver->irq.ops = &irq_ops;
	driver->next_gpa = DRIVER_RAM_GPA;
	CHECK_EQ(guest_mem_add(&driver->mem, DRIVER_RAM_GPA, DRIVER_RAM_BYTES, NULL), 0);
	CHECK_EQ(virtio_mmio_init(&driver->transport, dev, &driver->mem, DRIVER_MMIO_GPA,
			 &driver->irq, NULL),
		0);
}

void driver_init(struct virtio_driver *driver, struct virtio_device *dev)
{
	init(driver, dev, false);
}

void driver_init_shared(struct virtio_driver *driver, struct virtio_device *dev)
{
	init(driver, dev, true);
}

void driver_finish(struct virtio_driver *driver)
{
	virtio_device_destroy(driver->dev);
	virtio_mmio_finish(&driver->transport);
	guest_mem_finish(&driver->mem);
}

/* ---- registers -------------------------------------------------------------------- */

uint64_t driver_read_sized(
	struct virtio_driver *driver, uint64_t offset, unsigned int bytes)
{
	struct mmio_region *region = &driver->transport.region;

	return region->ops->read(region, offset, bytes);
}

void driver_write_sized(
	struct virtio_driver *driver, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct mmio_region *region = &driver->transport.region;

	region->ops->write(region, offset, bytes, value);
}

uint32_t driver_read(struct virtio_driver *driver, uint64_t offset)
{
	return (uint32_t)driver_read_sized(driver, offset, 4);
}

void driver_write(struct virtio_driver *driver, uint64_t offset, uint32_t value)
{
	driver_write_sized(driver, offset, 4, value);
}

uint64_t driver_config(struct virtio_driver *driver, uint64_t offset, unsigned int bytes)
{
	return driver_read_sized(driver, CONFIG + offset, bytes);
}

uint8_t driver_status(struct virtio_driver *driver)
{
	return (uint8_t)driver_read(driver, STATUS);
}

uint32_t driver_take_interrupt(struct virtio_driver *driver)
{
	uint32_t status = driver_read(driver, INTERRUPT_STATUS);

	driver_write(driver, INTERRUPT_ACK, status);
	return status;
}

/* ---- set-up ----------------------------------------------------------------------- */

uint64_t driver_offered(struct virtio_driver *driver)
{
	uint64_t low;

	driver_write(driver, DEVICE_FEATURES_SEL, 0);
	low = driver_read(driver, DEVICE_FEATURES);
	driver_write(driver, DEVICE_FEATURES_SEL, 1);
	return low | (uint64_t)driver_read(driver, DEVICE_FEATURES) << 32;
}

bool driver_negotiate(struct virtio_driver *driver, uint64_t wanted)
{
	uint8_t status = VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER;

	wanted |= VIRTIO_BIT(VIRTIO_F_VERSION_1);
	driver->event_idx = wanted & VIRTIO_BIT(VIRTIO_F_EVENT_IDX);
	driver_write(driver, STATUS, status);
	driver_write(driver, DRIVER_FEATURES_SEL, 0);
	driver_write(driver, DRIVER_FEATURES, (uint32_t)wanted);
	driver_write(driver, DRIVER_FEATURES_SEL, 1);
	driver_write(driver, DRIVER_FEATURES, (uint32_t)(wanted >> 32));
	driver_write(driver, STATUS, status | VIRTIO_STATUS_FEATURES_OK);
	return driver_status(driver) & VIRTIO_STATUS_FEATURES_OK;
}

static void write_gpa(struct virtio_driver *driver, uint64_t offset, uint64_t gpa)
{
	driver_write(driver, offset, (uint32_t)gpa);
	driver_write(driver, offset + 4, (uint32_t)(gpa >> 32));
}

void driver_queue_setup(struct virtio_driver *driver, unsigned int queue, uint16_t size)
{
	struct driver_queue *q = &driver->queues[queue];

	memset(q, 0, sizeof(*q));
	q->size = size;
	q->free_count = size;
	q->desc_gpa = driver_alloc(driver, size * 16u, 16);
	q->avail_gpa = driver_alloc(driver, 6u + size * 2u, 2);
	q->used_gpa = driver_alloc(driver, 6u + size * 8u, 4);
	for (unsigned int i = 0; i < size; i++)
		driver_desc(driver, queue, i)->next = (uint16_t)(i + 1);
	driver_write(driver, QUEUE_SEL, queue);
	driver_write(driver, QUEUE_SIZE, size);
	write_gpa(driver, QUEUE_DESC, q->desc_gpa);
	write_gpa(driver, QUEUE_AVAIL, q->avail_gpa);
	write_gpa(driver, QUEUE_USED, q->used_gpa);
	driver_write(driver, QUEUE_READY, 1);
}

bool driver_start(struct virtio_driver *driver, uint64_t wanted)
{
	driver_reset(driver);
	if (!driver_negotiate(driver, wanted))
		return false;
	for (unsigned int i = 0; i < driver->dev->queue_count; i++)
		driver_queue_setup(driver, i, DRIVER_QUEUE_SIZE);
	driver_write(driver, STATUS, driver_status(driver) | VIRTIO_STATUS_DRIVER_OK);
	return !(driver_status(driver) & VIRTIO_STATUS_NEEDS_RESET);
}

void driver_reset(struct virtio_driver *driver)
{
	driver_write(driver, STATUS, 0);
	memset(driver->queues, 0, sizeof(driver->queues));
}

/* ---- memory ----------------------------------------------------------------------- */

uint64_t driver_alloc(struct virtio_driver *driver, uint64_t bytes, uint64_t align)
{
	uint64_t gpa = (driver->next_gpa + align - 1) / align * align;

	driver->next_gpa = gpa + bytes;
	if (bytes && !guest_mem_range(&driver->mem, gpa, bytes))
		test_fail(__FILE__, __LINE__, "the driver is out of memory");
	return gpa;
}

void *driver_hva(struct virtio_driver *driver, uint64_t gpa, uint64_t bytes)
{
	return guest_mem_range(&driver->mem, gpa, bytes);
}

/* ---- rings ------------------------------------------------------------------------ */

uint16_t *driver_avail(struct virtio_driver *driver, unsigned int queue)
{
	struct driver_queue *q = &driver->queues[queue];

	return driver_hva(driver, q->avail_gpa, 6u + q->size * 2u);
}

uint16_t *driver_used_ring(struct virtio_driver *driver, unsigned int queue)
{
	struct driver_queue *q = &driver->queues[queue];

	return driver_hva(driver, q->used_gpa, 6u + q->size * 8u);
}

struct driver_desc *driver_desc(
	struct virtio_driver *driver, unsigned int queue, unsigned int index)
{
	struct driver_queue *q = &driver->queues[queue];

	return (struct driver_desc *)driver_hva(driver, q->desc_gpa, q->size * 16u) +
	       index;
}

static struct driver_desc buffer_desc(const struct driver_buffer *buffer, bool last)
{
	return (struct driver_desc){.gpa = buffer->gpa,
		.bytes = buffer->bytes,
		.flags = (uint16_t)((buffer->writable ? DRIVER_WRITE : 0) |
				    (last ? 0 : DRIVER_NEXT))};
}

static struct driver_desc indirect_desc(struct virtio_driver *driver,
	const struct driver_buffer *buffers, unsigned int count)
{
	uint64_t gpa = driver_alloc(driver, count * 16u, 16);
	struct driver_desc *table = driver_hva(driver, gpa, count * 16u);

	for (unsigned int i = 0; i < count; i++) {
		table[i] = buffer_desc(&buffers[i], i + 1 == count);
		table[i].next = (uint16_t)(i + 1);
	}
	return (struct driver_desc){
		.gpa = gpa, .bytes = count * 16u, .flags = DRIVER_INDIRECT};
}

uint16_t driver_stage(struct virtio_driver *driver, unsigned int queue,
	const struct driver_buffer *buffers, unsigned int count, bool indirect)
{
	struct driver_queue *q = &driver->queues[queue];
	unsigned int needed = indirect ? 1 : count;
	uint16_t head = q->free_head;
	uint16_t at = head;

	if (!needed || q->free_count < needed) {
		test_fail(__FILE__, __LINE__, "queue %u has %u free descriptors, not %u",
			queue, q->free_count, needed);
		return 0;
	}
	for (unsigned int i = 0; i < needed; i++) {
		struct driver_desc *desc = driver_desc(driver, queue, at);
		uint16_t next = desc->next;

		*desc = indirect ? indirect_desc(driver, buffers, count)
				 : buffer_desc(&buffers[i], i + 1 == count);
		desc->next = next;
		at = next;
	}
	q->free_head = at;
	q->free_count = (uint16_t)(q->free_count - needed);
	q->chain_descs[head] = (uint16_t)needed;
	driver_avail(driver, queue)[2 + q->avail_index % q->size] = head;
	q->avail_index++;
	return head;
}

void driver_publish(struct virtio_driver *driver, unsigned int queue)
{
	driver_avail(driver, queue)[1] = driver->queues[queue].avail_index;
}

uint16_t driver_add(struct virtio_driver *driver, unsigned int queue,
	const struct driver_buffer *buffers, unsigned int count, bool indirect)
{
	uint16_t head = driver_stage(driver, queue, buffers, count, indirect);

	driver_publish(driver, queue);
	return head;
}

bool driver_kick(struct virtio_driver *driver, unsigned int queue)
{
	struct driver_queue *q = &driver->queues[queue];
	const uint16_t *used = driver_used_ring(driver, queue);
	uint16_t fresh = (uint16_t)(q->avail_index - q->kicked);
	uint16_t event = used[2 + q->size * 4];
	bool wanted = driver->event_idx ? (uint16_t)(q->avail_index - event - 1) < fresh
					: !used[0];

	q->kicked = q->avail_index;
	if (wanted)
		driver_write(driver, VIRTIO_MMIO_QUEUE_NOTIFY, queue);
	return wanted;
}

bool driver_used(
	struct virtio_driver *driver, unsigned int queue, struct driver_used *ret)
{
	struct driver_queue *q = &driver->queues[queue];
	const uint16_t *used = driver_used_ring(driver, queue);
	const uint32_t *entry;
	uint16_t tail;

	if (used[1] == q->used_index)
		return false;
	entry = (const uint32_t *)(used + 2) + 2 * (q->used_index % q->size);
	q->used_index++;
	ret->head = (uint16_t)entry[0];
	ret->bytes = entry[1];
	if (entry[0] >= q->size || !q->chain_descs[ret->head]) {
		test_fail(__FILE__, __LINE__, "%u was used and is no chain", entry[0]);
		return false;
	}
	tail = ret->head;
	for (unsigned int i = 1; i < q->chain_descs[ret->head]; i++)
		tail = driver_desc(driver, queue, tail)->next;
	driver_desc(driver, queue, tail)->next = q->free_head;
	q->free_head = ret->head;
	q->free_count = (uint16_t)(q->free_count + q->chain_descs[ret->head]);
	q->chain_descs[ret->head] = 0;
	if (!q->quiet)
		driver_want_interrupts(driver, queue, true);
	return true;
}

void driver_want_interrupts(struct virtio_driver *driver, unsigned int queue, bool want)
{
	struct driver_queue *q = &driver->queues[queue];
	uint16_t *avail = driver_avail(driver, queue);

	q->quiet = !want;
	if (driver->event_idx)
		avail[2 + q->size] = (uint16_t)(q->used_index - (want ? 0 : 1));
	else
		avail[0] = want ? 0 : 1;
}
