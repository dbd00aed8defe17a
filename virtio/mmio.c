/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio-mmio transport, version 2: virtio 1.2, section 4.2. Registers on a vCPU
 * thread, kick descriptors on the loop's thread, both with the loop's lock held.
 *
 * The interrupt line is an edge: InterruptStatus is set first, then the line is pulsed.
 */
#include "virtio/mmio.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/irq.h"

#define MAGIC 0x74726976u  /* "virt" */
#define VENDOR 0x534e4f42u /* "BONS" */
#define VERSION 2u

#define INTERRUPT_QUEUE 1u
#define INTERRUPT_CONFIG 2u

enum mmio_register {
	REG_MAGIC = 0x000,
	REG_VERSION = 0x004,
	REG_DEVICE_ID = 0x008,
	REG_VENDOR_ID = 0x00c,
	REG_DEVICE_FEATURES = 0x010,
	REG_DEVICE_FEATURES_SEL = 0x014,
	REG_DRIVER_FEATURES = 0x020,
	REG_DRIVER_FEATURES_SEL = 0x024,
	REG_QUEUE_SEL = 0x030,
	REG_QUEUE_SIZE_MAX = 0x034,
	REG_QUEUE_SIZE = 0x038,
	REG_QUEUE_READY = 0x044,
	REG_QUEUE_NOTIFY = VIRTIO_MMIO_QUEUE_NOTIFY,
	REG_INTERRUPT_STATUS = 0x060,
	REG_INTERRUPT_ACK = 0x064,
	REG_STATUS = 0x070,
	REG_QUEUE_DESC_LOW = 0x080,
	REG_QUEUE_DESC_HIGH = 0x084,
	REG_QUEUE_DRIVER_LOW = 0x090,
	REG_QUEUE_DRIVER_HIGH = 0x094,
	REG_QUEUE_DEVICE_LOW = 0x0a0,
	REG_QUEUE_DEVICE_HIGH = 0x0a4,
	REG_SHM_LENGTH_LOW = 0x0b0,
	REG_SHM_LENGTH_HIGH = 0x0b4,
	REG_SHM_BASE_LOW = 0x0b8,
	REG_SHM_BASE_HIGH = 0x0bc,
	REG_CONFIG_GENERATION = 0x0fc,
	REG_CONFIG = 0x100,
};

/* ---- interrupts ------------------------------------------------------------------- */

static void interrupt(struct virtio_device *dev, uint32_t cause)
{
	struct virtio_mmio *transport = dev->transport_data;

	transport->interrupt_status |= cause;
	if (transport->irq)
		irq_line_pulse(transport->irq);
}

static void queue_interrupt(struct virtio_device *dev)
{
	interrupt(dev, INTERRUPT_QUEUE);
}

static void config_interrupt(struct virtio_device *dev)
{
	interrupt(dev, INTERRUPT_CONFIG);
}

static int kick_fd(struct virtio_device *dev, unsigned int queue)
{
	return virtio_mmio_kick_fd(dev->transport_data, queue);
}

static int interrupt_fd(struct virtio_device *dev)
{
	struct virtio_mmio *transport = dev->transport_data;

	return transport->irq ? irq_line_event_fd(transport->irq) : -1;
}

static const struct virtio_transport_ops transport_ops = {
	.queue_interrupt = queue_interrupt,
	.config_interrupt = config_interrupt,
	.kick_fd = kick_fd,
	.interrupt_fd = interrupt_fd,
};

/* Another process interrupts without a word here: then it may always have been that. */
static uint32_t interrupt_status(const struct virtio_mmio *transport)
{
	const struct virtio_device *dev = transport->dev;
	bool unseen = dev->external_queues && dev->started;

	return transport->interrupt_status | (unseen ? INTERRUPT_QUEUE : 0);
}

/* ---- registers -------------------------------------------------------------------- */

static uint32_t device_features(const struct virtio_mmio *transport)
{
	uint64_t offered = virtio_device_offered(transport->dev);

	if (transport->device_features_sel > 1)
		return 0;
	return (uint32_t)(offered >> 32 * transport->device_features_sel);
}

