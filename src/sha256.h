/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 (FIPS 180-4, 6.2.2) by the CPU's own instructions: the compression alone, for
 * src/digest.h, which has the rest and another one for CPUs without. Any thread.
 */
#ifndef SRC_SHA256_H
#define SRC_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BLOCK_BYTES 64u
#define SHA256_WORDS 8u

/* The state after so many blocks of SHA256_BLOCK_BYTES. */
#define SHA256_BLOCKS(name)                                                              \
	void name(uint32_t state[SHA256_WORDS], const uint8_t *from, size_t blocks)

/* What this CPU has instructions for; NULL: none. */
SHA256_BLOCKS((*sha256_kernel(void)));

/* FIPS 180-4, 4.2.2 and 5.3.3. */
extern const uint32_t sha256_constants[64];
extern const uint32_t sha256_start[SHA256_WORDS];

/* Those of one architecture each; to be called where sha256_kernel() says so. */
SHA256_BLOCKS(sha256_x86_blocks);
SHA256_BLOCKS(sha256_arm_blocks);

#endif
