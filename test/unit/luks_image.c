/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/luks_image.h"

#include <mbedtls/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/aes_xts.h"
#include "src/digest.h"
#include "src/pbkdf2.h"
#include "test/unit/test.h"

#define AREA_KEY_BYTES 64u
#define STRIPES 10u

static const uint8_t salt[32] = "salt of at least eight bytes";

static void derive(const void *from, size_t from_bytes, uint8_t *ret, size_t bytes)
{
	const struct pbkdf2_options options = {
		DIGEST_SHA256, from, from_bytes, salt, sizeof(salt), 3};

	if (pbkdf2(&options, ret, bytes))
		abort();
}

static struct luks_shape plain(unsigned int sector_bytes)
{
	return (struct luks_shape){sector_bytes, "aes-xts-plain64", NULL, 64, NULL};
}

static void volume_key(uint8_t key[LUKS_SHAPE_KEY_BYTES_MAX])
{
	for (unsigned int i = 0; i < LUKS_SHAPE_KEY_BYTES_MAX; i++)
		key[i] = (uint8_t)(i + 1);
}

void luks_shape_json(char json[LUKS_IMAGE_JSON_BYTES], const struct luks_shape *shape)
{
	char salt_text[64], digest_text[64], integrity[160] = "";
	uint8_t key[LUKS_SHAPE_KEY_BYTES_MAX], digest[32];
	size_t count;

	if (shape->integrity)
		snprintf(integrity, sizeof(integrity),
			",\"integrity\":{\"type\":\"%s\",\"journal_encryption\":\"none\","
			"\"journal_integrity\":\"none\"}",
			shape->integrity);
	volume_key(key);
	derive(key, shape->key_bytes, digest, sizeof(digest));
	mbedtls_base64_encode(
		(uint8_t *)salt_text, sizeof(salt_text), &count, salt, sizeof(salt));
	mbedtls_base64_encode((uint8_t *)digest_text, sizeof(digest_text), &count, digest,
		sizeof(digest));
	snprintf(json, LUKS_IMAGE_JSON_BYTES,
		"{\"keyslots\":{\"0\":{\"type\":\"luks2\",\"key_size\":%u,\"af\":{"
		"\"type\":"
		"\"luks1\",\"stripes\":%u,\"hash\":\"sha256\"},\"area\":{\"type\":"
		"\"raw\","
		"\"offset\":\"%u\",\"size\":\"4096\",\"encryption\":\"aes-xts-plain64\","
		"\"key_size\":64},\"kdf\":{\"type\":\"pbkdf2\",\"hash\":\"sha256\","
		"\"iterations\":3,\"salt\":\"%s\"}}},\"tokens\":{},\"segments\":{\"0\":{"
		"\"type\":\"crypt\",\"offset\":\"%u\",\"size\":\"dynamic\",\"iv_tweak\":"
		"\"0\",\"encryption\":\"%s\",\"sector_size\":%u%s}},"
		"\"digests\":"
		"{\"0\":{\"type\":\"pbkdf2\",\"keyslots\":[\"0\"],\"segments\":[\"0\"],"
		"\"hash\":\"sha256\",\"iterations\":3,\"salt\":\"%s\",\"digest\":\"%s\"}}"
		","
		"\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"4096\","
		"\"flags\":[%s]}}",
		shape->key_bytes, STRIPES, LUKS_IMAGE_AREA, salt_text, LUKS_IMAGE_DATA,
		shape->cipher, shape->sector_bytes, integrity, salt_text, digest_text,
		shape->flags ? shape->flags : "");
}

void luks_image_json(char json[LUKS_IMAGE_JSON_BYTES], unsigned int sector_bytes)
{
	const struct luks_shape shape = plain(sector_bytes);

	luks_shape_json(json, &shape);
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
static void split(uint8_t *area, unsigned int key_bytes)
{
	uint8_t mixed[LUKS_SHAPE_KEY_BYTES_MAX] = {0}, key[LUKS_SHAPE_KEY_BYTES_MAX];
	uint8_t value[32];
	struct digest *digest = digest_create(DIGEST_SHA256);

	volume_key(key);
	for (unsigned int i = 0; i < (STRIPES - 1) * key_bytes; i++)
		area[i] = (uint8_t)(i * 151 + (i >> 8) * 7);
	for (unsigned int i = 0; i < STRIPES - 1; i++) {
		for (unsigned int j = 0; j < key_bytes; j++)
			mixed[j] ^= area[i * key_bytes + j];
		for (unsigned int at = 0, part; at < key_bytes; at += part) {
			part = key_bytes - at < 32 ? key_bytes - at : 32;
			digest_start(digest);
			digest_add(digest, (uint8_t[]){0, 0, 0, (uint8_t)(at / 32)}, 4);
			digest_add(digest, mixed + at, part);
			digest_end(digest, value);
			memcpy(mixed + at, value, part);
		}
	}
	for (unsigned int j = 0; j < key_bytes; j++)
		area[(STRIPES - 1) * key_bytes + j] = mixed[j] ^ key[j];
	digest_destroy(digest);
}

void luks_shape_make(uint8_t image[LUKS_IMAGE_BYTES], const struct luks_shape *shape)
{
	char json[LUKS_IMAGE_JSON_BYTES] = "";
	uint8_t *area = image + LUKS_IMAGE_AREA;
	uint8_t area_key[AREA_KEY_BYTES];
	struct aes_xts *xts;

	memset(image, 0, LUKS_IMAGE_BYTES);
	luks_shape_json(json, shape);
	for (unsigned int which = 0; which < 2; which++)
		luks_image_header(image, which, 7, json, strlen(json));
	split(area, shape->key_bytes);
	derive(LUKS_IMAGE_PASSPHRASE, strlen(LUKS_IMAGE_PASSPHRASE), area_key,
		AREA_KEY_BYTES);
	if (aes_xts_create_portable(area_key, AREA_KEY_BYTES, &xts))
		abort();
	for (unsigned int i = 0; i < 4096 / 512; i++)
		aes_xts_encrypt(xts, i, area + 512 * i, area + 512 * i, 512);
	aes_xts_destroy(xts);
}

void luks_image_make(uint8_t image[LUKS_IMAGE_BYTES], unsigned int sector_bytes)
{
	const struct luks_shape shape = plain(sector_bytes);

	luks_shape_make(image, &shape);
}

int luks_image_key(const char *text)
{
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(write(ends[1], text, strlen(text)), strlen(text));
	close(ends[1]);
	return ends[0];
}