static uint32_t read_register(const struct virtio_mmio *transport, uint64_t offset)
{
	const struct virtio_device *dev = transport->dev;

	switch (offset) {
	case REG_MAGIC:
		return MAGIC;
	case REG_VERSION:
		return VERSION;
	case REG_DEVICE_ID:
		return dev->ops->device_id;
	case REG_VENDOR_ID:
		return VENDOR;
	case REG_DEVICE_FEATURES:
		return device_features(transport);
	case REG_QUEUE_SIZE_MAX:
		return virtio_device_queue_size(dev, transport->queue_sel);
	case REG_QUEUE_READY:
		return virtio_device_queue_ready(dev, transport->queue_sel);
	case REG_INTERRUPT_STATUS:
		return interrupt_status(transport);
	case REG_STATUS:
		return dev->status;
	case REG_SHM_LENGTH_LOW:
	case REG_SHM_LENGTH_HIGH:
	case REG_SHM_BASE_LOW:
	case REG_SHM_BASE_HIGH:
		return UINT32_MAX; /* a length of -1: there is no such region */
	case REG_CONFIG_GENERATION:
		return dev->config_generation;
	default:
		return 0;
	}
}

static void set_low(uint64_t *gpa, uint32_t value)
{
	*gpa = (*gpa & ~(uint64_t)UINT32_MAX) | value;
}

static void set_high(uint64_t *gpa, uint32_t value)
{
	*gpa = (*gpa & UINT32_MAX) | (uint64_t)value << 32;
}

static void write_setup(struct virtio_mmio *transport, uint64_t offset, uint32_t value)
{
	struct virtq_setup *setup =
		virtio_device_setup(transport->dev, transport->queue_sel);

	if (!setup)
		return;
	switch (offset) {
	case REG_QUEUE_SIZE:
		setup->size = value;
		break;
	case REG_QUEUE_DESC_LOW:
		set_low(&setup->desc_gpa, value);
		break;
	case REG_QUEUE_DESC_HIGH:
		set_high(&setup->desc_gpa, value);
		break;
	case REG_QUEUE_DRIVER_LOW:
		set_low(&setup->avail_gpa, value);
		break;
	case REG_QUEUE_DRIVER_HIGH:
		set_high(&setup->avail_gpa, value);
		break;
	case REG_QUEUE_DEVICE_LOW:
		set_low(&setup->used_gpa, value);
		break;
	case REG_QUEUE_DEVICE_HIGH:
		set_high(&setup->used_gpa, value);
		break;
	}
}

static void write_register(struct virtio_mmio *transport, uint64_t offset, uint32_t value)
{
	struct virtio_device *dev = transport->dev;

	switch (offset) {
	case REG_DEVICE_FEATURES_SEL:
		transport->device_features_sel = value;
		break;
	case REG_DRIVER_FEATURES:
		virtio_device_accept(dev, transport->driver_features_sel, value);
		break;
	case REG_DRIVER_FEATURES_SEL:
		transport->driver_features_sel = value;
		break;
	case REG_QUEUE_SEL:
		transport->queue_sel = value;
		break;
	case REG_QUEUE_READY:
		virtio_device_set_queue_ready(dev, transport->queue_sel, value & 1);
		break;
	case REG_QUEUE_NOTIFY:
		virtio_device_kick(dev, value);
		break;
	case REG_INTERRUPT_ACK:
		transport->interrupt_status &= ~value;
		break;
	case REG_STATUS:
		virtio_device_set_status(dev, value);
		if (!value)
			transport->interrupt_status = 0;
		break;
	default:
		write_setup(transport, offset, value);
		break;
	}
}

static uint64_t mmio_read(struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	struct virtio_mmio *transport = container_of(region, struct virtio_mmio, region);

	if (offset >= REG_CONFIG)
		return virtio_device_config_read(
			transport->dev, offset - REG_CONFIG, bytes);
	if (bytes != 4 || offset % 4)
		return 0;
	return read_register(transport, offset);
}

