/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/virtio_probe.h"

#include <string.h>

#include "src/container_of.h"
#include "src/loop.h"
#include "test/unit/test.h"

static struct probe *probe_of(struct virtio_device *dev)
{
	return container_of(dev, struct probe, dev);
}

static void probe_kick(struct virtio_device *dev, unsigned int queue)
{
	struct probe *probe = probe_of(dev);
	struct virtq *q = &dev->queues[queue];

	probe->kicks[queue]++;
	if (probe->mode == PROBE_BREAK)
		virtio_device_broken(dev, "a probe that breaks");
	if (probe->mode == PROBE_IDLE || probe->mode == PROBE_BREAK)
		return;
	if (probe->mode == PROBE_HOLD)
		virtio_device_hold_kicks(dev, queue);
	while (virtq_pop(q, &probe->chain)) {
		probe->chains++;
		if (probe->mode == PROBE_KEEP)
			continue;
		virtq_push(q, probe->chain.head, (uint32_t)probe->chain.writable_bytes);
		if (probe->mode == PROBE_FEED) {
			struct driver_used used;

			while (driver_used(&probe->driver, queue, &used))
				driver_add(&probe->driver, queue,
					&(struct driver_buffer){
						.gpa = DRIVER_RAM_GPA, .bytes = 1},
					1, false);
		}
	}
}

static void probe_start(struct virtio_device *dev)
{
	probe_of(dev)->starts++;
}

static void probe_stop(struct virtio_device *dev)
{
	probe_of(dev)->stops++;
}

static void probe_config_write(
	struct virtio_device *dev, uint32_t offset, unsigned int bytes, uint64_t value)
{
	struct probe *probe = probe_of(dev);

	CHECK((uint64_t)offset + bytes <= PROBE_CONFIG_BYTES);
	probe->config_writes++;
	probe->last_offset = offset;
	probe->last_value = value;
}

static void probe_destroy(struct virtio_device *dev)
{
	probe_of(dev)->destroys++;
}

static const struct virtio_ops probe_ops = {
	.device_id = PROBE_DEVICE_ID,
	.kick = probe_kick,
	.start = probe_start,
	.stop = probe_stop,
	.config_write = probe_config_write,
	.destroy = probe_destroy,
};

void probe_init(struct probe *probe, unsigned int queues)
{
	memset(probe, 0, sizeof(*probe));
	CHECK_EQ(loop_create(&probe->loop, NULL), 0);
	for (unsigned int i = 0; i < PROBE_CONFIG_BYTES; i++)
		probe->config[i] = (uint8_t)(0xa0 + i);
	probe->dev.ops = &probe_ops;
	probe->dev.name = "probe";
	probe->dev.loop = probe->loop;
	probe->dev.features_offered = VIRTIO_BIT(PROBE_FEATURE);
	probe->dev.queue_count = queues;
	probe->dev.config = probe->config;
	probe->dev.config_bytes = PROBE_CONFIG_BYTES;
	driver_init(&probe->driver, &probe->dev);
}

void probe_finish(struct probe *probe)
{
	driver_finish(&probe->driver);
	CHECK_EQ(probe->destroys, 1);
	CHECK_EQ(probe->starts, probe->stops);
	loop_destroy(probe->loop);
}

bool probe_pop(struct probe *probe, unsigned int queue)
{
	return virtq_pop(&probe->dev.queues[queue], &probe->chain);
}
