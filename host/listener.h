/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listening stream socket of the host: its address, its file where it has one, its
 * clients as they come. Everything runs with the loop's lock held.
 */
#ifndef HOST_LISTENER_H
#define HOST_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/tls_gate.h"
#include "src/loop.h"
#include "src/outside.h"

struct error;
struct source_pos;
struct tls_files;

/* Embedded by its owner. */
struct listener {
	/* A client, non-blocking; fd is the owner's. */
	void (*accepted)(struct listener *listener, int fd);

	/* The listener's own. */
	struct loop *loop;
	struct loop_fd watch;
	struct loop_timer retry; /* accept() was short of something */
	struct tls_gate *gate;   /* NULL: clients come as they are */
	struct tls_gate_user admission;
	const char *path; /* the socket file that is ours to remove */
	dev_t device;
	ino_t inode;
	struct outside_job removal; /* of that file */
};

/*
 * One that listens already, and whose file is another's business: owns fd from now on.
 * -errno; close it on failure too.
 */
int listener_adopt(struct listener *listener, struct loop *loop, int fd, int backlog,
	void (*accepted)(struct listener *listener, int fd));

/*
 * One that listens at a file that only this user may connect to. path is borrowed. One
 * that a dead process left behind is replaced; anything else that is there is left alone,
 * with an error, -EADDRINUSE where its process lives. Close it on failure too.
 */
int listener_open_unix(struct listener *listener, struct loop *loop, const char *path,
	int backlog, void (*accepted)(struct listener *listener, int fd),
	const struct source_pos *pos, struct error *err);

/* Likewise at a numeric IPv4 or IPv6 address. */
int listener_open_tcp(struct listener *listener, struct loop *loop, const char *address,
	uint16_t port, int backlog, void (*accepted)(struct listener *listener, int fd),
	const struct source_pos *pos, struct error *err);

/* Where it listens: port 0 lets the host choose. 0: nobody knows. */
uint16_t listener_port(const struct listener *listener);

/*
 * Clients come by TLS and show who they are, before anybody hears of them; what
 * accepted() gets is in the clear then, a unix socket. name is for the log, and borrowed.
 * -errno.
 */
int listener_use_tls(struct listener *listener, const struct tls_files *files,
	enum tls_prelude prelude, const char *name, struct error *err);

/*
 * Removes the file unless it is another's by now; one never opened (fd -1) is fine. With
 * TLS, clients have been closed before.
 */
void listener_close(struct listener *listener);

#endif
