/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket device of the host's kernel: virtio 1.2, section 5.10. Runs with the lock of
 * its loop held.
 */
#include "virtio/vhost_vsock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/vhost_kernel.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "virtio/vhost.h"
#include "virtio/virtio.h"
#include "virtio/vsock_packet.h"

#define DEVICE "/dev/vhost-vsock"
#define MODULE "vhost_vsock"

/* The rings of packets; that of events has none. */
#define RINGS 2u

#define VSOCK_F_SEQPACKET 1

/* What of the kernel's bits is the driver's business. */
#define FEATURES                                                                         \
	(VIRTIO_BIT(VSOCK_F_SEQPACKET) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) |            \
		VIRTIO_BIT(VIRTIO_F_EVENT_IDX) | VIRTIO_BIT(VIRTIO_F_VERSION_1))

struct vhost_vsock {
	struct virtio_device dev;
	struct vhost_rings rings;
	struct vsock_config config;
	const struct source_pos *pos;
	uint32_t cid;
	int fd;
	bool used; /* by a driver: the kernel has connections of it */
};

static struct vhost_vsock *vsock_of(struct virtio_device *dev)
{
	return container_of(dev, struct vhost_vsock, dev);
}

static int set_cid(struct vhost_vsock *vsock, struct error *err)
{
	int code = vhost_kernel_vsock_set_cid(vsock->fd, vsock->cid);

	if (code == -EADDRINUSE)
		return error_set(err, code, vsock->pos,
			"cid %" PRIu32 " belongs to another VM of this host; choose "
			"another",
			vsock->cid);
	return code ? error_set(err, code, vsock->pos, "%s: cid %" PRIu32 ": %s", DEVICE,
			      vsock->cid, strerror(-code))
		    : 0;
}

/*
 * A descriptor that is closed is all that ends the connections of the last driver at the
 * host. Where it cannot be opened again they end as they try to go on.
 */
static int renew(struct vhost_vsock *vsock, struct error *err)
{
	int fresh;

	if (!vsock->used)
		return 0;
	fresh = vhost_kernel_open(DEVICE, MODULE, vsock->pos, NULL);
	if (fresh < 0)
		return 0;
	close(vsock->fd);
	vsock->fd = fresh;
	vsock->used = false;
	return set_cid(vsock, err);
}

static void vsock_start(struct virtio_device *dev)
{
	struct vhost_vsock *vsock = vsock_of(dev);
	struct vhost_rings *rings = &vsock->rings;
	struct error err = {0};
	int code = renew(vsock, &err);

	if (!code) {
		code = vhost_rings_collect(rings, RINGS, false);
		if (!code && rings->count == RINGS)
			code = vhost_kernel_set_up(vsock->fd, dev->features,
				rings->regions, rings->region_count, rings->list,
				rings->count);
		if (!code && rings->count == RINGS)
			code = vhost_kernel_vsock_run(vsock->fd, true);
		if (code)
			error_set(&err, code, NULL, "%s: %s", DEVICE, strerror(-code));
	}
	vsock->used = true;
	if (!code)
		return;
	log_host("%s: %s; the device needs a reset", dev->name, err.text);
	virtio_device_failed(dev, "the kernel does not serve it");
}

static void vsock_stop(struct virtio_device *dev)
{
	/* Fails where they never ran. */
	vhost_kernel_vsock_run(vsock_of(dev)->fd, false);
}

static void vsock_kick(struct virtio_device *dev, unsigned int queue)
{
	vhost_rings_kick(&vsock_of(dev)->rings, queue);
}

static void vsock_destroy(struct virtio_device *dev)
{
	struct vhost_vsock *vsock = vsock_of(dev);

	vhost_rings_finish(&vsock->rings);
	if (vsock->fd >= 0)
		close(vsock->fd);
	free(vsock);
}

static const struct virtio_ops vsock_ops = {
	.device_id = VSOCK_DEVICE_ID,
	.kick = vsock_kick,
	.start = vsock_start,
	.stop = vsock_stop,
	.destroy = vsock_destroy,
};

int virtio_vhost_vsock_create(struct loop *loop, const char *name, uint32_t cid,
	const struct source_pos *pos, struct virtio_device **ret, struct error *err)
{
	struct vhost_vsock *vsock = calloc(1, sizeof(*vsock));
	uint64_t features;
	int code;

	if (!vsock)
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	vsock->dev.ops = &vsock_ops;
	vsock->dev.name = name;
	vsock->dev.loop = loop;
	vsock->dev.queue_count = VSOCK_QUEUE_COUNT;
	vsock->dev.external_queues = VSOCK_QUEUE_COUNT;
	vsock->dev.config = &vsock->config;
	vsock->dev.config_bytes = sizeof(vsock->config);
	vsock->config.guest_cid = htole64(cid);
	vsock->cid = cid;
	vsock->pos = pos;
	vhost_rings_init(&vsock->rings, &vsock->dev);
	vsock->fd = vhost_kernel_open(DEVICE, MODULE, pos, err);
	code = vsock->fd < 0 ? vsock->fd : set_cid(vsock, err);
	if (!code) {
		code = vhost_kernel_features(vsock->fd, &features);
		if (code)
			error_set(err, code, pos, "%s: %s", DEVICE, strerror(-code));
	}
	if (code) {
		vsock_destroy(&vsock->dev);
		return code;
	}
	vsock->dev.features_offered = features & FEATURES;
	*ret = &vsock->dev;
	return 0;
}
