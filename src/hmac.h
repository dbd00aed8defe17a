/* SPDX-License-Identifier: Apache-2.0 */
/* Keyed digests: HMAC, RFC 2104. One thread at a time. */
#ifndef SRC_HMAC_H
#define SRC_HMAC_H

#include <stddef.h>
#include <stdint.h>

#include "src/digest.h"

struct hmac;

/* Good for any number of messages, one after the other. In memory for secrets, or what
 * secret_alloc() says. */
int hmac_create(
	enum digest_kind kind, const void *key, size_t key_bytes, struct hmac **ret);
void hmac_destroy(struct hmac *hmac); /* wipes; NULL is fine */

void hmac_start(struct hmac *hmac);
void hmac_add(struct hmac *hmac, const void *from, size_t bytes);
/* digest_bytes() of them. */
void hmac_end(struct hmac *hmac, uint8_t *ret);

#endif
