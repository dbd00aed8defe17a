/* SPDX-License-Identifier: Apache-2.0 */
#include "src/aes_xts.h"

#include <assert.h>
#include <errno.h>
#include <mbedtls/aes.h>
#include <string.h>

#include "src/aes_xts_kernel.h"
#include "src/le.h"
#include "src/must.h"
#include "src/secret.h"

struct aes_xts {
	const struct aes_xts_kernel *kernel; /* NULL: mbedtls */
	union {
		struct aes_xts_keys keys;
		struct {
			mbedtls_aes_xts_context encrypt;
			mbedtls_aes_xts_context decrypt;
		} portable;
	};
};

/* FIPS 197, section 5.2, with words as they lie in memory of a little-endian CPU. */
static void expand(const struct aes_xts_kernel *kernel, const uint8_t *key,
	unsigned int key_words, struct aes_round_keys *ret)
{
	unsigned int count = 4 * (key_words + 7);
	uint32_t *words = ret->words;
	uint32_t round_constant = 1;

	for (unsigned int i = 0; i < key_words; i++)
		words[i] = le32_at(key + 4 * i);
	for (unsigned int i = key_words; i < count; i++) {
		uint32_t word = words[i - 1];

		if (i % key_words == 0) {
			word = kernel->sub_word(word >> 8 | word << 24) ^ round_constant;
			round_constant =
				round_constant << 1 ^ (round_constant & 0x80 ? 0x11b : 0);
		} else if (key_words > 6 && i % key_words == 4) {
			word = kernel->sub_word(word);
		}
		words[i] = words[i - key_words] ^ word;
	}
}

static void set_keys(struct aes_xts *xts, const uint8_t *key, size_t key_bytes)
{
	unsigned int key_words = (unsigned int)key_bytes / 8;

	xts->keys.rounds = key_words + 6;
	expand(xts->kernel, key, key_words, &xts->keys.encrypt);
	expand(xts->kernel, key + key_bytes / 2, key_words, &xts->keys.tweak);
	xts->kernel->invert(&xts->keys);
}

static void set_portable(struct aes_xts *xts, const uint8_t *key, unsigned int key_bits)
{
	mbedtls_aes_xts_init(&xts->portable.encrypt);
	mbedtls_aes_xts_init(&xts->portable.decrypt);
	must(mbedtls_aes_xts_setkey_enc(&xts->portable.encrypt, key, key_bits));
	must(mbedtls_aes_xts_setkey_dec(&xts->portable.decrypt, key, key_bits));
}

static int create(const struct aes_xts_kernel *kernel, const uint8_t *key,
	size_t key_bytes, struct aes_xts **ret)
{
	struct aes_xts *xts;

	if (key_bytes != 32 && key_bytes != 64)
		return -EINVAL;
	xts = secret_alloc(sizeof(*xts));
	if (!xts)
		return -errno;
	xts->kernel = kernel;
	if (kernel)
		set_keys(xts, key, key_bytes);
	else
		set_portable(xts, key, 8 * (unsigned int)key_bytes);
	*ret = xts;
	return 0;
}

int aes_xts_create(const uint8_t *key, size_t key_bytes, struct aes_xts **ret)
{
	return create(aes_xts_kernel(), key, key_bytes, ret);
}

int aes_xts_create_portable(const uint8_t *key, size_t key_bytes, struct aes_xts **ret)
{
	return create(NULL, key, key_bytes, ret);
}

void aes_xts_destroy(struct aes_xts *xts)
{
	secret_free(xts, sizeof(*xts));
}

/* It changes nothing in the context, which it does not say. */
static void crypt_portable(const mbedtls_aes_xts_context *context, int mode,
	const uint8_t *iv, const void *from, void *to, size_t bytes)
{
	must(mbedtls_aes_crypt_xts(
		(mbedtls_aes_xts_context *)context, mode, bytes, iv, from, to));
}

void aes_xts_encrypt_iv(const struct aes_xts *xts, const uint8_t iv[AES_XTS_IV_BYTES],
	const void *from, void *to, size_t bytes)
{
	assert(bytes && bytes % AES_XTS_STEP_BYTES == 0);
	if (xts->kernel)
		xts->kernel->encrypt(&xts->keys, iv, from, to, bytes);
	else
		crypt_portable(
			&xts->portable.encrypt, MBEDTLS_AES_ENCRYPT, iv, from, to, bytes);
}

void aes_xts_decrypt_iv(const struct aes_xts *xts, const uint8_t iv[AES_XTS_IV_BYTES],
	const void *from, void *to, size_t bytes)
{
	assert(bytes && bytes % AES_XTS_STEP_BYTES == 0);
	if (xts->kernel)
		xts->kernel->decrypt(&xts->keys, iv, from, to, bytes);
	else
		crypt_portable(
			&xts->portable.decrypt, MBEDTLS_AES_DECRYPT, iv, from, to, bytes);
}

void aes_xts_encrypt(const struct aes_xts *xts, uint64_t sector, const void *from,
	void *to, size_t bytes)
{
	uint8_t iv[AES_XTS_IV_BYTES] = {0};

	le64_put(iv, sector);
	aes_xts_encrypt_iv(xts, iv, from, to, bytes);
}

void aes_xts_decrypt(const struct aes_xts *xts, uint64_t sector, const void *from,
	void *to, size_t bytes)
{
	uint8_t iv[AES_XTS_IV_BYTES] = {0};

	le64_put(iv, sector);
	aes_xts_decrypt_iv(xts, iv, from, to, bytes);
}

bool aes_xts_is_quick(const struct aes_xts *xts)
{
	return xts->kernel;
}

const char *aes_xts_name(const struct aes_xts *xts)
{
	return xts->kernel ? xts->kernel->name : "mbedtls";
}
