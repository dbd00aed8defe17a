/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metadata of a LUKS2 header: specification 1.1, chapter 3. Numbers that may have 64
 * bits are strings there, and what is binary is in base64.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <mbedtls/base64.h>
#include <string.h>

#include "host/luks_impl.h"
#include "src/container_of.h"
#include "src/error.h"

#define CIPHER "aes-xts-plain64"
#define ALIGN_BYTES 512u
#define STRIPES_MAX 65536u
/* As cryptsetup has them. */
#define MEMORY_KIB_MAX (4u << 20)
#define LANES_MAX 16u

struct reader {
	const char *path;
	const struct source_pos *pos;
	struct error *err;
	uint64_t offset_min; /* where the headers end */
	uint64_t file_bytes;
	struct luks_header *header;
};

static int cannot_be(const struct reader *reader, const char *what)
{
	return error_set(reader->err, -EINVAL, reader->pos,
		"%s has a LUKS2 header whose %s cannot be right", reader->path, what);
}

/* ---- values ------------------------------------------------------------------------ */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static bool has_text(const json_t *array, const char *text)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		if (json_is_string(value) && !strcmp(json_string_value(value), text))
			return true;
	}
	return false;
}

/* An integer of the JSON from 1 to max. */
static bool read_count(
	const json_t *object, const char *name, uint32_t max, uint32_t *ret)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 1 || number > max)
		return false;
	*ret = (uint32_t)number;
	return true;
}

/* A string of decimal digits, as much as a file may have. */
static bool read_number(const json_t *object, const char *name, uint64_t *ret)
{
	const char *text = text_of(object, name);
	uint64_t number = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || number > (INT64_MAX - 9) / 10)
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	*ret = number;
	return true;
}

static bool read_base64(const json_t *object, const char *name, uint8_t *to, size_t room,
	size_t *ret_bytes)
{
	const char *text = text_of(object, name);

	return *text && !mbedtls_base64_decode(to, room, ret_bytes,
				(const unsigned char *)text, strlen(text));
}

static bool read_hash(const json_t *object, const char *name, enum digest_kind *ret)
{
	int kind = digest_kind_of(text_of(object, name));

	if (kind >= 0)
		*ret = (enum digest_kind)kind;
	return kind >= 0;
}

static bool is_key_size(const json_t *object, const struct seal_kind *seal, size_t *ret)
{
	uint32_t bytes;

	if (!read_count(object, "key_size", LUKS_KEY_BYTES_MAX, &bytes))
		return false;
	*ret = bytes;
	return seal ? seal_takes_key(seal, bytes) : bytes == 32 || bytes == 64;
}

/* ---- key slots --------------------------------------------------------------------- */

static bool read_kdf(const json_t *kdf, struct luks_kdf_options *ret)
{
	const char *type = text_of(kdf, "type");

	if (!read_base64(kdf, "salt", ret->salt, sizeof(ret->salt), &ret->salt_bytes))
		return false;
	if (!strcmp(type, "pbkdf2")) {
		ret->kdf = LUKS_PBKDF2;
		return read_hash(kdf, "hash", &ret->hash) &&
		       read_count(kdf, "iterations", UINT32_MAX, &ret->iterations);
	}
	if (strcmp(type, "argon2i") && strcmp(type, "argon2id"))
		return false;
	ret->kdf = type[7] ? LUKS_ARGON2ID : LUKS_ARGON2I;
	return read_count(kdf, "time", UINT32_MAX, &ret->iterations) &&
	       read_count(kdf, "memory", MEMORY_KIB_MAX, &ret->memory_kib) &&
	       read_count(kdf, "cpus", LANES_MAX, &ret->lanes) &&
	       ret->memory_kib >= 8 * ret->lanes && ret->salt_bytes >= 8;
}

/* False: it is of a kind, or has sizes, that no key comes of. */
static bool read_slot(
	const struct reader *reader, const json_t *slot, struct luks_slot *ret)
{
	const json_t *split = json_object_get(slot, "af");
	const json_t *area = json_object_get(slot, "area");
	const json_t *priority = json_object_get(slot, "priority");
	const struct luks_header *header = reader->header;
	uint64_t area_bytes;

	ret->preferred = json_integer_value(priority) == 2;
	if (json_is_integer(priority) && !json_integer_value(priority))
		return false;
	return !strcmp(text_of(slot, "type"), "luks2") &&
	       is_key_size(
		       slot, header->sealed ? &header->seal : NULL, &ret->key_bytes) &&
	       !strcmp(text_of(split, "type"), "luks1") &&
	       read_count(split, "stripes", STRIPES_MAX, &ret->stripes) &&
	       read_hash(split, "hash", &ret->split_hash) &&
	       !strcmp(text_of(area, "type"), "raw") &&
	       !strcmp(text_of(area, "encryption"), CIPHER) &&
	       is_key_size(area, NULL, &ret->area_key_bytes) &&
	       read_number(area, "offset", &ret->area_bytes) &&
	       read_number(area, "size", &area_bytes) &&
	       ret->area_bytes >= reader->offset_min &&
	       ret->area_bytes <= reader->file_bytes &&
	       area_bytes <= reader->file_bytes - ret->area_bytes &&
	       (uint64_t)ret->stripes * ret->key_bytes <= area_bytes &&
	       read_kdf(json_object_get(slot, "kdf"), &ret->kdf);
}

