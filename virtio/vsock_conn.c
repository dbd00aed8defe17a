/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection between a port of the guest and somebody at the host: virtio 1.2, sections
 * 5.10.6.3 (credit) to 5.10.6.6 (its life). What the guest sent and the host has not
 * taken is here, bounded by the credit that the guest was given; what the host sent and
 * the guest has no room for stays with the host. Runs with the lock of the device's loop
 * held.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "virtio/vsock_impl.h"

/* How long the guest may take to agree, and to end what has been ended at both sides. */
#define AGREE_NS 10000000000ull
#define END_NS 10000000000ull
/* How long the host may take nothing of what a guest left behind. */
#define LINGER_NS 30000000000ull

static const uint32_t shut_both = VSOCK_NO_RECEIVE | VSOCK_NO_SEND;

/* ---- life ------------------------------------------------------------------------- */

static struct vsock_conn **bucket(
	struct virtio_vsock *vsock, uint32_t guest_port, uint32_t host_port)
{
	return &vsock->buckets[(guest_port ^ host_port * 31) % VSOCK_BUCKETS];
}

struct vsock_conn *vsock_conn_find(
	struct virtio_vsock *vsock, uint32_t guest_port, uint32_t host_port)
{
	struct vsock_conn *conn = *bucket(vsock, guest_port, host_port);

	while (conn && (conn->guest_port != guest_port || conn->host_port != host_port ||
			       conn->state == VSOCK_ENDED))
		conn = conn->next;
	return conn;
}

static void free_conn(struct vsock_conn *conn)
{
	struct vsock_conn **at = bucket(conn->vsock, conn->guest_port, conn->host_port);

	while (*at != conn)
		at = &(*at)->next;
	*at = conn->next;
	conn->vsock->conn_count--;
	vsock_rx_dequeue(conn);
	loop_timer_cancel(&conn->patience);
	vsock_stream_close(conn->stream);
	free(conn->buffer);
	free(conn);
}

void vsock_conn_free_all(struct virtio_vsock *vsock)
{
	for (unsigned int i = 0; i < VSOCK_BUCKETS; i++) {
		while (vsock->buckets[i])
			free_conn(vsock->buckets[i]);
	}
}

void vsock_conn_make_due(struct vsock_conn *conn, enum vsock_op op)
{
	conn->due |= 1u << op;
	vsock_rx_enqueue(conn);
}

void vsock_conn_watch(struct vsock_conn *conn)
{
	bool input = conn->state == VSOCK_OPEN && !conn->readable && !conn->host_ended &&
		     !(conn->guest_shut & VSOCK_NO_RECEIVE);

	if (conn->stream)
		vsock_stream_want(conn->stream, input, conn->fill);
}

static void arm(struct vsock_conn *conn, uint64_t delay_ns)
{
	loop_timer_arm(conn->vsock->dev.loop, &conn->patience, delay_ns);
}

/*
 * Once the host has all that the guest sent it hears that no more comes, if so, and a
 * connection that is over goes. It may be freed afterwards.
 */
static void settle(struct vsock_conn *conn)
{
	bool over = conn->state == VSOCK_ENDED || conn->due & 1u << VSOCK_RST;

	if (conn->stream && !conn->fill) {
		if (over) {
			vsock_stream_close(conn->stream);
			conn->stream = NULL;
		} else if (conn->guest_shut & VSOCK_NO_SEND && !conn->host_shut) {
			conn->host_shut = true;
			vsock_stream_shut(conn->stream, false, true);
		}
	}
	if (conn->state == VSOCK_ENDED && !conn->stream)
		free_conn(conn);
	else
		vsock_conn_watch(conn);
}

void vsock_conn_end(struct vsock_conn *conn)
{
	vsock_rx_dequeue(conn);
	loop_timer_cancel(&conn->patience);
	conn->state = VSOCK_ENDED;
	conn->due = 0;
	if (conn->fill)
		arm(conn, LINGER_NS);
	settle(conn);
}

void vsock_conn_reset(struct vsock_conn *conn)
{
	conn->fill = 0;
	conn->due = 0;
	loop_timer_cancel(&conn->patience);
	vsock_conn_make_due(conn, VSOCK_RST);
	settle(conn);
}

void vsock_conn_expect_end(struct vsock_conn *conn)
{
	arm(conn, END_NS);
}

static void kick_if_due(struct virtio_vsock *vsock)
{
	if (vsock->line)
		virtio_device_kick(&vsock->dev, VSOCK_TO_DRIVER);
}

static void patience_ends(struct loop_timer *timer)
{
	struct vsock_conn *conn = container_of(timer, struct vsock_conn, patience);
	struct virtio_vsock *vsock = conn->vsock;

	if (conn->state == VSOCK_ENDED)
		free_conn(conn);
	else
		vsock_conn_reset(conn);
	kick_if_due(vsock);
}

