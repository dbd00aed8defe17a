/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sector_seal.h"

#include <errno.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aes_xts.h"
#include "src/le.h"
#include "test/unit/test.h"

#define SECTOR_BYTES 4096u

static const struct {
	struct seal_kind kind;
	size_t key_bytes;
	size_t tag_bytes;
} kinds[] = {
	{{SEAL_XTS_HMAC, DIGEST_SHA256, false}, 64, 32},
	{{SEAL_XTS_HMAC, DIGEST_SHA256, false}, 96, 32},
	{{SEAL_XTS_HMAC, DIGEST_SHA512, false}, 128, 64},
	{{SEAL_XTS_HMAC, DIGEST_SHA256, true}, 96, 48},
	{{SEAL_XTS_HMAC, DIGEST_SHA512, true}, 96, 80},
	{{SEAL_GCM, DIGEST_SHA256, true}, 16, 28},
	{{SEAL_GCM, DIGEST_SHA256, true}, 32, 28},
	{{SEAL_CHACHA20_POLY1305, DIGEST_SHA256, true}, 32, 28},
};

static const struct seal_place here = {0x123456789a, 0x123456789b};

static void make_key(uint8_t key[SEAL_KEY_BYTES_MAX])
{
	for (unsigned int i = 0; i < SEAL_KEY_BYTES_MAX; i++)
		key[i] = (uint8_t)(i * 7 + 1);
}

static struct sector_seal *make(size_t i)
{
	uint8_t key[SEAL_KEY_BYTES_MAX];
	struct sector_seal *seal = NULL;

	make_key(key);
	CHECK_EQ(seal_tag_bytes(&kinds[i].kind), kinds[i].tag_bytes);
	CHECK_EQ(sector_seal_create(&kinds[i].kind, key, kinds[i].key_bytes, &seal), 0);
	return seal;
}

/* How often the beginning of the key is in what malloc() has from the kernel's heap. */
static unsigned int count_on_heap(const uint8_t *key)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start = 0, end = 0;
	unsigned int count = 0;
	bool found = false;
	char line[512];

	while (!found && maps && fgets(line, sizeof(line), maps))
		found = strstr(line, "[heap]") && strstr(line, " rw-p ") &&
			sscanf(line, "%lx-%lx", &start, &end) == 2;
	if (maps)
		fclose(maps);
	for (const char *at = (const char *)start; found && at + 16 <= (const char *)end;
		at++)
		count += !memcmp(at, key, 16);
	return count;
}

static void fill(uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)(i * 31 + (i >> 8));
}

/* With the key, round keys begin. A sanitizer's heap is elsewhere, and musl's. */
TEST(leaves_no_key_on_the_heap)
{
	uint8_t *copy = malloc(SEAL_KEY_BYTES_MAX);
	uint8_t key[SEAL_KEY_BYTES_MAX];

	make_key(key);
	memcpy(copy, key, sizeof(key));
	if (count_on_heap(key) != 1) {
		printf("skipped: no heap to look at\n");
		free(copy);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct sector_seal *seal = make(i);

		CHECK_EQ(count_on_heap(key), 1);
		sector_seal_destroy(seal);
		CHECK_EQ(count_on_heap(key), 1);
	}
	free(copy);
}

TEST(opens_what_it_closed)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct sector_seal *seal = make(i);

		for (size_t bytes = 512; bytes <= SECTOR_BYTES; bytes *= 2) {
			uint8_t text[SECTOR_BYTES], sector[SECTOR_BYTES];
			uint8_t tag[SEAL_TAG_BYTES_MAX];

			fill(text, bytes);
			memcpy(sector, text, bytes);
			CHECK_EQ(sector_seal_close(seal, &here, sector, bytes, tag), 0);
			CHECK(memcmp(sector, text, bytes) != 0);
			CHECK_EQ(sector_seal_open(seal, &here, sector, bytes, tag), 0);
			CHECK(!memcmp(sector, text, bytes));
		}
		sector_seal_destroy(seal);
	}
}

