/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A display for clients of VNC (RFC 6143), or a page in a browser, whose keyboards and
 * mice move the seat's: one screen, sixteen connections at a time; further ones are
 * closed. With libvncserver; a build without it has display_vnc_none.c.
 *
 * A client has a thread of its own. It encodes from the very pixels that the guest's
 * device writes, however long that takes; those pixels stay as long as a client looks at
 * them, whatever becomes of the guest's buffer. Where the device writes none, for they
 * are the guest's own, clients share a copy. They hear of news 30 times a second at most;
 * while there are none, nothing is copied. One that takes nothing costs its own thread
 * and is left after ten seconds.
 *
 * Whoever may connect sees and types all: without a password that is for the caller to
 * restrict. One a process, for libvncserver keeps how clients log in for all servers at
 * once.
 */
#ifndef HOST_DISPLAY_VNC_H
#define HOST_DISPLAY_VNC_H

#include <stdint.h>

#include "host/display.h"

struct seat;
struct source_pos;
struct tls_files;

/* Strings are borrowed for the display's life. */
struct display_vnc_options {
	const char *path;    /* of a unix socket; or NULL: TCP */
	const char *address; /* numeric */
	uint16_t port;
	const struct tls_files *tls; /* clients come by TLS alone; or NULL */
	const char *password_file; /* its first line, 1 to 8 characters; or NULL: none */
	const char *web;           /* a folder with noVNC for browsers; or NULL */
	const char *name;          /* that clients show */
	struct display_size size;
	const struct source_pos *pos;
};

/* The seat stays until display_destroy(). */
int display_vnc_create(struct loop *loop, struct seat *seat,
	const struct display_vnc_options *options, struct display **ret,
	struct error *err);

#endif
