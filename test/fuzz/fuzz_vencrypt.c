/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anybody who speaks to VeNCrypt's scripts, in pieces of any size: who says what a script
 * expects gets through, what he says behind it is not taken, and nobody else hears more
 * than the answers to what was right.
 *
 * The first byte says which script, and whether he listens; the second one how large the
 * pieces are.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/vencrypt.h"

#define PASSWORD 1u
#define INNER 2u
#define DEAF 4u
#define BYTES_MAX 256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* What must become of it. */
struct fate {
	int code;
	size_t taken;            /* of what was said; where it is the script's */
	uint8_t said[BYTES_MAX]; /* in answer */
	size_t says;
};

static void foretell(const struct vencrypt_step *step, bool deaf, const uint8_t *from,
	size_t bytes, struct fate *ret)
{
	*ret = (struct fate){0};
	for (; step->expects || step->says; step++) {
		size_t left = bytes - ret->taken;
		size_t comes = left < step->expects ? left : step->expects;

		if (memcmp(from + ret->taken, step->expected, comes) != 0)
			ret->code = -EPROTO;
		else if (comes < step->expects || (deaf && step->says))
			ret->code = -EPIPE;
		if (ret->code)
			return;
		ret->taken += comes;
		memcpy(ret->said + ret->says, step->said, step->says);
		ret->says += step->says;
	}
}

static int converse(struct vencrypt *vencrypt, int own, int peer, const uint8_t *from,
	size_t bytes, size_t piece)
{
	int code = vencrypt_run(vencrypt, own);

	for (size_t at = 0; at < bytes && code == -EAGAIN; at += piece) {
		size_t count = bytes - at < piece ? bytes - at : piece;

		if (send(peer, from + at, count, MSG_NOSIGNAL) != (ssize_t)count)
			abort();
		code = vencrypt_run(vencrypt, own);
	}
	if (code == -EAGAIN) {
		shutdown(peer, SHUT_WR);
		code = vencrypt_run(vencrypt, own);
	}
	return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct vencrypt vencrypt = {0};
	uint8_t heard[BYTES_MAX];
	struct fate fate;
	size_t piece;
	bool deaf;
	int fds[2];

	if (bytes < 2 || bytes > BYTES_MAX)
		return 0;
	deaf = data[0] & DEAF;
	piece = 1 + data[1];
	vencrypt.step = data[0] & INNER ? vencrypt_inner(data[0] & PASSWORD)
					: vencrypt_outer(data[0] & PASSWORD);
	foretell(vencrypt.step, deaf, data + 2, bytes - 2, &fate);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
		abort();
	if (deaf)
		shutdown(fds[1], SHUT_RD);
	if (converse(&vencrypt, fds[0], fds[1], data + 2, bytes - 2, piece) != fate.code)
		abort();
	/* The next byte is the first that the script did not expect. */
	if (!fate.code && recv(fds[0], heard, 1, MSG_DONTWAIT) == 1 &&
		heard[0] != data[2 + fate.taken])
		abort();
	if (!deaf) {
		ssize_t count = recv(fds[1], heard, sizeof(heard), MSG_DONTWAIT);

		if ((count < 0 ? 0 : (size_t)count) != fate.says ||
			memcmp(heard, fate.said, fate.says) != 0)
			abort();
	}
	close(fds[0]);
	close(fds[1]);
	return 0;
}
