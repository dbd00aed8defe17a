/* SPDX-License-Identifier: Apache-2.0 */
#include "src/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <mbedtls/base64.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/error.h"

#define HEAD "bonsai manifest 1\n"
#define PEM_LINE_CHARS 64u

static const char *const roles[] = {
	[MANIFEST_CONFIG] = "config",
	[MANIFEST_KERNEL] = "kernel_rom",
	[MANIFEST_INITRD] = "initrd_rom",
	[MANIFEST_OVERLAY] = "dtb_overlay_rom",
	[MANIFEST_FIRMWARE] = "firmware_rom",
	[MANIFEST_LINUXBOOT] = "linuxboot_rom",
	[MANIFEST_PVH] = "pvh_rom",
	[MANIFEST_FW_CFG] = "fw_cfg",
};

const char *manifest_role_name(enum manifest_role role)
{
	return roles[role];
}

/* --- the text ----------------------------------------------------------------------- */

size_t manifest_print(const struct manifest *manifest, char ret[MANIFEST_TEXT_BYTES_MAX])
{
	size_t at = (size_t)snprintf(ret, MANIFEST_TEXT_BYTES_MAX,
		HEAD "name %s\nversion %u\n", manifest->name, manifest->version);

	for (unsigned int i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];

		at += (size_t)snprintf(ret + at, MANIFEST_TEXT_BYTES_MAX - at,
			"%s %" PRIu64 " sha256 ", roles[file->role], file->bytes);
		for (unsigned int j = 0; j < MANIFEST_DIGEST_BYTES; j++)
			at += (size_t)snprintf(ret + at, MANIFEST_TEXT_BYTES_MAX - at,
				"%02x", file->digest[j]);
		at += (size_t)snprintf(ret + at, MANIFEST_TEXT_BYTES_MAX - at, "\n");
	}
	return at;
}

/* The readers below take what could be meant; the comparison at their end is strict. */
static bool take_word(const char **at, const char *word)
{
	size_t chars = strlen(word);

	if (strncmp(*at, word, chars))
		return false;
	*at += chars;
	return true;
}

