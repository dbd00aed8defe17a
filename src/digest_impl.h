/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a digest, for whom keeps one in memory of its own choice: src/hmac.c. */
#ifndef SRC_DIGEST_IMPL_H
#define SRC_DIGEST_IMPL_H

#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

#include "src/digest.h"
#include "src/sha256.h"

/* SHA-256 with the CPU's instructions; all others are the library's. */
struct digest_fast {
	uint64_t bytes;
	uint32_t state[SHA256_WORDS];
	uint8_t open[SHA256_BLOCK_BYTES]; /* of the block that is not whole yet */
};

/* All of it is here, whose library it may be. */
struct digest {
	enum digest_kind kind;
	SHA256_BLOCKS((*blocks)); /* NULL: the library does it */
	union {
		struct digest_fast fast;
		mbedtls_sha256_context sha256;
		mbedtls_sha512_context sha512;
	};
};

void digest_init(struct digest *digest, enum digest_kind kind);
void digest_finish(struct digest *digest); /* wipes */

#endif
