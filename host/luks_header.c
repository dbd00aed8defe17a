/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two headers of a volume: a binary part with a checksum over both parts, and the
 * metadata. Whoever writes one writes the other after it, so one of them is always whole.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/luks_impl.h"
#include "src/error.h"
#include "src/log.h"
#include "src/read_full.h"

#define MAGIC_BYTES 6u
#define BINARY_BYTES 4096u
#define HEADER_BYTES_MIN (16u << 10)
#define HEADER_BYTES_MAX (4u << 20)

/* Offsets of the binary part's fields, all big-endian. */
#define AT_VERSION 6
#define AT_HEADER_BYTES 8
#define AT_SEQUENCE 16
#define AT_CHECKSUM_NAME 72
#define CHECKSUM_NAME_BYTES 32
#define AT_OFFSET 256
#define AT_CHECKSUM 448
#define CHECKSUM_BYTES 64

static const uint8_t magics[2][MAGIC_BYTES] = {
	{'L', 'U', 'K', 'S', 0xba, 0xbe}, {'S', 'K', 'U', 'L', 0xba, 0xbe}};

/* One of the two, whose checksum holds. */
struct copy {
	uint8_t *bytes; /* NULL: there is none */
	uint64_t header_bytes;
	uint64_t sequence;
};

static uint64_t number_at(const uint8_t *bytes)
{
	uint64_t number;

	memcpy(&number, bytes, sizeof(number));
	return be64toh(number);
}

static bool checksum_holds(uint8_t *bytes, size_t header_bytes)
{
	char name[CHECKSUM_NAME_BYTES + 1] = "";
	uint8_t expected[CHECKSUM_BYTES];
	uint8_t found[DIGEST_BYTES_MAX];
	int kind;

	memcpy(name, bytes + AT_CHECKSUM_NAME, CHECKSUM_NAME_BYTES);
	memcpy(expected, bytes + AT_CHECKSUM, CHECKSUM_BYTES);
	memset(bytes + AT_CHECKSUM, 0, CHECKSUM_BYTES);
	kind = digest_kind_of(name);
	if (kind < 0 || digest_of((enum digest_kind)kind, bytes, header_bytes, found))
		return false;
	return !memcmp(found, expected, digest_bytes((enum digest_kind)kind));
}

/* 0 with ret->bytes NULL where there is none, or a damaged one, at that offset. */
static int read_copy(int fd, unsigned int which, uint64_t offset, struct copy *ret)
{
	uint8_t start[BINARY_BYTES];
	uint64_t header_bytes;
	size_t got = 0;
	int code = pread_full(fd, start, sizeof(start), offset, &got);

	*ret = (struct copy){0};
	if (code)
		return code;
	if (got < sizeof(start) || memcmp(start, magics[which], MAGIC_BYTES) ||
		start[AT_VERSION] || start[AT_VERSION + 1] != 2)
		return 0;
	header_bytes = number_at(start + AT_HEADER_BYTES);
	if (header_bytes < HEADER_BYTES_MIN || header_bytes > HEADER_BYTES_MAX ||
		(header_bytes & (header_bytes - 1)) ||
		number_at(start + AT_OFFSET) != offset ||
		(which == 1 && offset != header_bytes))
		return 0;
	ret->bytes = malloc((size_t)header_bytes);
	if (!ret->bytes)
		return -ENOMEM;
	code = pread_full(fd, ret->bytes, (size_t)header_bytes, offset, &got);
	if (code || got < header_bytes ||
		!checksum_holds(ret->bytes, (size_t)header_bytes)) {
		free(ret->bytes);
		ret->bytes = NULL;
		return code;
	}
	ret->header_bytes = header_bytes;
	ret->sequence = number_at(ret->bytes + AT_SEQUENCE);
	return 0;
}

/* The second begins where the first ends; a damaged first one does not say where. */
static int read_second(int fd, const struct copy *first, struct copy *ret)
{
	uint64_t from = first->bytes ? first->header_bytes : HEADER_BYTES_MIN;
	uint64_t to = first->bytes ? first->header_bytes : HEADER_BYTES_MAX;
	int code = 0;

	for (uint64_t offset = from; offset <= to; offset <<= 1) {
		code = read_copy(fd, 1, offset, ret);
		if (code || ret->bytes)
			break;
	}
	return code;
}

/* Why there is no header to be had. */
static int no_header(
	int fd, const char *path, const struct source_pos *pos, struct error *err)
{
	uint8_t start[AT_VERSION + 2] = {0};
	size_t got;

	if (!pread_full(fd, start, sizeof(start), 0, &got) &&
		!memcmp(start, magics[0], MAGIC_BYTES)) {
		if (!start[AT_VERSION] && start[AT_VERSION + 1] == 1)
			return error_set(err, -EINVAL, pos,
				"%s is a LUKS1 volume, LUKS2 is needed; \"cryptsetup "
				"convert --type luks2 %s\" makes it one",
				path, path);
		return error_set(err, -EINVAL, pos,
			"%s has a damaged LUKS2 header, and so is its second one; if "
			"there is a backup, \"cryptsetup luksHeaderRestore\" takes it",
			path);
	}
	return error_set(err, -EINVAL, pos,
		"%s is no LUKS2 volume; make it one with \"cryptsetup luksFormat --type "
		"luks2 %s\"",
		path, path);
}

static int use(const struct copy *copy, uint64_t file_bytes, const char *path,
	const struct source_pos *pos, struct luks_header *ret, struct error *err)
{
	return luks_metadata_read((const char *)copy->bytes + BINARY_BYTES,
		(size_t)copy->header_bytes - BINARY_BYTES, 2 * copy->header_bytes,
		file_bytes, path, pos, ret, err);
}

int luks_header_read(int fd, uint64_t file_bytes, const char *path,
	const struct source_pos *pos, struct luks_header *ret, struct error *err)
{
	struct copy copies[2] = {{0}, {0}};
	unsigned int newer;
	int code = read_copy(fd, 0, 0, &copies[0]);

	if (!code)
		code = read_second(fd, &copies[0], &copies[1]);
	newer = !copies[0].bytes ||
		(copies[1].bytes && copies[1].sequence > copies[0].sequence);
	if (code) {
		error_set(err, code, pos, "cannot read the LUKS2 header of %s: %s", path,
			strerror(-code));
	} else if (!copies[newer].bytes) {
		code = no_header(fd, path, pos, err);
	} else {
		if (!copies[0].bytes || !copies[1].bytes)
			log_host("%s: the %s LUKS2 header is damaged, the other one is "
				 "used; \"cryptsetup repair %s\" mends it",
				path, copies[0].bytes ? "second" : "first", path);
		code = use(&copies[newer], file_bytes, path, pos, ret, err);
		if (code == -EBADMSG && copies[!newer].bytes)
			code = use(&copies[!newer], file_bytes, path, pos, ret, err);
		if (code == -EBADMSG)
			code = -EINVAL;
	}
	free(copies[0].bytes);
	free(copies[1].bytes);
	return code;
}
