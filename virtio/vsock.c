/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The socket device: virtio 1.2, section 5.10. Packets from the driver, events to it, and
 * what the host asks for. Runs with the lock of its loop held.
 */
#include "virtio/vsock.h"

#include <errno.h>
#include <stdlib.h>

#include "src/container_of.h"
#include "src/error.h"
#include "virtio/vsock_impl.h"

/* What one turn of the loop takes from the driver. */
#define TURN_BYTES (1u << 20)

/* The host's ports for what it asks for itself, beyond those that people choose. */
#define PORTS_FIRST (1u << 30)
#define PORTS_LAST (1u << 31)

static struct virtio_vsock *vsock_of(struct virtio_device *dev)
{
	return container_of(dev, struct virtio_vsock, dev);
}

/* ---- packets from the driver ------------------------------------------------------ */

/* There is room: see from_driver(). */
static void refuse(struct virtio_vsock *vsock, const struct vsock_header *header)
{
	if (header->op == VSOCK_RST)
		return;
	vsock->replies[vsock->reply_count++] = (struct vsock_reply){
		.from_cid = header->to_cid,
		.from_port = header->to_port,
		.to_port = header->from_port,
		.type = header->type,
	};
}

static void connect_host(struct virtio_vsock *vsock, const struct vsock_header *header)
{
	struct vsock_stream *stream = NULL;
	struct vsock_conn *conn = NULL;

	if (vsock->conn_count < VIRTIO_VSOCK_CONNECTIONS_MAX &&
		!vsock_host_connect(vsock->host, header->to_port, &stream))
		conn = vsock_conn_create(
			vsock, stream, VSOCK_OPEN, header->from_port, header->to_port);
	if (!conn) {
		vsock_stream_close(stream);
		refuse(vsock, header);
		return;
	}
	conn->guest_buffer_bytes = header->buffer_bytes;
	conn->guest_forwarded = header->forwarded_bytes;
	vsock_conn_make_due(conn, VSOCK_RESPONSE);
	vsock_conn_watch(conn);
}

/* False where the packet is none. */
static bool parse(
	struct virtio_vsock *vsock, struct virtq_chain *chain, struct vsock_header *ret)
{
	if (chain->writable || iov_copy_out(chain->iov, chain->readable, 0, ret,
				       VSOCK_HEADER_BYTES) < VSOCK_HEADER_BYTES) {
		guest_log(&vsock->dev.log, "a packet without a whole header");
		return false;
	}
	vsock_header_swap(ret);
	if (ret->from_cid != vsock->cid) {
		guest_log(&vsock->dev.log, "a packet in the name of another, %llu",
			(unsigned long long)ret->from_cid);
		return false;
	}
	if (ret->bytes > chain->readable_bytes - VSOCK_HEADER_BYTES) {
		guest_log(&vsock->dev.log, "a packet of %u bytes in a shorter buffer",
			ret->bytes);
		return false;
	}
	return true;
}

/* One packet, which makes one reply at most. */
static void packet(struct virtio_vsock *vsock, struct virtq_chain *chain)
{
	struct vsock_header header;
	struct vsock_conn *conn;

	if (!parse(vsock, chain, &header))
		return;
	if (header.to_cid != VSOCK_CID_HOST || header.type != VSOCK_TYPE_STREAM) {
		refuse(vsock, &header);
		return;
	}
	conn = vsock_conn_find(vsock, header.from_port, header.to_port);
	if (conn) {
		unsigned int count = iov_discard_front(
			chain->iov, chain->readable, VSOCK_HEADER_BYTES);

		count = iov_keep_front(chain->iov, count, header.bytes);
		vsock_conn_receive(conn, &header, chain->iov, count);
	} else if (header.op == VSOCK_REQUEST) {
		connect_host(vsock, &header);
	} else {
		refuse(vsock, &header);
	}
}

static void from_driver(struct virtio_vsock *vsock)
{
	struct virtio_device *dev = &vsock->dev;
	struct virtq *q = &dev->queues[VSOCK_FROM_DRIVER];
	uint64_t bytes = 0;

	while (vsock->reply_count < VSOCK_REPLIES_MAX && virtq_pop(q, &vsock->chain)) {
		bytes += vsock->chain.readable_bytes;
		packet(vsock, &vsock->chain);
		virtq_push(q, vsock->chain.head, 0);
		if (bytes >= TURN_BYTES) {
			virtio_device_kick_soon(dev, VSOCK_FROM_DRIVER);
			break;
		}
	}
	vsock->stalled = vsock->reply_count == VSOCK_REPLIES_MAX;
	if (vsock->line || vsock->reply_count)
		virtio_device_kick(dev, VSOCK_TO_DRIVER);
}