/* Of the sector a sample, of its tag each. */
TEST(refuses_any_other_bit)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct sector_seal *seal = make(i);
		uint8_t closed[512], sector[512], tag[SEAL_TAG_BYTES_MAX];

		fill(closed, sizeof(closed));
		CHECK_EQ(sector_seal_close(seal, &here, closed, 512, tag), 0);
		for (size_t bit = 0; bit < 8 * kinds[i].tag_bytes; bit++) {
			memcpy(sector, closed, sizeof(sector));
			tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK_EQ(
				sector_seal_open(seal, &here, sector, 512, tag), -EILSEQ);
			tag[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * sizeof(closed); bit += 37) {
			memcpy(sector, closed, sizeof(sector));
			sector[bit / 8] ^= (uint8_t)(1 << bit % 8);
			CHECK_EQ(
				sector_seal_open(seal, &here, sector, 512, tag), -EILSEQ);
		}
		memcpy(sector, closed, sizeof(sector));
		CHECK_EQ(sector_seal_open(seal, &here, sector, 512, tag), 0);
		sector_seal_destroy(seal);
	}
}

TEST(refuses_a_sector_from_elsewhere)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct seal_place there = {here.sector + 1, here.iv};
		struct sector_seal *seal = make(i);
		uint8_t sector[512] = {0}, tag[SEAL_TAG_BYTES_MAX];

		CHECK_EQ(sector_seal_close(seal, &here, sector, 512, tag), 0);
		CHECK_EQ(sector_seal_open(seal, &there, sector, 512, tag), -EILSEQ);
		sector_seal_destroy(seal);
	}
}

/* The sector's number, the IV, the ciphertext; the key's first part is for XTS. */
TEST(authenticates_as_dm_crypt_does)
{
	uint8_t key[SEAL_KEY_BYTES_MAX], message[24 + 512] = {0}, tag[32], found[32];
	struct sector_seal *seal = make(1);
	struct aes_xts *xts;

	make_key(key);
	CHECK_EQ(aes_xts_create_portable(key, 64, &xts), 0);
	le64_put(message, here.sector);
	le64_put(message + 8, here.iv);
	fill(message + 24, 512);
	CHECK_EQ(sector_seal_close(seal, &here, message + 24, 512, tag), 0);
	CHECK_EQ(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), key + 64,
			 32, message, sizeof(message), found),
		0);
	CHECK(!memcmp(tag, found, sizeof(tag)));
	aes_xts_decrypt(xts, here.iv, message + 24, message + 24, 512);
	fill(found, sizeof(found));
	CHECK(!memcmp(message + 24, found, sizeof(found)));
	aes_xts_destroy(xts);
	sector_seal_destroy(seal);
}

TEST(keeps_a_random_iv_behind_the_tag)
{
	uint8_t key[SEAL_KEY_BYTES_MAX], with[20], tags[2][28], sector[512] = {0};
	uint8_t found[512];
	struct sector_seal *seal = make(6);
	mbedtls_gcm_context gcm;

	make_key(key);
	CHECK_EQ(sector_seal_close(seal, &here, sector, 512, tags[0]), 0);
	memset(sector, 0, sizeof(sector));
	CHECK_EQ(sector_seal_close(seal, &here, sector, 512, tags[1]), 0);
	CHECK(memcmp(tags[0] + 16, tags[1] + 16, 12) != 0);
	le64_put(with, here.sector);
	memcpy(with + 8, tags[1] + 16, 12);
	mbedtls_gcm_init(&gcm);
	CHECK_EQ(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, 256), 0);
	CHECK_EQ(mbedtls_gcm_auth_decrypt(&gcm, 512, tags[1] + 16, 12, with, 20, tags[1],
			 16, sector, found),
		0);
	memset(sector, 0, sizeof(sector));
	CHECK(!memcmp(found, sector, sizeof(found)));
	mbedtls_gcm_free(&gcm);
	sector_seal_destroy(seal);
}

TEST(takes_keys_of_its_size_alone)
{
	uint8_t key[SEAL_KEY_BYTES_MAX];
	struct sector_seal *seal;

	make_key(key);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CHECK_EQ(sector_seal_create(
				 &kinds[i].kind, key, kinds[i].key_bytes - 1, &seal),
			-EINVAL);
		CHECK_EQ(sector_seal_create(&kinds[i].kind, key, 0, &seal), -EINVAL);
	}
}

TEST_MAIN(CASE(leaves_no_key_on_the_heap), CASE(opens_what_it_closed),
	CASE(refuses_any_other_bit), CASE(refuses_a_sector_from_elsewhere),
	CASE(authenticates_as_dm_crypt_does), CASE(keeps_a_random_iv_behind_the_tag),
	CASE(takes_keys_of_its_size_alone))
