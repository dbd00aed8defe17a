/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VeNCrypt 0.2 with its X509 subtypes (rfbproto, security type 19): what a client and a
 * server of VNC say in the clear before they shake hands by TLS, and what is then said to
 * a server of plain VNC, which knows nothing of that, in the client's stead. All of it is
 * known beforehand, byte by byte, to the kind of login.
 *
 * Any thread; a script is that of one connection.
 */
#ifndef HOST_VENCRYPT_H
#define HOST_VENCRYPT_H

#include <stdbool.h>
#include <stdint.h>

#define VENCRYPT_STEP_BYTES 12u /* at most */

/* What must come, and what is answered; nothing of both ends a script. */
struct vencrypt_step {
	uint8_t expects;
	uint8_t says;
	uint8_t expected[VENCRYPT_STEP_BYTES];
	uint8_t said[VENCRYPT_STEP_BYTES];
};

/* Towards the client, who begins in the clear; ends where TLS begins. */
const struct vencrypt_step *vencrypt_outer(bool password);
/*
 * Towards the server behind, who hears at once that it is no browser; ends where the
 * client, by TLS, goes on.
 */
const struct vencrypt_step *vencrypt_inner(bool password);

struct vencrypt {
	const struct vencrypt_step *step; /* NULL: not begun */
	uint8_t taken;                    /* of what the step expects */
};

/*
 * Goes on over a non-blocking stream socket, of which nothing is taken that is not the
 * script's: 0 at its end, -EAGAIN where more must come, -EPROTO where that is something
 * else, -EPIPE where nothing will.
 */
int vencrypt_run(struct vencrypt *vencrypt, int fd);

#endif