static void add_slots(
	const struct reader *reader, json_t *slots, const json_t *allowed, bool preferred)
{
	struct luks_header *header = reader->header;
	const char *name;
	json_t *value;

	json_object_foreach(slots, name, value)
	{
		struct luks_slot slot = {0};

		if (header->slot_count == LUKS_SLOTS_MAX || !has_text(allowed, name) ||
			!read_slot(reader, value, &slot) || slot.preferred != preferred ||
			(header->slot_count && slot.key_bytes != header->key_bytes))
			continue;
		header->key_bytes = slot.key_bytes;
		header->slots[header->slot_count++] = slot;
	}
}

/* The digest of the segment's key, and the slots that have that key. */
static int read_digest(const struct reader *reader, json_t *root, const char *segment)
{
	struct luks_header *header = reader->header;
	json_t *slots = json_object_get(root, "keyslots");
	const json_t *found = NULL;
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(root, "digests"), name, value)
	{
		if (has_text(json_object_get(value, "segments"), segment))
			found = value;
	}
	header->digest.kdf = LUKS_PBKDF2;
	if (!found || strcmp(text_of(found, "type"), "pbkdf2") ||
		!read_kdf(found, &header->digest) ||
		!read_base64(found, "digest", header->digest_value,
			sizeof(header->digest_value), &header->digest_bytes) ||
		header->digest_bytes < 20)
		return cannot_be(reader, "digest of the key");
	add_slots(reader, slots, json_object_get(found, "keyslots"), true);
	add_slots(reader, slots, json_object_get(found, "keyslots"), false);
	if (!header->slot_count)
		return error_set(reader->err, -EINVAL, reader->pos,
			"%s has no key slot that can be opened here: of type luks2, with "
			"argon2id, argon2i or pbkdf2, sha256 or sha512, and " CIPHER
			"; \"cryptsetup luksConvertKey\" makes one",
			reader->path);
	return 0;
}

/* ---- the segment ------------------------------------------------------------------- */

/* What --integrity has been together with --cipher. */
static const struct {
	const char *integrity;
	const char *cipher;
	struct seal_kind seal;
} seals[] = {
	{"hmac(sha256)", CIPHER, {SEAL_XTS_HMAC, DIGEST_SHA256, false}},
	{"hmac(sha512)", CIPHER, {SEAL_XTS_HMAC, DIGEST_SHA512, false}},
	{"hmac(sha256)", "aes-xts-random", {SEAL_XTS_HMAC, DIGEST_SHA256, true}},
	{"hmac(sha512)", "aes-xts-random", {SEAL_XTS_HMAC, DIGEST_SHA512, true}},
	{"aead", "aes-gcm-random", {SEAL_GCM, DIGEST_SHA256, true}},
	{"poly1305", "chacha20-random", {SEAL_CHACHA20_POLY1305, DIGEST_SHA256, true}},
};

static int read_seal(const struct reader *reader, const json_t *segment)
{
	const json_t *integrity = json_object_get(segment, "integrity");
	const char *type = text_of(integrity, "type");
	const char *cipher = text_of(segment, "encryption");

	if (strcmp(text_of(integrity, "journal_encryption"), "none") ||
		strcmp(text_of(integrity, "journal_integrity"), "none"))
		return error_set(reader->err, -EINVAL, reader->pos,
			"%s has an encrypted integrity journal, allowed: one that is not",
			reader->path);
	for (size_t i = 0; i < ARRAY_SIZE(seals); i++) {
		if (strcmp(seals[i].integrity, type) || strcmp(seals[i].cipher, cipher))
			continue;
		reader->header->sealed = true;
		reader->header->seal = seals[i].seal;
		return 0;
	}
	return error_set(reader->err, -EINVAL, reader->pos,
		"%s is encrypted with %.40s and authenticated with %.40s, allowed: "
		"aes-xts-plain64 or aes-xts-random with hmac-sha256 or hmac-sha512, "
		"aes-gcm-random with aead, chacha20-random with poly1305",
		reader->path, cipher, type);
}

