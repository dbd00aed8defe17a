/* SPDX-License-Identifier: Apache-2.0 */
#include "host/pixels.h"

#include <string.h>

#include "test/unit/test.h"

TEST(knows_what_lies_in_a_surface)
{
	static const struct {
		struct rect rect;
		bool fits;
	} cases[] = {
		{{0, 0, 8, 4}, true},
		{{7, 3, 1, 1}, true},
		{{8, 4, 0, 0}, true},
		{{8, 0, 1, 1}, false},
		{{0, 0, 9, 1}, false},
		{{0, 1, 1, 4}, false},
		{{1, 0, UINT32_MAX, 1}, false},
		{{UINT32_MAX, 0, 2, 1}, false},
		{{0, UINT32_MAX, 1, UINT32_MAX}, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_EQ(rect_fits(&cases[i].rect, 8, 4), cases[i].fits);
}

static void check_rect(struct rect got, struct rect want)
{
	CHECK_EQ(got.x, want.x);
	CHECK_EQ(got.y, want.y);
	CHECK_EQ(got.width, want.width);
	CHECK_EQ(got.height, want.height);
}

TEST(intersects_and_unites)
{
	struct rect a = {2, 2, 4, 4}, b = {4, 3, 10, 1}, far = {20, 20, 1, 1};
	struct rect none = {9, 9, 0, 5}, huge = {1, 1, UINT32_MAX, UINT32_MAX};

	check_rect(rect_intersect(&a, &b), (struct rect){4, 3, 2, 1});
	check_rect(rect_intersect(&a, &far), (struct rect){0});
	check_rect(rect_intersect(&a, &huge), a);
	check_rect(rect_union(&a, &b), (struct rect){2, 2, 12, 4});
	check_rect(rect_union(&a, &none), a);
	check_rect(rect_union(&none, &a), a);
	check_rect(rect_union(&huge, &far), huge);
}

TEST(converts_every_order_of_bytes)
{
	/* Blue 1, green 2, red 3, alpha or nothing 4. */
	static const uint8_t guest[][4] = {
		[PIXEL_BGRA] = {1, 2, 3, 4},
		[PIXEL_BGRX] = {1, 2, 3, 4},
		[PIXEL_ARGB] = {4, 3, 2, 1},
		[PIXEL_XRGB] = {4, 3, 2, 1},
		[PIXEL_RGBA] = {3, 2, 1, 4},
		[PIXEL_XBGR] = {4, 1, 2, 3},
		[PIXEL_ABGR] = {4, 1, 2, 3},
		[PIXEL_RGBX] = {3, 2, 1, 4},
	};

	for (unsigned int format = 0; format < 8; format++) {
		bool opaque = format == PIXEL_BGRX || format == PIXEL_XRGB ||
			      format == PIXEL_XBGR || format == PIXEL_RGBX;
		uint32_t pixel = 0;

		pixels_convert(&pixel, guest[format], 1, format);
		CHECK_EQ(pixel, opaque ? 0xff030201 : 0x04030201);
	}
}

TEST(tells_sources_that_leave_their_memory)
{
	uint8_t memory[64];
	struct iovec iov[] = {{memory, 40}, {memory + 40, 24}};
	static const struct {
		uint64_t offset, stride;
		uint32_t width, height;
		bool fits;
	} cases[] = {
		{0, 16, 4, 4, true},
		{0, 8, 2, 8, true},
		{4, 16, 3, 4, true},
		{4, 16, 4, 4, false},
		{0, 16, 4, 5, false},
		{0, 12, 4, 1, false}, /* rows overlap */
		{0, UINT64_MAX, 4, 1, true},
		{0, UINT64_MAX, 4, 2, false},
		{64, 4, 1, 1, false},
		{UINT64_MAX, 4, 1, 1, false},
		{0, UINT64_MAX / 2, 1, UINT32_MAX, false},
		{0, 4, 0, 1, false},
		{0, 4, 1, 0, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pixel_source source = {iov, 2, cases[i].offset, cases[i].stride,
			cases[i].width, cases[i].height, PIXEL_BGRA};

		CHECK_EQ(pixel_source_fits(&source), cases[i].fits);
	}
}

/* Memory in pieces of any size, pixels across them, read as one picture. */
TEST(copies_a_rectangle_out_of_scattered_memory)
{
	enum { WIDTH = 5, HEIGHT = 4, STRIDE = 24, OFFSET = 3 };
	uint8_t memory[OFFSET + HEIGHT * STRIDE];
	uint32_t surface[HEIGHT * WIDTH];
	struct rect rect = {1, 1, 3, 3};

	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = (uint8_t)(i * 7);
	for (size_t piece = 1; piece <= sizeof(memory); piece += 3) {
		struct iovec iov[sizeof(memory)];
		struct pixel_source source = {
			iov, 0, OFFSET, STRIDE, WIDTH, HEIGHT, PIXEL_ARGB};

		for (size_t at = 0; at < sizeof(memory); at += piece)
			iov[source.iov_count++] = (struct iovec){memory + at,
				at + piece < sizeof(memory) ? piece
							    : sizeof(memory) - at};
		CHECK(pixel_source_fits(&source));
		memset(surface, 0, sizeof(surface));
		pixel_source_copy(
			&source, &rect, &surface[1 * WIDTH + 1], WIDTH * PIXEL_BYTES);
		for (uint32_t y = 0; y < HEIGHT; y++)
			for (uint32_t x = 0; x < WIDTH; x++) {
				bool in = x >= 1 && x < 4 && y >= 1;
				uint32_t want = 0;

				if (in)
					pixels_convert(&want,
						memory + OFFSET + y * STRIDE + x * 4, 1,
						PIXEL_ARGB);
				CHECK_EQ(surface[y * WIDTH + x], want);
			}
	}
}

TEST(blends_premultiplied_pixels_over_others)
{
	static const struct {
		uint32_t from;
		uint32_t to;
		uint32_t blended;
	} cases[] = {
		{0xff112233, 0x00445566, 0xff112233},
		{0x00000000, 0x00445566, 0x00445566},
		{0x80400000, 0xff8080ff, 0xff80407f},
		{0x01ffffff, 0xffffffff, 0xffffffff},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t to[2] = {cases[i].to, cases[i].to};

		pixels_blend(to, &cases[i].from, 1);
		CHECK_EQ(to[0], cases[i].blended);
		CHECK_EQ(to[1], cases[i].to);
	}
}

TEST_MAIN(CASE(knows_what_lies_in_a_surface), CASE(intersects_and_unites),
	CASE(converts_every_order_of_bytes), CASE(tells_sources_that_leave_their_memory),
	CASE(copies_a_rectangle_out_of_scattered_memory),
	CASE(blends_premultiplied_pixels_over_others))
