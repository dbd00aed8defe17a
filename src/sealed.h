/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was in a file, in memory of this process that nobody can change any more: an
 * anonymous file (memfd_create(2)) that is sealed. Whatever becomes of the file, this is
 * what was looked at, and what is used. Any thread.
 */
#ifndef SRC_SEALED_H
#define SRC_SEALED_H

#include <stdint.h>

struct sealed {
	int fd; /* as of a file that is open for reading; -1: there is none */
	uint64_t bytes;
};

/* Copies so many bytes of fd from its start. -EBADMSG where it has fewer. */
int sealed_copy(int fd, uint64_t bytes, struct sealed *ret);
void sealed_close(struct sealed *sealed);

#define SEALED_DIGEST_BYTES 32u

/* SHA-256 of it. */
int sealed_digest(const struct sealed *sealed, uint8_t ret[SEALED_DIGEST_BYTES]);

#endif
