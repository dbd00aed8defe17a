/* SPDX-License-Identifier: Apache-2.0 */
/* Ends of TLS made of what lies in memory, and tunnels of theirs over socket pairs. */
#ifndef TEST_UNIT_TLS_RIG_H
#define TEST_UNIT_TLS_RIG_H

#include <stdbool.h>

#include "host/tls.h"
#include "host/tls_desk.h"
#include "host/tls_tunnel.h"

struct error;
struct loop;

/* What files would hold. */
struct tls_rig_files {
	const char *certificate;
	const char *key;
	const char *ca;
	const char *clients;
};

int tls_rig_create(enum tls_end end, const struct tls_rig_files *files, struct tls **ret,
	struct error *err);

/* The same as files, for others to read. */
#define TLS_RIG_FILES 3
#define TLS_RIG_PATH_BYTES 32

struct tls_rig_paths {
	int fds[TLS_RIG_FILES];
	char paths[TLS_RIG_FILES][TLS_RIG_PATH_BYTES];
	struct tls_files files;
};

void tls_rig_write(const struct tls_rig_files *files, struct tls_rig_paths *ret);
void tls_rig_remove(struct tls_rig_paths *paths);

struct tls_rig_end {
	struct tls_tunnel_user user;
	struct tls_desk desk;      /* its own */
	struct tls_tunnel *tunnel; /* NULL after it was over */
	int plain;                 /* -1 unless it has opened */
	bool over;
	const char *fault;
};

/* A tunnel over fd. */
void tls_rig_open(struct tls_rig_end *end, struct loop *loop, const struct tls *tls,
	int fd, const char *host, enum tls_prelude prelude);
void tls_rig_close(struct tls_rig_end *end);

#endif
