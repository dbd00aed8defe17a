/* SPDX-License-Identifier: Apache-2.0 */
#include "src/digest.h"

#include <endian.h>
#include <errno.h>
#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <stdlib.h>
#include <string.h>

#include "src/must.h"
#include "src/sha256.h"

/* SHA-256 with the CPU's instructions; all others are the library's. */
struct fast {
	SHA256_BLOCKS((*blocks)); /* NULL: the library does it */
	uint64_t bytes;
	uint32_t state[SHA256_WORDS];
	uint8_t open[SHA256_BLOCK_BYTES]; /* of the block that is not whole yet */
};

struct digest {
	mbedtls_md_context_t context;
	struct fast fast;
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
	struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest)
		return NULL;
	mbedtls_md_init(&digest->context);
	if (mbedtls_md_setup(
		    &digest->context, mbedtls_md_info_from_type(kinds[kind].type), 0)) {
		digest_destroy(digest);
		return NULL;
	}
	if (kind == DIGEST_SHA256)
		digest->fast.blocks = sha256_kernel();
	return digest;
}

void digest_destroy(struct digest *digest)
{
	if (!digest)
		return;
	mbedtls_md_free(&digest->context);
	mbedtls_platform_zeroize(&digest->fast, sizeof(digest->fast));
	free(digest);
}

/* --- with the CPU's instructions ---------------------------------------------------- */

static void fast_start(struct fast *fast)
{
	fast->bytes = 0;
	memcpy(fast->state, sha256_start, sizeof(fast->state));
}

static void fast_add(struct fast *fast, const uint8_t *from, size_t bytes)
{
	size_t open = fast->bytes % SHA256_BLOCK_BYTES;
	size_t fits = SHA256_BLOCK_BYTES - open;

	fast->bytes += bytes;
	if (open) {
		size_t taken = bytes < fits ? bytes : fits;

		memcpy(fast->open + open, from, taken);
		if (bytes < fits)
			return;
		fast->blocks(fast->state, fast->open, 1);
		from += taken;
		bytes -= taken;
	}
	fast->blocks(fast->state, from, bytes / SHA256_BLOCK_BYTES);
	memcpy(fast->open, from + bytes / SHA256_BLOCK_BYTES * SHA256_BLOCK_BYTES,
		bytes % SHA256_BLOCK_BYTES);
}

/* FIPS 180-4, 5.1.1: a one, zeroes, and the length in bits at a block's end. */
static void fast_end(struct fast *fast, uint8_t *ret)
{
	static const uint8_t padding[SHA256_BLOCK_BYTES] = {0x80};
	uint64_t bits = htobe64(fast->bytes * 8);
	size_t open = fast->bytes % SHA256_BLOCK_BYTES;
	size_t room = SHA256_BLOCK_BYTES - sizeof(bits);

	fast_add(fast, padding,
		open < room ? room - open : room + SHA256_BLOCK_BYTES - open);
	fast_add(fast, (const uint8_t *)&bits, sizeof(bits));
	for (unsigned int i = 0; i < SHA256_WORDS; i++) {
		uint32_t word = htobe32(fast->state[i]);

		memcpy(ret + i * sizeof(word), &word, sizeof(word));
	}
}

/* --- of either kind ----------------------------------------------------------------- */

void digest_start(struct digest *digest)
{
	if (digest->fast.blocks)
		fast_start(&digest->fast);
	else
		must(mbedtls_md_starts(&digest->context));
}

void digest_start_from(struct digest *digest, const struct digest *from)
{
	if (digest->fast.blocks)
		digest->fast = from->fast;
	else
		must(mbedtls_md_clone(&digest->context, &from->context));
}

void digest_add(struct digest *digest, const void *from, size_t bytes)
{
	if (digest->fast.blocks)
		fast_add(&digest->fast, from, bytes);
	else
		must(mbedtls_md_update(&digest->context, from, bytes));
}

void digest_end(struct digest *digest, uint8_t *ret)
{
	if (digest->fast.blocks)
		fast_end(&digest->fast, ret);
	else
		must(mbedtls_md_finish(&digest->context, ret));
}

int digest_of(enum digest_kind kind, const void *from, size_t bytes, uint8_t *ret)
{
	struct digest *digest = digest_create(kind);

	if (!digest)
		return -ENOMEM;
	digest_start(digest);
	digest_add(digest, from, bytes);
	digest_end(digest, ret);
	digest_destroy(digest);
	return 0;
}
