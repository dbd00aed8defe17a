/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receiving for the network device: virtio 1.2, section 5.1.6.3 and 5.1.6.4. Runs with
 * the lock of the device's loop held.
 *
 * A frame's length is known only when it was read, and what has no room is lost. So a
 * guest that gets whole segments of 64 KiB should have room for one before the next read;
 * if the ring runs out of buffers, the frames wait in the host. A guest whose whole ring
 * is smaller must not wait for ever: when no buffers come for a while, what there is has
 * to do.
 */
#include "virtio/net_rx.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "src/container_of.h"
#include "virtio/net.h"
#include "virtio/virtio.h"

#define BURST_FRAMES 64u
#define BURST_BYTES (256u << 10)
#define PATIENCE_NS 10000000ull

/* Of what is no segment to be cut: a jumbo frame, which few interfaces have. */
#define JUMBO_BYTES 10240u

/* Of struct virtio_net_hdr_v1; the rest of it is the host's. */
#define NUM_BUFFERS_OFFSET 10u

/* ---- the window ------------------------------------------------------------------- */

static struct virtq *ring(const struct net_rx *rx)
{
	return &rx->dev->queues[rx->queue];
}

void net_rx_forget(struct net_rx *rx)
{
	rx->first_chain = rx->end_chain = 0;
	rx->first_iov = rx->end_iov = 0;
	rx->bytes = 0;
}

/* Makes room at the end of both arrays; false where the window is as full as can be. */
static bool make_room(struct net_rx *rx)
{
	unsigned int chains = rx->end_chain - rx->first_chain;
	unsigned int buffers = rx->end_iov - rx->first_iov;

	if (rx->end_chain < VIRTQ_SIZE_MAX &&
		rx->end_iov + VIRTQ_CHAIN_MAX <= NIC_IOV_MAX)
		return true;
	memmove(rx->chains, rx->chains + rx->first_chain, chains * sizeof(rx->chains[0]));
	memmove(rx->iov, rx->iov + rx->first_iov, buffers * sizeof(rx->iov[0]));
	rx->first_chain = 0;
	rx->end_chain = chains;
	rx->first_iov = 0;
	rx->end_iov = buffers;
	return chains < VIRTQ_SIZE_MAX && buffers + VIRTQ_CHAIN_MAX <= NIC_IOV_MAX;
}

/* Moves a chain from the ring into the window. */
static bool add_chain(struct net_rx *rx)
{
	struct virtq_chain *chain = &rx->popped;

	if (!virtq_pop(ring(rx), chain))
		return false;
	if (chain->readable || chain->writable_bytes < NIC_HEADER_BYTES) {
		virtio_device_broken(rx->dev,
			"a receive buffer is not writable or has no room for a header");
		return false;
	}
	rx->chains[rx->end_chain++] = (struct net_rx_chain){
		.head = chain->head,
		.buffers = (uint16_t)chain->writable,
		.bytes = chain->writable_bytes,
	};
	memcpy(rx->iov + rx->end_iov, chain->iov, chain->writable * sizeof(rx->iov[0]));
	rx->end_iov += chain->writable;
	rx->bytes += chain->writable_bytes;
	return true;
}

/* Fills the window; true where the next frame may be read. */
static bool have_room(struct net_rx *rx)
{
	if (!rx->merge)
		return rx->first_chain < rx->end_chain ||
		       (make_room(rx) && add_chain(rx));
	while (rx->bytes < rx->longest) {
		if (!make_room(rx))
			return true;
		if (!add_chain(rx))
			return rx->meagre && rx->bytes && !ring(rx)->broken;
	}
	rx->meagre = false;
	return true;
}

/* ---- frames ----------------------------------------------------------------------- */

/* The guest has no room: a kick or, if it has a little, the timer goes on. */
static void starve(struct net_rx *rx)
{
	nic_want_frames(rx->nic, rx->index, false);
	if (rx->bytes)
		loop_timer_arm(rx->dev->loop, &rx->patience, PATIENCE_NS);
}

