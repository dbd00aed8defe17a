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

/* Deflate cannot pack more tightly than this (zlib's technical details). */
#define GZIP_RATIO_MAX 1032
#define COUNT_STEP_BYTES (256u << 10)

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
	size_t done = 0;

	while (done < room) {
		ssize_t got = pread(rom->fd, (uint8_t *)buf + done, room - done,
			(off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return rom_error(
				rom, -errno, err, "cannot be read: %s", strerror(errno));
		if (got == 0)
			break;
		done += (size_t)got;
	}
	*ret_bytes = done;
	return 0;
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

int rom_open(struct rom *rom, const char *what, const struct config_rom *config,
	bool unpack, struct error *err)
{
	uint8_t magic[4];
	size_t got;
	int rc;

	*rom = (struct rom){.what = what, .config = config};
	/* Non-blocking: a FIFO without a writer must not hold up the start. */
	rom->fd = open(config->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (rom->fd < 0)
		return rom_error(
			rom, -errno, err, "cannot be opened: %s", strerror(errno));
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
	scratch = malloc(COUNT_STEP_BYTES);
	if (!rc && !scratch)
		rc = error_set(
			&cause, -ENOMEM, NULL, "cannot be unpacked: out of memory");
	do {
		if (!rc)
			rc = unpack_read(unpack, scratch, COUNT_STEP_BYTES, &got, &cause);
		if (rc) {
			rc = unpack_failed(rom, rc, &cause, err);
			goto out;
		}
		total += got;
	} while (got == COUNT_STEP_BYTES && total <= limit_bytes);
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

int rom_map_into(const struct rom *rom, void *hva, size_t room, struct error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (rom->packing != UNPACK_NONE)
		return rom_error(rom, -EINVAL, err,
			"is %s-compressed and cannot be mapped: unpack it, or leave out "
			"<memory image=\"map\"/>",
			unpack_name(rom->packing));
	if (rom->file_bytes > room)
		return too_large(rom, room, err);
	if ((uintptr_t)hva % page)
		return rom_error(rom, -EINVAL, err,
			"must start in the middle of a page and cannot be mapped: leave "
			"out <memory image=\"map\"/>");
	if (mmap(hva, (size_t)rom->file_bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_FIXED, rom->fd, 0) == MAP_FAILED)
		return rom_error(
			rom, -errno, err, "cannot be mapped: %s", strerror(errno));
	return 0;
}
