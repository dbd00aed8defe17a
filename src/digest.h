/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cryptographic digests: FIPS 180-4, SHA-256 by the CPU's instructions where it has them.
 * One thread at a time.
 */
#ifndef SRC_DIGEST_H
#define SRC_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES_MAX 64u

enum digest_kind { DIGEST_SHA256, DIGEST_SHA512 };

struct digest;

/* "sha256", "sha512"; -1 for another name. */
int digest_kind_of(const char *name);
const char *digest_name(enum digest_kind kind);
size_t digest_bytes(enum digest_kind kind);

/* NULL: no memory. Good for any number of digests, one after the other. */
struct digest *digest_create(enum digest_kind kind);
void digest_destroy(struct digest *digest); /* NULL is fine */

void digest_start(struct digest *digest);
/* Goes on from where another of the same kind is. */
void digest_start_from(struct digest *digest, const struct digest *from);
void digest_add(struct digest *digest, const void *from, size_t bytes);
/* digest_bytes() of them. */
void digest_end(struct digest *digest, uint8_t *ret);

/* All of it at once. -ENOMEM. */
int digest_of(enum digest_kind kind, const void *from, size_t bytes, uint8_t *ret);

#endif
