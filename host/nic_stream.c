/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Framing, back-pressure and reconnection over a stream socket. Runs with the loop's lock
 * held; events on the loop's thread.
 *
 * One read takes many frames into a buffer, from which each is copied into the guest:
 * over a socket the copy costs less than a system call a frame. One frame is written by
 * one system call, straight from the guest.
 */
#include "host/nic_stream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/container_of.h"

#define LENGTH_BYTES 4u
#define PAYLOAD_BYTES_MAX (NIC_FRAME_BYTES_MAX - NIC_HEADER_BYTES)
#define RX_BYTES (128u << 10)
#define TX_BYTES (LENGTH_BYTES + PAYLOAD_BYTES_MAX)

static struct nic_stream *stream_of(struct nic *nic)
{
	return container_of(nic, struct nic_stream, nic);
}

static void update_events(struct nic_stream *stream)
{
	bool out = stream->blocked || stream->tx_start < stream->tx_end;

	if (stream->watch.loop)
		loop_fd_modify(&stream->watch,
			(stream->wanted ? EPOLLIN : 0) | (out ? EPOLLOUT : 0));
}

static void disconnect(struct nic_stream *stream, const char *why)
{
	loop_fd_remove(&stream->watch);
	close(stream->watch.fd);
	stream->watch.fd = -1;
	stream->rx_start = stream->rx_end = 0;
	stream->tx_start = stream->tx_end = 0;
	stream->nic.link_up = false;
	loop_post(stream->loop, &stream->task);
	stream->ops->disconnected(stream, why);
}

/* ---- from the peer ---------------------------------------------------------------- */

static uint32_t first_length(const struct nic_stream *stream)
{
	uint32_t length;

	memcpy(&length, stream->rx + stream->rx_start, sizeof(length));
	return ntohl(length);
}

/* True where a whole frame lies in the buffer; empty ones are dropped on the way. */
static bool have_frame(struct nic_stream *stream)
{
	while (stream->rx_end - stream->rx_start >= LENGTH_BYTES) {
		uint32_t length = first_length(stream);

		if (length > PAYLOAD_BYTES_MAX) {
			disconnect(stream, "the peer sent an oversized frame");
			return false;
		}
		if (length)
			return stream->rx_end - stream->rx_start - LENGTH_BYTES >= length;
		stream->rx_start += LENGTH_BYTES;
	}
	return false;
}

/* Reads what there is. False where there was nothing, or the peer left. */
static bool fill(struct nic_stream *stream)
{
	size_t rest = stream->rx_end - stream->rx_start;
	size_t room;
	ssize_t got;

	if (stream->watch.fd < 0 || stream->drained)
		return false;
	/* What remains is less than a frame, so that the next one fits behind it. */
	if (stream->rx_start)
		memmove(stream->rx, stream->rx + stream->rx_start, rest);
	stream->rx_start = 0;
	stream->rx_end = rest;
	room = RX_BYTES - rest;
	got = recv(stream->watch.fd, stream->rx + rest, room, MSG_DONTWAIT);
	if (got > 0) {
		stream->rx_end += (size_t)got;
		stream->drained = (size_t)got < room;
		return true;
	}
	if (got == 0)
		disconnect(stream, "closed by the peer");
	else if (errno != EAGAIN && errno != EINTR)
		disconnect(stream, strerror(errno));
	return false;
}

static void copy_frame(const uint8_t *from, size_t bytes, const struct iovec *iov)
{
	static const uint8_t header[NIC_HEADER_BYTES];
	const uint8_t *part = header;
	size_t part_bytes = sizeof(header);
	size_t offset = 0;

	while (part_bytes) {
		size_t room = iov->iov_len - offset;
		size_t now = part_bytes < room ? part_bytes : room;

		if (now)
			memcpy((uint8_t *)iov->iov_base + offset, part, now);
		offset += now;
		part += now;
		part_bytes -= now;
		if (!part_bytes && bytes) {
			part = from;
			part_bytes = bytes;
			bytes = 0;
		}
		if (offset == iov->iov_len) {
			iov++;
			offset = 0;
		}
	}
}

