/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets to the driver: virtio 1.2, sections 5.10.6.1 and 5.10.6.3. Connections that
 * have something for the guest stand in line for receive buffers and take turns. A
 * packet is made when there is a buffer for it, so nothing is queued but the line itself
 * and the replies to packets of no connection. Runs with the lock of the device's loop
 * held.
 */
#include <errno.h>

#include "virtio/vsock_impl.h"

/* What one connection reads at a time, and what one turn of the loop carries. */
#define READ_BYTES (64u << 10)
#define TURN_BYTES (1u << 20)

enum served {
	SERVED_WELL,    /* nothing left to say for now */
	SERVED_PARTLY,  /* there may be more */
	SERVED_NOT,     /* for want of a receive buffer */
	SERVED_FOR_GOOD /* the connection may be no more */
};

static struct virtq *ring(struct virtio_vsock *vsock)
{
	return &vsock->dev.queues[VSOCK_TO_DRIVER];
}

/* ---- the line --------------------------------------------------------------------- */

void vsock_rx_enqueue(struct vsock_conn *conn)
{
	struct virtio_vsock *vsock = conn->vsock;

	if (conn->in_line)
		return;
	conn->in_line = true;
	conn->next_in_line = NULL;
	*vsock->line_end = conn;
	vsock->line_end = &conn->next_in_line;
}

void vsock_rx_dequeue(struct vsock_conn *conn)
{
	struct virtio_vsock *vsock = conn->vsock;
	struct vsock_conn **at = &vsock->line;

	if (!conn->in_line)
		return;
	while (*at != conn)
		at = &(*at)->next_in_line;
	*at = conn->next_in_line;
	if (vsock->line_end == &conn->next_in_line)
		vsock->line_end = at;
	conn->in_line = false;
}

/* ---- packets ---------------------------------------------------------------------- */

/* Takes a receive buffer with room for a header and more bytes behind it. */
static bool take_buffer(
	struct virtio_vsock *vsock, struct virtq_chain *chain, unsigned int more)
{
	if (!virtq_pop(ring(vsock), chain))
		return false;
	if (!chain->readable && chain->writable_bytes >= VSOCK_HEADER_BYTES + more)
		return true;
	virtio_device_broken(&vsock->dev,
		"a receive buffer is not writable or has no room for a packet");
	return false;
}

static void put_header(const struct virtq_chain *chain, struct vsock_header header)
{
	vsock_header_swap(&header);
	iov_copy_in(chain->iov, chain->writable, 0, &header, VSOCK_HEADER_BYTES);
}

static bool send_replies(struct virtio_vsock *vsock)
{
	while (vsock->reply_count) {
		const struct vsock_reply *reply = &vsock->replies[vsock->reply_count - 1];

		if (!take_buffer(vsock, &vsock->chain, 0))
			return false;
		put_header(&vsock->chain, (struct vsock_header){
						  .from_cid = reply->from_cid,
						  .to_cid = vsock->cid,
						  .from_port = reply->from_port,
						  .to_port = reply->to_port,
						  .type = reply->type,
						  .op = VSOCK_RST,
					  });
		virtq_push(ring(vsock), vsock->chain.head, VSOCK_HEADER_BYTES);
		vsock->reply_count--;
	}
	return true;
}

/* Every packet of a connection tells how much room there is for the guest's bytes. */
static struct vsock_header header_of(struct vsock_conn *conn, enum vsock_op op)
{
	conn->forwarded_told = conn->forwarded;
	conn->due &= ~(1u << op | 1u << VSOCK_CREDIT_UPDATE);
	return (struct vsock_header){
		.from_cid = VSOCK_CID_HOST,
		.to_cid = conn->vsock->cid,
		.from_port = conn->host_port,
		.to_port = conn->guest_port,
		.type = VSOCK_TYPE_STREAM,
		.op = (uint16_t)op,
		.buffer_bytes = VIRTIO_VSOCK_BUFFER_BYTES,
		.forwarded_bytes = conn->forwarded,
	};
}

/* The packet if it is due; false where there is no buffer for it. */
static bool send_due(struct vsock_conn *conn, enum vsock_op op)
{
	struct virtio_vsock *vsock = conn->vsock;
	struct vsock_header header;

	if (!(conn->due & 1u << op))
		return true;
	if (!take_buffer(vsock, &vsock->chain, 0))
		return false;
	header = header_of(conn, op);
	if (op == VSOCK_SHUTDOWN)
		header.flags = (conn->host_ended ? VSOCK_NO_SEND : 0) |
			       (conn->host_deaf ? VSOCK_NO_RECEIVE : 0);
	put_header(&vsock->chain, header);
	virtq_push(ring(vsock), vsock->chain.head, VSOCK_HEADER_BYTES);
	if (header.flags == (VSOCK_NO_SEND | VSOCK_NO_RECEIVE))
		vsock_conn_expect_end(conn);
	return true;
}

/* ---- bytes ------------------------------------------------------------------------ */

/*
 * Takes receive buffers for at most bytes; returns how many, with what lies behind their
 * headers in vsock->iov.
 */
static unsigned int take_batch(
	struct virtio_vsock *vsock, uint32_t bytes, unsigned int *ret_buffers)
{
	unsigned int taken = 0;
	unsigned int count = 0;
	uint64_t room = 0;

