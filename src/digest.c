/* SPDX-License-Identifier: Apache-2.0 */
#include "src/digest.h"

#include <assert.h>
#include <mbedtls/md.h>
#include <stdlib.h>
#include <string.h>

struct digest {
	mbedtls_md_context_t context;
};

static const struct {
	const char *name;
	mbedtls_md_type_t type;
	size_t bytes;
} kinds[] = {
	[DIGEST_SHA256] = {"sha256", MBEDTLS_MD_SHA256, 32},
	[DIGEST_SHA512] = {"sha512", MBEDTLS_MD_SHA512, 64},
};

int digest_kind_of(const char *name)
{
	for (int i = DIGEST_SHA256; i <= DIGEST_SHA512; i++)
		if (!strcmp(kinds[i].name, name))
			return i;
	return -1;
}

const char *digest_name(enum digest_kind kind)
{
	return kinds[kind].name;
}

size_t digest_bytes(enum digest_kind kind)
{
	return kinds[kind].bytes;
}

struct digest *digest_create(enum digest_kind kind)
{
	struct digest *digest = malloc(sizeof(*digest));

	if (!digest)
		return NULL;
	mbedtls_md_init(&digest->context);
	if (mbedtls_md_setup(
		    &digest->context, mbedtls_md_info_from_type(kinds[kind].type), 0)) {
		digest_destroy(digest);
		return NULL;
	}
	return digest;
}

void digest_destroy(struct digest *digest)
{
	if (!digest)
		return;
	mbedtls_md_free(&digest->context);
	free(digest);
}

/* In software these only fail on a context that was never set up. */
static void must(int result)
{
	assert(!result);
	(void)result;
}

void digest_start(struct digest *digest)
{
	must(mbedtls_md_starts(&digest->context));
}

void digest_add(struct digest *digest, const void *from, size_t bytes)
{
	must(mbedtls_md_update(&digest->context, from, bytes));
}

void digest_end(struct digest *digest, uint8_t *ret)
{
	must(mbedtls_md_finish(&digest->context, ret));
}
