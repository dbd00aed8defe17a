/* SPDX-License-Identifier: Apache-2.0 */
#include "src/hmac.h"

#include <errno.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "src/digest_impl.h"
#include "src/secret.h"

/* As long as a block of the largest digest. */
#define PAD_BYTES_MAX 128u

/* Both digests behind their padded key, from where each message starts: who has them has
 * no need of the key. */
struct hmac {
	struct digest inner;
	struct digest outer;
	struct digest work;
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

void hmac_destroy(struct hmac *hmac)
{
	if (!hmac)
		return;
	digest_finish(&hmac->inner);
	digest_finish(&hmac->outer);
	digest_finish(&hmac->work);
	secret_free(hmac, sizeof(*hmac));
}

int hmac_create(
	enum digest_kind kind, const void *key, size_t key_bytes, struct hmac **ret)
{
	size_t pad_bytes = kind == DIGEST_SHA512 ? 128 : 64;
	struct hmac *hmac = secret_alloc(sizeof(*hmac));
	uint8_t padded[PAD_BYTES_MAX] = {0};

	if (!hmac)
		return -errno;
	digest_init(&hmac->inner, kind);
	digest_init(&hmac->outer, kind);
	digest_init(&hmac->work, kind);
	if (key_bytes <= pad_bytes) {
		memcpy(padded, key, key_bytes);
	} else {
		digest_start(&hmac->work);
		digest_add(&hmac->work, key, key_bytes);
		digest_end(&hmac->work, padded);
	}
	start(&hmac->inner, padded, pad_bytes, 0x36);
	start(&hmac->outer, padded, pad_bytes, 0x5c);
	mbedtls_platform_zeroize(padded, sizeof(padded));
	*ret = hmac;
	return 0;
}

void hmac_start(struct hmac *hmac)
{
	digest_start_from(&hmac->work, &hmac->inner);
}

void hmac_add(struct hmac *hmac, const void *from, size_t bytes)
{
	digest_add(&hmac->work, from, bytes);
}

void hmac_end(struct hmac *hmac, uint8_t *ret)
{
	digest_end(&hmac->work, ret);
	digest_start_from(&hmac->work, &hmac->outer);
	digest_add(&hmac->work, ret, digest_bytes(hmac->work.kind));
	digest_end(&hmac->work, ret);
}
