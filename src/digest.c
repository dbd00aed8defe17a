/* SPDX-License-Identifier: Apache-2.0 */
#include "src/digest.h"

#include <endian.h>
#include <errno.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/version.h>
#include <stdlib.h>
#include <string.h>

#include "src/digest_impl.h"
#include "src/must.h"

/* Version 2 of the library has these names for functions that return nothing. */
#if MBEDTLS_VERSION_MAJOR < 3
#define mbedtls_sha256_starts mbedtls_sha256_starts_ret
#define mbedtls_sha256_update mbedtls_sha256_update_ret
#define mbedtls_sha256_finish mbedtls_sha256_finish_ret
#define mbedtls_sha512_starts mbedtls_sha512_starts_ret
#define mbedtls_sha512_update mbedtls_sha512_update_ret
#define mbedtls_sha512_finish mbedtls_sha512_finish_ret
#endif

static const struct {
	const char *name;
	size_t bytes;
} kinds[] = {
	[DIGEST_SHA256] = {"sha256", 32},
	[DIGEST_SHA512] = {"sha512", 64},
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

void digest_init(struct digest *digest, enum digest_kind kind)
{
	*digest = (struct digest){.kind = kind};
	if (kind == DIGEST_SHA256)
		digest->blocks = sha256_kernel();
	if (kind == DIGEST_SHA512)
		mbedtls_sha512_init(&digest->sha512);
	else if (!digest->blocks)
		mbedtls_sha256_init(&digest->sha256);
}

void digest_finish(struct digest *digest)
{
	if (digest->kind == DIGEST_SHA512)
		mbedtls_sha512_free(&digest->sha512);
	else if (!digest->blocks)
		mbedtls_sha256_free(&digest->sha256);
	mbedtls_platform_zeroize(digest, sizeof(*digest));
}

struct digest *digest_create(enum digest_kind kind)
{
	struct digest *digest = malloc(sizeof(*digest));

	if (digest)
		digest_init(digest, kind);
	return digest;
}

void digest_destroy(struct digest *digest)
{
	if (!digest)
		return;
	digest_finish(digest);
	free(digest);
}

/* --- with the CPU's instructions ---------------------------------------------------- */

static void fast_start(struct digest_fast *fast)
{
	fast->bytes = 0;
	memcpy(fast->state, sha256_start, sizeof(fast->state));
}

static void fast_add(struct digest *digest, const uint8_t *from, size_t bytes)
{
	struct digest_fast *fast = &digest->fast;
	size_t open = fast->bytes % SHA256_BLOCK_BYTES;
	size_t fits = SHA256_BLOCK_BYTES - open;

	fast->bytes += bytes;
	if (open) {
		size_t taken = bytes < fits ? bytes : fits;

		memcpy(fast->open + open, from, taken);
		if (bytes < fits)
			return;
		digest->blocks(fast->state, fast->open, 1);
		from += taken;
		bytes -= taken;
	}
	digest->blocks(fast->state, from, bytes / SHA256_BLOCK_BYTES);
	memcpy(fast->open, from + bytes / SHA256_BLOCK_BYTES * SHA256_BLOCK_BYTES,
		bytes % SHA256_BLOCK_BYTES);
}

/* FIPS 180-4, 5.1.1: a one, zeroes, and the length in bits at a block's end. */
static void fast_end(struct digest *digest, uint8_t *ret)
{
	static const uint8_t padding[SHA256_BLOCK_BYTES] = {0x80};
	struct digest_fast *fast = &digest->fast;
	uint64_t bits = htobe64(fast->bytes * 8);
	size_t open = fast->bytes % SHA256_BLOCK_BYTES;
	size_t room = SHA256_BLOCK_BYTES - sizeof(bits);

	fast_add(digest, padding,
		open < room ? room - open : room + SHA256_BLOCK_BYTES - open);
	fast_add(digest, (const uint8_t *)&bits, sizeof(bits));
	for (unsigned int i = 0; i < SHA256_WORDS; i++) {
		uint32_t word = htobe32(fast->state[i]);

		memcpy(ret + i * sizeof(word), &word, sizeof(word));
	}
}

/* --- of any kind -------------------------------------------------------------------- */

void digest_start(struct digest *digest)
{
	if (digest->blocks)
		fast_start(&digest->fast);
	else if (digest->kind == DIGEST_SHA256)
		must(mbedtls_sha256_starts(&digest->sha256, 0));
	else
		must(mbedtls_sha512_starts(&digest->sha512, 0));
}

void digest_start_from(struct digest *digest, const struct digest *from)
{
	if (digest->blocks)
		digest->fast = from->fast;
	else if (digest->kind == DIGEST_SHA256)
		mbedtls_sha256_clone(&digest->sha256, &from->sha256);
	else
		mbedtls_sha512_clone(&digest->sha512, &from->sha512);
}

void digest_add(struct digest *digest, const void *from, size_t bytes)
{
	if (digest->blocks)
		fast_add(digest, from, bytes);
	else if (digest->kind == DIGEST_SHA256)
		must(mbedtls_sha256_update(&digest->sha256, from, bytes));
	else
		must(mbedtls_sha512_update(&digest->sha512, from, bytes));
}

void digest_end(struct digest *digest, uint8_t *ret)
{
	if (digest->blocks)
		fast_end(digest, ret);
	else if (digest->kind == DIGEST_SHA256)
		must(mbedtls_sha256_finish(&digest->sha256, ret));
	else
		must(mbedtls_sha512_finish(&digest->sha512, ret));
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