static ssize_t stream_receive(struct nic *nic, unsigned int queue,
	const struct iovec *iov, unsigned int n, size_t bytes)
{
	struct nic_stream *stream = stream_of(nic);
	const uint8_t *frame;
	uint32_t length;

	while (!have_frame(stream)) {
		if (!fill(stream))
			return -EAGAIN;
	}
	length = first_length(stream);
	frame = stream->rx + stream->rx_start + LENGTH_BYTES;
	stream->rx_start += LENGTH_BYTES + length;
	if (NIC_HEADER_BYTES + length > bytes)
		return -EMSGSIZE;
	copy_frame(frame, length, iov);
	return (ssize_t)(NIC_HEADER_BYTES + length);
}

static void stream_want_frames(struct nic *nic, unsigned int queue, bool want)
{
	struct nic_stream *stream = stream_of(nic);

	stream->wanted = want;
	update_events(stream);
	/* Frames in the buffer raise no event of the socket's. */
	if (want && stream->rx_start < stream->rx_end)
		loop_post(stream->loop, &stream->task);
}

static void offer_frames(struct nic_stream *stream)
{
	struct nic_user *user = stream->nic.user;

	if (!stream->wanted || !user)
		return;
	user->events->readable(user, 0);
	if (stream->wanted && have_frame(stream))
		loop_post(stream->loop, &stream->task);
}

/* ---- to the peer ------------------------------------------------------------------ */

/* Copies the frame's bytes from offset on into the buffer for what was cut off. */
static void keep_rest(
	struct nic_stream *stream, const struct iovec *iov, unsigned int n, size_t offset)
{
	stream->tx_start = stream->tx_end = 0;
	for (unsigned int i = 0; i < n; i++) {
		size_t skip = offset < iov[i].iov_len ? offset : iov[i].iov_len;
		size_t now = iov[i].iov_len - skip;

		offset -= skip;
		if (!now)
			continue;
		assert(now <= TX_BYTES - stream->tx_end);
		memcpy(stream->tx + stream->tx_end, (uint8_t *)iov[i].iov_base + skip,
			now);
		stream->tx_end += now;
	}
}

static int block(struct nic_stream *stream)
{
	stream->blocked = true;
	update_events(stream);
	return -EAGAIN;
}