static void mmio_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct virtio_mmio *transport = container_of(region, struct virtio_mmio, region);

	if (offset >= REG_CONFIG)
		virtio_device_config_write(
			transport->dev, offset - REG_CONFIG, bytes, value);
	else if (bytes == 4 && offset % 4 == 0)
		write_register(transport, offset, (uint32_t)value);
}

/* What begins or ends a device's work, or has it work. */
static bool mmio_is_deep(
	const struct mmio_region *region, uint64_t offset, uint64_t value)
{
	const struct virtio_mmio *transport =
		container_of(region, struct virtio_mmio, region);

	if (offset >= REG_CONFIG)
		return transport->dev->ops->config_write &&
		       !transport->dev->ops->config_is_memory;
	if (offset == REG_STATUS)
		return !value || value & VIRTIO_STATUS_DRIVER_OK;
	return offset == REG_QUEUE_NOTIFY;
}

static const struct mmio_ops mmio_ops = {
	.read = mmio_read, .write = mmio_write, .is_deep = mmio_is_deep};

/* ---- kick descriptors ------------------------------------------------------------- */

static void kick_ready(struct loop_fd *watch, uint32_t events)
{
	struct virtio_mmio_kick *kick =
		container_of(watch, struct virtio_mmio_kick, watch);

	virtio_device_kick(kick->transport->dev, kick->queue);
}

int virtio_mmio_kick_fd(struct virtio_mmio *transport, unsigned int queue)
{
	struct virtio_mmio_kick *kick;
	int code;

	if (queue >= transport->dev->queue_count)
		return -EINVAL;
	kick = &transport->kicks[queue];
	if (kick->watch.fd >= 0)
		return kick->watch.fd;
	kick->watch.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (kick->watch.fd < 0)
		return -errno;
	if (queue < transport->dev->external_queues)
		return kick->watch.fd;
	/* An edge for each kick: the count is never read, which saves a call each time.
	 */
	kick->watch.events = EPOLLIN | EPOLLET;
	kick->watch.ready = kick_ready;
	kick->transport = transport;
	kick->queue = queue;
	code = loop_fd_add(transport->dev->loop, &kick->watch);
	if (code < 0) {
		close(kick->watch.fd);
		kick->watch.fd = -1;
		return code;
	}
	return kick->watch.fd;
}

/* ---- life ------------------------------------------------------------------------- */

int virtio_mmio_init(struct virtio_mmio *transport, struct virtio_device *dev,
	const struct guest_mem *mem, uint64_t gpa, struct irq_line *irq,
	struct error *err)
{
	if (dev->queue_count > VIRTIO_QUEUES_MAX)
		return error_set(err, -EINVAL, NULL, "%s has %u queues, the limit is %d",
			dev->name, dev->queue_count, VIRTIO_QUEUES_MAX);
	memset(transport, 0, sizeof(*transport));
	transport->region.ops = &mmio_ops;
	transport->region.gpa = gpa;
	transport->region.bytes = VIRTIO_MMIO_BYTES;
	transport->region.loop = dev->loop;
	transport->region.name = dev->name;
	transport->dev = dev;
	transport->irq = irq;
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++)
		transport->kicks[i].watch.fd = -1;
	virtio_device_attach(dev, mem, &transport_ops, transport);
	return 0;
}

void virtio_mmio_finish(struct virtio_mmio *transport)
{
	if (!transport->dev)
		return;
	for (unsigned int i = 0; i < VIRTIO_QUEUES_MAX; i++) {
		struct virtio_mmio_kick *kick = &transport->kicks[i];

		loop_fd_remove(&kick->watch);
		if (kick->watch.fd >= 0)
			close(kick->watch.fd);
	}
	memset(transport, 0, sizeof(*transport));
}

void virtio_mmio_set_irq(struct virtio_mmio *transport, struct irq_line *irq)
{
	transport->irq = irq;
}

void virtio_mmio_reset(struct virtio_mmio *transport)
{
	virtio_device_reset(transport->dev);
	transport->interrupt_status = 0;
	transport->device_features_sel = 0;
	transport->driver_features_sel = 0;
	transport->queue_sel = 0;
}
