/* SPDX-License-Identifier: Apache-2.0 */
#include "src/rom.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "config/config.h"
#include "src/error.h"
#include "src/outside.h"
#include "src/read_full.h"
#include "src/sealed.h"

/* Deflate cannot pack more tightly than this (zlib's technical details). */
#define GZIP_RATIO_MAX 1032
#define SCRATCH_BYTES (256u << 10)

int rom_error(const struct rom *rom, int code, struct error *err, const char *fmt, ...)
{
	char text[ERROR_TEXT_BYTES];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return error_set(err, code, &rom->config->pos, "%s \"%s\" %s", rom->what,
		rom->config->path, text);
}

static int read_at(const struct rom *rom, void *buf, size_t room, uint64_t offset,
	size_t *ret_bytes, struct error *err)
{
	int rc = pread_full(rom->fd, buf, room, offset, ret_bytes);

	return rc ? rom_error(rom, rc, err, "cannot be read: %s", strerror(-rc)) : 0;
}

/* Regular files and block devices have a size and can be read at any place. */
static int measure_file(struct rom *rom, struct error *err)
{
	struct stat st;
	off_t end;

	if (fstat(rom->fd, &st) < 0)
		return rom_error(
			rom, -errno, err, "cannot be examined: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return rom_error(rom, -EISDIR, err, "is a directory, a file is needed");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return rom_error(
			rom, -EINVAL, err, "is neither a file nor a block device");
	end = lseek(rom->fd, 0, SEEK_END);
	if (end < 0)
		return rom_error(rom, -errno, err, "has no size: %s", strerror(errno));
	if (end == 0)
		return rom_error(rom, -EINVAL, err, "is empty");
	rom->file_bytes = (uint64_t)end;
	return 0;
}

/*
 * A file that was verified is what was copied of it.
 */
