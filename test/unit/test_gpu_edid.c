/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/gpu_edid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/display.h"
#include "test/unit/test.h"

static uint8_t edid[GPU_EDID_BYTES_MAX];

static uint32_t make(uint32_t width, uint32_t height, uint32_t refresh_mhz)
{
	const struct display_mode mode = {.connected = true,
		.width = width,
		.height = height,
		.refresh_mhz = refresh_mhz};
	uint32_t bytes;
	uint8_t sum = 0;

	memset(edid, 0, sizeof(edid));
	bytes = gpu_edid_make(&mode, 2, edid);
	for (uint32_t i = 0; i < bytes; i++) {
		sum = (uint8_t)(sum + edid[i]);
		if (i % GPU_EDID_BLOCK_BYTES == GPU_EDID_BLOCK_BYTES - 1)
			CHECK_EQ(sum, 0);
	}
	return bytes;
}

/* Of the detailed timing: 12 bits of which the upper 4 are elsewhere. */
static uint32_t twelve(unsigned int low, unsigned int high, unsigned int shift)
{
	return edid[54 + low] | (uint32_t)(edid[54 + high] >> shift & 15) << 8;
}

TEST(has_a_head_and_checksums)
{
	static const uint8_t head[] = {0, 255, 255, 255, 255, 255, 255, 0};

	CHECK_EQ(make(1280, 800, 60000), GPU_EDID_BLOCK_BYTES);
	CHECK(!memcmp(edid, head, sizeof(head)));
	CHECK_EQ(edid[18], 1);
	CHECK_EQ(edid[19], 4);
	CHECK_EQ(edid[12], 3); /* the serial number of the third scanout */
	CHECK(!memcmp(edid + 95, "3\n           ", 13));
	CHECK(!memcmp(edid + 77, "Bonsai\n      ", 13));
}

TEST(times_any_mode_exactly)
{
	static const struct {
		uint32_t width, height, refresh_mhz, clock; /* of 10 kHz */
	} table[] = {
		{1280, 800, 60000, 7111},
		{1366, 767, 60000, 7224},
		{1920, 1080, 60000, 13865},
		{1920, 1080, 144000, 34654},
		{64, 64, 60000, 112},
		{64, 64, 0, 19},
		{4095, 2160, 30000, 27968},
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t clock, total, refresh;

		CHECK_EQ(make(table[i].width, table[i].height, table[i].refresh_mhz),
			GPU_EDID_BLOCK_BYTES);
		clock = edid[54] | (uint32_t)edid[55] << 8;
		CHECK_EQ(twelve(2, 4, 4), table[i].width);
		CHECK_EQ(twelve(5, 7, 4), table[i].height);
		total = (table[i].width + twelve(3, 4, 0)) *
			(table[i].height + twelve(6, 7, 0));
		refresh = (uint32_t)((uint64_t)clock * 10000000 / total);
		/* The blanking takes 460 us or more. */
		CHECK((uint64_t)twelve(6, 7, 0) * (table[i].width + 160) * 100 / clock >=
			460);
		if (table[i].refresh_mhz && table[i].width > 64)
			CHECK(refresh > table[i].refresh_mhz - 30 &&
				refresh < table[i].refresh_mhz + 30);
		CHECK_EQ(clock, table[i].clock);
	}
}

TEST(says_how_large_it_is)
{
	struct display_mode mode = {.width = 1280, .height = 800, .refresh_mhz = 60000};

	/* 96 dots an inch where nobody knows. */
	make(1280, 800, 60000);
	CHECK_EQ(twelve(12, 14, 4), 339);
	CHECK_EQ(twelve(13, 14, 0), 212);
	CHECK_EQ(edid[21], 34);
	CHECK_EQ(edid[22], 21);
	mode.width_mm = 5000;
	mode.height_mm = 3;
	memset(edid, 0, sizeof(edid));
	gpu_edid_make(&mode, 0, edid);
	CHECK_EQ(twelve(12, 14, 4), 2550);
	CHECK_EQ(twelve(13, 14, 0), 3);
	CHECK_EQ(edid[21], 255);
	CHECK_EQ(edid[22], 1);
}

TEST(offers_no_larger_modes)
{
	static const uint8_t none[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

	make(639, 480, 60000);
	CHECK_EQ(edid[35], 0);
	CHECK(!memcmp(edid + 38, none, sizeof(none)));
	make(1280, 800, 60000);
	CHECK_EQ(edid[35], 0x21);
	CHECK_EQ(edid[36], 0x08);
	CHECK_EQ(edid[38], 1280 / 8 - 31);
	CHECK_EQ(edid[39], 0xc0);
	CHECK_EQ(edid[41], 0x00);
	CHECK_EQ(edid[42], 0x01);
}

TEST(says_more_where_the_mode_is_large)
{
	static const struct {
		uint32_t width, height, said_width, said_height;
	} table[] = {{5120, 1440, 4095, 1440}, {3840, 4320, 3840, 4095},
		{16384, 16384, 4095, 4095}, {4095, 4095, 4095, 4095}};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const uint8_t *section = edid + GPU_EDID_BLOCK_BYTES + 1;
		const uint8_t *detail = section + 22;
		uint8_t sum = 0;

		CHECK_EQ(
			make(table[i].width, table[i].height, 60000), GPU_EDID_BYTES_MAX);
		CHECK_EQ(edid[126], 1);
		CHECK_EQ(twelve(2, 4, 4), table[i].said_width);
		CHECK_EQ(twelve(5, 7, 4), table[i].said_height);
		CHECK_EQ(section[-1], 0x70);
		for (unsigned int j = 0; j < 126; j++)
			sum = (uint8_t)(sum + section[j]);
		CHECK_EQ(sum, 0);
		CHECK_EQ(detail[4] + 256 * detail[5] + 1, table[i].width);
		CHECK_EQ(detail[12] + 256 * detail[13] + 1, table[i].height);
	}
}

TEST(pleases_edid_decode)
{
	static const struct {
		uint32_t width, height;
	} table[] = {{640, 480}, {1280, 800}, {1366, 767}, {3840, 2160}, {5120, 1440},
		{16384, 16384}};

	if (system("command -v edid-decode >/dev/null")) {
		printf("skipped: no edid-decode (package edid-decode)\n");
		return;
	}
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t bytes = make(table[i].width, table[i].height, 60000);
		FILE *decoder = popen("edid-decode --check - >/dev/null", "w");

		CHECK(decoder);
		CHECK_EQ(fwrite(edid, 1, bytes, decoder), bytes);
		CHECK_EQ(pclose(decoder), 0);
	}
}

TEST_MAIN(CASE(has_a_head_and_checksums), CASE(times_any_mode_exactly),
	CASE(says_how_large_it_is), CASE(offers_no_larger_modes),
	CASE(says_more_where_the_mode_is_large), CASE(pleases_edid_decode))
