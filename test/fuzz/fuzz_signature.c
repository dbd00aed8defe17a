/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, signatures and certificates of anybody's: any bytes as a key's file and a signed
 * manifest, or what openssl made once, changed here and there below its base64. Whatever
 * is changed, no other text than the one that was signed is taken.
 *
 * The first byte's lower half says which: RAW, and a key up to a NUL is followed by a
 * signed manifest, or a row of what openssl made, and then come edits: the part, two
 * bytes of a place in it, and what is xored there. The first byte's highest bit has dates
 * looked at.
 */
#include <errno.h>
#include <mbedtls/base64.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config_verify.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/manifest.h"
#include "src/signature.h"
#include "test/unit/signed_fixture.h"

#define KIND 0x0fu
#define RAW 0x0fu
#define LOOK_AT_DATES 0x80u
#define EDIT_BYTES 4u
#define KEY_BYTES_MAX 4096u

static const struct row {
	const char *key, *signature, *certificate;
	bool good;
} rows[] = {
	{fixture_key_p256, fixture_signature_p256, "", true},
	{fixture_key_p384, fixture_signature_p384, "", true},
	{fixture_key_rsa, fixture_signature_rsa, "", true},
	{fixture_certificate_ca, fixture_signature_p256, fixture_certificate_good, true},
	{fixture_certificate_ca, fixture_signature_p256, fixture_certificate_server,
		false},
	{fixture_certificate_ca, fixture_signature_p256, "", false},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Whether the manifest is taken. */
static bool check(const char *key, size_t bytes, bool look_at_dates,
	const struct signed_manifest *file)
{
	char path[32];
	const struct config_trust trust = {.key = path,
		.expiry = look_at_dates ? CONFIG_EXPIRY_CHECK : CONFIG_EXPIRY_IGNORE};
	int fd = memfd_create("key", MFD_CLOEXEC);
	struct error err = {0};
	int code;

	if (fd < 0 || write(fd, key, bytes) != (ssize_t)bytes)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	code = signature_check(&trust, file, &err);
	close(fd);
	if (code && (!err.text[0] || (code != -EKEYREJECTED && code != -EINVAL)))
		abort();
	return !code;
}

static void try_raw(bool look_at_dates, const char *from, size_t bytes)
{
	static struct signed_manifest file;
	size_t key_bytes = strnlen(from, bytes);
	struct error err;

	if (key_bytes < bytes && !signed_manifest_split(from + key_bytes + 1,
					 bytes - key_bytes - 1, &file, &err))
		check(from, key_bytes, look_at_dates, &file);
}

/* ---- what openssl made, changed ------------------------------------------------------
 */

struct parts {
	struct signed_manifest file;
	char text[sizeof(fixture_text)]; /* the file's */
	uint8_t key[KEY_BYTES_MAX];
	size_t key_bytes;
};

static void take_apart(const struct row *row, struct parts *ret)
{
	static char bytes[SIGNED_BYTES_MAX];
	const char *key = strchr(row->key, '\n') + 1;
	int count = snprintf(bytes, sizeof(bytes), "%s%s%s", fixture_text, row->signature,
		row->certificate);
	struct error err;

	if (signed_manifest_split(bytes, (size_t)count, &ret->file, &err) ||
		mbedtls_base64_decode(ret->key, sizeof(ret->key), &ret->key_bytes,
			(const unsigned char *)key, (size_t)(strstr(key, "-----") - key)))
		abort();
	memcpy(ret->text, fixture_text, sizeof(fixture_text));
	ret->file.text = ret->text;
}

static void edit(struct parts *parts, const uint8_t data[EDIT_BYTES])
{
	const struct {
		uint8_t *bytes;
		size_t count;
	} places[] = {
		{parts->key, parts->key_bytes},
		{parts->file.signature, parts->file.signature_bytes},
		{parts->file.certificates[0].der, parts->file.certificates[0].bytes},
		{(uint8_t *)parts->text, parts->file.text_bytes},
	};
	size_t place = data[0] % ARRAY_SIZE(places);
	size_t at = (size_t)data[1] << 8 | data[2];

	if (at < places[place].count)
		places[place].bytes[at] ^= data[3];
}

static void try_changed(
	const struct row *row, bool look_at_dates, const uint8_t *edits, size_t bytes)
{
	static struct parts parts;
	static char key[2 * KEY_BYTES_MAX];
	const char *label =
		strstr(row->key, "CERTIFICATE") ? "CERTIFICATE" : "PUBLIC KEY";
	char *end = key;
	bool taken;

	parts = (struct parts){0};
	take_apart(row, &parts);
	for (size_t at = 0; bytes - at >= EDIT_BYTES; at += EDIT_BYTES)
		edit(&parts, edits + at);
	if (!manifest_put_pem(&end, key + sizeof(key), label, parts.key, parts.key_bytes))
		abort();
	taken = check(key, (size_t)(end - key), look_at_dates, &parts.file);
	if (taken && memcmp(parts.text, fixture_text, sizeof(fixture_text)) != 0)
		abort();
	if (bytes < EDIT_BYTES && !look_at_dates && taken != row->good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	bool look_at_dates;
	unsigned int kind;

	if (!bytes)
		return 0;
	kind = data[0] & KIND;
	look_at_dates = data[0] & LOOK_AT_DATES;
	if (kind == RAW)
		try_raw(look_at_dates, (const char *)data + 1, bytes - 1);
	else
		try_changed(&rows[kind % ARRAY_SIZE(rows)], look_at_dates, data + 1,
			bytes - 1);
	return 0;
}
