/* SPDX-License-Identifier: Apache-2.0 */
#include "src/hmac.h"

#include <stdio.h>
#include <string.h>

#include "test/unit/test.h"

static const char *digits(const uint8_t *bytes, size_t count)
{
	static char text[2 * DIGEST_BYTES_MAX + 1];

	for (size_t i = 0; i < count; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* RFC 4231, cases 1, 2 and 6: a short key, a text, and a key longer than a block. */
TEST(makes_what_the_standard_says)
{
	static const struct {
		enum digest_kind kind;
		uint8_t key_byte;
		size_t key_bytes;
		const char *key;
		const char *text;
		const char *found;
	} cases[] = {
		{DIGEST_SHA256, 0x0b, 20, NULL, "Hi There",
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff"
			"7"},
		{DIGEST_SHA256, 0, 4, "Jefe", "what do ya want for nothing?",
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec384"
			"3"},
		{DIGEST_SHA256, 0xaa, 131, NULL,
			"Test Using Larger Than Block-Size Key - Hash Key First",
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f5"
			"4"},
		{DIGEST_SHA512, 0, 4, "Jefe", "what do ya want for nothing?",
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce73"
			"7"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t key[131], found[DIGEST_BYTES_MAX];
		struct hmac *hmac;

		memset(key, cases[i].key_byte, sizeof(key));
		if (cases[i].key)
			memcpy(key, cases[i].key, cases[i].key_bytes);
		CHECK_EQ(hmac_create(cases[i].kind, key, cases[i].key_bytes, &hmac), 0);
		/* Whatever came before, and in any parts. */
		for (size_t cut = 0; cut < 4; cut++) {
			hmac_start(hmac);
			hmac_add(hmac, cases[i].text, cut);
			hmac_add(hmac, cases[i].text + cut, strlen(cases[i].text) - cut);
			hmac_end(hmac, found);
			CHECK_STR(digits(found, digest_bytes(cases[i].kind)),
				cases[i].found);
		}
		hmac_destroy(hmac);
	}
}

TEST_MAIN(CASE(makes_what_the_standard_says))
