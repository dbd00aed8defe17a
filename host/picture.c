/* SPDX-License-Identifier: Apache-2.0 */
#include "host/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

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
	fwrite(head, 1, sizeof(head), file);
	if (count) {
		crc = crc32(crc, bytes, count);
		fwrite(bytes, 1, count, file);
	}
	put32(sum, (uint32_t)crc);
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

static int write_png(FILE *file, const struct picture *picture, const atomic_bool *stop)
{
	static const uint8_t head[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
	const uint32_t width = picture->width;
	const size_t row_bytes = (size_t)width * RGB_BYTES;
	uint8_t *rows = calloc(3, row_bytes + 1);
	struct png *png = calloc(1, sizeof(*png));
	uint8_t ihdr[13] = {[8] = 8 /* bits */, [9] = 2 /* RGB */};

	/* Speed: somebody waits. Most of a screen is equal to the row above. */
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
	put32(ihdr + 4, picture->height);
	write_chunk(file, "IHDR", ihdr, sizeof(ihdr));
	for (uint32_t y = 0; y < picture->height && !*stop; y++) {
		uint8_t *row = rows + (y & 1) * row_bytes;
		const uint8_t *above = rows + (~y & 1) * row_bytes;
		uint8_t *rest = rows + 2 * row_bytes;

		unpack_row(row, picture->pixels + (size_t)y * width, width);
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

static int write_ppm(FILE *file, const struct picture *picture, const atomic_bool *stop)
{
	const uint32_t width = picture->width;
	uint8_t *row = malloc((size_t)width * RGB_BYTES);

	if (!row)
		return -ENOMEM;
	fprintf(file, "P6\n%u %u\n255\n", width, picture->height);
	for (uint32_t y = 0; y < picture->height && !*stop; y++) {
		unpack_row(row, picture->pixels + (size_t)y * width, width);
		fwrite(row, RGB_BYTES, width, file);
	}
	free(row);
	return 0;
}

/* ---- either ---------------------------------------------------------------------------
 */

int picture_write(int fd, enum picture_format format, const struct picture *picture,
	const atomic_bool *stop)
{
	FILE *file = fdopen(fd, "wb");
	int code;

	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	if (format == PICTURE_PNG)
		code = write_png(file, picture, stop);
	else
		code = write_ppm(file, picture, stop);
	errno = 0;
	if ((ferror(file) || fflush(file)) && !code)
		code = errno ? -errno : -EIO;
	fclose(file);
	return code || !*stop ? code : -ECANCELED;
}
