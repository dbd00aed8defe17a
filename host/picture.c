/* SPDX-License-Identifier: Apache-2.0 */
#include "host/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "src/container_of.h"
#include "src/error.h"

#define RGB_BYTES 3u
#define FILTER_UP 2u /* what is left of a row after the one above it */
#define CHUNK_BYTES 65536u

struct png {
	FILE *file;
	z_stream zip;
	uint8_t chunk[CHUNK_BYTES];
};

/* ---- PNG ------------------------------------------------------------------------------
 */

static void put32(uint8_t *to, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Errors are the file's to keep. */
static void write_chunk(
	FILE *file, const char *type, const uint8_t *bytes, uint32_t count)
{
	uint8_t head[8];
	uint8_t sum[4];
	uLong crc;

	put32(head, count);
	memcpy(head + 4, type, 4);
	crc = crc32(0, head + 4, 4);
	if (count)
		crc = crc32(crc, bytes, count);
	put32(sum, (uint32_t)crc);
	fwrite(head, 1, sizeof(head), file);
	fwrite(bytes, 1, count, file);
	fwrite(sum, 1, sizeof(sum), file);
}

/* Packs what the stream has been given, a chunk whenever one is full. */
static void pack(struct png *png, int flush)
{
	int code;

	do {
		code = deflate(&png->zip, flush);
		if (png->zip.avail_out && code != Z_STREAM_END)
			continue;
		write_chunk(
			png->file, "IDAT", png->chunk, CHUNK_BYTES - png->zip.avail_out);
		png->zip.next_out = png->chunk;
		png->zip.avail_out = CHUNK_BYTES;
	} while (code == Z_OK && (png->zip.avail_in || flush == Z_FINISH));
}

static void unpack_row(uint8_t *to, const uint32_t *pixels, uint32_t width)
{
	for (uint32_t x = 0; x < width; x++) {
		*to++ = (uint8_t)(pixels[x] >> 16);
		*to++ = (uint8_t)(pixels[x] >> 8);
		*to++ = (uint8_t)pixels[x];
	}
}

static int write_png(FILE *file, const uint32_t *pixels, uint32_t width, uint32_t height)
{
	static const uint8_t head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	const size_t row_bytes = (size_t)width * RGB_BYTES;
	uint8_t *rows = calloc(3, row_bytes + 1);
	struct png *png = calloc(1, sizeof(*png));
	uint8_t ihdr[13] = {[8] = 8 /* bits */, [9] = 2 /* RGB */};

	/* Speed: the VM's devices wait. Most of a screen is equal to the row above. */
	if (!rows || !png || deflateInit(&png->zip, Z_BEST_SPEED) != Z_OK) {
		free(rows);
		free(png);
		return -ENOMEM;
	}
	png->file = file;
	png->zip.next_out = png->chunk;
	png->zip.avail_out = CHUNK_BYTES;
	fwrite(head, 1, sizeof(head), file);
	put32(ihdr, width);
	put32(ihdr + 4, height);
	write_chunk(file, "IHDR", ihdr, sizeof(ihdr));
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = rows + (y & 1) * row_bytes;
		const uint8_t *above = rows + (~y & 1) * row_bytes;
		uint8_t *rest = rows + 2 * row_bytes;

		unpack_row(row, pixels + (size_t)y * width, width);
		rest[0] = FILTER_UP;
		for (size_t i = 0; i < row_bytes; i++)
			rest[1 + i] = (uint8_t)(row[i] - above[i]);
		png->zip.next_in = rest;
		png->zip.avail_in = (uInt)(row_bytes + 1);
		pack(png, Z_NO_FLUSH);
	}
	pack(png, Z_FINISH);
	write_chunk(file, "IEND", NULL, 0);
	deflateEnd(&png->zip);
	free(rows);
	free(png);
	return 0;
}

/* ---- PPM ------------------------------------------------------------------------------
 */

