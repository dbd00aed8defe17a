/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio device core: virtio 1.2, chapter 2 and section 3.1. Runs with the lock of
 * the device's loop held, on the loop's thread or on a vCPU's.
 */
#include "virtio/virtio.h"

#include "src/container_of.h"
#include "src/guest_mem.h"

#define CORE_FEATURES                                                                    \
	(VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX) |           \
		VIRTIO_BIT(VIRTIO_F_VERSION_1))

static bool driver_ok(const struct virtio_device *dev)
{
	return dev->status & VIRTIO_STATUS_DRIVER_OK;
}

/* ---- for devices ------------------------------------------------------------------ */

void virtio_device_signal(struct virtio_device *dev, unsigned int queue)
{
	if (virtq_must_signal(&dev->queues[queue]))
		dev->transport->queue_interrupt(dev);
}

void virtio_device_config_changed(struct virtio_device *dev)
{
	dev->config_generation++;
	if (driver_ok(dev))
		dev->transport->config_interrupt(dev);
}

void virtio_device_failed(struct virtio_device *dev, const char *what)
{
	if (dev->status & VIRTIO_STATUS_NEEDS_RESET)
		return;
	dev->status |= VIRTIO_STATUS_NEEDS_RESET;
	for (unsigned int i = 0; i < dev->queue_count; i++)
		dev->queues[i].broken = what;
	if (driver_ok(dev))
		dev->transport->config_interrupt(dev);
}

void virtio_device_broken(struct virtio_device *dev, const char *what)
{
	if (!(dev->status & VIRTIO_STATUS_NEEDS_RESET))
		guest_log(&dev->log, "%s: the device needs a reset", what);
	virtio_device_failed(dev, what);
}

static void queue_broke(struct virtq *q)
{
	virtio_device_broken(q->owner, q->broken);
}

void virtio_device_kick_soon(struct virtio_device *dev, unsigned int queue)
{
	dev->kicks_due |= 1ull << queue;
	loop_post(dev->loop, &dev->kick_task);
}

void virtio_device_hold_kicks(struct virtio_device *dev, unsigned int queue)
{
	dev->kicks_held |= 1ull << queue;
}

static void run_due_kicks(struct loop_task *task)
{
	struct virtio_device *dev = container_of(task, struct virtio_device, kick_task);
	uint64_t due = dev->kicks_due;

	dev->kicks_due = 0;
	for (unsigned int i = 0; i < dev->queue_count; i++) {
		if (due & 1ull << i)
			virtio_device_kick(dev, i);
	}
}

/*
 * Kicks are off while the device takes chains and on again when it has no more; those
 * that came in between are taken in another round. A device may leave chains where they
 * are (it is full, or has nothing to put into them): then there is no further round. Nor
 * is there where it holds kicks off, to come back by itself.
 */
void virtio_device_kick(struct virtio_device *dev, unsigned int queue)
{
	struct virtq *q = &dev->queues[queue < dev->queue_count ? queue : 0];
	uint16_t before;
	bool waiting;

	if (queue >= dev->queue_count) {
		guest_log(&dev->log, "a kick of queue %u, which does not exist", queue);
		return;
	}
	if (!q->live || q->broken)
		return;
	if (queue < dev->external_queues) {
		dev->ops->kick(dev, queue);
		return;
	}
	if (q->limited) {
		virtio_device_kick_soon(dev, queue);
		return;
	}
	q->limited = true;
	q->allowance = VIRTIO_KICK_CHAINS;
	do {
		virtq_want_kicks(q, false);
		waiting = virtq_more(q);
		before = q->next_avail;
		dev->kicks_held &= ~(1ull << queue);
		dev->ops->kick(dev, queue);
		if (dev->kicks_held & 1ull << queue || !virtq_want_kicks(q, true))
			break;
		if (!q->allowance)
			virtio_device_kick_soon(dev, queue);
		/* The device may have said so too, before it took all it may. */
		if (dev->kicks_due & 1ull << queue)
			break;
	} while (!waiting || q->next_avail != before);
	q->limited = false;
	virtio_device_signal(dev, queue);
}

/* ---- the driver's verbs ----------------------------------------------------------- */

uint64_t virtio_device_offered(const struct virtio_device *dev)
{
	return dev->features_offered |
	       (dev->external_queues ? VIRTIO_BIT(VIRTIO_F_VERSION_1) : CORE_FEATURES);
}

void virtio_device_accept(struct virtio_device *dev, unsigned int word, uint32_t value)
{
	if (dev->status & VIRTIO_STATUS_FEATURES_OK)
		return;
	if (word > 1) {
		dev->features_beyond |= value != 0;
		return;
	}
	dev->features &= ~((uint64_t)UINT32_MAX << 32 * word);
	dev->features |= (uint64_t)value << 32 * word;
}

static bool features_acceptable(const struct virtio_device *dev)
{
	return !dev->features_beyond && !(dev->features & ~virtio_device_offered(dev)) &&
	       virtio_device_has(dev, VIRTIO_F_VERSION_1);
}

