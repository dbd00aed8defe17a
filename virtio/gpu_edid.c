/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/gpu_edid.h"

#include <stdio.h>
#include <string.h>

#include "host/display.h"
#include "src/container_of.h"
#include "src/le.h"

/* Three letters of five bits, big-endian: BNS. */
#define MANUFACTURER ((2u << 10) | (14u << 5) | 19u)
#define PRODUCT 1u
#define YEAR (2026 - 1990)

#define SIDE_MAX 4095u   /* pixels of a detailed timing */
#define CLOCK_MAX 65535u /* units of 10 kHz of a detailed timing */
#define MM_MAX 2550u
#define REFRESH_MHZ_MIN 10000u
#define REFRESH_MHZ_MAX 500000u

/* Coordinated video timings with reduced blanking (VESA CVT 1.1). */
#define H_BLANK 160u
#define H_FRONT 48u
#define H_SYNC 32u
#define V_BLANK_NS 460000u
#define V_FRONT 3u
#define V_BACK_MIN 6u

struct timing {
	uint32_t width;
	uint32_t height;
	uint32_t v_blank;
	uint32_t v_sync;
	uint32_t clock; /* units of 10 kHz */
};

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
	return value < low ? low : value > high ? high : value;
}

/* How long the vertical sync is says what shape the picture has. */
static uint32_t sync_lines(uint32_t width, uint32_t height)
{
	static const struct {
		uint32_t x;
		uint32_t y;
		uint32_t lines;
	} shapes[] = {{4, 3, 4}, {16, 9, 5}, {16, 10, 6}, {5, 4, 7}, {15, 9, 7}};

	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		if (width * shapes[i].y == height * shapes[i].x)
			return shapes[i].lines;
	return 10;
}

static struct timing make_timing(uint32_t width, uint32_t height, uint32_t refresh_mhz)
{
	const uint32_t refresh = clamp(refresh_mhz, REFRESH_MHZ_MIN, REFRESH_MHZ_MAX);
	struct timing timing = {
		.width = width,
		.height = height,
		.v_sync = sync_lines(width, height),
	};
	uint64_t line_ns = (1000000000000ull / refresh - V_BLANK_NS) / height;
	uint64_t lines = V_BLANK_NS / (line_ns ? line_ns : 1) + 1;
	uint32_t least = V_FRONT + timing.v_sync + V_BACK_MIN;
	uint64_t dots;

	timing.v_blank = lines > least ? clamp((uint32_t)lines, 0, SIDE_MAX) : least;
	dots = (uint64_t)(width + H_BLANK) * (height + timing.v_blank);
	timing.clock = (uint32_t)((dots * refresh + 5000000) / 10000000);
	return timing;
}

static void put_detailed_timing(
	uint8_t *to, const struct timing *timing, uint32_t width_mm, uint32_t height_mm)
{
	to[2] = (uint8_t)timing->width;
	to[3] = (uint8_t)H_BLANK;
	to[4] = (uint8_t)(timing->width >> 8 << 4 | H_BLANK >> 8);
	to[5] = (uint8_t)timing->height;
	to[6] = (uint8_t)timing->v_blank;
	to[7] = (uint8_t)(timing->height >> 8 << 4 | timing->v_blank >> 8);
	to[8] = H_FRONT;
	to[9] = H_SYNC;
	to[10] = (uint8_t)(V_FRONT << 4 | timing->v_sync);
	to[12] = (uint8_t)width_mm;
	to[13] = (uint8_t)height_mm;
	to[14] = (uint8_t)(width_mm >> 8 << 4 | height_mm >> 8);
	to[17] = 0x1a; /* separate digital syncs, the horizontal one positive */
	/* A clock beyond what can be said is a slower screen. */
	le16_put(to, (uint16_t)clamp(timing->clock, 0, CLOCK_MAX));
}

/* A text of at most 13 characters, ended by a newline where it is shorter. */
static void put_text(uint8_t *to, uint8_t tag, const char *text)
{
	size_t chars = strlen(text);

	to[3] = tag;
	memset(to + 5, ' ', 13);
	memcpy(to + 5, text, chars);
	if (chars < 13)
		to[5 + chars] = '\n';
}

/* Sizes that a guest may choose instead, at 60 Hz, where they are no larger. */
static void put_smaller_modes(uint8_t *edid, const struct display_mode *mode)
{
	static const struct {
		uint16_t width;
		uint16_t height;
		uint8_t shape; /* 16:10, 4:3, 5:4, 16:9 */
	} standard[] = {{1280, 720, 3}, {1280, 800, 0}, {1280, 1024, 2}, {1440, 900, 0},
		{1600, 900, 3}, {1680, 1050, 0}, {1920, 1080, 3}, {1920, 1200, 0}};
	uint8_t *to = edid + 38;

	if (mode->width >= 640 && mode->height >= 480)
		edid[35] |= 0x20;
	if (mode->width >= 800 && mode->height >= 600)
		edid[35] |= 0x01;
	if (mode->width >= 1024 && mode->height >= 768)
		edid[36] |= 0x08;
	memset(to, 0x01, 16);
	for (size_t i = 0; i < ARRAY_SIZE(standard); i++) {
		if (standard[i].width > mode->width || standard[i].height > mode->height)
			continue;
		*to++ = (uint8_t)(standard[i].width / 8 - 31);
		*to++ = (uint8_t)(standard[i].shape << 6);
	}
}

