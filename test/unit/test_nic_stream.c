/* SPDX-License-Identifier: Apache-2.0 */
#include "host/nic_stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/loop.h"
#include "test/unit/test.h"

/* A user that takes frames as they come, and a peer at the other end of a socket. */
struct bench {
	struct nic_user user;
	struct loop *loop;
	struct nic *nic;
	int peer;
	unsigned int frames;
	unsigned int frames_per_turn; /* 0: no limit */
	uint8_t frame[NIC_FRAME_BYTES_MAX];
	ssize_t frame_bytes; /* of the last */
	unsigned int refused;
	unsigned int writable;
	unsigned int link_changes;
};

static void take_frames(struct nic_user *user, unsigned int queue)
{
	struct bench *bench = container_of(user, struct bench, user);
	struct iovec iov[] = {
		{bench->frame, 5},
		{bench->frame + 5, 0},
		{bench->frame + 5, 20},
		{bench->frame + 25, sizeof(bench->frame) - 25},
	};
	unsigned int taken = 0;
	ssize_t got;

	while (!bench->frames_per_turn || taken < bench->frames_per_turn) {
		got = nic_receive(bench->nic, queue, iov, 4);
		if (got == -EAGAIN)
			return;
		taken++;
		if (got < 0) {
			bench->refused++;
			continue;
		}
		bench->frame_bytes = got;
		bench->frames++;
	}
}

static void count_writable(struct nic_user *user, unsigned int queue)
{
	container_of(user, struct bench, user)->writable++;
}

static void count_link(struct nic_user *user)
{
	container_of(user, struct bench, user)->link_changes++;
}

static const struct nic_events bench_events = {
	.readable = take_frames,
	.writable = count_writable,
	.link_changed = count_link,
};

static void bench_init(struct bench *bench)
{
	*bench = (struct bench){.user = {&bench_events}, .peer = -1};
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
}

static void bench_finish(struct bench *bench)
{
	nic_destroy(bench->nic);
	if (bench->peer >= 0)
		close(bench->peer);
	loop_destroy(bench->loop);
}

static void turn(struct bench *bench)
{
	for (int i = 0; i < 20; i++)
		loop_turn(bench->loop, 0);
}

/* ---- a stream whose sockets the test makes ------------------------------------------
 */

struct test_stream {
	struct nic_stream stream;
	struct bench *bench;
	unsigned int connects;
	char why[64];
};

static void test_connect(struct nic_stream *stream)
{
	struct test_stream *test = container_of(stream, struct test_stream, stream);
	int ends[2];

	test->connects++;
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	test->bench->peer = ends[1];
	CHECK_EQ(nic_stream_connected(stream, ends[0]), 0);
}

static void test_disconnected(struct nic_stream *stream, const char *why)
{
	struct test_stream *test = container_of(stream, struct test_stream, stream);

	snprintf(test->why, sizeof(test->why), "%s", why);
	nic_stream_retry(stream, 1000);
}

static void test_destroy(struct nic_stream *stream)
{
	nic_stream_finish(stream);
	free(container_of(stream, struct test_stream, stream));
}

static const struct nic_stream_ops test_ops = {
	.connect = test_connect,
	.disconnected = test_disconnected,
	.destroy = test_destroy,
};

static struct test_stream *stream_bench(struct bench *bench)
{
	struct test_stream *test = calloc(1, sizeof(*test));

	bench_init(bench);
	test->bench = bench;
	CHECK_EQ(nic_stream_init(&test->stream, bench->loop, &test_ops), 0);
	test_connect(&test->stream);
	bench->nic = &test->stream.nic;
	nic_set_user(bench->nic, &bench->user);
	nic_want_frames(bench->nic, 0, true);
	turn(bench);
	return test;
}

/* A frame of that many bytes on the wire, each byte its index. */
static size_t make_wire(uint8_t *wire, uint32_t bytes)
{
	uint32_t length = htonl(bytes);

	memcpy(wire, &length, 4);
	for (uint32_t i = 0; i < bytes; i++)
		wire[4 + i] = (uint8_t)i;
	return 4 + bytes;
}

static bool payload_is_right(const struct bench *bench, size_t bytes)
{
	static const uint8_t header[NIC_HEADER_BYTES];

	if (bench->frame_bytes != (ssize_t)(NIC_HEADER_BYTES + bytes) ||
		memcmp(bench->frame, header, sizeof(header)) != 0)
		return false;
	for (size_t i = 0; i < bytes; i++) {
		if (bench->frame[NIC_HEADER_BYTES + i] != (uint8_t)i)
			return false;
	}
	return true;
}