/* ---- from the guest to the host --------------------------------------------------- */

/* So many bytes need no room here any more. The guest hears of it before it runs dry. */
static void forwarded(struct vsock_conn *conn, uint32_t bytes)
{
	conn->forwarded += bytes;
	if (conn->forwarded - conn->forwarded_told >= VIRTIO_VSOCK_BUFFER_BYTES / 2 &&
		conn->state == VSOCK_OPEN)
		vsock_conn_make_due(conn, VSOCK_CREDIT_UPDATE);
}

/* Nobody reads at the host any more. */
static void deafen(struct vsock_conn *conn)
{
	forwarded(conn, conn->fill);
	conn->fill = 0;
	if (conn->state == VSOCK_OPEN && !conn->host_deaf)
		vsock_conn_make_due(conn, VSOCK_SHUTDOWN);
	conn->host_deaf = true;
}

/* Returns how many bytes the host took. */
static uint32_t write_host(
	struct vsock_conn *conn, const struct iovec *iov, unsigned int count)
{
	ssize_t n = vsock_stream_write(conn->stream, iov, count);

	if (n < 0 && n != -EAGAIN && n != -EINTR)
		deafen(conn);
	return n < 0 ? 0 : (uint32_t)n;
}

/* Keeps bytes of iov, from an offset, for later: there is room. False: no memory. */
static bool keep(struct vsock_conn *conn, const struct iovec *iov, unsigned int count,
	uint32_t offset, uint32_t bytes)
{
	uint32_t end = (conn->first + conn->fill) % VIRTIO_VSOCK_BUFFER_BYTES;
	uint32_t straight = VIRTIO_VSOCK_BUFFER_BYTES - end;

	if (!conn->buffer)
		conn->buffer = malloc(VIRTIO_VSOCK_BUFFER_BYTES);
	if (!conn->buffer)
		return false;
	if (straight > bytes)
		straight = bytes;
	iov_copy_out(iov, count, offset, conn->buffer + end, straight);
	iov_copy_out(iov, count, offset + straight, conn->buffer, bytes - straight);
	conn->fill += bytes;
	return true;
}

static void take_bytes(struct vsock_conn *conn, const struct iovec *iov,
	unsigned int count, uint32_t bytes)
{
	uint32_t done = 0;

	if (conn->host_deaf || !bytes) {
		forwarded(conn, bytes);
		return;
	}
	/* More than it was told that there is room for: it breaks the rules. */
	if (bytes > VIRTIO_VSOCK_BUFFER_BYTES - conn->fill) {
		vsock_conn_reset(conn);
		return;
	}
	if (!conn->fill)
		done = write_host(conn, iov, count);
	if (conn->host_deaf)
		done = bytes;
	else if (done < bytes && !keep(conn, iov, count, done, bytes - done)) {
		vsock_conn_reset(conn);
		return;
	}
	forwarded(conn, done);
	vsock_conn_watch(conn);
}

static void host_writable(struct vsock_stream_user *user)
{
	struct vsock_conn *conn = container_of(user, struct vsock_conn, user);
	struct virtio_vsock *vsock = conn->vsock;
	uint32_t straight = VIRTIO_VSOCK_BUFFER_BYTES - conn->first;
	struct iovec iov[2];
	uint32_t done;

	if (straight > conn->fill)
		straight = conn->fill;
	iov[0] = (struct iovec){conn->buffer + conn->first, straight};
	iov[1] = (struct iovec){conn->buffer, conn->fill - straight};
	done = conn->fill ? write_host(conn, iov, iov[1].iov_len ? 2 : 1) : 0;
	conn->first = (conn->first + done) % VIRTIO_VSOCK_BUFFER_BYTES;
	conn->fill -= done;
	forwarded(conn, done);
	if (done && conn->state == VSOCK_ENDED)
		arm(conn, LINGER_NS);
	settle(conn);
	kick_if_due(vsock);
}

/* ---- from the host to the guest --------------------------------------------------- */

uint32_t vsock_conn_credit(const struct vsock_conn *conn)
{
	uint32_t under_way = conn->sent - conn->guest_forwarded;

	return under_way < conn->guest_buffer_bytes ? conn->guest_buffer_bytes - under_way
						    : 0;
}

void vsock_conn_host_ended(struct vsock_conn *conn)
{
	conn->host_ended = true;
	conn->readable = false;
	vsock_conn_make_due(conn, VSOCK_SHUTDOWN);
}