static int write_ppm(FILE *file, const uint32_t *pixels, uint32_t width, uint32_t height)
{
	uint8_t *row = malloc((size_t)width * RGB_BYTES);

	if (!row)
		return -ENOMEM;
	fprintf(file, "P6\n%u %u\n255\n", width, height);
	for (uint32_t y = 0; y < height; y++) {
		unpack_row(row, pixels + (size_t)y * width, width);
		fwrite(row, RGB_BYTES, width, file);
	}
	free(row);
	return 0;
}

/* ---- files ----------------------------------------------------------------------------
 */

enum step { BEGIN, COMMIT, ABANDON };

static bool ends_in(const char *path, const char *end)
{
	size_t chars = strlen(path);

	return chars > strlen(end) && !strcmp(path + chars - strlen(end), end);
}

static int begin(struct picture_saver *saver, struct outside_message *message)
{
	const char *path = message->data;
	struct stat status;
	int fd;

	if (strnlen(path, message->bytes) == message->bytes ||
		(!ends_in(path, ".png") && !ends_in(path, ".ppm")))
		return -EINVAL;
	if (!stat(path, &status) && !S_ISREG(status.st_mode))
		return -EISDIR;
	free(saver->path);
	free(saver->part);
	saver->path = strdup(path);
	if (!saver->path ||
		asprintf(&saver->part, "%s.%d.part", path, (int)getpid()) < 0) {
		saver->part = NULL;
		return -ENOMEM;
	}
	fd = open(
		saver->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0) {
		int code = -errno;

		/* It is somebody else's. */
		free(saver->part);
		saver->part = NULL;
		return code;
	}
	message->fds[0] = fd;
	message->fd_count = 1;
	return 0;
}

static int end(struct picture_saver *saver, bool commit)
{
	int code = 0;

	if (!saver->part)
		return 0;
	if (commit && rename(saver->part, saver->path) < 0)
		code = -errno;
	if (code || !commit)
		unlink(saver->part);
	free(saver->part);
	saver->part = NULL;
	return code;
}

static int do_step(struct outside_job *job, struct outside_message *message)
{
	struct picture_saver *saver = container_of(job, struct picture_saver, job);

	if (message->number == BEGIN)
		return begin(saver, message);
	return end(saver, message->number == COMMIT);
}

int picture_saver_init(struct picture_saver *saver)
{
	return outside_add(&saver->job, do_step);
}

void picture_saver_finish(struct picture_saver *saver)
{
	outside_remove(&saver->job);
	free(saver->path);
	free(saver->part);
	saver->path = saver->part = NULL;
}

/* ---- saving -------------------------------------------------------------------------
 */

static int write_file(int fd, enum picture_format format, const uint32_t *pixels,
	uint32_t width, uint32_t height)
{
	FILE *file = fdopen(fd, "wb");
	int code;

	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	if (format == PICTURE_PNG)
		code = write_png(file, pixels, width, height);
	else
		code = write_ppm(file, pixels, width, height);
	errno = 0;
	if ((ferror(file) || fflush(file)) && !code)
		code = errno ? -errno : -EIO;
	fclose(file);
	return code;
}

int picture_save(struct picture_saver *saver, const char *path,
	enum picture_format format, const uint32_t *pixels, uint32_t width,
	uint32_t height, struct error *err)
{
	struct outside_message *message = outside_message();
	size_t bytes = strlen(path) + 1;
	int done;
	int code;

	if (bytes > sizeof(message->data))
		return error_set(err, -ENAMETOOLONG, NULL, "cannot write %s: %s", path,
			strerror(ENAMETOOLONG));
	memcpy(message->data, path, bytes);
	message->bytes = (uint32_t)bytes;
	code = outside_do(&saver->job, message);
	if (code == -EISDIR)
		return error_set(err, -EINVAL, NULL, "%s is no regular file", path);
	if (code == -EINVAL)
		return error_set(err, -EINVAL, NULL,
			"%s does not end in .png or .ppm, as a picture does", path);
	if (!code) {
		code = write_file(message->fds[0], format, pixels, width, height);
		message = outside_message();
		message->number = code ? ABANDON : COMMIT;
		done = outside_do(&saver->job, message);
		code = code ? code : done;
	}
	return code ? error_set(err, code, NULL, "cannot write %s: %s", path,
			      strerror(-code))
		    : 0;
}
