/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a key comes from: never from a command line or a file that describes a machine.
 * Before the guest runs, on the main thread.
 */
#ifndef HOST_KEY_SOURCE_H
#define HOST_KEY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct source_pos;

/* As cryptsetup takes from a file unless it is told otherwise. */
#define KEY_SOURCE_BYTES_MAX (8192u << 10)

/* The first of them that is there. */
struct key_source {
	int fd;              /* open, read to its end; -1: none */
	const char *path;    /* of a file, such as a service's credential */
	const char *keyring; /* a "user" key's description, in the kernel's keyrings */
	bool line;           /* a passphrase: what lies before the first newline */
};

struct key {
	uint8_t *bytes; /* memory for secrets */
	size_t count;
	size_t room;
};

/* Closes the descriptor. -ENOKEY where it is empty, or there is no such key. */
int key_read(const struct key_source *source, const struct source_pos *pos,
	struct key *ret, struct error *err);
void key_finish(struct key *key); /* wipes */

#endif
