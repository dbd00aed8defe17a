/* SPDX-License-Identifier: Apache-2.0 */
/* Runs with the lock of the device's loop held. */
#include "virtio/net_vhost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/nic.h"
#include "host/vhost_kernel.h"
#include "src/error.h"
#include "virtio/net.h"
#include "virtio/vhost.h"
#include "virtio/virtio.h"

#define DEVICE "/dev/vhost-net"
#define MODULE "vhost_net"

#define FEATURES                                                                         \
	(VIRTIO_BIT(VIRTIO_NET_F_MRG_RXBUF) | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) |       \
		VIRTIO_BIT(VIRTIO_F_EVENT_IDX) | VIRTIO_BIT(VIRTIO_F_VERSION_1))

struct net_vhost {
	struct vhost_rings rings;
	struct nic *nic;
	uint64_t features;
	unsigned int pair_count; /* of descriptors that are open */
	int fds[VIRTIO_NET_PAIRS_MAX];
};

int net_vhost_start(struct net_vhost *vhost, unsigned int pairs)
{
	struct vhost_rings *rings = &vhost->rings;
	uint64_t features = rings->dev->features & vhost->features;
	int code = vhost_rings_collect(rings, 2 * pairs, false);

	for (unsigned int i = 0, first = 0; i < pairs && !code; i++) {
		struct vhost_ring own[2];
		unsigned int count = 0;

		/* Each descriptor counts from its own first ring. */
		for (; first < rings->count && rings->list[first].index / 2 == i;
			first++) {
			own[count] = rings->list[first];
			own[count++].index %= 2;
		}
		code = vhost_kernel_set_up(vhost->fds[i], features, rings->regions,
			rings->region_count, own, count);
	}
	return code;
}

/* Gives the pair's rings a queue of the nic, or takes it away: fd is -1. */
static int set_backend(struct net_vhost *vhost, unsigned int pair, int fd)
{
	int code = 0;

	for (unsigned int i = 0; i < vhost->rings.count && !code; i++) {
		unsigned int index = vhost->rings.list[i].index;

		if (index / 2 == pair)
			code = vhost_kernel_net_set_backend(
				vhost->fds[pair], index % 2, fd);
	}
	return code;
}

int net_vhost_activate(struct net_vhost *vhost, unsigned int pair)
{
	nic_drop_frames(vhost->nic, pair);
	return set_backend(vhost, pair, nic_vhost_fd(vhost->nic, pair));
}

void net_vhost_deactivate(struct net_vhost *vhost, unsigned int pair)
{
	set_backend(vhost, pair, -1);
}

void net_vhost_kick(struct net_vhost *vhost, unsigned int queue)
{
	vhost_rings_kick(&vhost->rings, queue);
}

uint64_t net_vhost_features(const struct net_vhost *vhost)
{
	return vhost->features;
}

static int open_pairs(struct net_vhost *vhost, unsigned int pairs,
	const struct source_pos *pos, struct error *err)
{
	int code;

	for (unsigned int i = 0; i < pairs; i++) {
		int fd = vhost_kernel_open(DEVICE, MODULE, pos, err);

		if (fd < 0)
			return fd;
		vhost->fds[vhost->pair_count++] = fd;
	}
	code = vhost_kernel_features(vhost->fds[0], &vhost->features);
	vhost->features &= FEATURES;
	return code ? error_set(err, code, pos, "%s: %s", DEVICE, strerror(-code)) : 0;
}

int net_vhost_create(struct virtio_device *dev, struct nic *nic, unsigned int pairs,
	const struct source_pos *pos, struct net_vhost **ret, struct error *err)
{
	struct net_vhost *vhost = calloc(1, sizeof(*vhost));
	int code;

	if (!vhost)
		return error_set(err, -ENOMEM, NULL, "%s: no memory", dev->name);
	vhost->nic = nic;
	vhost_rings_init(&vhost->rings, dev);
	code = open_pairs(vhost, pairs, pos, err);
	if (code) {
		net_vhost_destroy(vhost);
		return code;
	}
	*ret = vhost;
	return 0;
}

void net_vhost_destroy(struct net_vhost *vhost)
{
	if (!vhost)
		return;
	vhost_rings_finish(&vhost->rings);
	for (unsigned int i = 0; i < vhost->pair_count; i++)
		close(vhost->fds[i]);
	free(vhost);
}
