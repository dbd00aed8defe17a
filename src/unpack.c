/* SPDX-License-Identifier: Apache-2.0 */
#include "src/unpack.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "src/error.h"

#define INPUT_BYTES (256u << 10)
/* zlib counts its output in an unsigned int. */
#define OUTPUT_STEP_BYTES (1u << 30)

struct unpack {
	enum unpack_kind kind;
	int fd;
	off_t file_offset;
	z_stream gzip;
	bool gzip_ready; /* inflateInit2() has succeeded */
	ZSTD_DStream *zstd;
	size_t input_at; /* what of input is used */
	size_t input_bytes;
	bool member_open; /* inside a member or frame: the file must not end here */
	bool ended;
	uint8_t input[INPUT_BYTES];
};

static const uint8_t gzip_magic[] = {0x1f, 0x8b};
static const uint8_t zstd_magic[] = {0x28, 0xb5, 0x2f, 0xfd};

enum unpack_kind unpack_kind(const uint8_t *head, size_t head_bytes)
{
	if (head_bytes >= sizeof(gzip_magic) &&
		memcmp(head, gzip_magic, sizeof(gzip_magic)) == 0)
		return UNPACK_GZIP;
	if (head_bytes >= sizeof(zstd_magic) &&
		memcmp(head, zstd_magic, sizeof(zstd_magic)) == 0)
		return UNPACK_ZSTD;
	return UNPACK_NONE;
}

const char *unpack_name(enum unpack_kind kind)
{
	return kind == UNPACK_GZIP ? "gzip" : kind == UNPACK_ZSTD ? "zstd" : "plain";
}

int unpack_create(enum unpack_kind kind, int fd, struct unpack **ret, struct error *err)
{
	struct unpack *unpack = calloc(1, sizeof(*unpack));

	if (!unpack)
		goto fail;
	unpack->kind = kind;
	unpack->fd = fd;
	if (kind == UNPACK_GZIP) {
		/* 15 bits of window; 16 more ask for the gzip header and trailer. */
		if (inflateInit2(&unpack->gzip, 15 + 16) != Z_OK)
			goto fail;
		unpack->gzip_ready = true;
	} else {
		unpack->zstd = ZSTD_createDStream();
		if (!unpack->zstd)
			goto fail;
	}
	unpack->member_open = true;
	*ret = unpack;
	return 0;
fail:
	unpack_destroy(unpack);
	return error_set(err, -ENOMEM, NULL, "cannot be unpacked: out of memory");
}

void unpack_destroy(struct unpack *unpack)
{
	if (!unpack)
		return;
	if (unpack->gzip_ready)
		inflateEnd(&unpack->gzip);
	ZSTD_freeDStream(unpack->zstd);
	free(unpack);
}

static size_t input_left(const struct unpack *unpack)
{
	return unpack->input_bytes - unpack->input_at;
}

/* Keeps what is unused and reads on; without any new byte at the end of the file. */
static int refill(struct unpack *unpack, struct error *err)
{
	size_t left = input_left(unpack);
	ssize_t got;

	memmove(unpack->input, unpack->input + unpack->input_at, left);
	unpack->input_at = 0;
	unpack->input_bytes = left;
	do {
		got = pread(unpack->fd, unpack->input + left,
			sizeof(unpack->input) - left, unpack->file_offset);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set(
			err, -errno, NULL, "cannot be read: %s", strerror(errno));
	unpack->file_offset += got;
	unpack->input_bytes += (size_t)got;
	return 0;
}

static int damaged(const struct unpack *unpack, const char *how, struct error *err)
{
	return error_set(err, -EBADMSG, NULL, "is damaged: its %s data are wrong (%s)",
		unpack_name(unpack->kind), how);
}

static int gzip_step(struct unpack *unpack, uint8_t *buf, size_t room, size_t *ret_bytes,
	struct error *err)
{
	z_stream *gzip = &unpack->gzip;
	unsigned int step =
		room < OUTPUT_STEP_BYTES ? (unsigned int)room : OUTPUT_STEP_BYTES;
	int rc;

	gzip->next_in = unpack->input + unpack->input_at;
	gzip->avail_in = (unsigned int)input_left(unpack);
	gzip->next_out = buf;
	gzip->avail_out = step;
	rc = inflate(gzip, Z_NO_FLUSH);
	unpack->input_at = unpack->input_bytes - gzip->avail_in;
	*ret_bytes = step - gzip->avail_out;
	if (rc == Z_STREAM_END)
		unpack->member_open = false;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return damaged(unpack, gzip->msg ? gzip->msg : zError(rc), err);
	return 0;
}

static int zstd_step(struct unpack *unpack, uint8_t *buf, size_t room, size_t *ret_bytes,
	struct error *err)
{
	ZSTD_inBuffer in = {unpack->input, unpack->input_bytes, unpack->input_at};
	ZSTD_outBuffer out = {buf, room, 0};
	size_t rc = ZSTD_decompressStream(unpack->zstd, &out, &in);

	unpack->input_at = in.pos;
	*ret_bytes = out.pos;
	if (ZSTD_isError(rc))
		return damaged(unpack, ZSTD_getErrorName(rc), err);
	if (rc == 0)
		unpack->member_open = false;
	return 0;
}

/*
 * After a member: another one, or the end. What follows and is no member is padding or a
 * signature, which the packers' own tools ignore too.
 */
static int next_member(struct unpack *unpack, struct error *err)
{
	int rc = 0;

	if (input_left(unpack) < sizeof(zstd_magic))
		rc = refill(unpack, err);
	if (rc)
		return rc;
	if (unpack_kind(unpack->input + unpack->input_at, input_left(unpack)) !=
		unpack->kind) {
		unpack->ended = true;
		return 0;
	}
	unpack->member_open = true;
	if (unpack->kind == UNPACK_GZIP)
		inflateReset(&unpack->gzip);
	return 0;
}

static int member_step(struct unpack *unpack, uint8_t *buf, size_t room,
	size_t *ret_bytes, struct error *err)
{
	size_t before;
	int rc = 0;

	if (!input_left(unpack))
		rc = refill(unpack, err);
	if (rc)
		return rc;
	before = input_left(unpack);
	rc = unpack->kind == UNPACK_GZIP ? gzip_step(unpack, buf, room, ret_bytes, err)
					 : zstd_step(unpack, buf, room, ret_bytes, err);
	/* At the end of the file the unpackers still hand out what they hold back. */
	if (!rc && !before && !*ret_bytes && unpack->member_open)
		return error_set(err, -EBADMSG, NULL,
			"is truncated: its %s data end in the middle",
			unpack_name(unpack->kind));
	return rc;
}

int unpack_read(struct unpack *unpack, void *buf, size_t room, size_t *ret_bytes,
	struct error *err)
{
	uint8_t *at = buf;
	size_t left = room;
	int rc;

	while (left && !unpack->ended) {
		size_t got = 0;

		if (unpack->member_open)
			rc = member_step(unpack, at, left, &got, err);
		else
			rc = next_member(unpack, err);
		if (rc)
			return rc;
		at += got;
		left -= got;
	}
	*ret_bytes = room - left;
	return 0;
}