static void put_checksum(uint8_t *from, size_t bytes)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + from[i]);
	from[bytes] = (uint8_t)(0 - sum);
}

/*
 * A DisplayID section: whose it is, and one detailed timing (type I), which the guest
 * should prefer.
 */
static void put_displayid(uint8_t *to, const struct timing *timing, unsigned int scanout)
{
	const uint32_t clock = timing->clock - 1;
	uint8_t *section = to + 1;
	uint8_t *product = section + 4;
	uint8_t *detail = product + 15;

	to[0] = 0x70;
	section[0] = 0x12;
	section[1] = GPU_EDID_BLOCK_BYTES - 7;
	section[2] = 5; /* what hands pictures on */
	product[2] = 12;
	memcpy(product + 3, "BNS", 3);
	le16_put(product + 6, PRODUCT);
	le32_put(product + 8, scanout + 1);
	product[13] = YEAR - 10; /* since 2000 */
	detail[0] = 0x03;
	detail[2] = 20;
	detail += 3;
	le16_put(detail, (uint16_t)clock);
	detail[2] = (uint8_t)(clock >> 16);
	detail[3] = 0x80 | 8; /* preferred, of no shape that has a name */
	le16_put(detail + 4, (uint16_t)(timing->width - 1));
	le16_put(detail + 6, (uint16_t)(H_BLANK - 1));
	le16_put(detail + 8, (uint16_t)((H_FRONT - 1) | 0x8000));
	le16_put(detail + 10, (uint16_t)(H_SYNC - 1));
	le16_put(detail + 12, (uint16_t)(timing->height - 1));
	le16_put(detail + 14, (uint16_t)(timing->v_blank - 1));
	le16_put(detail + 16, (uint16_t)(V_FRONT - 1));
	le16_put(detail + 18, (uint16_t)(timing->v_sync - 1));
	put_checksum(section, GPU_EDID_BLOCK_BYTES - 3);
	put_checksum(to, GPU_EDID_BLOCK_BYTES - 1);
}

/* Nobody knows: 96 dots an inch. */
static uint32_t millimetres(uint32_t known, uint32_t pixels)
{
	return clamp(known ? known : (pixels * 254 + 480) / 960, 1, MM_MAX);
}

uint32_t gpu_edid_make(
	const struct display_mode *mode, unsigned int scanout, uint8_t *ret)
{
	/* sRGB's primaries and white, ten bits each. */
	static const uint8_t colours[] = {
		0xee, 0x91, 0xa3, 0x54, 0x4c, 0x99, 0x26, 0x0f, 0x50, 0x54};
	const struct timing timing =
		make_timing(mode->width, mode->height, mode->refresh_mhz);
	const uint32_t width_mm = millimetres(mode->width_mm, mode->width);
	const uint32_t height_mm = millimetres(mode->height_mm, mode->height);
	const bool large = mode->width > SIDE_MAX || mode->height > SIDE_MAX ||
			   timing.clock > CLOCK_MAX;
	const struct timing said = make_timing(clamp(mode->width, 1, SIDE_MAX),
		clamp(mode->height, 1, SIDE_MAX), mode->refresh_mhz);
	char serial[14];

	memset(ret + 1, 0xff, 6);
	ret[8] = MANUFACTURER >> 8;
	ret[9] = MANUFACTURER & 0xff;
	le16_put(ret + 10, PRODUCT);
	le16_put(ret + 12, (uint16_t)(scanout + 1));
	ret[17] = YEAR;
	ret[18] = 1;
	ret[19] = 4;
	ret[20] = 0xa5; /* digital, 8 bits a colour, as a DisplayPort has */
	ret[21] = (uint8_t)clamp((width_mm + 5) / 10, 1, 255);
	ret[22] = (uint8_t)clamp((height_mm + 5) / 10, 1, 255);
	ret[23] = 120;  /* gamma 2.2 */
	ret[24] = 0x06; /* sRGB, the first detailed timing is the native one */
	memcpy(ret + 25, colours, sizeof(colours));
	put_smaller_modes(ret, mode);
	put_detailed_timing(ret + 54, &said, width_mm, height_mm);
	put_text(ret + 72, 0xfc, "Bonsai");
	snprintf(serial, sizeof(serial), "%u", scanout + 1);
	put_text(ret + 90, 0xff, serial);
	ret[108 + 3] = 0x10; /* a descriptor of nothing */
	ret[126] = large;
	put_checksum(ret, GPU_EDID_BLOCK_BYTES - 1);
	if (large)
		put_displayid(ret + GPU_EDID_BLOCK_BYTES, &timing, scanout);
	return large ? GPU_EDID_BYTES_MAX : GPU_EDID_BLOCK_BYTES;
}
