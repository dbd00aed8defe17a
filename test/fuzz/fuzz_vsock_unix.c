/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs of the host that knock at a vsock's unix socket, and say anything: a stream is
 * the guest's after "CONNECT PORT" alone, with that port, and what follows the line comes
 * out as it went in, whoever leaves when.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/vsock.h"
#include "src/container_of.h"
#include "src/loop.h"
#include "test/fuzz/rings.h"

#define CLIENTS 4u
#define SAID_BYTES 1024u
#define TURNS 16u /* all clients are heard */

/* A program of the host, and the guest's end of its stream. */
struct client {
	int fd; /* -1: none */
	size_t said;
	char bytes[SAID_BYTES];
	struct vsock_stream_user user;
	struct vsock_stream
		*stream; /* NULL before the guest is asked, and after it left */
	size_t heard;    /* by the guest, of what was said */
};

static struct {
	char folder[32];
	char path[64];
	struct loop *loop;
	struct vsock_host *host;
	struct vsock_host_user user;
	struct client clients[CLIENTS];
	bool refuses;
} world;

/* ---- the guest ------------------------------------------------------------------------
 */

/* What a client's first line asks for, by other means than the code under test: -1: no
 * port, where it is whole or too long; -2: not known yet. */
static long long asks_for(const struct client *client)
{
	const char *end = memchr(client->bytes, '\n', client->said);
	char line[SAID_BYTES + 1];
	size_t length;
	char *digits_end;
	unsigned long long port;

	if (!end)
		return client->said < 20 ? -2 : -1;
	length = (size_t)(end - client->bytes);
	if (length >= 20)
		return -1;
	memcpy(line, client->bytes, length);
	line[length] = 0;
	if (strlen(line) != length)
		return -1;
	if (length && line[length - 1] == '\r')
		line[--length] = 0;
	if (strncasecmp(line, "CONNECT ", 8) != 0 || line[8] < '0' || line[8] > '9')
		return -1;
	port = strtoull(line + 8, &digits_end, 10);
	return *digits_end || port >= UINT32_MAX ? -1 : (long long)port;
}

static void close_stream(struct client *client)
{
	vsock_stream_close(client->stream);
	client->stream = NULL;
}

static void readable(struct vsock_stream_user *user)
{
	struct client *client = container_of(user, struct client, user);
	char bytes[100];
	const struct iovec iov[] = {{bytes, 7}, {bytes + 7, sizeof(bytes) - 7}};
	ssize_t n = vsock_stream_read(client->stream, iov, 2);

	if (n == -EAGAIN)
		return;
	if (n <= 0) {
		close_stream(client);
		return;
	}
	if ((size_t)n > client->said - client->heard ||
		memcmp(bytes, client->bytes + client->heard, (size_t)n) != 0)
		abort();
	client->heard += (size_t)n;
}

static void writable(struct vsock_stream_user *user)
{
	struct client *client = container_of(user, struct client, user);

	vsock_stream_want(client->stream, true, false);
}

static void gone(struct vsock_stream_user *user)
{
	close_stream(container_of(user, struct client, user));
}

static const struct vsock_stream_events events = {
	.readable = readable, .writable = writable, .gone = gone};

/* Whose it is shows in the port, unless two ask for the same. */
static bool asked(
	struct vsock_host_user *user, struct vsock_stream *stream, uint32_t port)
{
	struct client *client = NULL;
	unsigned int count = 0;

	for (unsigned int i = 0; i < CLIENTS; i++) {
		struct client *one = &world.clients[i];

		if (one->heard || asks_for(one) != port)
			continue;
		client = one;
		count++;
	}
	if (!count)
		abort();
	if (count > 1)
		return false;
	client->heard = (size_t)((char *)memchr(client->bytes, '\n', client->said) -
				 client->bytes) +
			1;
	if (world.refuses)
		return false;
	client->stream = stream;
	stream->user = &client->user;
	vsock_stream_agree(stream, 1024);
	vsock_stream_want(stream, true, true);
	return true;
}

/* ---- programs of the host -------------------------------------------------------------
 */

static void come(struct client *client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (client->fd >= 0)
		return;
	close_stream(client);
	client->said = client->heard = 0;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", world.path);
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0 ||
		connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		abort();
}

/* What it had said may still be on its way: the guest asks no more for it. */
static void leave(struct client *client)
{
	if (client->fd < 0)
		return;
	close(client->fd);
	client->fd = -1;
	for (unsigned int i = 0; i < TURNS; i++)
		loop_turn(world.loop, 0);
}

static void say(struct client *client, struct rings_input *input, size_t bytes)
{
	ssize_t n;

	if (bytes > input->left)
		bytes = input->left;
	if (client->fd < 0 || client->said + bytes > SAID_BYTES)
		return;
	n = send(client->fd, input->at, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n > 0) {
		memcpy(client->bytes + client->said, input->at, (size_t)n);
		client->said += (size_t)n;
	}
	input->at += bytes;
	input->left -= bytes;
}

static void ask_properly(struct client *client, uint32_t port)
{
	char line[24];
	struct rings_input input = {(const uint8_t *)line, 0};

	input.left = (size_t)snprintf(line, sizeof(line), "connect %u\r\n", port);
	say(client, &input, input.left);
}

static void act(struct rings_input *input)
{
	uint32_t step = rings_take(input, 1);
	struct client *client = &world.clients[step / 16 % CLIENTS];
	char bytes[64] = "from the guest";
	const struct iovec iov = {bytes, 14};

	switch (step % 16) {
	case 0:
		come(client);
		break;
	case 1:
		say(client, input, rings_take(input, 1));
		break;
	case 2:
		ask_properly(client, rings_take(input, 2));
		break;
	case 3:
		leave(client);
		break;
	case 4:
		world.refuses = !world.refuses;
		break;
	case 5:
		close_stream(client);
		break;
	case 6:
		if (client->stream)
			vsock_stream_shut(client->stream, step & 64, step & 128);
		break;
	case 7:
		if (client->stream)
			vsock_stream_write(client->stream, &iov, 1);
		break;
	case 8:
		if (client->fd >= 0)
			recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		break;
	case 9:
		if (client->fd >= 0)
			shutdown(client->fd, SHUT_WR);
		break;
	case 10:
		/* Nobody answers at any port of the host's. */
		if (!vsock_host_connect(world.host, step, &client->stream))
			abort();
		break;
	default:
		loop_turn(world.loop, 0);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct rings_input input = {bytes, count};

	memset(&world, 0, sizeof(world));
	snprintf(world.folder, sizeof(world.folder), "/tmp/bonsai-fuzz-XXXXXX");
	if (!mkdtemp(world.folder))
		abort();
	snprintf(world.path, sizeof(world.path), "%s/vm", world.folder);
	if (loop_create(&world.loop, NULL) ||
		vsock_unix_open(world.loop, world.path, NULL, &world.host, NULL))
		abort();
	world.user.asked = asked;
	world.host->user = &world.user;
	for (unsigned int i = 0; i < CLIENTS; i++) {
		world.clients[i].fd = -1;
		world.clients[i].user.events = &events;
	}
	while (input.left)
		act(&input);
	for (unsigned int i = 0; i < CLIENTS; i++)
		leave(&world.clients[i]);
	for (unsigned int i = 0; i < CLIENTS; i++)
		close_stream(&world.clients[i]);
	vsock_host_destroy(world.host);
	loop_destroy(world.loop);
	if (rmdir(world.folder))
		abort();
	return 0;
}
