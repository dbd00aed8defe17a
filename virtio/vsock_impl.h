/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What vsock.c (the device), vsock_conn.c (connections) and vsock_rx.c (packets to the
 * driver) share; for them alone. Runs with the lock of the device's loop held.
 */
#ifndef VIRTIO_VSOCK_IMPL_H
#define VIRTIO_VSOCK_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "host/vsock.h"
#include "src/loop.h"
#include "virtio/virtio.h"
#include "virtio/vsock.h"
#include "virtio/vsock_packet.h"

#define VSOCK_BUCKETS 128u
#define VSOCK_REPLIES_MAX 64u
/* Receive buffers that one read of the host may fill. */
#define VSOCK_BATCH 16u

enum vsock_state {
	VSOCK_ASKING, /* the guest has yet to agree to what the host asked for */
	VSOCK_OPEN,
	VSOCK_ENDED, /* over for the guest, while the host still gets what it sent */
};

struct vsock_conn {
	struct vsock_stream_user user;
	struct virtio_vsock *vsock;
	struct vsock_stream *stream; /* NULL: closed */
	struct vsock_conn *next;     /* of the same bucket */
	uint32_t guest_port;
	uint32_t host_port;
	enum vsock_state state;
	struct loop_timer patience;

	/* What the guest is to hear. */
	bool in_line; /* for a receive buffer */
	struct vsock_conn *next_in_line;
	unsigned int due;  /* a bit an enum vsock_op */
	bool readable;     /* the host may have sent something */
	bool host_ended;   /* ... and never will any more */
	bool host_deaf;    /* nobody reads at the host */
	bool credit_asked; /* for more room in the guest */
	uint32_t sent;     /* to the guest */
	uint32_t guest_buffer_bytes;
	uint32_t guest_forwarded;

	/* What the host is to get. */
	uint32_t guest_shut; /* VSOCK_NO_* */
	bool host_shut;      /* the host has been told that no more comes */
	uint32_t forwarded;
	uint32_t forwarded_told; /* as the guest last heard */
	uint8_t *buffer;         /* a ring; NULL before its first use */
	uint32_t first;
	uint32_t fill;
};

/* Answers to packets of no connection. */
struct vsock_reply {
	uint64_t from_cid;
	uint32_t from_port;
	uint32_t to_port;
	uint16_t type;
};

struct virtio_vsock {
	struct virtio_device dev;
	struct vsock_host_user user;
	struct vsock_host *host;
	struct vsock_config config;
	uint32_t cid;
	uint32_t next_port; /* for the host's end of what it asks for */
	bool interrupted;   /* connections were lost to a reset */
	bool stalled;       /* packets of the driver wait for room for replies */

	unsigned int conn_count;
	struct vsock_conn *buckets[VSOCK_BUCKETS];
	struct vsock_conn *line; /* who waits for a receive buffer, the longest first */
	struct vsock_conn **line_end;
	unsigned int reply_count;
	struct vsock_reply replies[VSOCK_REPLIES_MAX]; /* in any order */

	struct virtq_chain chain;
	struct virtq_chain batch[VSOCK_BATCH];
	struct iovec iov[VSOCK_IOV_MAX];
};

/* --- vsock_conn.c ------------------------------------------------------------------- */

struct vsock_conn *vsock_conn_find(
	struct virtio_vsock *vsock, uint32_t guest_port, uint32_t host_port);

/* Takes stream over. NULL, and the stream left alone: no memory. */
struct vsock_conn *vsock_conn_create(struct virtio_vsock *vsock,
	struct vsock_stream *stream, enum vsock_state state, uint32_t guest_port,
	uint32_t host_port);

/* The packet of a known connection, its payload in iov. May end the connection. */
void vsock_conn_receive(struct vsock_conn *conn, const struct vsock_header *header,
	const struct iovec *iov, unsigned int count);

/* The guest hears of nothing any more: what is left for the host may follow. */
void vsock_conn_end(struct vsock_conn *conn);

/* Breaks it off: the guest gets a reset, the host's end is closed. */
void vsock_conn_reset(struct vsock_conn *conn);

/* Puts one more packet on the guest's account and gets in line. */
void vsock_conn_make_due(struct vsock_conn *conn, enum vsock_op op);

/* Asks the host for the events that matter now. */
void vsock_conn_watch(struct vsock_conn *conn);

/* How much the guest has room for. */
uint32_t vsock_conn_credit(const struct vsock_conn *conn);

/* The host ended (its last bytes are with the guest), or broke off. */
void vsock_conn_host_ended(struct vsock_conn *conn);

/* The guest was told that the host neither sends nor receives any more. */
void vsock_conn_expect_end(struct vsock_conn *conn);

void vsock_conn_free_all(struct virtio_vsock *vsock);

/* --- vsock_rx.c --------------------------------------------------------------------- */

/* The kick of the queue to the driver. */
void vsock_rx_kick(struct virtio_vsock *vsock);

/* In line for a receive buffer; and out of it. */
void vsock_rx_enqueue(struct vsock_conn *conn);
void vsock_rx_dequeue(struct vsock_conn *conn);

#endif