static int stream_send(struct nic *nic, unsigned int queue, const struct iovec *iov,
	unsigned int n, size_t bytes)
{
	struct nic_stream *stream = stream_of(nic);
	struct iovec wire[NIC_IOV_MAX + 1];
	struct msghdr message = {.msg_iov = wire};
	size_t skip = NIC_HEADER_BYTES;
	uint32_t length = htonl((uint32_t)(bytes - NIC_HEADER_BYTES));
	unsigned int count = 1;
	ssize_t sent;

	if (stream->watch.fd < 0)
		return -ENETDOWN;
	if (stream->tx_start < stream->tx_end)
		return block(stream);
	wire[0] = (struct iovec){.iov_base = &length, .iov_len = sizeof(length)};
	for (unsigned int i = 0; i < n; i++) {
		size_t now = skip < iov[i].iov_len ? skip : iov[i].iov_len;

		skip -= now;
		if (now == iov[i].iov_len)
			continue;
		wire[count].iov_base = (uint8_t *)iov[i].iov_base + now;
		wire[count++].iov_len = iov[i].iov_len - now;
	}
	message.msg_iovlen = count;
	sent = sendmsg(stream->watch.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return block(stream);
	if (sent < 0) {
		int code = -errno;

		disconnect(stream, strerror(-code));
		return code;
	}
	keep_rest(stream, wire, count, (size_t)sent);
	update_events(stream);
	return 0;
}

/* Sends the rest of a frame, then tells a user that was refused. */
static void flush(struct nic_stream *stream)
{
	size_t rest = stream->tx_end - stream->tx_start;
	struct nic_user *user = stream->nic.user;

	if (rest) {
		ssize_t sent = send(stream->watch.fd, stream->tx + stream->tx_start, rest,
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN && errno != EINTR) {
			disconnect(stream, strerror(errno));
			return;
		}
		stream->tx_start += sent > 0 ? (size_t)sent : 0;
		if (stream->tx_start < stream->tx_end)
			return;
	}
	if (stream->blocked) {
		stream->blocked = false;
		if (user)
			user->events->writable(user, 0);
	}
	update_events(stream);
}

/* ---- the connection --------------------------------------------------------------- */

static void stream_ready(struct loop_fd *watch, uint32_t events)
{
	struct nic_stream *stream = container_of(watch, struct nic_stream, watch);

	stream->drained = false;
	if (events & EPOLLOUT)
		flush(stream);
	if (events & EPOLLIN)
		offer_frames(stream);
	/* Bytes before the end are for a guest that takes them; else nobody reads. */
	if ((events & (EPOLLHUP | EPOLLERR)) && stream->watch.fd >= 0 && !stream->wanted)
		disconnect(stream, "closed by the peer");
}

/* What happened inside one of the user's own calls is told outside of it. */
static void tell_user(struct loop_task *task)
{
	struct nic_stream *stream = container_of(task, struct nic_stream, task);
	struct nic_user *user = stream->nic.user;

	if (stream->link_told != stream->nic.link_up) {
		stream->link_told = stream->nic.link_up;
		if (user)
			user->events->link_changed(user);
	}
	/* Without a link frames are lost, not refused. */
	if (stream->blocked && stream->watch.fd < 0) {
		stream->blocked = false;
		if (user)
			user->events->writable(user, 0);
	}
	if (stream->rx_start < stream->rx_end)
		offer_frames(stream);
}

static void retry_now(struct loop_timer *timer)
{
	struct nic_stream *stream = container_of(timer, struct nic_stream, retry);

	stream->ops->connect(stream);
}

void nic_stream_retry(struct nic_stream *stream, uint64_t delay_ns)
{
	loop_timer_arm(stream->loop, &stream->retry, delay_ns);
}

int nic_stream_connected(struct nic_stream *stream, int fd)
{
	bool out = stream->blocked;
	int code;

	stream->watch.fd = fd;
	stream->watch.events = (stream->wanted ? EPOLLIN : 0) | (out ? EPOLLOUT : 0);
	code = loop_fd_add(stream->loop, &stream->watch);
	if (code) {
		stream->watch.fd = -1;
		close(fd);
		return code;
	}
	stream->drained = false;
	stream->nic.link_up = true;
	loop_post(stream->loop, &stream->task);
	return 0;
}

static void stream_destroy(struct nic *nic)
{
	struct nic_stream *stream = stream_of(nic);

	stream->ops->destroy(stream);
}

static const struct nic_ops stream_nic_ops = {
	.send = stream_send,
	.receive = stream_receive,
	.want_frames = stream_want_frames,
	.destroy = stream_destroy,
};

int nic_stream_init(
	struct nic_stream *stream, struct loop *loop, const struct nic_stream_ops *ops)
{
	stream->nic.ops = &stream_nic_ops;
	stream->nic.queues = 1;
	stream->ops = ops;
	stream->loop = loop;
	stream->watch.fd = -1;
	stream->watch.ready = stream_ready;
	stream->retry.expired = retry_now;
	stream->task.run = tell_user;
	stream->rx = malloc(RX_BYTES);
	stream->tx = malloc(TX_BYTES);
	return stream->rx && stream->tx ? 0 : -ENOMEM;
}

void nic_stream_finish(struct nic_stream *stream)
{
	loop_fd_remove(&stream->watch);
	loop_timer_cancel(&stream->retry);
	loop_task_cancel(stream->loop, &stream->task);
	if (stream->watch.fd >= 0)
		close(stream->watch.fd);
	free(stream->rx);
	free(stream->tx);
}
