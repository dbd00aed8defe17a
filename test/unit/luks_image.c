/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/luks_image.h"

#include <mbedtls/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/aes_xts.h"
#include "src/digest.h"
#include "src/pbkdf2.h"

#define KEY_BYTES 64u
#define STRIPES 10u

static const uint8_t salt[32] = "salt of at least eight bytes";

static void derive(const void *from, size_t from_bytes, uint8_t *ret, size_t bytes)
{
	const struct pbkdf2_options options = {
		DIGEST_SHA256, from, from_bytes, salt, sizeof(salt), 3};

	if (pbkdf2(&options, ret, bytes))
		abort();
}

static void volume_key(uint8_t key[KEY_BYTES])
{
	for (unsigned int i = 0; i < KEY_BYTES; i++)
		key[i] = (uint8_t)(i + 1);
}

void luks_image_json(char json[LUKS_IMAGE_JSON_BYTES], unsigned int sector_bytes)
{
	char salt_text[64], digest_text[64];
	uint8_t key[KEY_BYTES], digest[32];
	size_t count;

	volume_key(key);
	derive(key, sizeof(key), digest, sizeof(digest));
	mbedtls_base64_encode(
		(uint8_t *)salt_text, sizeof(salt_text), &count, salt, sizeof(salt));
	mbedtls_base64_encode((uint8_t *)digest_text, sizeof(digest_text), &count, digest,
		sizeof(digest));
	snprintf(json, LUKS_IMAGE_JSON_BYTES,
		"{\"keyslots\":{\"0\":{\"type\":\"luks2\",\"key_size\":64,\"af\":{"
		"\"type\":"
		"\"luks1\",\"stripes\":%u,\"hash\":\"sha256\"},\"area\":{\"type\":"
		"\"raw\","
		"\"offset\":\"%u\",\"size\":\"4096\",\"encryption\":\"aes-xts-plain64\","
		"\"key_size\":64},\"kdf\":{\"type\":\"pbkdf2\",\"hash\":\"sha256\","
		"\"iterations\":3,\"salt\":\"%s\"}}},\"tokens\":{},\"segments\":{\"0\":{"
		"\"type\":\"crypt\",\"offset\":\"%u\",\"size\":\"dynamic\",\"iv_tweak\":"
		"\"0\",\"encryption\":\"aes-xts-plain64\",\"sector_size\":%u}},"
		"\"digests\":"
		"{\"0\":{\"type\":\"pbkdf2\",\"keyslots\":[\"0\"],\"segments\":[\"0\"],"
		"\"hash\":\"sha256\",\"iterations\":3,\"salt\":\"%s\",\"digest\":\"%s\"}}"
		","
		"\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"4096\"}}",
		STRIPES, LUKS_IMAGE_AREA, salt_text, LUKS_IMAGE_DATA, sector_bytes,
		salt_text, digest_text);
}

static void put_number(uint8_t *at, uint64_t number)
{
	for (int i = 7; i >= 0; i--, number >>= 8)
		at[i] = (uint8_t)number;
}

void luks_image_sum(uint8_t *image, unsigned int which)
{
	uint8_t *header = image + which * LUKS_IMAGE_HEADER_BYTES;
	struct digest *digest = digest_create(DIGEST_SHA256);

	memset(header + 448, 0, 64);
	digest_start(digest);
	digest_add(digest, header, LUKS_IMAGE_HEADER_BYTES);
	digest_end(digest, header + 448);
	digest_destroy(digest);
}

void luks_image_header(uint8_t *image, unsigned int which, uint64_t sequence,
	const void *json, size_t json_bytes)
{
	uint8_t *header = image + which * LUKS_IMAGE_HEADER_BYTES;

	memset(header, 0, LUKS_IMAGE_HEADER_BYTES);
	memcpy(header, which ? "SKUL\xba\xbe\0\2" : "LUKS\xba\xbe\0\2", 8);
	put_number(header + 8, LUKS_IMAGE_HEADER_BYTES);
	put_number(header + 16, sequence);
	memcpy(header + 72, "sha256", 6);
	put_number(header + 256, which * LUKS_IMAGE_HEADER_BYTES);
	memcpy(header + 4096, json, json_bytes);
	luks_image_sum(image, which);
}

/* Forwards: the last stripe is what makes the key of all of them. */
static void split(uint8_t *area)
{
	uint8_t mixed[KEY_BYTES] = {0}, key[KEY_BYTES];
	struct digest *digest = digest_create(DIGEST_SHA256);

	volume_key(key);
	for (unsigned int i = 0; i < (STRIPES - 1) * KEY_BYTES; i++)
		area[i] = (uint8_t)(i * 151 + (i >> 8) * 7);
	for (unsigned int i = 0; i < STRIPES - 1; i++) {
		for (unsigned int j = 0; j < KEY_BYTES; j++)
			mixed[j] ^= area[i * KEY_BYTES + j];
		for (uint8_t part = 0; part < KEY_BYTES / 32; part++) {
			digest_start(digest);
			digest_add(digest, (uint8_t[]){0, 0, 0, part}, 4);
			digest_add(digest, mixed + part * 32, 32);
			digest_end(digest, mixed + part * 32);
		}
	}
	for (unsigned int j = 0; j < KEY_BYTES; j++)
		area[(STRIPES - 1) * KEY_BYTES + j] = mixed[j] ^ key[j];
	digest_destroy(digest);
}

void luks_image_make(uint8_t image[LUKS_IMAGE_BYTES], unsigned int sector_bytes)
{
	char json[LUKS_IMAGE_JSON_BYTES] = "";
	uint8_t *area = image + LUKS_IMAGE_AREA;
	uint8_t area_key[KEY_BYTES];
	struct aes_xts *xts;

	memset(image, 0, LUKS_IMAGE_BYTES);
	luks_image_json(json, sector_bytes);
	for (unsigned int which = 0; which < 2; which++)
		luks_image_header(image, which, 7, json, strlen(json));
	split(area);
	derive(LUKS_IMAGE_PASSPHRASE, strlen(LUKS_IMAGE_PASSPHRASE), area_key, KEY_BYTES);
	if (aes_xts_create_portable(area_key, KEY_BYTES, &xts))
		abort();
	for (unsigned int i = 0; i < 4096 / 512; i++)
		aes_xts_encrypt(xts, i, area + 512 * i, area + 512 * i, 512);
	aes_xts_destroy(xts);
}
