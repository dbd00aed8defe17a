/* SPDX-License-Identifier: Apache-2.0 */
#include "host/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "src/container_of.h"
#include "test/unit/test.h"

#define FILE_MAX (4u << 20)

static const atomic_bool never;
static uint8_t file[FILE_MAX];
static size_t file_bytes;
static uint8_t raw[FILE_MAX];

/* The file is what has been written. */
static int save(enum picture_format format, uint32_t *pixels, uint32_t width,
	uint32_t height, const atomic_bool *stop)
{
	struct picture picture = {pixels, width, height};
	int fd = memfd_create("picture", MFD_CLOEXEC);
	int code = picture_write(dup(fd), format, &picture, stop);
	ssize_t bytes = pread(fd, file, sizeof(file), 0);

	file_bytes = bytes > 0 ? (size_t)bytes : 0;
	close(fd);
	return code;
}

static uint32_t at32(const uint8_t *from)
{
	return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 |
	       (uint32_t)from[2] << 8 | from[3];
}

/* Takes the file apart as a reader would; its rows go to raw. */
static void read_png(uint32_t width, uint32_t height)
{
	z_stream zip = {.next_out = raw, .avail_out = sizeof(raw)};
	size_t row = (size_t)width * 3;
	bool ended = false;

	CHECK(!memcmp(file, "\x89PNG\r\n\x1a\n", 8));
	CHECK_EQ(inflateInit(&zip), Z_OK);
	for (size_t at = 8; at + 12 <= file_bytes;) {
		uint32_t bytes = at32(file + at);
		const uint8_t *type = file + at + 4;

		CHECK_EQ(at32(type + 4 + bytes), crc32(0, type, 4 + bytes));
		if (!memcmp(type, "IHDR", 4)) {
			CHECK_EQ(at32(type + 4), width);
			CHECK_EQ(at32(type + 8), height);
			CHECK(!memcmp(type + 12, "\x08\x02\0\0\0", 5));
		} else if (!memcmp(type, "IDAT", 4)) {
			zip.next_in = (uint8_t *)type + 4;
			zip.avail_in = bytes;
			CHECK(inflate(&zip, Z_NO_FLUSH) >= 0);
		} else {
			CHECK(!memcmp(type, "IEND", 4));
			ended = true;
		}
		at += bytes + 12;
	}
	CHECK(ended);
	CHECK_EQ(zip.total_out, (row + 1) * height);
	inflateEnd(&zip);
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *here = raw + y * (row + 1);

		CHECK_EQ(here[0], 2);
		for (size_t i = 1; y && i <= row; i++)
			here[i] = (uint8_t)(here[i] + raw[(y - 1) * (row + 1) + i]);
	}
}

static uint32_t *make_pixels(uint32_t width, uint32_t height)
{
	uint32_t *pixels = malloc((size_t)width * height * 4);
	uint32_t seed = 1;

	/* Half of it noise, which does not become less. */
	for (size_t i = 0; i < (size_t)width * height; i++) {
		seed = seed * 1664525 + 1013904223;
		pixels[i] = i & 1024 ? seed : (uint32_t)i;
	}
	return pixels;
}

TEST(a_png_has_every_pixel)
{
	static const struct {
		uint32_t width;
		uint32_t height;
	} table[] = {{1, 1}, {3, 2}, {2, 500}, {640, 480}, {1366, 767}};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t width = table[i].width;
		uint32_t height = table[i].height;
		uint32_t *pixels = make_pixels(width, height);
		unsigned int wrong = 0;

		CHECK_EQ(save(PICTURE_PNG, pixels, width, height, &never), 0);
		read_png(width, height);
		for (uint32_t y = 0; y < height; y++)
			for (uint32_t x = 0; x < width; x++) {
				const uint8_t *rgb =
					raw + y * (width * 3 + 1) + 1 + x * 3;

				wrong += (pixels[y * width + x] & 0xffffff) !=
					 ((uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 |
						 rgb[2]);
			}
		CHECK_EQ(wrong, 0);
		free(pixels);
	}
}

TEST(a_plain_screen_is_a_small_png)
{
	uint32_t *pixels = calloc(1280 * 800, 4);

	CHECK_EQ(save(PICTURE_PNG, pixels, 1280, 800, &never), 0);
	CHECK(file_bytes < 20000);
	free(pixels);
}

TEST(a_ppm_is_its_bytes)
{
	static uint32_t pixels[] = {0xff010203, 0x00040506};

	CHECK_EQ(save(PICTURE_PPM, pixels, 2, 1, &never), 0);
	CHECK_EQ(file_bytes, 17);
	CHECK(!memcmp(file, "P6\n2 1\n255\n\1\2\3\4\5\6", 17));
}

TEST(stops_when_it_is_told_to)
{
	static const atomic_bool stop = true;
	static uint32_t pixel;

	CHECK_EQ(save(PICTURE_PNG, &pixel, 1, 1, &stop), -ECANCELED);
	CHECK_EQ(save(PICTURE_PPM, &pixel, 1, 1, &stop), -ECANCELED);
}

TEST(a_full_file_is_an_error)
{
	static uint32_t pixel;
	struct picture picture = {&pixel, 1, 1};
	int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CHECK_EQ(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW), 0);
	CHECK_EQ(picture_write(fd, PICTURE_PNG, &picture, &never), -EPERM);
}

TEST_MAIN(CASE(a_png_has_every_pixel), CASE(a_plain_screen_is_a_small_png),
	CASE(a_ppm_is_its_bytes), CASE(stops_when_it_is_told_to),
	CASE(a_full_file_is_an_error))