static int read_cipher(const struct reader *reader, const json_t *segment)
{
	const char *cipher = text_of(segment, "encryption");

	if (json_object_get(segment, "integrity"))
		return read_seal(reader, segment);
	if (strcmp(cipher, CIPHER))
		return error_set(reader->err, -EINVAL, reader->pos,
			"%s is encrypted with %.40s, allowed: " CIPHER
			"; \"cryptsetup reencrypt --cipher " CIPHER
			" --key-size 512\" makes it so",
			reader->path, cipher);
	return 0;
}

static int read_segment(const struct reader *reader, const json_t *segment)
{
	struct luks_header *header = reader->header;
	const char *size = text_of(segment, "size");
	uint64_t room;
	int code = read_cipher(reader, segment);

	if (code)
		return code;
	if (!read_number(segment, "offset", &header->data_offset_bytes) ||
		header->data_offset_bytes < reader->offset_min ||
		header->data_offset_bytes % ALIGN_BYTES)
		return cannot_be(reader, "segment's offset");
	if (!read_number(segment, "iv_tweak", &header->first_tweak))
		return cannot_be(reader, "segment's iv_tweak");
	if (!read_count(segment, "sector_size", LUKS_SECTOR_BYTES_MAX,
		    &header->sector_bytes) ||
		header->sector_bytes < ALIGN_BYTES ||
		(header->sector_bytes & (header->sector_bytes - 1)))
		return cannot_be(reader, "segment's sector_size");
	room = header->data_offset_bytes < reader->file_bytes
		       ? reader->file_bytes - header->data_offset_bytes
		       : 0;
	header->grows = !strcmp(size, "dynamic");
	if (header->grows)
		header->data_bytes = room - room % header->sector_bytes;
	else if (!read_number(segment, "size", &header->data_bytes) ||
		 header->data_bytes % header->sector_bytes)
		return cannot_be(reader, "segment's size");
	if (!header->data_bytes || header->data_bytes > room)
		return error_set(reader->err, -EINVAL, reader->pos,
			"%s is cut off: its data would begin at %" PRIu64
			" and it ends at %" PRIu64,
			reader->path, header->data_offset_bytes, reader->file_bytes);
	return 0;
}

/* What someone must know to do nothing wrong to the volume. */
static int read_requirements(const struct reader *reader, const json_t *config)
{
	const json_t *mandatory =
		json_object_get(json_object_get(config, "requirements"), "mandatory");
	const json_t *value;
	size_t i;

	reader->header->discards =
		has_text(json_object_get(config, "flags"), "allow-discards");
	reader->header->no_journal =
		has_text(json_object_get(config, "flags"), "no-journal");
	json_array_foreach(mandatory, i, value)
	{
		const char *name = json_is_string(value) ? json_string_value(value) : "";

		if (strstr(name, "reencrypt"))
			return error_set(reader->err, -EINVAL, reader->pos,
				"%s is being reencrypted; \"cryptsetup reencrypt "
				"--resume-only %s\" brings that to its end",
				reader->path, reader->path);
		return error_set(reader->err, -EINVAL, reader->pos,
			"%s requires '%.40s', which is not known here", reader->path,
			name);
	}
	return 0;
}

/* The one that is neither another's backup nor of a kind without a key. */
static int find_segment(
	const struct reader *reader, json_t *root, const char **ret_name, json_t **ret)
{
	unsigned int count = 0;
	const char *name;
	json_t *value;

	json_object_foreach(json_object_get(root, "segments"), name, value)
	{
		if (json_object_get(value, "flags"))
			continue;
		*ret_name = name;
		*ret = value;
		count++;
	}
	if (count == 1 && !strcmp(text_of(*ret, "type"), "crypt"))
		return 0;
	return error_set(reader->err, -EINVAL, reader->pos,
		"%s has %u segments, allowed: one, which is encrypted", reader->path,
		count);
}

static int read_root(const struct reader *reader, json_t *root)
{
	const char *name = NULL;
	json_t *segment = NULL;
	int code = read_requirements(reader, json_object_get(root, "config"));

	if (!code)
		code = find_segment(reader, root, &name, &segment);
	if (!code)
		code = read_segment(reader, segment);
	if (code)
		return code;
	return read_digest(reader, root, name);
}

int luks_metadata_read(const char *text, size_t bytes, uint64_t offset_min,
	uint64_t file_bytes, const char *path, const struct source_pos *pos,
	struct luks_header *ret, struct error *err)
{
	const struct reader reader = {path, pos, err, offset_min, file_bytes, ret};
	json_t *root = json_loadb(text, strnlen(text, bytes), 0, NULL);
	int code;

	*ret = (struct luks_header){0};
	if (json_is_object(root)) {
		code = read_root(&reader, root);
	} else {
		code = -EBADMSG;
		error_set(err, code, pos, "%s has a LUKS2 header without metadata", path);
	}
	json_decref(root);
	return code;
}
