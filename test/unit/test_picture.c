/* SPDX-License-Identifier: Apache-2.0 */
#include "host/picture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

#define FILE_MAX (4u << 20)

static struct picture_saver saver;
static char folder[64];
static char path[96];
static uint8_t file[FILE_MAX];
static size_t file_bytes;
static uint8_t raw[FILE_MAX];

static void begin(void)
{
	snprintf(folder, sizeof(folder), "/tmp/picture.XXXXXX");
	CHECK(mkdtemp(folder));
	CHECK_EQ(picture_saver_init(&saver), 0);
	snprintf(path, sizeof(path), "%s/a.png", folder);
}

/* How many files there are. */
static unsigned int count_files(void)
{
	DIR *dir = opendir(folder);
	unsigned int count = 0;
	const struct dirent *entry;

	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void end(void)
{
	unlink(path);
	CHECK_EQ(rmdir(folder), 0);
}

static void load(void)
{
	FILE *from = fopen(path, "rb");

	CHECK(from);
	file_bytes = from ? fread(file, 1, sizeof(file), from) : 0;
	if (from)
		fclose(from);
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

	begin();
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint32_t width = table[i].width;
		uint32_t height = table[i].height;
		uint32_t *pixels = make_pixels(width, height);
		unsigned int wrong = 0;

		CHECK_EQ(picture_save(
				 &saver, path, PICTURE_PNG, pixels, width, height, NULL),
			0);
		load();
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
	CHECK_EQ(count_files(), 1);
	end();
}

TEST(a_plain_screen_is_a_small_png)
{
	uint32_t *pixels = calloc(1280 * 800, 4);

	begin();
	CHECK_EQ(picture_save(&saver, path, PICTURE_PNG, pixels, 1280, 800, NULL), 0);
	load();
	CHECK(file_bytes < 20000);
	free(pixels);
	end();
}

TEST(a_ppm_is_its_bytes)
{
	static const uint32_t pixels[] = {0xff010203, 0x00040506};

	begin();
	CHECK_EQ(picture_save(&saver, path, PICTURE_PPM, pixels, 2, 1, NULL), 0);
	load();
	CHECK_EQ(file_bytes, 17);
	CHECK(!memcmp(file, "P6\n2 1\n255\n\1\2\3\4\5\6", 17));
	end();
}

TEST(replaces_a_file_at_the_end)
{
	static const uint32_t pixel = 0;
	char place[128];
	struct stat before, after;

	begin();
	CHECK_EQ(picture_save(&saver, path, PICTURE_PPM, &pixel, 1, 1, NULL), 0);
	CHECK_EQ(stat(path, &before), 0);
	/* Somebody has put something where it would be made. */
	snprintf(place, sizeof(place), "%s.%d.part", path, (int)getpid());
	CHECK_EQ(symlink("/dev/null", place), 0);
	CHECK_EQ(picture_save(&saver, path, PICTURE_PPM, &pixel, 1, 1, NULL), -EEXIST);
	CHECK_EQ(unlink(place), 0);
	CHECK_EQ(stat(path, &after), 0);
	CHECK_EQ(before.st_ino, after.st_ino);
	CHECK_EQ(picture_save(&saver, path, PICTURE_PNG, &pixel, 1, 1, NULL), 0);
	CHECK_EQ(count_files(), 1);
	end();
}

TEST(says_why_there_is_no_file)
{
	static const uint32_t pixel = 0;
	struct error err;
	char text[160];

	begin();
	CHECK_EQ(picture_save(&saver, "/dev/null", PICTURE_PNG, &pixel, 1, 1, &err),
		-EINVAL);
	CHECK_STR(err.text, "/dev/null does not end in .png or .ppm, as a picture does");
	CHECK_EQ(unlink(path), -1);
	CHECK_EQ(mkdir(path, 0700), 0);
	CHECK_EQ(picture_save(&saver, path, PICTURE_PNG, &pixel, 1, 1, &err), -EINVAL);
	snprintf(text, sizeof(text), "%s is no regular file", path);
	CHECK_STR(err.text, text);
	CHECK_EQ(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/none/a.png", folder);
	snprintf(text, sizeof(text), "cannot write %s: No such file or directory", path);
	CHECK_EQ(picture_save(&saver, path, PICTURE_PNG, &pixel, 1, 1, &err), -ENOENT);
	CHECK_STR(err.text, text);
	CHECK_EQ(count_files(), 0);
	end();
}

TEST_MAIN(CASE(a_png_has_every_pixel), CASE(a_plain_screen_is_a_small_png),
	CASE(a_ppm_is_its_bytes), CASE(replaces_a_file_at_the_end),
	CASE(says_why_there_is_no_file))
