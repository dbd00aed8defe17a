/* SPDX-License-Identifier: Apache-2.0 */
/* A key from a password: PBKDF2 over HMAC, RFC 8018 section 5.2 and RFC 2104. Any thread.
 */
#ifndef SRC_PBKDF2_H
#define SRC_PBKDF2_H

#include <stddef.h>
#include <stdint.h>

#include "src/digest.h"

struct pbkdf2_options {
	enum digest_kind kind;
	const void *password;
	size_t password_bytes;
	const void *salt;
	size_t salt_bytes;
	uint32_t iterations; /* 1 at least */
};

/* -ENOMEM, with ret untouched. What it leaves in memory is wiped. */
int pbkdf2(const struct pbkdf2_options *options, uint8_t *ret, size_t bytes);

#endif
