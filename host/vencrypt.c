/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vencrypt.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define VERSION                                                                          \
	{                                                                                \
		'R', 'F', 'B', ' ', '0', '0', '3', '.', '0', '0', '8', '\n'              \
	}
#define VENCRYPT 19
#define NONE 1
#define VNC_AUTH 2

/* A subtype's number: X509None is 260, X509Vnc 261. */
#define OUTER(subtype)                                                                   \
	{                                                                                \
		{0, 12, {0}, VERSION}, {12, 2, VERSION, {1, VENCRYPT}},                  \
			{1, 2, {VENCRYPT}, {0, 2}},                                      \
			{2, 6, {0, 2}, {0, 1, 0, 0, 1, (subtype)}},                      \
			{4, 1, {0, 0, 1, (subtype)}, {1}}, {0},                          \
	}
#define INNER(login)                                                                     \
	{                                                                                \
		{0, 12, {0}, VERSION}, {12, 0, VERSION, {0}},                            \
			{2, 1, {1, (login)}, {(login)}}, {0},                            \
	}

const struct vencrypt_step *vencrypt_outer(bool password)
{
	static const struct vencrypt_step plain[] = OUTER(4);
	static const struct vencrypt_step asking[] = OUTER(5);

	return password ? asking : plain;
}

const struct vencrypt_step *vencrypt_inner(bool password)
{
	static const struct vencrypt_step plain[] = INNER(NONE);
	static const struct vencrypt_step asking[] = INNER(VNC_AUTH);

	return password ? asking : plain;
}

/* 0 where all that the step expects has come. */
static int hear(struct vencrypt *vencrypt, int fd)
{
	const struct vencrypt_step *step = vencrypt->step;
	uint8_t bytes[VENCRYPT_STEP_BYTES];

	while (vencrypt->taken < step->expects) {
		ssize_t n = recv(fd, bytes, (size_t)(step->expects - vencrypt->taken),
			MSG_DONTWAIT);

		if (n == 0)
			return -EPIPE;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
		if (memcmp(bytes, step->expected + vencrypt->taken, (size_t)n) != 0)
			return -EPROTO;
		vencrypt->taken += (uint8_t)n;
	}
	return 0;
}

int vencrypt_run(struct vencrypt *vencrypt, int fd)
{
	while (vencrypt->step->expects || vencrypt->step->says) {
		const struct vencrypt_step *step = vencrypt->step;
		int code = hear(vencrypt, fd);

		if (code)
			return code;
		/* So few bytes always find room where none wait. */
		if (send(fd, step->said, step->says, MSG_DONTWAIT | MSG_NOSIGNAL) !=
			step->says)
			return -EPIPE;
		vencrypt->taken = 0;
		vencrypt->step++;
	}
	return 0;
}