/* A queue that is dead until the next reset takes nothing: then nothing is read. */
static void read_on(struct vsock_conn *conn)
{
	struct virtio_vsock *vsock = conn->vsock;
	const struct virtq *q = &vsock->dev.queues[VSOCK_TO_DRIVER];

	conn->readable = true;
	vsock_rx_enqueue(conn);
	if (!q->live || q->broken)
		vsock_conn_watch(conn);
	else
		virtio_device_kick(&vsock->dev, VSOCK_TO_DRIVER);
}

static void host_readable(struct vsock_stream_user *user)
{
	read_on(container_of(user, struct vsock_conn, user));
}

static void host_gone(struct vsock_stream_user *user)
{
	struct vsock_conn *conn = container_of(user, struct vsock_conn, user);
	struct virtio_vsock *vsock = conn->vsock;

	deafen(conn);
	if (conn->state == VSOCK_OPEN && !(conn->due & 1u << VSOCK_RST)) {
		if (conn->guest_shut & VSOCK_NO_RECEIVE)
			vsock_conn_host_ended(conn);
		read_on(conn);
		return;
	}
	/* A guest that has not heard of it need not. */
	if (conn->state == VSOCK_ASKING && conn->due & 1u << VSOCK_REQUEST)
		vsock_conn_end(conn);
	else if (conn->state == VSOCK_ASKING)
		vsock_conn_reset(conn);
	else
		settle(conn);
	kick_if_due(vsock);
}

static const struct vsock_stream_events stream_events = {
	.readable = host_readable,
	.writable = host_writable,
	.gone = host_gone,
};

struct vsock_conn *vsock_conn_create(struct virtio_vsock *vsock,
	struct vsock_stream *stream, enum vsock_state state, uint32_t guest_port,
	uint32_t host_port)
{
	struct vsock_conn **at = bucket(vsock, guest_port, host_port);
	struct vsock_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->user.events = &stream_events;
	conn->vsock = vsock;
	conn->stream = stream;
	conn->state = state;
	conn->guest_port = guest_port;
	conn->host_port = host_port;
	conn->patience.expired = patience_ends;
	conn->next = *at;
	*at = conn;
	vsock->conn_count++;
	stream->user = &conn->user;
	if (state == VSOCK_ASKING)
		arm(conn, AGREE_NS);
	return conn;
}

/* ---- packets ---------------------------------------------------------------------- */

static void agreed(struct vsock_conn *conn)
{
	if (conn->state != VSOCK_ASKING || conn->due & 1u << VSOCK_REQUEST) {
		vsock_conn_reset(conn);
		return;
	}
	conn->state = VSOCK_OPEN;
	loop_timer_cancel(&conn->patience);
	vsock_stream_agree(conn->stream, conn->host_port);
	vsock_conn_watch(conn);
}

/* Ended at both sides, it is confirmed at once; the host still gets what is left. */
static void shut(struct vsock_conn *conn, uint32_t flags)
{
	if (conn->state != VSOCK_OPEN) {
		vsock_conn_reset(conn);
		return;
	}
	conn->guest_shut |= flags & shut_both;
	if (conn->guest_shut & VSOCK_NO_RECEIVE) {
		conn->readable = false;
		vsock_stream_shut(conn->stream, true, false);
	}
	if (conn->guest_shut == shut_both) {
		conn->due = 0;
		vsock_conn_make_due(conn, VSOCK_RST);
	}
	settle(conn);
}

/* The guest has room again, perhaps. */
static void update_credit(struct vsock_conn *conn, const struct vsock_header *header)
{
	conn->guest_buffer_bytes = header->buffer_bytes;
	conn->guest_forwarded = header->forwarded_bytes;
	if (!vsock_conn_credit(conn))
		return;
	conn->credit_asked = false;
	if (conn->readable)
		vsock_rx_enqueue(conn);
}

void vsock_conn_receive(struct vsock_conn *conn, const struct vsock_header *header,
	const struct iovec *iov, unsigned int count)
{
	if (header->op == VSOCK_RST) {
		vsock_conn_end(conn);
		return;
	}
	/* It has been broken off, which the guest has yet to hear. */
	if (conn->due & 1u << VSOCK_RST)
		return;
	update_credit(conn, header);
	if (header->op == VSOCK_RESPONSE)
		agreed(conn);
	else if (header->op == VSOCK_SHUTDOWN)
		shut(conn, header->flags);
	else if (header->op == VSOCK_CREDIT_REQUEST)
		vsock_conn_make_due(conn, VSOCK_CREDIT_UPDATE);
	else if (header->op == VSOCK_RW && conn->state == VSOCK_OPEN &&
		 !(conn->guest_shut & VSOCK_NO_SEND))
		take_bytes(conn, iov, count, header->bytes);
	else if (header->op != VSOCK_CREDIT_UPDATE)
		vsock_conn_reset(conn);
}