TEST(takes_frames_in_chunks_of_any_size)
{
	static const size_t chunks[] = {1, 2, 3, 5, 7, 64, 1000};
	static uint8_t wire[3 * 1600];
	size_t bytes = 0;

	bytes += make_wire(wire + bytes, 14);
	bytes += make_wire(wire + bytes, 0); /* says nothing */
	bytes += make_wire(wire + bytes, 1514);
	bytes += make_wire(wire + bytes, 60);
	for (size_t c = 0; c < ARRAY_SIZE(chunks); c++) {
		struct bench bench;
		size_t at = 0;

		stream_bench(&bench);
		while (at < bytes) {
			size_t now = chunks[c] < bytes - at ? chunks[c] : bytes - at;

			CHECK_EQ(write(bench.peer, wire + at, now), now);
			at += now;
			loop_turn(bench.loop, 0);
			loop_turn(bench.loop, 0);
		}
		CHECK_EQ(bench.frames, 3);
		CHECK(payload_is_right(&bench, 60));
		bench_finish(&bench);
	}
}

TEST(takes_the_longest_frame)
{
	static uint8_t wire[70000];
	size_t bytes = make_wire(wire, NIC_FRAME_BYTES_MAX - NIC_HEADER_BYTES);
	struct bench bench;

	stream_bench(&bench);
	CHECK_EQ(write(bench.peer, wire, bytes), bytes);
	turn(&bench);
	CHECK_EQ(bench.frames, 1);
	CHECK(payload_is_right(&bench, NIC_FRAME_BYTES_MAX - NIC_HEADER_BYTES));
	bench_finish(&bench);
}

TEST(refuses_a_frame_larger_than_the_room_and_goes_on)
{
	struct bench bench;
	uint8_t wire[200];
	uint8_t room[50];
	struct iovec small = {room, sizeof(room)};
	size_t bytes = make_wire(wire, 60);

	bytes += make_wire(wire + bytes, 38);
	stream_bench(&bench);
	bench.nic->user = NULL; /* the loop sees the bytes, nobody takes them yet */
	CHECK_EQ(write(bench.peer, wire, bytes), bytes);
	loop_turn(bench.loop, 0);
	CHECK_EQ(nic_receive(bench.nic, 0, &small, 1), -EMSGSIZE);
	CHECK_EQ(nic_receive(bench.nic, 0, &small, 1), 50);
	CHECK_EQ(nic_receive(bench.nic, 0, &small, 1), -EAGAIN);
	bench_finish(&bench);
}

TEST(offers_buffered_frames_again_when_the_user_took_only_some)
{
	struct bench bench;
	uint8_t wire[4 * 64];
	size_t bytes = 0;

	for (int i = 0; i < 4; i++)
		bytes += make_wire(wire + bytes, 60);
	stream_bench(&bench);
	bench.frames_per_turn = 1;
	CHECK_EQ(write(bench.peer, wire, bytes), bytes);
	loop_turn(bench.loop, 0);
	CHECK_EQ(bench.frames, 1);
	nic_want_frames(bench.nic, 0, false);
	turn(&bench);
	CHECK_EQ(bench.frames, 1);
	nic_want_frames(bench.nic, 0, true);
	turn(&bench);
	CHECK_EQ(bench.frames, 4);
	bench_finish(&bench);
}

TEST(reconnects_after_the_peer_left_or_broke_the_framing)
{
	static const uint8_t oversized[] = {0, 1, 0, 15, 1, 2, 3};
	struct bench bench;
	struct test_stream *test = stream_bench(&bench);
	uint8_t wire[100];
	size_t bytes = make_wire(wire, 60);

	CHECK_EQ(bench.link_changes, 1);
	CHECK(nic_link_up(bench.nic));
	CHECK_EQ(write(bench.peer, wire, 30), 30); /* half a frame */
	turn(&bench);
	close(bench.peer);
	loop_turn(bench.loop, 0);
	CHECK(!nic_link_up(bench.nic));
	CHECK_STR(test->why, "closed by the peer");
	while (test->connects < 2)
		loop_turn(bench.loop, 1000);
	turn(&bench);
	CHECK(nic_link_up(bench.nic));
	CHECK_EQ(write(bench.peer, wire, bytes), bytes);
	turn(&bench);
	CHECK_EQ(bench.frames, 1); /* the half frame is forgotten */

	CHECK_EQ(write(bench.peer, oversized, sizeof(oversized)), sizeof(oversized));
	bytes = (size_t)bench.peer;
	while (test->connects < 3)
		loop_turn(bench.loop, 1000);
	close((int)bytes);
	turn(&bench);
	CHECK_STR(test->why, "the peer sent an oversized frame");
	CHECK(nic_link_up(bench.nic));
	bench_finish(&bench);
}

