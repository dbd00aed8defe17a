/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES in XTS mode: FIPS 197 and IEEE 1619. The tweak of a sector is its number as 64
 * little-endian bits, which others call plain64.
 *
 * With the CPU's own instructions where it has them (AES-NI, ARMv8 Cryptography
 * Extensions), else by mbedtls. The first aes_xts_create() is before other threads; then
 * any number of threads may use one key.
 */
#ifndef SRC_AES_XTS_H
#define SRC_AES_XTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sectors are a multiple of it. */
#define AES_XTS_STEP_BYTES 512u
#define AES_XTS_IV_BYTES 16u

struct aes_xts;

/*
 * A key of 32 (AES-128) or 64 (AES-256) bytes: two halves, the second for the tweaks. It
 * is copied to memory for secrets. -EINVAL, or what secret_alloc() says.
 */
int aes_xts_create(const uint8_t *key, size_t key_bytes, struct aes_xts **ret);
/* The same by mbedtls, whatever the CPU has: what the others are held against. */
int aes_xts_create_portable(const uint8_t *key, size_t key_bytes, struct aes_xts **ret);
void aes_xts_destroy(struct aes_xts *xts); /* wipes; NULL is fine */

/* One sector of any alignment; from and to are the same or do not overlap. */
void aes_xts_encrypt(const struct aes_xts *xts, uint64_t sector, const void *from,
	void *to, size_t bytes);
void aes_xts_decrypt(const struct aes_xts *xts, uint64_t sector, const void *from,
	void *to, size_t bytes);

/* The same with a tweak that is no number. */
void aes_xts_encrypt_iv(const struct aes_xts *xts, const uint8_t iv[AES_XTS_IV_BYTES],
	const void *from, void *to, size_t bytes);
void aes_xts_decrypt_iv(const struct aes_xts *xts, const uint8_t iv[AES_XTS_IV_BYTES],
	const void *from, void *to, size_t bytes);

/* Whether the CPU has instructions for it: gigabytes a second, or a fiftieth. */
bool aes_xts_is_quick(const struct aes_xts *xts);
/* "aes-ni", "armv8-ce" or "mbedtls". */
const char *aes_xts_name(const struct aes_xts *xts);

#endif
