/* SPDX-License-Identifier: Apache-2.0 */
/* Runs with the lock of its loop held. */
#include "virtio/vhost_user.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/vhost_user.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/le.h"
#include "virtio/vhost.h"
#include "virtio/virtio.h"

#define ID_NET 1
#define ID_BLOCK 2

/* Where a block device's config space says how many queues there are, in two bytes. */
#define BLOCK_QUEUES_OFFSET 34

/*
 * Of the bits that are not of a device class: rings as the core checks them, with no
 * further addresses, formats or ways to kick.
 */
#define CLASS_FEATURES (((1ull << 24) - 1) | ~((1ull << 50) - 1))
#define RING_FEATURES                                                                    \
	(VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) | VIRTIO_BIT(VIRTIO_F_EVENT_IDX) |           \
		VIRTIO_BIT(VIRTIO_F_VERSION_1) | 1ull << 35 /* IN_ORDER */)
/* A net's without a config space or a control queue: checksums and long frames. */
#define NET_FEATURES 0xff83ull

struct virtio_vhost_user {
	struct virtio_device dev;
	struct virtio_ops ops; /* with this device's id */
	struct vhost_user *vu;
	struct error *opening; /* who is to know of a failure; NULL: the log */
	bool own_config;
	uint8_t config[VHOST_USER_CONFIG_BYTES_MAX];
	struct vhost_rings rings;
};

static struct virtio_vhost_user *vhost_user_of(struct virtio_device *dev)
{
	return container_of(dev, struct virtio_vhost_user, dev);
}

/* ---- config space ----------------------------------------------------------------- */

static int read_config(struct virtio_vhost_user *device)
{
	struct virtio_device *dev = &device->dev;
	int code;

	if (device->own_config || !dev->config_bytes)
		return 0;
	code = vhost_user_get_config(device->vu, device->config, dev->config_bytes);
	if (code)
		return code;
	/* The driver sets up as many queues as it reads here. */
	if (device->ops.device_id == ID_BLOCK &&
		dev->config_bytes >= BLOCK_QUEUES_OFFSET + 2)
		le16_put(
			device->config + BLOCK_QUEUES_OFFSET, (uint16_t)dev->queue_count);
	return 0;
}

static void config_write(
	struct virtio_device *dev, uint32_t offset, unsigned int bytes, uint64_t value)
{
	struct virtio_vhost_user *device = vhost_user_of(dev);
	uint8_t data[8];

	if (device->own_config)
		return;
	le64_put(data, value);
	/* What is written may choose what is read (5.8.5 of an input device). */
	if (!vhost_user_set_config(device->vu, offset, data, bytes))
		read_config(device);
}

/* ---- what the back end does ------------------------------------------------------- */

static void gone(void *user, const char *why)
{
	struct virtio_vhost_user *device = user;

	if (device->opening) {
		error_set(device->opening, -ECONNRESET, NULL, "%s: %s", device->dev.name,
			why);
		return;
	}
	log_host("%s: %s%s", device->dev.name, why,
		device->dev.started ? "; the device needs a reset" : "");
	if (device->dev.started)
		virtio_device_failed(&device->dev, "the back end is gone");
}

static void config_changed(void *user)
{
	struct virtio_vhost_user *device = user;

	if (!read_config(device))
		virtio_device_config_changed(&device->dev);
}

static const struct vhost_user_events events = {
	.gone = gone, .config_changed = config_changed};

/* ---- the driver's turns ----------------------------------------------------------- */

static void fail(struct virtio_vhost_user *device, const char *why)
{
	log_host("%s: the device needs a reset", why);
	virtio_device_failed(&device->dev, "the back end is gone");
}

static void start(struct virtio_device *dev)
{
	struct virtio_vhost_user *device = vhost_user_of(dev);
	struct vhost_rings *rings = &device->rings;
	struct error err = {0};
	int code = vhost_user_reconnect(device->vu, &err);

	if (!code && dev->features & ~vhost_user_features(device->vu))
		code = error_set(&err, -EPROTO, NULL,
			"%s: the back end came back with fewer features", dev->name);
	if (!code) {
		code = vhost_rings_collect(rings, dev->queue_count, true);
		if (code)
			error_set(&err, code, NULL, "%s: no eventfd", dev->name);
	}
	if (code) {
		fail(device, err.text);
		return;
	}
	/* A failure from here on ends the connection, and gone() has its say. */
	vhost_user_start(device->vu, dev->features, rings->regions, rings->region_count,
		rings->list, rings->count);
}

static void stop(struct virtio_device *dev)
{
	struct virtio_vhost_user *device = vhost_user_of(dev);

	vhost_user_stop(device->vu, device->rings.list, device->rings.count);
	device->rings.count = 0;
}

static void kick(struct virtio_device *dev, unsigned int queue)
{
	vhost_rings_kick(&vhost_user_of(dev)->rings, queue);
}

/* ---- life ------------------------------------------------------------------------- */

static void destroy(struct virtio_device *dev)
{
	struct virtio_vhost_user *device = vhost_user_of(dev);

	vhost_rings_finish(&device->rings);
	vhost_user_destroy(device->vu);
	free(device);
}

static const struct virtio_ops ops_of_any = {
	.kick = kick,
	.start = start,
	.stop = stop,
	.config_write = config_write,
	.destroy = destroy,
};

/* What the back end is like, of which the config space is what it has to tell itself. */
static int learn(struct virtio_vhost_user *device)
{
	struct virtio_device *dev = &device->dev;
	bool has_config = vhost_user_has_config(device->vu);
	int code;

	dev->features_offered =
		vhost_user_features(device->vu) & (CLASS_FEATURES | RING_FEATURES);
	if (device->ops.device_id == ID_NET && !has_config)
		dev->features_offered &= NET_FEATURES | RING_FEATURES;
	if (device->own_config)
		return 0;
	if (!has_config)
		dev->config_bytes = 0;
	code = read_config(device);
	/* It has less than its class has, or there is no saying what the class has. */
	if (code == -ENODATA) {
		dev->config_bytes = 0;
		return 0;
	}
	return code;
}

int virtio_vhost_user_create(struct loop *loop, const char *name,
	struct vhost_source *source, const struct virtio_vhost_user_options *options,
	struct virtio_device **ret, struct error *err)
{
	struct virtio_vhost_user *device = calloc(1, sizeof(*device));
	/* A net's back end counts its queues in pairs. */
	unsigned int queues = options->device_id == ID_NET ? (options->queues + 1) / 2
							   : options->queues;
	int code;

	if (!device) {
		source->ops->destroy(source);
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	}
	device->ops = ops_of_any;
	device->ops.device_id = options->device_id;
	vhost_rings_init(&device->rings, &device->dev);
	device->dev.ops = &device->ops;
	device->dev.name = name;
	device->dev.loop = loop;
	device->dev.queue_count = options->queues;
	device->dev.queue_size = options->queue_size;
	device->dev.external_queues = options->queues;
	device->dev.config = device->config;
	device->dev.config_bytes = options->config_bytes;
	device->own_config = options->config;
	if (options->config)
		memcpy(device->config, options->config, options->config_bytes);
	device->opening = err;
	code = vhost_user_open(loop, name, source, queues, options->timeout_ms, &events,
		device, &device->vu, err);
	if (!code)
		code = learn(device);
	device->opening = NULL;
	if (code) {
		destroy(&device->dev);
		return code;
	}
	*ret = &device->dev;
	return 0;
}
