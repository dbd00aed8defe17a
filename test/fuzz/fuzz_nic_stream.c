/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer of passt's kind that says anything in pieces of any size, and takes what it
 * likes: frames that the guest gets are those that lie in the bytes, up to one that is
 * too long, and what the guest sends arrives whole and in order, or not at all.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/nic_stream.h"
#include "src/container_of.h"
#include "test/fuzz/rings.h"

#define LENGTH_BYTES 4u
#define FRAME_BYTES_MAX 65550u
#define SAID_BYTES 4096u
#define SENT_BYTES (256u << 10)
#define TAKEN_BYTES_MAX (1u << 16)
#define PAUSE_NS 1u
/* Each takes what the small buffer of a socket holds. */
#define TURNS 256u

/* One way of a connection, as it must be: bytes, and how far they have been looked at. */
struct way {
	uint8_t *bytes;
	size_t at;
	size_t end;
};

static uint8_t said_bytes[SAID_BYTES];
static uint8_t sent_bytes[SENT_BYTES];

static struct {
	struct nic_stream stream;
	struct nic_user user;
	int peer;        /* -1: none */
	struct way said; /* by the peer, on this connection */
	struct way sent; /* by the guest, likewise, in the form of the wire */
	bool takes;      /* the guest has buffers */
	size_t room;     /* of each */
} world;

/* ---- the guest ------------------------------------------------------------------------
 */

/* The next frame that the peer has said in whole; a length of 0 is none. */
static uint32_t next_length(void)
{
	struct way *said = &world.said;
	uint32_t length;

	do {
		if (said->end - said->at < LENGTH_BYTES)
			return 0;
		memcpy(&length, said->bytes + said->at, LENGTH_BYTES);
		length = ntohl(length);
		if (!length)
			said->at += LENGTH_BYTES;
	} while (!length);
	return length;
}

static void expect(const uint8_t *frame, ssize_t got)
{
	static const uint8_t header[NIC_HEADER_BYTES];
	struct way *said = &world.said;
	uint32_t length = next_length();

	if (!length || length > FRAME_BYTES_MAX ||
		said->end - said->at - LENGTH_BYTES < length)
		abort();
	if (got == -EMSGSIZE) {
		if (NIC_HEADER_BYTES + length <= world.room)
			abort();
	} else if (got != (ssize_t)(NIC_HEADER_BYTES + length) ||
		   memcmp(frame, header, NIC_HEADER_BYTES) != 0 ||
		   memcmp(frame + NIC_HEADER_BYTES, said->bytes + said->at + LENGTH_BYTES,
			   length) != 0) {
		abort();
	}
	said->at += LENGTH_BYTES + length;
}

static void readable(struct nic_user *user, unsigned int queue)
{
	static uint8_t frame[NIC_FRAME_BYTES_MAX];
	size_t head = world.room / 3;
	struct iovec iov[] = {{frame, head}, {frame + head, world.room - head}};
	ssize_t got;

	while ((got = nic_receive(&world.stream.nic, 0, iov, 2)) != -EAGAIN)
		expect(frame, got);
}

static void writable(struct nic_user *user, unsigned int queue)
{
}

static void link_changed(struct nic_user *user)
{
}

static const struct nic_events events = {
	.readable = readable, .writable = writable, .link_changed = link_changed};

static void send_frame(size_t bytes, uint8_t fill)
{
	static uint8_t frame[NIC_FRAME_BYTES_MAX];
	const struct iovec iov[] = {
		{frame, NIC_HEADER_BYTES + bytes / 2},
		{frame + NIC_HEADER_BYTES + bytes / 2, bytes - bytes / 2},
	};
	uint32_t length = htonl((uint32_t)bytes);
	struct way *sent = &world.sent;

	if (sent->end + LENGTH_BYTES + bytes > SENT_BYTES)
		return;
	memset(frame + NIC_HEADER_BYTES, fill, bytes);
	if (nic_send(&world.stream.nic, 0, iov, 2))
		return;
	memcpy(sent->bytes + sent->end, &length, LENGTH_BYTES);
	memset(sent->bytes + sent->end + LENGTH_BYTES, fill, bytes);
	sent->end += LENGTH_BYTES + bytes;
}

