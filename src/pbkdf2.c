/* SPDX-License-Identifier: Apache-2.0 */
#include "src/pbkdf2.h"

#include <endian.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "src/hmac.h"

static void hmac_run(struct hmac *hmac, const void *from, size_t bytes, const void *more,
	size_t more_bytes, uint8_t *ret)
{
	hmac_start(hmac);
	hmac_add(hmac, from, bytes);
	if (more_bytes)
		hmac_add(hmac, more, more_bytes);
	hmac_end(hmac, ret);
}

int pbkdf2(const struct pbkdf2_options *options, uint8_t *ret, size_t bytes)
{
	size_t digest_size = digest_bytes(options->kind);
	uint8_t sum[DIGEST_BYTES_MAX];
	uint8_t round[DIGEST_BYTES_MAX];
	uint32_t number;
	struct hmac *hmac = NULL;
	int code = hmac_create(
		options->kind, options->password, options->password_bytes, &hmac);

	for (uint32_t block = 1; !code && bytes; block++) {
		size_t part = bytes < digest_size ? bytes : digest_size;

		number = htobe32(block);
		hmac_run(hmac, options->salt, options->salt_bytes, &number,
			sizeof(number), round);
		memcpy(sum, round, digest_size);
		for (uint32_t i = 1; i < options->iterations; i++) {
			hmac_run(hmac, round, digest_size, NULL, 0, round);
			for (size_t j = 0; j < digest_size; j++)
				sum[j] ^= round[j];
		}
		memcpy(ret, sum, part);
		ret += part;
		bytes -= part;
	}
	hmac_destroy(hmac);
	mbedtls_platform_zeroize(sum, sizeof(sum));
	mbedtls_platform_zeroize(round, sizeof(round));
	return code;
}