struct virtq_setup *virtio_device_setup(struct virtio_device *dev, unsigned int queue)
{
	return queue < dev->queue_count && !driver_ok(dev) ? &dev->setups[queue] : NULL;
}

unsigned int virtio_device_queue_size(const struct virtio_device *dev, unsigned int queue)
{
	if (queue >= dev->queue_count)
		return 0;
	return dev->queue_size ? dev->queue_size : VIRTQ_SIZE_MAX;
}

bool virtio_device_queue_ready(const struct virtio_device *dev, unsigned int queue)
{
	return queue < dev->queue_count && dev->setups[queue].ready;
}

void virtio_device_set_queue_ready(
	struct virtio_device *dev, unsigned int queue, bool ready)
{
	if (queue >= dev->queue_count || (ready && driver_ok(dev)))
		return;
	dev->setups[queue].ready = ready;
	if (!ready)
		virtq_stop(&dev->queues[queue]);
}

static void start(struct virtio_device *dev)
{
	for (unsigned int i = 0; i < dev->queue_count; i++) {
		const struct virtq_setup *setup = &dev->setups[i];

		if (!setup->ready)
			continue;
		if (setup->size > virtio_device_queue_size(dev, i)) {
			virtio_device_broken(dev, "a queue is larger than it may be");
			return;
		}
		if (!virtq_start(&dev->queues[i], setup, dev->mem,
			    virtio_device_has(dev, VIRTIO_F_EVENT_IDX),
			    virtio_device_has(dev, VIRTIO_F_INDIRECT_DESC)))
			return;
	}
	dev->started = true;
	if (dev->ops->start)
		dev->ops->start(dev);
	for (unsigned int i = 0; i < dev->queue_count; i++)
		virtio_device_kick(dev, i);
}

void virtio_device_set_status(struct virtio_device *dev, uint32_t value)
{
	uint32_t fresh = value & ~(uint32_t)dev->status;

	if (!value) {
		virtio_device_reset(dev);
		return;
	}
	/* A driver may not take a bit back, and one bit is not its to set. */
	dev->status |= value & (VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
				       VIRTIO_STATUS_FAILED);
	if (fresh & VIRTIO_STATUS_FAILED)
		guest_log(&dev->log, "the driver gave the device up");
	if ((fresh & VIRTIO_STATUS_FEATURES_OK) && features_acceptable(dev))
		dev->status |= VIRTIO_STATUS_FEATURES_OK;
	if (!(fresh & VIRTIO_STATUS_DRIVER_OK))
		return;
	dev->status |= VIRTIO_STATUS_DRIVER_OK;
	if (!(dev->status & VIRTIO_STATUS_FEATURES_OK))
		virtio_device_broken(dev, "the driver starts without agreed features");
	else if (!(dev->status & VIRTIO_STATUS_NEEDS_RESET))
		start(dev);
}

uint64_t virtio_device_config_read(
	const struct virtio_device *dev, uint64_t offset, unsigned int bytes)
{
	const uint8_t *config = dev->config;
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++) {
		if (offset < dev->config_bytes && i < dev->config_bytes - offset)
			value |= (uint64_t)config[offset + i] << 8 * i;
	}
	return value;
}

void virtio_device_config_write(
	struct virtio_device *dev, uint64_t offset, unsigned int bytes, uint64_t value)
{
	if (offset >= dev->config_bytes || bytes > dev->config_bytes - offset)
		return;
	if (dev->ops->config_write)
		dev->ops->config_write(dev, (uint32_t)offset, bytes, value);
}

/* ---- life ------------------------------------------------------------------------- */

void virtio_device_attach(struct virtio_device *dev, const struct guest_mem *mem,
	const struct virtio_transport_ops *transport, void *transport_data)
{
	dev->mem = mem;
	dev->transport = transport;
	dev->transport_data = transport_data;
	dev->log.source = dev->name;
	dev->kick_task.run = run_due_kicks;
	for (unsigned int i = 0; i < dev->queue_count; i++) {
		dev->queues[i].broke = queue_broke;
		dev->queues[i].owner = dev;
	}
}

void virtio_device_reset(struct virtio_device *dev)
{
	bool was_started = dev->started;

	dev->started = false;
	dev->kicks_due = 0;
	dev->kicks_held = 0;
	for (unsigned int i = 0; i < dev->queue_count; i++)
		virtq_stop(&dev->queues[i]);
	if (was_started)
		dev->ops->stop(dev);
	for (unsigned int i = 0; i < dev->queue_count; i++)
		dev->setups[i] = (struct virtq_setup){0};
	dev->status = 0;
	dev->features = 0;
	dev->features_beyond = false;
}

void virtio_device_destroy(struct virtio_device *dev)
{
	if (!dev)
		return;
	virtio_device_reset(dev);
	if (dev->loop)
		loop_task_cancel(dev->loop, &dev->kick_task);
	dev->ops->destroy(dev);
}