static bool take_number(const char **at, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	const char *from = *at;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		unsigned int digit = (unsigned int)(**at - '0');

		if (value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return *at > from;
}

static bool take_digest(const char **at, uint8_t ret[MANIFEST_DIGEST_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	for (unsigned int i = 0; i < 2 * MANIFEST_DIGEST_BYTES; i++, (*at)++) {
		const char *digit = **at ? strchr(digits, **at) : NULL;

		if (!digit)
			return false;
		ret[i / 2] = (uint8_t)(ret[i / 2] << 4 | (digit - digits));
	}
	return true;
}

/* Roles come in rising order, the first is that of the XML. */
static bool take_file(const char **at, enum manifest_role from, struct manifest_file *ret)
{
	for (unsigned int role = from; role < sizeof(roles) / sizeof(roles[0]); role++) {
		const char *rest = *at;

		if (!take_word(&rest, roles[role]) || !take_word(&rest, " "))
			continue;
		ret->role = role;
		*at = rest;
		return take_number(at, UINT64_MAX, &ret->bytes) &&
		       take_word(at, " sha256 ") && take_digest(at, ret->digest) &&
		       take_word(at, "\n");
	}
	return false;
}

static bool take_head(const char **at, struct manifest *ret)
{
	uint64_t version = 0;
	size_t chars;

	if (!take_word(at, HEAD) || !take_word(at, "name "))
		return false;
	chars = strcspn(*at, "\n");
	if (!chars || chars > CONFIG_NAME_CHARS)
		return false;
	memcpy(ret->name, *at, chars);
	*at += chars;
	if (!take_word(at, "\nversion ") || !take_number(at, UINT_MAX, &version) ||
		!take_word(at, "\n"))
		return false;
	ret->version = (unsigned int)version;
	return true;
}

int manifest_parse(
	const char *text, size_t bytes, struct manifest *ret, struct error *err)
{
	char again[MANIFEST_TEXT_BYTES_MAX];
	char copy[MANIFEST_TEXT_BYTES_MAX];
	const char *at = copy;
	bool good = bytes < sizeof(copy);

	memset(ret, 0, sizeof(*ret));
	memcpy(copy, text, good ? bytes : 0);
	copy[good ? bytes : 0] = '\0';
	good = good && take_head(&at, ret) &&
	       take_file(&at, MANIFEST_CONFIG, &ret->files[ret->file_count++]) &&
	       ret->files[0].role == MANIFEST_CONFIG;
	while (good && *at && ret->file_count < MANIFEST_FILES_MAX) {
		struct manifest_file *file = &ret->files[ret->file_count++];
		enum manifest_role before = file[-1].role;

		good = take_file(&at, before ? before : MANIFEST_KERNEL, file);
	}
	if (!good || manifest_print(ret, again) != bytes || memcmp(again, text, bytes))
		return error_set(
			err, -EBADMSG, NULL, "holds no manifest that this program knows");
	return 0;
}

/* --- PEM (RFC 7468), strictly: one text for each sequence of bytes ------------------ */

static const char begin[] = "-----BEGIN ";
static const char dashes[] = "-----\n";

bool manifest_put_pem(
	char **at, const char *end, const char *label, const uint8_t *der, size_t bytes)
{
	size_t chars = (bytes + 2) / 3 * 4;
	size_t lines = (chars + PEM_LINE_CHARS - 1) / PEM_LINE_CHARS;
	size_t room = chars + lines + 2 * strlen(label) + sizeof("-----BEGIN -----\n") +
		      sizeof("-----END -----\n");
	unsigned char *base64 = malloc(chars + 1);
	bool good = base64 && (size_t)(end - *at) >= room &&
		    !mbedtls_base64_encode(base64, chars + 1, &chars, der, bytes);
	char *to = *at;

	if (good) {
		to += snprintf(to, (size_t)(end - to), "%s%s%s", begin, label, dashes);
		for (size_t i = 0; i < chars; i += PEM_LINE_CHARS)
			to += snprintf(to, (size_t)(end - to), "%.*s\n", PEM_LINE_CHARS,
				(const char *)base64 + i);
		to += snprintf(to, (size_t)(end - to), "-----END %s%s", label, dashes);
		*at = to;
	}
	free(base64);
	return good;
}

/* The base64 of a section that begins at from; -1 where that is none. */
static int decode(const char *from, const char *end, const char *label, uint8_t *ret,
	size_t room, size_t *ret_bytes)
{
	size_t head = sizeof(begin) - 1 + strlen(label) + sizeof(dashes) - 1;
	const char *close;

	if ((size_t)(end - from) <= head)
		return -1;
	close = memmem(from + head, (size_t)(end - from) - head, "-----END ", 9);
	if (!close)
		return -1;
	return mbedtls_base64_decode(ret, room, ret_bytes,
		       (const unsigned char *)from + head, (size_t)(close - from) - head)
		       ? -1
		       : 0;
}

/* Takes what manifest_put_pem() would have put there. */
static bool take_pem(const char **at, const char *end, const char *label, uint8_t *ret,
	size_t room, size_t *ret_bytes)
{
	size_t left = (size_t)(end - *at);
	size_t bytes = 0;
	char *again;
	char *to;

	if (decode(*at, end, label, ret, room, ret_bytes))
		return false;
	/* It may come out longer than what there is, which is no match then. */
	again = malloc(2 * SIGNED_CERTIFICATE_BYTES_MAX);
	to = again;
	if (again && manifest_put_pem(&to, again + 2 * SIGNED_CERTIFICATE_BYTES_MAX,
			     label, ret, *ret_bytes))
		bytes = (size_t)(to - again);
	if (bytes > left || (bytes && memcmp(again, *at, bytes)))
		bytes = 0;
	*at += bytes;
	free(again);
	return bytes;
}

int signed_manifest_split(
	const char *from, size_t bytes, struct signed_manifest *ret, struct error *err)
{
	const char *end = from + bytes;
	const char *at;

	if (bytes > SIGNED_BYTES_MAX)
		return error_set(err, -EBADMSG, NULL,
			"is no signed manifest: it has more than %u bytes",
			SIGNED_BYTES_MAX);
	at = bytes ? memmem(from, bytes, begin, sizeof(begin) - 1) : NULL;
	if (!at || at == from)
		return error_set(err, -EBADMSG, NULL,
			"is no signed manifest: bonsai sign makes one");
	ret->text = from;
	ret->text_bytes = (size_t)(at - from);
	ret->certificate_count = 0;
	if (!take_pem(&at, end, SIGNED_LABEL_SIGNATURE, ret->signature,
		    sizeof(ret->signature), &ret->signature_bytes))
		return error_set(
			err, -EBADMSG, NULL, "is damaged: its signature cannot be read");
	for (; at < end; ret->certificate_count++) {
		unsigned int i = ret->certificate_count;

		if (i == SIGNED_CERTIFICATES_MAX ||
			!take_pem(&at, end, SIGNED_LABEL_CERTIFICATE,
				ret->certificates[i].der, SIGNED_CERTIFICATE_BYTES_MAX,
				&ret->certificates[i].bytes))
			return error_set(err, -EBADMSG, NULL,
				"is damaged: what follows its signature is no "
				"certificate, or more than %u of them",
				SIGNED_CERTIFICATES_MAX);
	}
	return 0;
}
