/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rings of a network device's pairs in the hands of the host's kernel: vhost-net, one
 * descriptor a pair. The control queue stays with the device. Runs with the loop's lock
 * held.
 */
#ifndef VIRTIO_NET_VHOST_H
#define VIRTIO_NET_VHOST_H

#include <stdint.h>

struct error;
struct net_vhost;
struct nic;
struct source_pos;
struct virtio_device;

/*
 * For so many pairs of a nic whose queues have descriptors (nic_vhost_fd()). dev, nic and
 * pos are borrowed. Takes nothing over before net_vhost_start().
 */
int net_vhost_create(struct virtio_device *dev, struct nic *nic, unsigned int pairs,
	const struct source_pos *pos, struct net_vhost **ret, struct error *err);
/* No pair is active any more; NULL is fine. */
void net_vhost_destroy(struct net_vhost *vhost);

/* Of the features of rings and receive buffers, those that the kernel knows. */
uint64_t net_vhost_features(const struct net_vhost *vhost);

/* The device has started: tells of the first pairs' rings, of which none runs. -errno. */
int net_vhost_start(struct net_vhost *vhost, unsigned int pairs);

/*
 * The kernel moves the frames of a pair from now on, or no longer: then nothing touches
 * its rings any more. What waited for it is dropped. -errno.
 */
int net_vhost_activate(struct net_vhost *vhost, unsigned int pair);
void net_vhost_deactivate(struct net_vhost *vhost, unsigned int pair);

/* A kick of a pair's queue that came as a write to a register. */
void net_vhost_kick(struct net_vhost *vhost, unsigned int queue);

#endif
