/* SPDX-License-Identifier: Apache-2.0 */
#include "src/digest.h"

#include <mbedtls/md.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/sha256.h"
#include "test/unit/test.h"

#define BYTES_MAX 1000

static uint8_t text[BYTES_MAX];

static void fill(void)
{
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof(text); i++) {
		state = state * 1664525 + 1013904223;
		text[i] = (uint8_t)(state >> 24);
	}
}

/* Of the library, which knows nothing of our kernels. */
static void of_library(
	mbedtls_md_type_t type, const uint8_t *from, size_t bytes, uint8_t *ret)
{
	CHECK(mbedtls_md(mbedtls_md_info_from_type(type), from, bytes, ret) == 0);
}

static void compare(enum digest_kind kind, mbedtls_md_type_t type)
{
	struct digest *digest = digest_create(kind);
	uint8_t want[DIGEST_BYTES_MAX];
	uint8_t got[DIGEST_BYTES_MAX];

	fill();
	for (size_t bytes = 0; bytes <= 300; bytes++) {
		of_library(type, text, bytes, want);
		/* All lengths of the first piece, so that each block is cut everywhere.
		 */
		for (size_t cut = 0; cut <= bytes; cut++) {
			digest_start(digest);
			digest_add(digest, text, cut);
			digest_add(digest, text + cut, bytes - cut);
			digest_end(digest, got);
			if (memcmp(got, want, digest_bytes(kind)))
				test_fail(__FILE__, __LINE__, "%zu bytes cut at %zu",
					bytes, cut);
		}
	}
	digest_destroy(digest);
}

TEST(sha256_is_that_of_the_library_whatever_the_length_and_the_pieces)
{
	printf("# by %s\n", sha256_kernel() ? "the CPU's instructions" : "the library");
	compare(DIGEST_SHA256, MBEDTLS_MD_SHA256);
}

TEST(sha512_is_that_of_the_library_whatever_the_length_and_the_pieces)
{
	compare(DIGEST_SHA512, MBEDTLS_MD_SHA512);
}

TEST(reads_from_any_address)
{
	struct digest *digest = digest_create(DIGEST_SHA256);
	uint8_t want[32];
	uint8_t got[32];

	fill();
	for (size_t at = 0; at < 64; at++) {
		of_library(MBEDTLS_MD_SHA256, text + at, 512, want);
		digest_start(digest);
		digest_add(digest, text + at, 512);
		digest_end(digest, got);
		CHECK(!memcmp(got, want, sizeof(got)));
	}
	digest_destroy(digest);
}

/* FIPS 180-4, its own example. */
TEST(knows_the_published_digests)
{
	static const uint8_t abc[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
		0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3,
		0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
	struct digest *digest = digest_create(DIGEST_SHA256);
	uint8_t got[32];

	digest_start(digest);
	digest_add(digest, "abc", 3);
	digest_end(digest, got);
	CHECK(!memcmp(got, abc, sizeof(got)));
	digest_destroy(digest);
}

TEST(names_lead_to_kinds_and_back)
{
	CHECK_EQ(digest_kind_of("sha256"), DIGEST_SHA256);
	CHECK_STR(digest_name(DIGEST_SHA512), "sha512");
	CHECK(digest_kind_of("md5") < 0);
}

TEST_MAIN(CASE(sha256_is_that_of_the_library_whatever_the_length_and_the_pieces),
	CASE(sha512_is_that_of_the_library_whatever_the_length_and_the_pieces),
	CASE(reads_from_any_address), CASE(knows_the_published_digests),
	CASE(names_lead_to_kinds_and_back))