/* ---- the peer -------------------------------------------------------------------------
 */

static void leave(void)
{
	if (world.peer >= 0)
		close(world.peer);
	world.peer = -1;
}

static void say(struct rings_input *input, size_t bytes)
{
	struct way *said = &world.said;
	ssize_t n;

	if (bytes > input->left)
		bytes = input->left;
	if (world.peer < 0 || said->end + bytes > SAID_BYTES)
		return;
	n = send(world.peer, input->at, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0) {
		memcpy(said->bytes + said->end, input->at, (size_t)n);
		said->end += (size_t)n;
	}
	input->at += bytes;
	input->left -= bytes;
}

/* Nothing but what the guest sent, from where the peer was. */
static void take(size_t bytes)
{
	static uint8_t got[TAKEN_BYTES_MAX];
	struct way *sent = &world.sent;
	ssize_t n = world.peer < 0 ? -1 : recv(world.peer, got, bytes, MSG_DONTWAIT);

	if (n <= 0)
		return;
	if ((size_t)n > sent->end - sent->at ||
		memcmp(got, sent->bytes + sent->at, (size_t)n) != 0)
		abort();
	sent->at += (size_t)n;
}

static void fuzz_connect(struct nic_stream *stream)
{
	int small = 4096;
	int ends[2];

	leave();
	world.said.at = world.said.end = 0;
	world.sent.at = world.sent.end = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends))
		abort();
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	world.peer = ends[1];
	if (nic_stream_connected(stream, ends[0]))
		abort();
}

static void fuzz_disconnected(struct nic_stream *stream, const char *why)
{
	if (stream->nic.link_up || !*why)
		abort();
	nic_stream_retry(stream, PAUSE_NS);
}

static void fuzz_destroy(struct nic_stream *stream)
{
	nic_stream_finish(stream);
}

static const struct nic_stream_ops ops = {.connect = fuzz_connect,
	.disconnected = fuzz_disconnected,
	.destroy = fuzz_destroy};

/* ---- the program ----------------------------------------------------------------------
 */

static void act(struct loop *loop, struct rings_input *input)
{
	switch (rings_take(input, 1) % 8) {
	case 0:
		say(input, rings_take(input, 1));
		break;
	case 1:
		take(rings_take(input, 2));
		break;
	case 2:
		send_frame(rings_take(input, 2) % FRAME_BYTES_MAX,
			(uint8_t)rings_take(input, 1));
		break;
	case 3:
		world.takes = !world.takes;
		nic_want_frames(&world.stream.nic, 0, world.takes);
		break;
	case 4:
		world.room = NIC_HEADER_BYTES + rings_take(input, 2);
		break;
	case 5:
		readable(&world.user, 0);
		break;
	case 6:
		leave();
		break;
	default:
		loop_turn(loop, 0);
		break;
	}
}

/* While the two are connected nothing is left behind on either way. */
static void settle(struct loop *loop)
{
	uint32_t length;

	if (!world.takes)
		nic_want_frames(&world.stream.nic, 0, true);
	for (unsigned int i = 0; i < TURNS; i++) {
		loop_turn(loop, 0);
		take(TAKEN_BYTES_MAX);
	}
	length = next_length();
	if (world.peer < 0 || !nic_link_up(&world.stream.nic))
		return;
	if (world.sent.at < world.sent.end ||
		(length && world.said.end - world.said.at - LENGTH_BYTES >= length))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct rings_input input = {bytes, count};
	struct loop *loop;

	memset(&world, 0, sizeof(world));
	world.said.bytes = said_bytes;
	world.sent.bytes = sent_bytes;
	world.peer = -1;
	world.room = NIC_FRAME_BYTES_MAX;
	world.user.events = &events;
	if (loop_create(&loop, NULL) || nic_stream_init(&world.stream, loop, &ops))
		abort();
	nic_set_user(&world.stream.nic, &world.user);
	fuzz_connect(&world.stream);
	while (input.left)
		act(loop, &input);
	settle(loop);
	nic_destroy(&world.stream.nic);
	leave();
	loop_destroy(loop);
	return 0;
}