TEST(notices_a_lost_peer_while_frames_are_not_wanted)
{
	struct bench bench;
	struct test_stream *test = stream_bench(&bench);

	nic_want_frames(bench.nic, 0, false);
	close(bench.peer);
	while (test->connects < 2)
		loop_turn(bench.loop, 1000);
	CHECK(nic_link_up(bench.nic));
	bench_finish(&bench);
}

/* Reads what the peer got; returns how many bytes. */
static size_t drain(int fd, uint8_t *buf, size_t room)
{
	size_t bytes = 0;
	ssize_t got;

	while (bytes < room && (got = read(fd, buf + bytes, room - bytes)) > 0)
		bytes += (size_t)got;
	return bytes;
}

TEST(sends_a_frame_behind_its_length_without_the_header)
{
	static const uint8_t want[] = {0, 0, 0, 5, 'h', 'e', 'l', 'l', 'o'};
	uint8_t head[13] = {[12] = 'h'};
	char tail[] = "ello";
	struct iovec iov[] = {{head, 10}, {NULL, 0}, {head + 10, 3}, {tail, 4}};
	struct bench bench;
	uint8_t got[64];

	stream_bench(&bench);
	CHECK_EQ(nic_send(bench.nic, 0, iov, 4), 0);
	CHECK_EQ(drain(bench.peer, got, sizeof(got)), sizeof(want));
	CHECK(memcmp(got, want, sizeof(want)) == 0);
	CHECK_EQ(nic_send(bench.nic, 0, iov, 1), -EINVAL); /* a cut header */
	CHECK_EQ(nic_send(bench.nic, 0, iov, 0), -EINVAL);
	CHECK_EQ(drain(bench.peer, got, sizeof(got)), 0);
	bench_finish(&bench);
}

TEST(holds_a_sender_back_while_the_peer_is_slow_and_loses_nothing)
{
	static uint8_t frame[NIC_FRAME_BYTES_MAX];
	static uint8_t got[8 << 20];
	struct iovec iov[] = {{frame, 100}, {frame + 100, sizeof(frame) - 100}};
	size_t wire_bytes = sizeof(frame) - NIC_HEADER_BYTES + 4;
	unsigned int sent = 0;
	struct bench bench;
	size_t bytes = 0;

	for (size_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i % 251);
	stream_bench(&bench);
	while (sent < 64 && nic_send(bench.nic, 0, iov, 2) == 0)
		sent++;
	CHECK(sent > 0 && sent < 64);
	turn(&bench);
	CHECK_EQ(bench.writable, 0);
	while (bytes < sent * wire_bytes) {
		size_t now = drain(bench.peer, got + bytes, sizeof(got) - bytes);

		bytes += now;
		loop_turn(bench.loop, 0);
		if (!now && bench.writable)
			break;
	}
	CHECK_EQ(bytes, sent * wire_bytes);
	CHECK_EQ(bench.writable, 1);
	for (unsigned int i = 0; i < sent; i++) {
		const uint8_t *at = got + i * wire_bytes;
		size_t payload = wire_bytes - 4;

		CHECK_EQ((unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3], payload);
		CHECK(memcmp(at + 4, frame + NIC_HEADER_BYTES, payload) == 0);
	}
	CHECK_EQ(nic_send(bench.nic, 0, iov, 2), 0);
	bench_finish(&bench);
}

TEST(releases_a_sender_when_the_peer_leaves)
{
	static uint8_t frame[NIC_FRAME_BYTES_MAX];
	struct iovec iov = {frame, sizeof(frame)};
	struct bench bench;
	struct test_stream *test = stream_bench(&bench);

	while (nic_send(bench.nic, 0, &iov, 1) == 0)
		;
	close(bench.peer);
	while (!bench.writable)
		loop_turn(bench.loop, 1000);
	while (test->connects < 2)
		loop_turn(bench.loop, 1000);
	CHECK_EQ(nic_send(bench.nic, 0, &iov, 1), 0);
	bench_finish(&bench);
}

TEST_MAIN(CASE(takes_frames_in_chunks_of_any_size), CASE(takes_the_longest_frame),
	CASE(refuses_a_frame_larger_than_the_room_and_goes_on),
	CASE(offers_buffered_frames_again_when_the_user_took_only_some),
	CASE(reconnects_after_the_peer_left_or_broke_the_framing),
	CASE(notices_a_lost_peer_while_frames_are_not_wanted),
	CASE(sends_a_frame_behind_its_length_without_the_header),
	CASE(holds_a_sender_back_while_the_peer_is_slow_and_loses_nothing),
	CASE(releases_a_sender_when_the_peer_leaves))