static void patience_ends(struct loop_timer *timer)
{
	struct net_rx *rx = container_of(timer, struct net_rx, patience);

	rx->meagre = true;
	nic_want_frames(rx->nic, rx->index, true);
}

void net_rx_refilled(struct net_rx *rx)
{
	if (!rx->active)
		return;
	loop_timer_cancel(&rx->patience);
	nic_want_frames(rx->nic, rx->index, true);
}

/* Gives back the chains that a frame of that length fills, all visible at once. */
static void deliver(struct net_rx *rx, uint64_t length)
{
	struct iovec *first = rx->iov + rx->first_iov;
	unsigned int first_buffers = rx->chains[rx->first_chain].buffers;
	uint16_t count = 0;

	while (length) {
		const struct net_rx_chain *chain = &rx->chains[rx->first_chain++];
		uint64_t now = length < chain->bytes ? length : chain->bytes;

		virtq_stage(ring(rx), chain->head, (uint32_t)now);
		rx->first_iov += chain->buffers;
		rx->bytes -= chain->bytes;
		length -= now;
		count++;
	}
	count = htole16(count);
	iov_copy_in(first, first_buffers, NUM_BUFFERS_OFFSET, &count, sizeof(count));
	virtq_publish(ring(rx));
}

static ssize_t receive_one(struct net_rx *rx)
{
	const struct iovec *iov = rx->iov + rx->first_iov;
	unsigned int buffers = rx->merge ? rx->end_iov - rx->first_iov
					 : rx->chains[rx->first_chain].buffers;
	ssize_t length = nic_receive(rx->nic, rx->index, iov, buffers);

	if (length >= NIC_HEADER_BYTES)
		deliver(rx, (uint64_t)length);
	return length;
}

void net_rx_receive(struct net_rx *rx)
{
	unsigned int frames = 0;
	size_t bytes = 0;

	if (!rx->active || !ring(rx)->live || ring(rx)->broken) {
		nic_want_frames(rx->nic, rx->index, false);
		return;
	}
	while (frames < BURST_FRAMES && bytes < BURST_BYTES) {
		ssize_t length;

		if (!have_room(rx)) {
			starve(rx);
			break;
		}
		length = receive_one(rx);
		if (length < 0 && length != -EMSGSIZE)
			break;
		frames++;
		bytes += length > 0 ? (size_t)length : 0;
	}
	virtio_device_signal(rx->dev, rx->queue);
}

/* ---- life ------------------------------------------------------------------------- */

void net_rx_init(struct net_rx *rx, struct virtio_device *dev, struct nic *nic,
	unsigned int queue, unsigned int index)
{
	rx->dev = dev;
	rx->nic = nic;
	rx->queue = queue;
	rx->index = index;
	rx->patience.expired = patience_ends;
}

static bool takes_segments(const struct virtio_device *dev)
{
	return virtio_device_has(dev, VIRTIO_NET_F_GUEST_TSO4) ||
	       virtio_device_has(dev, VIRTIO_NET_F_GUEST_TSO6) ||
	       virtio_device_has(dev, VIRTIO_NET_F_GUEST_UFO);
}

void net_rx_activate(struct net_rx *rx)
{
	if (rx->active)
		return;
	rx->active = true;
	rx->merge = virtio_device_has(rx->dev, VIRTIO_NET_F_MRG_RXBUF);
	rx->longest = takes_segments(rx->dev) ? NIC_FRAME_BYTES_MAX : JUMBO_BYTES;
	/* What came before the driver was there may use offloads that it does not know.
	 */
	nic_drop_frames(rx->nic, rx->index);
	nic_want_frames(rx->nic, rx->index, true);
}

void net_rx_deactivate(struct net_rx *rx)
{
	rx->active = false;
	rx->meagre = false;
	loop_timer_cancel(&rx->patience);
	nic_want_frames(rx->nic, rx->index, false);
}
