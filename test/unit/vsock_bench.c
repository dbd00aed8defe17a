/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/vsock_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "test/unit/test.h"

uint8_t vsock_bench_byte(uint64_t place)
{
	return (uint8_t)(place * 7 + (place >> 8) * 13);
}

/* ---- the host --------------------------------------------------------------------- */

static struct bench_stream *stream_of(struct vsock_stream *base)
{
	return container_of(base, struct bench_stream, base);
}

static void stream_agree(struct vsock_stream *base, uint32_t host_port)
{
	stream_of(base)->agreed = true;
	stream_of(base)->port = host_port;
}

static ssize_t stream_read(
	struct vsock_stream *base, const struct iovec *iov, unsigned int count)
{
	struct bench_stream *stream = stream_of(base);
	uint64_t before = stream->in_read;

	if (stream->in_error)
		return stream->in_error;
	for (unsigned int i = 0; i < count; i++) {
		for (size_t j = 0; j < iov[i].iov_len && stream->in_left; j++) {
			((uint8_t *)iov[i].iov_base)[j] =
				vsock_bench_byte(stream->in_read++);
			stream->in_left--;
		}
	}
	if (stream->in_read == before && !stream->in_ends)
		return -EAGAIN;
	return (ssize_t)(stream->in_read - before);
}

static ssize_t stream_write(
	struct vsock_stream *base, const struct iovec *iov, unsigned int count)
{
	struct bench_stream *stream = stream_of(base);
	uint64_t before = stream->written;

	if (stream->out_error)
		return stream->out_error;
	for (unsigned int i = 0; i < count; i++) {
		for (size_t j = 0; j < iov[i].iov_len && stream->room; j++) {
			const uint8_t *byte = (const uint8_t *)iov[i].iov_base + j;

			if (*byte != vsock_bench_byte(stream->written))
				stream->wrong = true;
			stream->written++;
			stream->room--;
		}
	}
	return stream->written > before ? (ssize_t)(stream->written - before) : -EAGAIN;
}

static void stream_shut(struct vsock_stream *base, bool input, bool output)
{
	stream_of(base)->in_shut |= input;
	stream_of(base)->out_shut |= output;
}

static void stream_want(struct vsock_stream *base, bool input, bool output)
{
	stream_of(base)->in_wanted = input;
	stream_of(base)->out_wanted = output;
}

static void stream_close(struct vsock_stream *base)
{
	if (!stream_of(base)->open)
		abort();
	stream_of(base)->open = false;
}

static const struct vsock_stream_ops stream_ops = {
	.agree = stream_agree,
	.read = stream_read,
	.write = stream_write,
	.shut = stream_shut,
	.want = stream_want,
	.close = stream_close,
};

static struct bench_stream *new_stream(struct vsock_bench *bench)
{
	struct bench_stream *stream = &bench->streams[bench->stream_count++];

	*stream = (struct bench_stream){.open = true, .room = UINT64_MAX};
	stream->base.ops = &stream_ops;
	return stream;
}

static int host_connect(struct vsock_host *host, uint32_t port, struct vsock_stream **ret)
{
	struct vsock_bench *bench = container_of(host, struct vsock_bench, host);
	struct bench_stream *stream;

	if (bench->connect_code || bench->stream_count == BENCH_STREAMS)
		return bench->connect_code ? bench->connect_code : -EMFILE;
	stream = new_stream(bench);
	stream->port = port;
	*ret = &stream->base;
	return 0;
}

static const struct vsock_host_ops host_ops = {.connect = host_connect};

struct bench_stream *vsock_bench_ask(struct vsock_bench *bench, uint32_t port)
{
	struct vsock_host_user *user = bench->host.user;
	struct bench_stream *stream = new_stream(bench);

	if (user->asked(user, &stream->base, port))
		return stream;
	stream->open = false;
	return NULL;
}

/* One event of a stream; false where none is due. */
static bool wake(struct bench_stream *stream)
{
	struct vsock_stream_user *user = stream->base.user;
	bool news = stream->in_left || stream->in_ends || stream->in_error;

	if (stream->open && stream->out_wanted && (stream->room || stream->out_error))
		user->events->writable(user);
	else if (stream->open && stream->in_wanted && news)
		user->events->readable(user);
	else
		return false;
	return true;
}

void vsock_bench_pump(struct vsock_bench *bench)
{
	unsigned int events = 0;
	bool busy = true;

	while (busy) {
		busy = false;
		for (unsigned int i = 0; i < bench->stream_count; i++) {
			while (wake(&bench->streams[i])) {
				busy = true;
				if (++events > 1000000) {
					test_fail(__FILE__, __LINE__,
						"a stream wants what it does not take");
					return;
				}
			}
		}
		loop_turn(bench->loop, 0);
	}
}

/* ---- the driver ------------------------------------------------------------------- */

static void offer(struct vsock_bench *bench, uint64_t gpa)
{
	struct driver_buffer buffer = {
		.gpa = gpa, .bytes = BENCH_RX_BYTES, .writable = true};
	uint16_t head = driver_add(&bench->driver, VSOCK_TO_DRIVER, &buffer, 1, false);

	bench->rx_of[head] = gpa;
}

void vsock_bench_offer(struct vsock_bench *bench, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		offer(bench, bench->rx_gpa + (uint64_t)i * BENCH_RX_BYTES);
	driver_kick(&bench->driver, VSOCK_TO_DRIVER);
}

