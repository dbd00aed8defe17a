/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One receive queue of the network device. Runs with the loop's lock held.
 *
 * Buffers of the guest wait in a window, taken from the ring ahead of the frames, so that
 * each frame is received straight into them and none is looked at twice. With merged
 * buffers a frame takes as many chains from the window as it needs; without, it takes
 * one.
 */
#ifndef VIRTIO_NET_RX_H
#define VIRTIO_NET_RX_H

#include <stdbool.h>
#include <stdint.h>

#include "host/nic.h"
#include "src/loop.h"
#include "virtio/queue.h"

struct virtio_device;

struct net_rx_chain {
	uint16_t head;
	uint16_t buffers;
	uint64_t bytes;
};

struct net_rx {
	struct virtio_device *dev;
	struct nic *nic;
	unsigned int queue; /* of the device */
	unsigned int index; /* of the nic */
	bool active;        /* the driver uses it */
	bool merge;
	unsigned int longest; /* frame to have room for, as far as the host's go */
	bool meagre; /* this guest has no room for the longest frame, nor will it get any
		      */
	struct loop_timer patience;

	/* The window: chains [first_chain, end_chain) with iov [first_iov, end_iov). */
	unsigned int first_chain;
	unsigned int end_chain;
	unsigned int first_iov;
	unsigned int end_iov;
	uint64_t bytes;
	struct net_rx_chain chains[VIRTQ_SIZE_MAX];
	struct iovec iov[NIC_IOV_MAX];
	struct virtq_chain popped;
};

void net_rx_init(struct net_rx *rx, struct virtio_device *dev, struct nic *nic,
	unsigned int queue, unsigned int index);

/* The driver uses the queue from now on, or no longer. Frames that waited are dropped. */
void net_rx_activate(struct net_rx *rx);
void net_rx_deactivate(struct net_rx *rx);

/* The guest added buffers. */
void net_rx_refilled(struct net_rx *rx);

/* Frames wait: takes a bounded number of them and signals the driver once. */
void net_rx_receive(struct net_rx *rx);

/* Forgets the window: the queue was stopped. */
void net_rx_forget(struct net_rx *rx);

#endif
