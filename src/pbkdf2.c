/* SPDX-License-Identifier: Apache-2.0 */
#include "src/pbkdf2.h"

#include <endian.h>
#include <errno.h>
#include <mbedtls/platform_util.h>
#include <string.h>

/* As long as a block of the largest digest. */
#define PAD_BYTES_MAX 128u

/* Both digests behind their padded key, from where each iteration starts. */
struct hmac {
	enum digest_kind kind;
	struct digest *inner;
	struct digest *outer;
	struct digest *work;
};

static void start(
	struct digest *digest, const uint8_t *key, size_t pad_bytes, uint8_t pad_byte)
{
	uint8_t pad[PAD_BYTES_MAX];

	for (size_t i = 0; i < pad_bytes; i++)
		pad[i] = key[i] ^ pad_byte;
	digest_start(digest);
	digest_add(digest, pad, pad_bytes);
	mbedtls_platform_zeroize(pad, sizeof(pad));
}

static void hmac_destroy(struct hmac *hmac)
{
	digest_destroy(hmac->inner);
	digest_destroy(hmac->outer);
	digest_destroy(hmac->work);
}

static int hmac_create(struct hmac *hmac, const struct pbkdf2_options *options)
{
	size_t pad_bytes = options->kind == DIGEST_SHA512 ? 128 : 64;
	uint8_t key[PAD_BYTES_MAX] = {0};

	hmac->kind = options->kind;
	hmac->inner = digest_create(hmac->kind);
	hmac->outer = digest_create(hmac->kind);
	hmac->work = digest_create(hmac->kind);
	if (!hmac->inner || !hmac->outer || !hmac->work) {
		hmac_destroy(hmac);
		return -ENOMEM;
	}
	if (options->password_bytes <= pad_bytes) {
		memcpy(key, options->password, options->password_bytes);
	} else {
		digest_start(hmac->work);
		digest_add(hmac->work, options->password, options->password_bytes);
		digest_end(hmac->work, key);
	}
	start(hmac->inner, key, pad_bytes, 0x36);
	start(hmac->outer, key, pad_bytes, 0x5c);
	mbedtls_platform_zeroize(key, sizeof(key));
	return 0;
}

static void hmac_run(const struct hmac *hmac, const void *from, size_t bytes,
	const void *more, size_t more_bytes, uint8_t *ret)
{
	digest_start_from(hmac->work, hmac->inner);
	digest_add(hmac->work, from, bytes);
	if (more_bytes)
		digest_add(hmac->work, more, more_bytes);
	digest_end(hmac->work, ret);
	digest_start_from(hmac->work, hmac->outer);
	digest_add(hmac->work, ret, digest_bytes(hmac->kind));
	digest_end(hmac->work, ret);
}

int pbkdf2(const struct pbkdf2_options *options, uint8_t *ret, size_t bytes)
{
	size_t digest_size = digest_bytes(options->kind);
	uint8_t sum[DIGEST_BYTES_MAX];
	uint8_t round[DIGEST_BYTES_MAX];
	uint32_t number;
	struct hmac hmac;
	int code = hmac_create(&hmac, options);

	for (uint32_t block = 1; !code && bytes; block++) {
		size_t part = bytes < digest_size ? bytes : digest_size;

		number = htobe32(block);
		hmac_run(&hmac, options->salt, options->salt_bytes, &number,
			sizeof(number), round);
		memcpy(sum, round, digest_size);
		for (uint32_t i = 1; i < options->iterations; i++) {
			hmac_run(&hmac, round, digest_size, NULL, 0, round);
			for (size_t j = 0; j < digest_size; j++)
				sum[j] ^= round[j];
		}
		memcpy(ret, sum, part);
		ret += part;
		bytes -= part;
	}
	if (!code)
		hmac_destroy(&hmac);
	mbedtls_platform_zeroize(sum, sizeof(sum));
	mbedtls_platform_zeroize(round, sizeof(round));
	return code;
}