void vsock_bench_restart(struct vsock_bench *bench)
{
	CHECK(driver_start(&bench->driver, VIRTIO_BIT(VSOCK_F_STREAM)));
	vsock_bench_offer(bench, BENCH_RX_BUFFERS);
}

void vsock_bench_init(struct vsock_bench *bench)
{
	struct virtio_device *dev;

	memset(bench, 0, sizeof(*bench));
	bench->host.ops = &host_ops;
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
	CHECK_EQ(virtio_vsock_create(
			 bench->loop, "vsock0", BENCH_CID, &bench->host, &dev, NULL),
		0);
	driver_init(&bench->driver, dev);
	bench->rx_gpa = driver_alloc(
		&bench->driver, (uint64_t)BENCH_RX_BUFFERS * BENCH_RX_BYTES, 16);
	bench->tx_gpa =
		driver_alloc(&bench->driver, VSOCK_HEADER_BYTES + BENCH_TX_BYTES, 16);
	vsock_bench_restart(bench);
}

void vsock_bench_finish(struct vsock_bench *bench)
{
	driver_finish(&bench->driver);
	for (unsigned int i = 0; i < bench->stream_count; i++) {
		CHECK(!bench->streams[i].open);
		CHECK(!bench->streams[i].wrong);
	}
	loop_destroy(bench->loop);
}

struct vsock_header vsock_bench_packet(
	enum vsock_op op, uint32_t guest_port, uint32_t host_port)
{
	return (struct vsock_header){
		.from_cid = BENCH_CID,
		.to_cid = VSOCK_CID_HOST,
		.from_port = guest_port,
		.to_port = host_port,
		.type = VSOCK_TYPE_STREAM,
		.op = (uint16_t)op,
		.buffer_bytes = BENCH_CREDIT,
	};
}

void vsock_bench_send(struct vsock_bench *bench, struct vsock_header header)
{
	struct virtio_driver *driver = &bench->driver;
	uint32_t payload = header.bytes < BENCH_TX_BYTES ? header.bytes : BENCH_TX_BYTES;
	struct driver_buffer buffer = {
		.gpa = bench->tx_gpa, .bytes = (uint32_t)VSOCK_HEADER_BYTES + payload};
	struct driver_used used;

	vsock_header_swap(&header);
	memcpy(driver_hva(driver, bench->tx_gpa, VSOCK_HEADER_BYTES), &header,
		VSOCK_HEADER_BYTES);
	driver_add(driver, VSOCK_FROM_DRIVER, &buffer, 1, false);
	driver_kick(driver, VSOCK_FROM_DRIVER);
	while (driver_used(driver, VSOCK_FROM_DRIVER, &used))
		CHECK_EQ(used.bytes, 0);
}

void vsock_bench_send_bytes(struct vsock_bench *bench, uint32_t guest_port,
	uint32_t host_port, uint32_t bytes, uint64_t place)
{
	struct vsock_header header = vsock_bench_packet(VSOCK_RW, guest_port, host_port);
	uint8_t *payload = driver_hva(
		&bench->driver, bench->tx_gpa + VSOCK_HEADER_BYTES, BENCH_TX_BYTES);

	for (uint32_t i = 0; i < bytes; i++)
		payload[i] = vsock_bench_byte(place + i);
	header.bytes = bytes;
	vsock_bench_send(bench, header);
}

static bool take(struct vsock_bench *bench, struct vsock_header *ret, uint64_t *ret_gpa)
{
	struct driver_used used;
	const uint8_t *packet;

	if (!driver_used(&bench->driver, VSOCK_TO_DRIVER, &used))
		return false;
	*ret_gpa = bench->rx_of[used.head];
	packet = driver_hva(&bench->driver, *ret_gpa, BENCH_RX_BYTES);
	memcpy(ret, packet, VSOCK_HEADER_BYTES);
	vsock_header_swap(ret);
	CHECK_EQ(used.bytes, VSOCK_HEADER_BYTES + ret->bytes);
	CHECK_EQ(ret->to_cid, BENCH_CID);
	memcpy(bench->payload, packet + VSOCK_HEADER_BYTES, ret->bytes);
	return true;
}

bool vsock_bench_keep(struct vsock_bench *bench, struct vsock_header *ret)
{
	uint64_t gpa;

	return take(bench, ret, &gpa);
}

bool vsock_bench_take(struct vsock_bench *bench, struct vsock_header *ret)
{
	uint64_t gpa;

	if (!take(bench, ret, &gpa))
		return false;
	offer(bench, gpa);
	driver_kick(&bench->driver, VSOCK_TO_DRIVER);
	return true;
}

struct vsock_header vsock_bench_expect(struct vsock_bench *bench, enum vsock_op op)
{
	struct vsock_header header = {0};

	CHECK(vsock_bench_take(bench, &header));
	CHECK_EQ(header.op, op);
	return header;
}

void vsock_bench_expect_none(struct vsock_bench *bench)
{
	struct vsock_header header;

	if (vsock_bench_take(bench, &header))
		test_fail(__FILE__, __LINE__, "a packet with op %u", header.op);
}

struct bench_stream *vsock_bench_connect(
	struct vsock_bench *bench, uint32_t guest_port, uint32_t host_port)
{
	vsock_bench_send(bench, vsock_bench_packet(VSOCK_REQUEST, guest_port, host_port));
	vsock_bench_expect(bench, VSOCK_RESPONSE);
	return &bench->streams[bench->stream_count - 1];
}
