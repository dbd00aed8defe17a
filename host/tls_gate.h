/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where connections become those of TLS before anybody hears of them. A thread of its
 * own does the arithmetic, so that strangers cost the VM's loop nothing; it begins with
 * the first of them. 48 connections at a time, of which 16 may still be strangers: a
 * further one takes the place of the one that has waited longest.
 *
 * Every function runs with the loop's lock held.
 */
#ifndef HOST_TLS_GATE_H
#define HOST_TLS_GATE_H

#include "host/tls_tunnel.h"

struct error;
struct loop;
struct tls_files;
struct tls_gate;

#define TLS_GATE_CONNECTIONS 48u
#define TLS_GATE_STRANGERS 16u

struct tls_gate_user;

/* Embedded in its owner. */
struct tls_gate_user {
	/* A peer who is who it must be, in the clear: non-blocking, the user's. */
	void (*admitted)(struct tls_gate_user *user, int fd);
};

/* Reads the files. name is for the log, and borrowed. -errno. */
int tls_gate_create(struct loop *loop, const struct tls_files *files,
	enum tls_prelude prelude, const char *name, struct tls_gate_user *user,
	struct tls_gate **ret, struct error *err);

/* A connection to be tried, non-blocking, which is the gate's from here on. */
void tls_gate_try(struct tls_gate *gate, int fd);

/*
 * The user has closed what was admitted; what it said last is still sent, for a second at
 * most. NULL is fine.
 */
void tls_gate_destroy(struct tls_gate *gate);

#endif
