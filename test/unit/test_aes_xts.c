/* SPDX-License-Identifier: Apache-2.0 */
#include "src/aes_xts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "test/unit/test.h"

#define SECTOR_BYTES_MAX 4096u

typedef int create_key(const uint8_t *key, size_t key_bytes, struct aes_xts **ret);

static create_key *const kinds[] = {aes_xts_create_portable, aes_xts_create};

static void from_hex(const char *hex, uint8_t *to)
{
	for (; *hex; hex += 2)
		*to++ = (uint8_t)(strtoul((char[]){hex[0], hex[1], 0}, NULL, 16));
}

/*
 * IEEE 1619-2007, annex B: vectors 4 to 9 have one key of 256 bits, 10 to 14 one of 512.
 * Each encrypts what the one before it gave; the first of a key, the bytes as they count.
 */
TEST(gives_what_the_standard_says)
{
	static const char key_256[] =
		"2718281828459045235360287471352631415926535897932384"
		"626433832795";
	static const char key_512[] =
		"27182818284590452353602874713526624977572470936999595749669676273141592"
		"653589793238462643383279502884197169399375105820974944592";
	static const struct {
		const char *key;
		uint64_t sector;
		const char *first;
		const char *last;
	} vectors[] = {
		{key_256, 0, "27a7479befa1d476489f308cd4cfa6e2",
			"0a282df920147beabe421ee5319d0568"},
		{key_256, 1, "264d3ca8512194fec312c8c9891f279f",
			"fd2a89ccb45e001a03a867b187f225dd"},
		{key_256, 2, "fa762a3680b76007928ed4a4f49a9456", NULL},
		{key_256, 0xfd, "476dbd88f79c207ecdd2ce17ef243199", NULL},
		{key_256, 0xfe, NULL, NULL},
		{key_256, 0xff, "b6c9a1cc64efa120b721a2121dc960b4",
			"a0f084ae8b55526932ece4674b9000c1"},
		{key_512, 0xff, "1c3b3a102f770386e4836c99e370cf9b",
			"c4f36ffda9fcea70b9c6e693e148c151"},
		{key_512, 0xffff, "ed866cc0ba84327570be19427413b809",
			"3a49167bb00225fb6a0c1371016cc252"},
		{key_512, 0xffffff, "8aec559aba3a60e1214f2efb796c43c2",
			"87ee9da2a5918bf004c4d13b5edac248"},
		{key_512, 0xffffffff, "f9f88860cf63263f2bff3c4c0eaed405",
			"303e21693e53da92974214203992fc3b"},
		{key_512, 0xffffffffff, "2651cc60515599ba0db140b0ca19747f",
			"f82217bbfc5ff27c8d6b8fed99f6aa18"},
	};

	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		const char *last_key = NULL;
		uint8_t text[512], before[512], back[512], key[64], want[16];
		struct aes_xts *xts = NULL;

		for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
			if (vectors[i].key != last_key) {
				for (size_t j = 0; j < sizeof(text); j++)
					text[j] = (uint8_t)j;
				from_hex(vectors[i].key, key);
				aes_xts_destroy(xts);
				CHECK_EQ(kinds[kind](
						 key, strlen(vectors[i].key) / 2, &xts),
					0);
			}
			last_key = vectors[i].key;
			memcpy(before, text, sizeof(text));
			aes_xts_encrypt(xts, vectors[i].sector, text, text, sizeof(text));
			if (vectors[i].first) {
				from_hex(vectors[i].first, want);
				CHECK(!memcmp(text, want, 16));
			}
			if (vectors[i].last) {
				from_hex(vectors[i].last, want);
				CHECK(!memcmp(text + sizeof(text) - 16, want, 16));
			}
			aes_xts_decrypt(xts, vectors[i].sector, text, back, sizeof(back));
			CHECK(!memcmp(back, before, sizeof(back)));
		}
		aes_xts_destroy(xts);
	}
}

/* The CPU's own instructions, where it has them, against mbedtls. */
TEST(is_the_same_whatever_computes_it)
{
	static uint8_t from[SECTOR_BYTES_MAX + 16], one[SECTOR_BYTES_MAX + 16],
		other[SECTOR_BYTES_MAX];

	srand(1);
	for (unsigned int round = 0; round < 400; round++) {
		size_t bytes = 512u << (round % 4), key_bytes = round & 4 ? 64 : 32;
		size_t skew = (size_t)rand() % 16;
		uint64_t sector = (uint64_t)rand() << 33 ^ (uint64_t)rand();
		struct aes_xts *xts[2] = {NULL, NULL};
		uint8_t key[64];

		for (size_t i = 0; i < sizeof(from); i++)
			from[i] = (uint8_t)rand();
		for (size_t i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)rand();
		CHECK_EQ(aes_xts_create(key, key_bytes, &xts[0]), 0);
		CHECK_EQ(aes_xts_create_portable(key, key_bytes, &xts[1]), 0);
		aes_xts_encrypt(xts[0], sector, from + skew, one + 16 - skew, bytes);
		aes_xts_encrypt(xts[1], sector, from + skew, other, bytes);
		CHECK(!memcmp(one + 16 - skew, other, bytes));
		aes_xts_decrypt(xts[0], sector, from + skew, one + skew, bytes);
		aes_xts_decrypt(xts[1], sector, from + skew, other, bytes);
		CHECK(!memcmp(one + skew, other, bytes));
		aes_xts_encrypt(xts[0], sector, one + skew, one + skew, bytes);
		CHECK(!memcmp(one + skew, from + skew, bytes));
		aes_xts_destroy(xts[0]);
		aes_xts_destroy(xts[1]);
	}
}

TEST(says_who_computes)
{
	static const uint8_t key[64];
	struct aes_xts *xts;

	CHECK_EQ(aes_xts_create_portable(key, 32, &xts), 0);
	CHECK_STR(aes_xts_name(xts), "mbedtls");
	aes_xts_destroy(xts);
	CHECK_EQ(aes_xts_create(key, 64, &xts), 0);
	printf("# %s\n", aes_xts_name(xts));
	aes_xts_destroy(xts);
	aes_xts_destroy(NULL);
}

TEST(refuses_keys_of_other_sizes)
{
	static const uint8_t key[65];
	struct aes_xts *xts;

	for (size_t bytes = 0; bytes <= sizeof(key); bytes++)
		if (bytes != 32 && bytes != 64)
			CHECK_EQ(aes_xts_create(key, bytes, &xts), -EINVAL);
}

TEST_MAIN(CASE(gives_what_the_standard_says), CASE(is_the_same_whatever_computes_it),
	CASE(says_who_computes), CASE(refuses_keys_of_other_sizes))