static int open_file(const struct config_rom *config)
{
	int fd;

	if (!config->sealed)
		return outside_open(config->path);
	fd = fcntl(config->sealed->fd, F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

int rom_open(struct rom *rom, const char *what, const struct config_rom *config,
	bool unpack, struct error *err)
{
	uint8_t magic[4];
	size_t got;
	int rc;

	*rom = (struct rom){.what = what, .config = config};
	rc = open_file(config);
	rom->fd = rc < 0 ? -1 : rc;
	if (rc < 0)
		return rom_error(rom, rc, err, "cannot be opened: %s", strerror(-rc));
	rc = measure_file(rom, err);
	if (!rc && unpack)
		rc = read_at(rom, magic, sizeof(magic), 0, &got, err);
	if (rc)
		goto fail;
	if (unpack)
		rom->packing = unpack_kind(magic, got);
	return 0;
fail:
	rom_close(rom);
	return rc;
}

void rom_close(struct rom *rom)
{
	if (rom->fd >= 0)
		close(rom->fd);
	rom->fd = -1;
}

/* Names the file in what the unpacker said. */
static int unpack_failed(
	const struct rom *rom, int rc, const struct error *cause, struct error *err)
{
	return rom_error(rom, rc, err, "%s", cause->text);
}

int rom_head(const struct rom *rom, void *buf, size_t room, size_t *ret_bytes,
	struct error *err)
{
	struct unpack *unpack;
	struct error cause;
	int rc;

	if (rom->packing == UNPACK_NONE)
		return read_at(rom, buf, room, 0, ret_bytes, err);
	rc = unpack_create(rom->packing, rom->fd, &unpack, &cause);
	if (rc)
		return unpack_failed(rom, rc, &cause, err);
	rc = unpack_read(unpack, buf, room, ret_bytes, &cause);
	unpack_destroy(unpack);
	return rc ? unpack_failed(rom, rc, &cause, err) : 0;
}

/* RFC 1952, 2.3.1: the last four bytes are the size modulo 2^32 of the last member. */
static int gzip_claim(const struct rom *rom, uint64_t *ret_bytes, struct error *err)
{
	uint32_t size = 0;
	size_t got;
	int rc;

	*ret_bytes = 0;
	if (rom->file_bytes < sizeof(size))
		return 0;
	rc = read_at(rom, &size, sizeof(size), rom->file_bytes - sizeof(size), &got, err);
	if (rc)
		return rc;
	size = le32toh(size);
	if (got == sizeof(size) && size / GZIP_RATIO_MAX <= rom->file_bytes)
		*ret_bytes = size;
	return 0;
}

/* RFC 8878, 3.1.1: the frame header may say it; the blocks' headers show a cut file. */
static int zstd_claim(const struct rom *rom, uint64_t *ret_bytes, struct error *err)
{
	size_t bytes = (size_t)rom->file_bytes;
	unsigned long long size;
	bool damaged;
	void *file;

	*ret_bytes = 0;
	if (bytes != rom->file_bytes)
		return 0;
	file = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, rom->fd, 0);
	if (file == MAP_FAILED)
		return 0;
	size = ZSTD_getFrameContentSize(file, bytes);
	damaged = ZSTD_isError(ZSTD_findFrameCompressedSize(file, bytes));
	munmap(file, bytes);
	if (damaged)
		return rom_error(rom, -EBADMSG, err,
			"is truncated or damaged: its zstd data do not reach their end");
	if (size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR)
		*ret_bytes = size;
	return 0;
}

int rom_claim(const struct rom *rom, uint64_t *ret_bytes, struct error *err)
{
	if (rom->packing == UNPACK_GZIP)
		return gzip_claim(rom, ret_bytes, err);
	if (rom->packing == UNPACK_ZSTD)
		return zstd_claim(rom, ret_bytes, err);
	*ret_bytes = rom->file_bytes;
	return 0;
}

static int too_large(const struct rom *rom, uint64_t limit_bytes, struct error *err)
{
	return rom_error(rom, -EFBIG, err,
		"%s more than the %" PRIu64 " bytes of room for it",
		rom->packing == UNPACK_NONE ? "holds" : "unpacks to", limit_bytes);
}

int rom_count(const struct rom *rom, uint64_t limit_bytes, uint64_t *ret_bytes,
	struct error *err)
{
	struct unpack *unpack = NULL;
	uint8_t *scratch = NULL;
	uint64_t total = 0;
	struct error cause;
	size_t got;
	int rc;

	if (rom->packing == UNPACK_NONE)
		return rom_claim(rom, ret_bytes, err);
	rc = unpack_create(rom->packing, rom->fd, &unpack, &cause);
	scratch = malloc(SCRATCH_BYTES);
	if (!rc && !scratch)
		rc = error_set(
			&cause, -ENOMEM, NULL, "cannot be unpacked: out of memory");
	do {
		if (!rc)
			rc = unpack_read(unpack, scratch, SCRATCH_BYTES, &got, &cause);
		if (rc) {
			rc = unpack_failed(rom, rc, &cause, err);
			goto out;
		}
		total += got;
	} while (got == SCRATCH_BYTES && total <= limit_bytes);
	if (total > limit_bytes)
		rc = too_large(rom, limit_bytes, err);
	else
		*ret_bytes = total;
out:
	free(scratch);
	unpack_destroy(unpack);
	return rc;
}

/* One byte more than there is room for shows that the contents are too large. */
static int read_packed(const struct rom *rom, void *buf, size_t room, size_t *ret_bytes,
	struct error *err)
{
	struct unpack *unpack;
	struct error cause;
	uint8_t byte;
	size_t beyond = 0;
	int rc = unpack_create(rom->packing, rom->fd, &unpack, &cause);

	if (rc)
		return unpack_failed(rom, rc, &cause, err);
	rc = unpack_read(unpack, buf, room, ret_bytes, &cause);
	if (!rc)
		rc = unpack_read(unpack, &byte, 1, &beyond, &cause);
	unpack_destroy(unpack);
	if (rc)
		return unpack_failed(rom, rc, &cause, err);
	return beyond ? too_large(rom, room, err) : 0;
}

int rom_read(const struct rom *rom, void *buf, size_t room, size_t *ret_bytes,
	struct error *err)
{
	if (rom->packing != UNPACK_NONE)
		return read_packed(rom, buf, room, ret_bytes, err);
	if (rom->file_bytes > room)
		return too_large(rom, room, err);
	return read_at(rom, buf, (size_t)rom->file_bytes, 0, ret_bytes, err);
}

/* --- parts -------------------------------------------------------------------------- */

static int ends_early(const struct rom_part *part, struct error *cause)
{
	return error_set(cause, -EBADMSG, NULL,
		"is truncated: it ends before the %zu bytes at offset %" PRIu64
		" that its headers promise",
		part->bytes, part->offset);
}

static int read_plain_part(
	const struct rom *rom, const struct rom_part *part, struct error *cause)
{
	size_t got = 0;
	int rc = 0;

	/* Also keeps what no file can have away from pread(). */
	if (part->offset < rom->file_bytes)
		rc = pread_full(rom->fd, part->buf, part->bytes, part->offset, &got);
	if (rc)
		return error_set(cause, rc, NULL, "cannot be read: %s", strerror(-rc));
	return got < part->bytes ? ends_early(part, cause) : 0;
}

/* From *at, where unpack is, to offset. */
static int skip_to(struct unpack *unpack, const struct rom_part *part, uint64_t *at,
	uint8_t *scratch, struct error *cause)
{
	while (*at < part->offset) {
		uint64_t left = part->offset - *at;
		size_t step = left < SCRATCH_BYTES ? (size_t)left : SCRATCH_BYTES;
		size_t got;
		int rc = unpack_read(unpack, scratch, step, &got, cause);

		if (rc)
			return rc;
		if (got < step)
			return ends_early(part, cause);
		*at += got;
	}
	return 0;
}

static int unpack_parts(const struct rom *rom, const struct rom_part *parts,
	unsigned int count, struct error *cause)
{
	struct unpack *unpack = NULL;
	uint8_t *scratch = malloc(SCRATCH_BYTES);
	uint64_t at = 0;
	size_t got;
	int rc = scratch ? unpack_create(rom->packing, rom->fd, &unpack, cause)
			 : error_set(cause, -ENOMEM, NULL,
				   "cannot be unpacked: out of memory");

	for (unsigned int i = 0; !rc && i < count; i++) {
		rc = skip_to(unpack, &parts[i], &at, scratch, cause);
		if (!rc)
			rc = unpack_read(
				unpack, parts[i].buf, parts[i].bytes, &got, cause);
		if (!rc && got < parts[i].bytes)
			rc = ends_early(&parts[i], cause);
		at += parts[i].bytes;
	}
	unpack_destroy(unpack);
	free(scratch);
	return rc;
}

static int read_parts(const struct rom *rom, const struct rom_part *parts,
	unsigned int count, struct error *cause)
{
	int rc = 0;

	if (rom->packing != UNPACK_NONE)
		return unpack_parts(rom, parts, count, cause);
	for (unsigned int i = 0; !rc && i < count; i++)
		rc = read_plain_part(rom, &parts[i], cause);
	return rc;
}

int rom_read_parts(const struct rom *rom, const struct rom_part *parts,
	unsigned int count, struct error *err)
{
	struct error cause;
	int rc = read_parts(rom, parts, count, &cause);

	return rc ? rom_error(rom, rc, err, "%s", cause.text) : 0;
}

int rom_bytes_at(const struct rom *rom, uint64_t offset, void *buf, size_t bytes,
	struct error *err)
{
	struct rom_part part = {offset, bytes, buf};

	return read_parts(rom, &part, 1, err);
}

/* --- mapping ------------------------------------------------------------------------ */

int rom_map_part(const struct rom *rom, const struct rom_part *part, struct error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *at = part->buf;
	size_t head = -(uintptr_t)at & (page - 1);
	struct error cause;
	size_t pages;

	if (rom->packing != UNPACK_NONE)
		return rom_error(rom, -EINVAL, err,
			"is %s-compressed and cannot be mapped: unpack it, or leave out "
			"<memory image=\"map\"/>",
			unpack_name(rom->packing));
	if (((uintptr_t)at - part->offset) % page)
		return rom_error(rom, -EINVAL, err,
			"must start in the middle of a page and cannot be mapped: leave "
			"out <memory image=\"map\"/>");
	if (part->offset > rom->file_bytes ||
		part->bytes > rom->file_bytes - part->offset) {
		ends_early(part, &cause);
		return rom_error(rom, -EBADMSG, err, "%s", cause.text);
	}
	if (head > part->bytes)
		head = part->bytes;
	pages = (part->bytes - head) / page * page;
	if (pages &&
		mmap(at + head, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
			rom->fd, (off_t)(part->offset + head)) == MAP_FAILED)
		return rom_error(
			rom, -errno, err, "cannot be mapped: %s", strerror(errno));
	const struct rom_part ends[] = {
		{part->offset, head, at},
		{part->offset + head + pages, part->bytes - head - pages,
			at + head + pages},
	};

	return rom_read_parts(rom, ends, 2, err);
}

int rom_map_into(const struct rom *rom, void *hva, size_t room, struct error *err)
{
	struct rom_part part = {0, (size_t)rom->file_bytes, hva};

	if (rom->packing == UNPACK_NONE && rom->file_bytes > room)
		return too_large(rom, room, err);
	return rom_map_part(rom, &part, err);
}
