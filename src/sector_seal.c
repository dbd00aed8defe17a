/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sector_seal.h"

#include <errno.h>
#include <mbedtls/aes.h>
#include <mbedtls/chachapoly.h>
#include <mbedtls/gcm.h>
#include <string.h>

#include "src/aes_xts.h"
#include "src/hmac.h"
#include "src/le.h"
#include "src/mbedtls_private.h"
#include "src/must.h"
#include "src/random.h"
#include "src/secret.h"

#define SECTOR_NUMBER_BYTES 8u
#define IV_BYTES_MAX 16u
#define AEAD_IV_BYTES 12u
#define AEAD_TAG_BYTES 16u

/* GCM, with round keys in memory for secrets: the library takes them from the heap. */
struct own_gcm {
	mbedtls_gcm_context context;
	mbedtls_aes_context aes;
	void *spare; /* the library's, without a key */
};

struct sector_seal {
	struct seal_kind kind;
	struct aes_xts *xts;
	struct hmac *hmac;
	union {
		struct own_gcm gcm;
		mbedtls_chachapoly_context chachapoly;
	};
};

/* What is authenticated in front of the ciphertext. */
struct associated {
	uint8_t bytes[SECTOR_NUMBER_BYTES + IV_BYTES_MAX];
	size_t count;
};

static size_t iv_bytes(const struct seal_kind *kind)
{
	return kind->cipher == SEAL_XTS_HMAC ? AES_XTS_IV_BYTES : AEAD_IV_BYTES;
}

/* Of the tag without the IV. */
static size_t proof_bytes(const struct seal_kind *kind)
{
	return kind->cipher == SEAL_XTS_HMAC ? digest_bytes(kind->digest)
					     : AEAD_TAG_BYTES;
}

size_t seal_tag_bytes(const struct seal_kind *kind)
{
	return proof_bytes(kind) + (kind->random_iv ? iv_bytes(kind) : 0);
}

bool seal_takes_key(const struct seal_kind *kind, size_t key_bytes)
{
	size_t mac_bytes = proof_bytes(kind);

	switch (kind->cipher) {
	case SEAL_XTS_HMAC:
		return key_bytes == mac_bytes + 32 || key_bytes == mac_bytes + 64;
	case SEAL_GCM:
		return key_bytes == 16 || key_bytes == 32;
	case SEAL_CHACHA20_POLY1305:
		break;
	}
	return key_bytes == 32;
}

static void **round_keys_of(struct own_gcm *gcm)
{
	return &gcm->context.MBEDTLS_PRIVATE(cipher_ctx).MBEDTLS_PRIVATE(cipher_ctx);
}

static void move_round_keys(struct own_gcm *gcm, const uint8_t *key, unsigned int bits)
{
	void **at = round_keys_of(gcm);

	gcm->spare = *at;
	mbedtls_aes_free(gcm->spare); /* wipes */
	mbedtls_aes_init(&gcm->aes);
	must(mbedtls_aes_setkey_enc(&gcm->aes, key, bits));
	*at = &gcm->aes;
}

static void give_back(struct own_gcm *gcm)
{
	if (gcm->spare)
		*round_keys_of(gcm) = gcm->spare;
}

static int set_gcm_key(struct own_gcm *gcm, const uint8_t *key, unsigned int bits)
{
	if (mbedtls_gcm_setkey(&gcm->context, MBEDTLS_CIPHER_ID_AES, key, bits))
		return -ENOMEM;
	move_round_keys(gcm, key, bits);
	return 0;
}

static int set_key(struct sector_seal *seal, const uint8_t *key, size_t key_bytes)
{
	size_t mac_bytes = proof_bytes(&seal->kind);
	int code;

	switch (seal->kind.cipher) {
	case SEAL_XTS_HMAC:
		code = aes_xts_create(key, key_bytes - mac_bytes, &seal->xts);
		if (code)
			return code;
		return hmac_create(seal->kind.digest, key + key_bytes - mac_bytes,
			mac_bytes, &seal->hmac);
	case SEAL_GCM:
		return set_gcm_key(&seal->gcm, key, 8 * (unsigned int)key_bytes);
	case SEAL_CHACHA20_POLY1305:
		break;
	}
	return mbedtls_chachapoly_setkey(&seal->chachapoly, key) ? -EINVAL : 0;
}

int sector_seal_create(const struct seal_kind *kind, const uint8_t *key, size_t key_bytes,
	struct sector_seal **ret)
{
	struct sector_seal *seal;
	int code;

	if (!seal_takes_key(kind, key_bytes))
		return -EINVAL;
	seal = secret_alloc(sizeof(*seal));
	if (!seal)
		return -errno;
	seal->kind = *kind;
	if (kind->cipher == SEAL_GCM)
		mbedtls_gcm_init(&seal->gcm.context);
	else if (kind->cipher == SEAL_CHACHA20_POLY1305)
		mbedtls_chachapoly_init(&seal->chachapoly);
	code = set_key(seal, key, key_bytes);
	if (code) {
		sector_seal_destroy(seal);
		return code;
	}
	*ret = seal;
	return 0;
}

