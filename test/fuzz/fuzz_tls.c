/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A handshake that somebody in the middle spoils: bytes of his own for a server or for a
 * client, or two good ends between which he changes what he likes, where he likes. What
 * comes out in the clear is what went in, or nothing.
 *
 * The first byte says which: 0 the server, 1 the client, else both, and then the input is
 * edits: a distance in two bytes, to the byte to be changed, and what is xored there.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/loop.h"
#include "test/unit/tls_fixture.h"
#include "test/unit/tls_rig.h"

#define TURNS_MAX 256u
#define EDIT_BYTES 3u

static const char words[] = "nothing but this";
static struct loop *loop;
static struct tls *ends[2];

static void begin(void)
{
	static const struct tls_rig_files files[2] = {
		{fixture_server, fixture_server_key, fixture_ca, "ops"},
		{fixture_client, fixture_client_key, fixture_ca, NULL},
	};

	loop_create(&loop, NULL);
	tls_rig_create(TLS_SERVER, &files[0], &ends[0], NULL);
	tls_rig_create(TLS_CLIENT, &files[1], &ends[1], NULL);
	assert(loop && ends[0] && ends[1]);
}

static void open_end(struct tls_rig_end *end, unsigned int which, int *ret_peer)
{
	int fds[2];

	assert(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
	tls_rig_open(
		end, loop, ends[which], fds[0], which ? "vm.example" : NULL, TLS_AT_ONCE);
	*ret_peer = fds[1];
}

static void talk(unsigned int which, const uint8_t *data, size_t size)
{
	struct tls_rig_end end;
	int peer;

	open_end(&end, which, &peer);
	for (size_t at = 0; at < size; at += 1024) {
		size_t piece = size - at < 1024 ? size - at : 1024;

		if (send(peer, data + at, piece, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			break;
		loop_turn(loop, 0);
	}
	shutdown(peer, SHUT_WR);
	for (unsigned int i = 0; i < TURNS_MAX && !end.over; i++)
		loop_turn(loop, 0);
	assert(end.over && end.plain < 0);
	tls_rig_close(&end);
	close(peer);
}

struct edits {
	const uint8_t *data;
	size_t size;
	size_t next; /* bytes that go by before the next one */
};

static void read_distance(struct edits *edits)
{
	edits->next = edits->size < EDIT_BYTES
			      ? SIZE_MAX
			      : (size_t)edits->data[0] << 8 | edits->data[1];
}

/* What has come from one goes to the other, changed. */
static void relay(int from, int to, struct edits *edits)
{
	uint8_t bytes[4096];
	ssize_t count = recv(from, bytes, sizeof(bytes), MSG_DONTWAIT);

	for (size_t at = 0; count > 0 && at < (size_t)count; at++) {
		if (edits->next) {
			edits->next -= edits->next != SIZE_MAX;
			continue;
		}
		bytes[at] ^= edits->data[2];
		edits->data += EDIT_BYTES;
		edits->size -= EDIT_BYTES;
		read_distance(edits);
	}
	if (count > 0)
		(void)!send(to, bytes, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (count == 0)
		shutdown(to, SHUT_WR);
}

static void check_words(int plain)
{
	char got[sizeof(words) + 1];
	ssize_t count = plain < 0 ? 0 : recv(plain, got, sizeof(got), MSG_DONTWAIT);

	assert(count <= (ssize_t)sizeof(words));
	assert(count <= 0 || !memcmp(got, words, (size_t)count));
}

static void interfere(const uint8_t *data, size_t size)
{
	struct tls_rig_end both[2];
	struct edits edits = {data, size, 0};
	bool said = false;
	int peers[2];

	read_distance(&edits);
	open_end(&both[0], 0, &peers[0]);
	open_end(&both[1], 1, &peers[1]);
	for (unsigned int i = 0; i < TURNS_MAX && !(both[0].over && both[1].over); i++) {
		loop_turn(loop, 0);
		relay(peers[1], peers[0], &edits);
		relay(peers[0], peers[1], &edits);
		if (!said && both[0].plain >= 0 && both[1].plain >= 0) {
			(void)!send(both[0].plain, words, sizeof(words), MSG_NOSIGNAL);
			(void)!send(both[1].plain, words, sizeof(words), MSG_NOSIGNAL);
			said = true;
		}
	}
	for (unsigned int i = 0; i < 2; i++) {
		check_words(both[i].plain);
		tls_rig_close(&both[i]);
		close(peers[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!loop)
		begin();
	if (!size)
		return 0;
	if (data[0] < 2)
		talk(data[0], data + 1, size - 1);
	else
		interfere(data + 1, size - 1);
	return 0;
}
