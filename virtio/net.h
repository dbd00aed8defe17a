/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network device (virtio 1.2, section 5.1) over a host/nic.h attachment. Frames go
 * between the guest's buffers and the host without a copy of our own; checksums and
 * segmentation are left to whoever can do them, as far as the attachment allows.
 *
 * Runs with the loop's lock held.
 */
#ifndef VIRTIO_NET_H
#define VIRTIO_NET_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;
struct nic;
struct source_pos;
struct virtio_device;

#define VIRTIO_NET_PAIRS_MAX 16

#define VIRTIO_NET_F_CSUM 0
#define VIRTIO_NET_F_GUEST_CSUM 1
#define VIRTIO_NET_F_MTU 3
#define VIRTIO_NET_F_MAC 5
#define VIRTIO_NET_F_GUEST_TSO4 7
#define VIRTIO_NET_F_GUEST_TSO6 8
#define VIRTIO_NET_F_GUEST_ECN 9
#define VIRTIO_NET_F_GUEST_UFO 10
#define VIRTIO_NET_F_HOST_TSO4 11
#define VIRTIO_NET_F_HOST_TSO6 12
#define VIRTIO_NET_F_HOST_ECN 13
#define VIRTIO_NET_F_HOST_UFO 14
#define VIRTIO_NET_F_MRG_RXBUF 15
#define VIRTIO_NET_F_STATUS 16
#define VIRTIO_NET_F_CTRL_VQ 17
#define VIRTIO_NET_F_MQ 22

struct virtio_net_options {
	uint8_t mac[6];
	uint16_t mtu;        /* 0: not said */
	unsigned int queues; /* pairs wanted; no more than the nic has, or 16, are made */
	bool vhost; /* the host's kernel moves the frames; the nic has nic_vhost_fd() */
	const struct source_pos *pos; /* of who wants that */
};

/*
 * name, nic and pos are borrowed; the nic's user is this device until it is destroyed.
 */
int virtio_net_create(struct loop *loop, const char *name, struct nic *nic,
	const struct virtio_net_options *options, struct virtio_device **ret,
	struct error *err);

#endif