	while (taken < VSOCK_BATCH && room < bytes &&
		count + VIRTQ_CHAIN_MAX <= VSOCK_IOV_MAX) {
		struct virtq_chain *chain = &vsock->batch[taken];
		struct iovec *iov = vsock->iov + count;

		if (!take_buffer(vsock, chain, 1))
			break;
		for (unsigned int i = 0; i < chain->writable; i++)
			iov[i] = chain->iov[i];
		count += iov_discard_front(iov, chain->writable, VSOCK_HEADER_BYTES);
		room += chain->writable_bytes - VSOCK_HEADER_BYTES;
		taken++;
	}
	*ret_buffers = iov_keep_front(vsock->iov, count, bytes);
	return taken;
}

/* Gives the buffers to the driver that so many bytes fill, the others back to the ring.
 */
static void deliver(struct vsock_conn *conn, unsigned int taken, uint32_t bytes)
{
	struct virtio_vsock *vsock = conn->vsock;
	unsigned int used = 0;

	while (bytes) {
		const struct virtq_chain *chain = &vsock->batch[used++];
		uint64_t room = chain->writable_bytes - VSOCK_HEADER_BYTES;
		struct vsock_header header = header_of(conn, VSOCK_RW);

		header.bytes = bytes < room ? bytes : (uint32_t)room;
		put_header(chain, header);
		virtq_stage(ring(vsock), chain->head,
			(uint32_t)VSOCK_HEADER_BYTES + header.bytes);
		bytes -= header.bytes;
	}
	virtq_unpop(ring(vsock), (uint16_t)(taken - used));
	virtq_publish(ring(vsock));
}

static enum served send_bytes(struct vsock_conn *conn, uint64_t *bytes)
{
	struct virtio_vsock *vsock = conn->vsock;
	uint32_t credit = vsock_conn_credit(conn);
	unsigned int buffers;
	unsigned int taken;
	ssize_t n;

	if (!credit) {
		if (!conn->credit_asked)
			conn->due |= 1u << VSOCK_CREDIT_REQUEST;
		conn->credit_asked = true;
		return SERVED_WELL;
	}
	taken = take_batch(vsock, credit < READ_BYTES ? credit : READ_BYTES, &buffers);
	if (!taken)
		return SERVED_NOT;
	n = vsock_stream_read(conn->stream, vsock->iov, buffers);
	deliver(conn, taken, n > 0 ? (uint32_t)n : 0);
	if (n > 0) {
		conn->sent += (uint32_t)n;
		*bytes += (uint64_t)n;
		return SERVED_PARTLY;
	}
	if (n == 0)
		vsock_conn_host_ended(conn);
	else if (n == -EAGAIN || n == -EINTR)
		conn->readable = false;
	else
		vsock_conn_reset(conn);
	return conn->due & 1u << VSOCK_RST ? SERVED_PARTLY : SERVED_WELL;
}

static bool has_bytes(const struct vsock_conn *conn)
{
	return conn->state == VSOCK_OPEN && conn->readable && !conn->host_ended &&
	       !(conn->guest_shut & VSOCK_NO_RECEIVE);
}

static enum served serve(struct vsock_conn *conn, uint64_t *bytes)
{
	enum served served = SERVED_WELL;

	if (conn->due & 1u << VSOCK_RST) {
		if (!send_due(conn, VSOCK_RST))
			return SERVED_NOT;
		vsock_conn_end(conn);
		return SERVED_FOR_GOOD;
	}
	if (!send_due(conn, VSOCK_REQUEST) || !send_due(conn, VSOCK_RESPONSE) ||
		!send_due(conn, VSOCK_SHUTDOWN))
		return SERVED_NOT;
	if (has_bytes(conn))
		served = send_bytes(conn, bytes);
	if (served != SERVED_WELL)
		return served;
	if (!send_due(conn, VSOCK_SHUTDOWN) || !send_due(conn, VSOCK_CREDIT_REQUEST) ||
		!send_due(conn, VSOCK_CREDIT_UPDATE))
		return SERVED_NOT;
	return SERVED_WELL;
}

/* ---- the kick --------------------------------------------------------------------- */

/* Without receive buffers the host's bytes stay where they are. */
static void stop_reading(struct virtio_vsock *vsock)
{
	for (struct vsock_conn *conn = vsock->line; conn; conn = conn->next_in_line)
		vsock_conn_watch(conn);
}

void vsock_rx_kick(struct virtio_vsock *vsock)
{
	uint64_t bytes = 0;
	bool room = send_replies(vsock);

	while (room && vsock->line && bytes < TURN_BYTES) {
		struct vsock_conn *conn = vsock->line;

		switch (serve(conn, &bytes)) {
		case SERVED_WELL:
			vsock_rx_dequeue(conn);
			vsock_conn_watch(conn);
			break;
		case SERVED_PARTLY:
			vsock_rx_dequeue(conn);
			vsock_rx_enqueue(conn);
			break;
		case SERVED_NOT:
			room = false;
			break;
		case SERVED_FOR_GOOD:
			break;
		}
	}
	if (room && vsock->line)
		virtio_device_kick_soon(&vsock->dev, VSOCK_TO_DRIVER);
	stop_reading(vsock);
	if (vsock->stalled && vsock->reply_count < VSOCK_REPLIES_MAX)
		virtio_device_kick_soon(&vsock->dev, VSOCK_FROM_DRIVER);
}