/* ---- what the host asks for ------------------------------------------------------- */

static uint32_t free_port(struct virtio_vsock *vsock, uint32_t guest_port)
{
	uint32_t port;

	/* There are more of them than connections. */
	do {
		port = vsock->next_port++;
		if (vsock->next_port == PORTS_LAST)
			vsock->next_port = PORTS_FIRST;
	} while (vsock_conn_find(vsock, guest_port, port));
	return port;
}

static bool host_asked(
	struct vsock_host_user *user, struct vsock_stream *stream, uint32_t port)
{
	struct virtio_vsock *vsock = container_of(user, struct virtio_vsock, user);
	struct vsock_conn *conn;

	if (!vsock->dev.started || vsock->dev.queues[VSOCK_TO_DRIVER].broken ||
		vsock->conn_count == VIRTIO_VSOCK_CONNECTIONS_MAX)
		return false;
	conn = vsock_conn_create(
		vsock, stream, VSOCK_ASKING, port, free_port(vsock, port));
	if (!conn)
		return false;
	vsock_conn_make_due(conn, VSOCK_REQUEST);
	virtio_device_kick(&vsock->dev, VSOCK_TO_DRIVER);
	return true;
}

/* ---- the device ------------------------------------------------------------------- */

/* A driver that was reset in the middle of it hears that its connections are no more. */
static void tell_events(struct virtio_vsock *vsock)
{
	struct virtq *q = &vsock->dev.queues[VSOCK_EVENTS];
	uint32_t event = htole32(VSOCK_EVENT_TRANSPORT_RESET);
	struct virtq_chain *chain = &vsock->chain;

	if (!vsock->interrupted || !virtq_pop(q, chain))
		return;
	if (chain->readable || chain->writable_bytes < sizeof(event)) {
		virtio_device_broken(&vsock->dev, "an event's buffer is too short");
		return;
	}
	iov_copy_in(chain->iov, chain->writable, 0, &event, sizeof(event));
	virtq_push(q, chain->head, sizeof(event));
	vsock->interrupted = false;
}

static void vsock_kick(struct virtio_device *dev, unsigned int queue)
{
	struct virtio_vsock *vsock = vsock_of(dev);

	if (queue == VSOCK_TO_DRIVER)
		vsock_rx_kick(vsock);
	else if (queue == VSOCK_FROM_DRIVER)
		from_driver(vsock);
	else
		tell_events(vsock);
}

static void vsock_stop(struct virtio_device *dev)
{
	struct virtio_vsock *vsock = vsock_of(dev);

	vsock->interrupted = vsock->interrupted || vsock->conn_count;
	vsock_conn_free_all(vsock);
	vsock->reply_count = 0;
	vsock->stalled = false;
}

static void vsock_destroy(struct virtio_device *dev)
{
	struct virtio_vsock *vsock = vsock_of(dev);

	vsock->host->user = NULL;
	free(vsock);
}

static const struct virtio_ops vsock_ops = {
	.device_id = VSOCK_DEVICE_ID,
	.kick = vsock_kick,
	.stop = vsock_stop,
	.destroy = vsock_destroy,
};

int virtio_vsock_create(struct loop *loop, const char *name, uint32_t cid,
	struct vsock_host *host, struct virtio_device **ret, struct error *err)
{
	struct virtio_vsock *vsock = calloc(1, sizeof(*vsock));

	if (!vsock)
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	vsock->dev.ops = &vsock_ops;
	vsock->dev.name = name;
	vsock->dev.loop = loop;
	vsock->dev.features_offered = VIRTIO_BIT(VSOCK_F_STREAM);
	vsock->dev.queue_count = VSOCK_QUEUE_COUNT;
	vsock->dev.config = &vsock->config;
	vsock->dev.config_bytes = sizeof(vsock->config);
	vsock->config.guest_cid = htole64(cid);
	vsock->cid = cid;
	vsock->next_port = PORTS_FIRST;
	vsock->line_end = &vsock->line;
	vsock->user.asked = host_asked;
	vsock->host = host;
	host->user = &vsock->user;
	*ret = &vsock->dev;
	return 0;
}
