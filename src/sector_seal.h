/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticated encryption of sectors, each with a tag that is kept beside it, as Linux'
 * dm-crypt does it with integrity: what is authenticated is the sector's number (64 bits,
 * little-endian), the IV, and the sector's ciphertext. The tag is what the cipher makes
 *of these, and behind that the IV where it is random.
 *
 *	XTS with HMAC   FIPS 197, IEEE 1619, RFC 2104: encrypted, then authenticated
 *	GCM             NIST SP 800-38D
 *	ChaCha20-Poly1305   RFC 8439
 *
 * One thread at a time.
 */
#ifndef SRC_SECTOR_SEAL_H
#define SRC_SECTOR_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/digest.h"

#define SEAL_TAG_BYTES_MAX 80u
#define SEAL_KEY_BYTES_MAX 128u

enum seal_cipher { SEAL_XTS_HMAC, SEAL_GCM, SEAL_CHACHA20_POLY1305 };

struct seal_kind {
	enum seal_cipher cipher;
	enum digest_kind digest; /* SEAL_XTS_HMAC */
	bool random_iv;          /* always, but for SEAL_XTS_HMAC */
};

size_t seal_tag_bytes(const struct seal_kind *kind);
/* Whether a key may have so many bytes. */
bool seal_takes_key(const struct seal_kind *kind, size_t key_bytes);

struct sector_seal;

/*
 * Of SEAL_XTS_HMAC the key of XTS comes first. It is copied, and wiped in the end.
 * -EINVAL for its size, or what secret_alloc() says.
 */
int sector_seal_create(const struct seal_kind *kind, const uint8_t *key, size_t key_bytes,
	struct sector_seal **ret);
void sector_seal_destroy(struct sector_seal *seal); /* NULL is fine */

/* Where a sector is: its number, and the IV's where that is a number. */
struct seal_place {
	uint64_t sector;
	uint64_t iv;
};

/* In place, a multiple of 512 bytes; fills the tag. -errno where randomness is lacking.
 */
int sector_seal_close(struct sector_seal *seal, const struct seal_place *place,
	uint8_t *bytes, size_t count, uint8_t *ret_tag);
/* In place. -EILSEQ where it is not what was closed there; what is in bytes is nothing
 * then. */
int sector_seal_open(struct sector_seal *seal, const struct seal_place *place,
	uint8_t *bytes, size_t count, const uint8_t *tag);

#endif
