/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames over a stream socket, each behind its length as 4 bytes, big-endian; what passt
 * and QEMU's "-netdev stream" speak. No offloads: the virtio-net header is not on the
 * wire. The implementations differ in where a socket comes from.
 *
 * Runs with the loop's lock held; events on the loop's thread.
 */
#ifndef HOST_NIC_STREAM_H
#define HOST_NIC_STREAM_H

#include "host/nic_impl.h"
#include "src/loop.h"

#define NIC_STREAM_RETRY_NS 1000000000ull

struct nic_stream;

struct nic_stream_ops {
	/*
	 * Mandatory. Begins an attempt, which ends in nic_stream_connected() or
	 * nic_stream_retry(), now or later.
	 */
	void (*connect)(struct nic_stream *stream);
	/*
	 * Mandatory. The peer left, or broke the protocol (why says how); the socket is
	 * closed. To be followed by nic_stream_retry().
	 */
	void (*disconnected)(struct nic_stream *stream, const char *why);
	/* Mandatory. Calls nic_stream_finish() and frees. */
	void (*destroy)(struct nic_stream *stream);
};

struct nic_stream {
	struct nic nic;
	const struct nic_stream_ops *ops;
	struct loop *loop;
	struct loop_fd watch; /* fd -1: not connected */
	struct loop_timer retry;
	struct loop_task task; /* tells the user what happened inside its own calls */
	bool wanted;
	bool blocked; /* a send said -EAGAIN */
	bool drained; /* the socket had no more than the last read took */
	bool link_told;
	uint8_t *rx; /* bytes [rx_start, rx_end) were read and not yet taken */
	size_t rx_start;
	size_t rx_end;
	uint8_t *tx; /* the rest of a frame that the socket took in part */
	size_t tx_start;
	size_t tx_end;
};

/* 0 or -ENOMEM; nic_stream_finish() is right after both. */
int nic_stream_init(
	struct nic_stream *stream, struct loop *loop, const struct nic_stream_ops *ops);
void nic_stream_finish(struct nic_stream *stream);

/* Takes over a connected non-blocking socket; 0 or -errno, the socket closed. */
int nic_stream_connected(struct nic_stream *stream, int fd);

/* Calls ops->connect() after a while. */
void nic_stream_retry(struct nic_stream *stream, uint64_t delay_ns);

#endif