void sector_seal_destroy(struct sector_seal *seal)
{
	if (!seal)
		return;
	if (seal->kind.cipher == SEAL_GCM) {
		give_back(&seal->gcm);
		mbedtls_gcm_free(&seal->gcm.context);
	} else if (seal->kind.cipher == SEAL_CHACHA20_POLY1305) {
		mbedtls_chachapoly_free(&seal->chachapoly);
	}
	hmac_destroy(seal->hmac);
	aes_xts_destroy(seal->xts);
	secret_free(seal, sizeof(*seal));
}

/* With the IV at iv, or its number where that is NULL. */
static void associate(const struct sector_seal *seal, const struct seal_place *place,
	const uint8_t *iv, struct associated *ret)
{
	*ret = (struct associated){.count = SECTOR_NUMBER_BYTES + iv_bytes(&seal->kind)};
	le64_put(ret->bytes, place->sector);
	if (iv)
		memcpy(ret->bytes + SECTOR_NUMBER_BYTES, iv, iv_bytes(&seal->kind));
	else
		le64_put(ret->bytes + SECTOR_NUMBER_BYTES, place->iv);
}

static void authenticate(struct sector_seal *seal, const struct associated *with,
	const uint8_t *bytes, size_t count, uint8_t *ret)
{
	hmac_start(seal->hmac);
	hmac_add(seal->hmac, with->bytes, with->count);
	hmac_add(seal->hmac, bytes, count);
	hmac_end(seal->hmac, ret);
}

/* In a time that says nothing about where they differ. */
static bool are_equal(const uint8_t *one, const uint8_t *other, size_t count)
{
	uint8_t different = 0;

	for (size_t i = 0; i < count; i++)
		different |= one[i] ^ other[i];
	return !different;
}

int sector_seal_close(struct sector_seal *seal, const struct seal_place *place,
	uint8_t *bytes, size_t count, uint8_t *ret_tag)
{
	uint8_t *random_iv =
		seal->kind.random_iv ? ret_tag + proof_bytes(&seal->kind) : NULL;
	int code = random_iv ? random_bytes(NULL, random_iv, iv_bytes(&seal->kind)) : 0;
	struct associated with;
	const uint8_t *iv = with.bytes + SECTOR_NUMBER_BYTES;

	if (code)
		return code;
	associate(seal, place, random_iv, &with);
	switch (seal->kind.cipher) {
	case SEAL_XTS_HMAC:
		aes_xts_encrypt_iv(seal->xts, iv, bytes, bytes, count);
		authenticate(seal, &with, bytes, count, ret_tag);
		break;
	case SEAL_GCM:
		must(mbedtls_gcm_crypt_and_tag(&seal->gcm.context, MBEDTLS_GCM_ENCRYPT,
			count, iv, AEAD_IV_BYTES, with.bytes, with.count, bytes, bytes,
			AEAD_TAG_BYTES, ret_tag));
		break;
	case SEAL_CHACHA20_POLY1305:
		must(mbedtls_chachapoly_encrypt_and_tag(&seal->chachapoly, count, iv,
			with.bytes, with.count, bytes, bytes, ret_tag));
		break;
	}
	return 0;
}

int sector_seal_open(struct sector_seal *seal, const struct seal_place *place,
	uint8_t *bytes, size_t count, const uint8_t *tag)
{
	const uint8_t *random_iv =
		seal->kind.random_iv ? tag + proof_bytes(&seal->kind) : NULL;
	uint8_t proof[DIGEST_BYTES_MAX];
	struct associated with;
	const uint8_t *iv = with.bytes + SECTOR_NUMBER_BYTES;
	bool authentic = false;

	associate(seal, place, random_iv, &with);
	switch (seal->kind.cipher) {
	case SEAL_XTS_HMAC:
		authenticate(seal, &with, bytes, count, proof);
		authentic = are_equal(proof, tag, proof_bytes(&seal->kind));
		if (authentic)
			aes_xts_decrypt_iv(seal->xts, iv, bytes, bytes, count);
		break;
	case SEAL_GCM:
		authentic = !mbedtls_gcm_auth_decrypt(&seal->gcm.context, count, iv,
			AEAD_IV_BYTES, with.bytes, with.count, tag, AEAD_TAG_BYTES, bytes,
			bytes);
		break;
	case SEAL_CHACHA20_POLY1305:
		authentic = !mbedtls_chachapoly_auth_decrypt(&seal->chachapoly, count, iv,
			with.bytes, with.count, tag, bytes, bytes);
		break;
	}
	return authentic ? 0 : -EILSEQ;
}
