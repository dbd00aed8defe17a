/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "test/unit/gpu_bench.h"
#include "test/unit/test.h"

#define OK VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC VIRTIO_GPU_RESP_ERR_UNSPEC
#define NO_MEMORY VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define NO_SCANOUT VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID
#define NO_RESOURCE VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define INVALID VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER
#define BGRA VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM
#define CURSOR_BYTES (64 * 64 * 4)

#define FULL ((struct rect){0, 0, 8, 4})

static void begin_with_picture(void)
{
	gpu_bench_begin();
	CHECK_EQ(guest_make(1, BGRA, 8, 4), OK);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, 8 * 4 * 4), OK);
	for (uint32_t i = 0; i < 8 * 4; i++)
		gpu_bench.picture[i] = 0x100 + i;
	CHECK_EQ(guest_send(1, FULL, 0), OK);
}

/* ---- scanouts -------------------------------------------------------------------------
 */

TEST(shows_parts_of_a_picture)
{
	begin_with_picture();
	CHECK_EQ(guest_show(0, 1, (struct rect){0, 0, 4, 4}), OK);
	CHECK_EQ(guest_show(1, 1, (struct rect){4, 1, 4, 3}), OK);
	CHECK_EQ(guest_seen(0, 3, 3), 0x11b);
	CHECK_EQ(guest_seen(1, 0, 0), 0x10c);
	CHECK_EQ(guest_seen(1, 3, 2), 0x11f);
	CHECK_EQ(guest_show(2, 1, FULL), NO_SCANOUT);
	CHECK_EQ(guest_show(UINT32_MAX, 0, FULL), NO_SCANOUT);
	/* Without a resource, whatever the rectangle. */
	CHECK_EQ(guest_show(1, 0, (struct rect){9, 9, 9, 9}), OK);
	CHECK(!gpu_bench.display.scanouts[1].buffer);
	CHECK(gpu_bench.display.scanouts[0].buffer);
	gpu_bench_finish();
}

TEST(tells_the_display_where_it_is_new)
{
	begin_with_picture();
	CHECK_EQ(guest_flush(1, FULL), OK);
	CHECK_EQ(gpu_bench.flushes, 0);
	CHECK_EQ(guest_show(0, 1, (struct rect){0, 0, 4, 4}), OK);
	CHECK_EQ(guest_show(1, 1, (struct rect){4, 1, 4, 3}), OK);
	CHECK_EQ(guest_flush(1, (struct rect){0, 0, 2, 1}), OK);
	CHECK_EQ(gpu_bench.flushes, 1);
	CHECK_EQ(guest_flush(1, (struct rect){3, 0, 2, 2}), OK);
	CHECK_EQ(gpu_bench.flushes, 3);
	CHECK_EQ(gpu_bench.flushed.x, 4);
	CHECK_EQ(gpu_bench.flushed.y, 1);
	CHECK_EQ(gpu_bench.flushed.width, 1);
	CHECK_EQ(gpu_bench.flushed.height, 1);
	gpu_bench_finish();
}

TEST(shows_nothing_where_the_picture_is_gone)
{
	begin_with_picture();
	CHECK_EQ(guest_show(0, 1, FULL), OK);
	CHECK_EQ(guest_show(1, 1, FULL), OK);
	CHECK_EQ(guest_unref(1), OK);
	CHECK(!gpu_bench.display.scanouts[0].buffer);
	CHECK(!gpu_bench.display.scanouts[1].buffer);
	CHECK_EQ(gpu_bench.buffers, 0);
	gpu_bench_finish();
}

/* ---- blobs ----------------------------------------------------------------------------
 */

TEST(shows_what_stays_in_the_guest)
{
	gpu_bench_begin();
	CHECK_EQ(guest_make_blob(1, gpu_bench.picture_gpa, 4096), OK);
	gpu_bench.picture[16 + 9] = 0x11;
	/* Rows of 64 bytes, the first of them 64 bytes after the beginning. */
	CHECK_EQ(guest_show_blob(0, 1, (struct rect){1, 0, 9, 4}, 10, 4, 64, 64), OK);
	CHECK_EQ(guest_seen(0, 8, 0), 0x11);
	gpu_bench.picture[16 + 9] = 0x22;
	gpu_bench.picture[32 + 9] = 0x33;
	/* Nothing to copy into; a flush fetches what it names. */
	CHECK_EQ(guest_send(1, (struct rect){0, 0, 10, 4}, 0), OK);
	CHECK_EQ(guest_seen(0, 8, 0), 0x11);
	CHECK_EQ(guest_flush(1, (struct rect){0, 1, 10, 1}), OK);
	CHECK_EQ(guest_seen(0, 8, 0), 0x11);
	CHECK_EQ(guest_seen(0, 8, 1), 0x33);
	CHECK_EQ(guest_flush(1, (struct rect){0, 0, 11, 1}), INVALID);
	CHECK_EQ(guest_flush(1, (struct rect){0, 0, 10, 4}), OK);
	CHECK_EQ(guest_seen(0, 8, 0), 0x22);
	gpu_bench_finish();
}

TEST(keeps_a_view_that_is_asked_for_again)
{
	const struct rect rect = {0, 0, 8, 4};

	gpu_bench_begin();
	CHECK_EQ(guest_make_blob(1, gpu_bench.picture_gpa, 4096), OK);
	CHECK_EQ(guest_make_blob(2, gpu_bench.picture_gpa + 4096, 4096), OK);
	for (int i = 0; i < 4; i++) {
		CHECK_EQ(guest_show_blob(0, 1, rect, 8, 4, 32, 0), OK);
		CHECK_EQ(guest_show_blob(0, 2, rect, 8, 4, 32, 0), OK);
	}
	CHECK_EQ(gpu_bench.buffers, 2);
	/* Two scanouts may look at one blob in their own ways; who looks away is one
	 * less. */
	CHECK_EQ(guest_show_blob(0, 1, rect, 8, 4, 32, 0), OK);
	CHECK_EQ(guest_show_blob(1, 1, rect, 8, 4, 32, 128), OK);
	CHECK_EQ(gpu_bench.buffers, 3);
	for (uint32_t i = 0; i < 20; i++)
		CHECK_EQ(guest_show_blob(1, 1, rect, 8, 4, 32, 4 * i), OK);
	CHECK_EQ(gpu_bench.buffers, 4);
	CHECK_EQ(guest_unref(1), OK);
	CHECK_EQ(gpu_bench.buffers, 1);
	gpu_bench_finish();
}

/* One of two pages, and its flush, in one go. */
static void flip(uint32_t id, uint32_t *pixel)
{
	struct virtio_gpu_set_scanout_blob set = {.r = {0, 0, 8, 4},
		.resource_id = id,
		.width = 8,
		.height = 4,
		.format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
		.strides = {32}};
	struct virtio_gpu_resource_flush flush = {.hdr = {.flags = VIRTIO_GPU_FLAG_FENCE},
		.r = {0, 0, 8, 4},
		.resource_id = id};
	struct driver_used used;

	guest_offer(0, VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, &set, sizeof(set));
	guest_offer(1, VIRTIO_GPU_CMD_RESOURCE_FLUSH, &flush, sizeof(flush));
	*pixel = 0x5000 + id;
	driver_kick(&gpu_bench.driver, 0);
	CHECK(driver_used(&gpu_bench.driver, 0, &used));
	CHECK(!driver_used(&gpu_bench.driver, 0, &used));
	CHECK_EQ(guest_seen(0, 7, 3), 0x5000 + id);
	/* Whoever waits, waits for the page. */
	display_presented(&gpu_bench.display, 0);
	CHECK(driver_used(&gpu_bench.driver, 0, &used));
}

TEST(fetches_a_page_once)
{
	gpu_bench_begin();
	CHECK_EQ(guest_make_blob(1, gpu_bench.picture_gpa, 4096), OK);
	CHECK_EQ(guest_make_blob(2, gpu_bench.picture_gpa + 4096, 4096), OK);
	gpu_bench.slow = true;
	for (unsigned int i = 1; i <= 6; i++) {
		flip(1 + i % 2, &gpu_bench.picture[(i % 2) * 1024 + 31]);
		CHECK_EQ(gpu_bench.shows, i);
		CHECK_EQ(gpu_bench.flushes, i);
		CHECK_EQ(gpu_bench.flushed.width * gpu_bench.flushed.height, 1);
	}
	gpu_bench_finish();
}

TEST(shows_the_next_page_before_it_forgets_the_last)
{
	struct virtio_gpu_set_scanout set = {.r = {0, 0, 8, 4}, .resource_id = 2};
	struct virtio_gpu_resource_unref unref = {.resource_id = 1};

	begin_with_picture();
	CHECK_EQ(guest_show(0, 1, FULL), OK);
	CHECK_EQ(guest_make(2, BGRA, 8, 4), OK);
	gpu_bench.shows = 0;
	guest_offer(0, VIRTIO_GPU_CMD_SET_SCANOUT, &set, sizeof(set));
	guest_offer(1, VIRTIO_GPU_CMD_RESOURCE_UNREF, &unref, sizeof(unref));
	driver_kick(&gpu_bench.driver, 0);
	CHECK_EQ(gpu_bench.shows, 1);
	CHECK_EQ(guest_seen(0, 7, 3), 0);
	gpu_bench_finish();
}

TEST(refuses_views_outside_of_the_blob)
{
	static const struct {
		struct rect rect;
		uint32_t width, height, stride, offset;
	} table[] = {
		{{0, 0, 8, 4}, 8, 4, 31, 0},
		{{0, 0, 9, 4}, 8, 4, 32, 0},
		{{0, 0, 0, 4}, 8, 4, 32, 0},
		{{0, 0, 8, 4}, 8, 4, 32, 1000 - 127},
		{{0, 0, 8, 4}, 8, 4, UINT32_MAX, 0},
		{{0, 0, 8, 4}, 8, 4, 32, UINT32_MAX},
		{{0, 0, 8, 4}, UINT32_MAX, 4, 32, 0},
		{{0, 0, 1, 1}, 1, UINT32_MAX, 4, 0},
		{{0, 0, 1, 1}, 0, 1, 4, 0},
		{{0, 0, 1, 1}, 1, 16385, 4, 0},
	};

	gpu_bench_begin();
	CHECK_EQ(guest_make_blob(1, gpu_bench.picture_gpa, 1000), OK);
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		CHECK_EQ(guest_show_blob(0, 1, table[i].rect, table[i].width,
				 table[i].height, table[i].stride, table[i].offset),
			INVALID);
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 1000 - 128), OK);
	CHECK_EQ(guest_show_blob(2, 1, FULL, 8, 4, 32, 0), NO_SCANOUT);
	CHECK_EQ(guest_show_blob(0, 2, FULL, 8, 4, 32, 0), NO_RESOURCE);
	CHECK_EQ(guest_show_blob(0, 0, FULL, 0, 0, 0, 0), OK);
	/* Pictures and blobs are shown by their own commands. */
	CHECK_EQ(guest_make(2, BGRA, 8, 4), OK);
	CHECK_EQ(guest_show_blob(0, 2, FULL, 8, 4, 32, 0), NO_RESOURCE);
	CHECK_EQ(guest_show(0, 1, FULL), NO_RESOURCE);
	gpu_bench_finish();
}

TEST(refuses_blobs_that_are_not_in_the_guest)
{
	struct virtio_gpu_resource_create_blob request = {.resource_id = 1,
		.blob_mem = VIRTIO_GPU_BLOB_MEM_GUEST,
		.nr_entries = 1,
		.size = 4096};
	struct virtio_gpu_mem_entry entry;
	static const struct {
		uint32_t memory, flags, entries;
		uint64_t bytes;
		uint32_t answer;
	} table[] = {
		{VIRTIO_GPU_BLOB_MEM_HOST3D, 0, 1, 4096, INVALID},
		{VIRTIO_GPU_BLOB_MEM_HOST3D_GUEST, 0, 1, 4096, INVALID},
		{0, 0, 1, 4096, INVALID},
		{1, 8, 1, 4096, INVALID},
		{1, 0, 0, 4096, INVALID},
		{1, 0, 1, 0, INVALID},
		{1, 0, 1, 4097, INVALID},
		{1, 0, 1, UINT64_MAX, INVALID},
		{1, 0, 65537, 4096, NO_MEMORY},
		{1, 7, 1, 4096, OK},
		{1, 0, 1, 4096, NO_RESOURCE},
	};

	gpu_bench_begin();
	entry = (struct virtio_gpu_mem_entry){
		.addr = gpu_bench.picture_gpa, .length = 4096};
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		request.blob_mem = table[i].memory;
		request.blob_flags = table[i].flags;
		request.nr_entries = table[i].entries;
		request.size = table[i].bytes;
		CHECK_EQ(guest_ask_with(VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, &request,
				 sizeof(request), &entry, 1),
			table[i].answer);
	}
	gpu_bench_finish();
}

TEST(counts_views_of_memory_that_is_lent_twice)
{
	struct virtio_gpu_resource_create_blob request = {.resource_id = 1,
		.blob_mem = VIRTIO_GPU_BLOB_MEM_GUEST,
		.nr_entries = 300,
		.size = 300 * 4096};
	struct virtio_gpu_mem_entry entries[300];

	gpu_bench_begin();
	for (unsigned int i = 0; i < 300; i++)
		entries[i] = (struct virtio_gpu_mem_entry){
			.addr = gpu_bench.picture_gpa, .length = 4096};
	CHECK_EQ(guest_ask_with(VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, &request,
			 sizeof(request), entries, 300),
		OK);
	CHECK_EQ(
		guest_show_blob(0, 1, (struct rect){0, 0, 1024, 300}, 1024, 300, 4096, 0),
		NO_MEMORY);
	CHECK_EQ(
		guest_show_blob(0, 1, (struct rect){0, 0, 1024, 100}, 1024, 100, 4096, 0),
		OK);
	gpu_bench_finish();
}

TEST(looks_no_longer_at_memory_that_was_taken_back)
{
	struct virtio_gpu_resource_detach_backing detach = {.resource_id = 1};

	gpu_bench_begin();
	CHECK_EQ(guest_make_blob(1, gpu_bench.picture_gpa, 4096), OK);
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 0), OK);
	CHECK_EQ(guest_ask(
			 VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, &detach, sizeof(detach)),
		OK);
	CHECK_EQ(gpu_bench.buffers, 0);
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 0), INVALID);
	CHECK_EQ(guest_flush(1, FULL), OK);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, 4095), INVALID);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, 8192), OK);
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 4096 - 128), OK);
	CHECK_EQ(guest_show_blob(0, 1, FULL, 8, 4, 32, 4096 - 124), INVALID);
	gpu_bench_finish();
}

/* ---- fences ---------------------------------------------------------------------------
 */

/* A fenced flush of the picture; the chain's head. */
static uint16_t post_flush(uint64_t fence)
{
	struct virtio_gpu_resource_flush request = {
		.hdr = {.flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = fence, .ctx_id = 5},
		.r = {0, 0, 8, 4},
		.resource_id = 1,
	};

	return guest_post(VIRTIO_GPU_CMD_RESOURCE_FLUSH, &request, sizeof(request));
}

static bool answered(uint16_t head)
{
	struct driver_used used;

	return driver_used(&gpu_bench.driver, 0, &used) && used.head == head &&
	       used.bytes == sizeof(struct virtio_gpu_ctrl_hdr);
}

TEST(gives_fences_back)
{
	struct virtio_gpu_resource_unref request = {
		.hdr = {.flags = VIRTIO_GPU_FLAG_FENCE | 0x80,
			.fence_id = 1ull << 40,
			.ctx_id = 9}};

	begin_with_picture();
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_RESOURCE_UNREF, &request, sizeof(request)),
		NO_RESOURCE);
	CHECK_EQ(gpu_bench.answer.hdr.flags, VIRTIO_GPU_FLAG_FENCE);
	CHECK_EQ(gpu_bench.answer.hdr.fence_id, 1ull << 40);
	CHECK_EQ(gpu_bench.answer.hdr.ctx_id, 9);
	request.hdr.flags = 0;
	guest_ask(VIRTIO_GPU_CMD_RESOURCE_UNREF, &request, sizeof(request));
	CHECK_EQ(gpu_bench.answer.hdr.flags, 0);
	CHECK_EQ(gpu_bench.answer.hdr.fence_id, 0);
	gpu_bench_finish();
}

TEST(answers_a_fenced_flush_when_it_is_on_the_screens)
{
	uint16_t head;

	begin_with_picture();
	gpu_bench.slow = true;
	CHECK_EQ(guest_show(0, 1, FULL), OK);
	CHECK_EQ(guest_show(1, 1, FULL), OK);
	/* Without a fence nobody waits. */
	CHECK_EQ(guest_flush(1, FULL), OK);
	head = post_flush(7);
	CHECK(!answered(head));
	display_presented(&gpu_bench.display, 0);
	CHECK(!answered(head));
	driver_take_interrupt(&gpu_bench.driver);
	display_presented(&gpu_bench.display, 1);
	CHECK_EQ(driver_take_interrupt(&gpu_bench.driver), 1);
	CHECK(answered(head));
	display_presented(&gpu_bench.display, 1);
	gpu_bench_finish();
}

TEST(answers_fences_in_order)
{
	struct virtio_gpu_resource_unref unref = {
		.hdr = {.flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = 3}};
	struct virtio_gpu_update_cursor cursor = {
		.hdr = {.flags = VIRTIO_GPU_FLAG_FENCE}};
	uint16_t first, second, third;

	begin_with_picture();
	gpu_bench.slow = true;
	CHECK_EQ(guest_show(0, 1, FULL), OK);
	first = post_flush(1);
	gpu_bench.slow = false;
	second = post_flush(2);
	third = guest_post(VIRTIO_GPU_CMD_RESOURCE_UNREF, &unref, sizeof(unref));
	/* What has no fence overtakes, and the other queue has its own order. */
	CHECK_EQ(guest_make(2, BGRA, 1, 1), OK);
	CHECK_EQ(guest_point(VIRTIO_GPU_CMD_MOVE_CURSOR, &cursor), OK);
	CHECK(!answered(first));
	display_presented(&gpu_bench.display, 0);
	CHECK(answered(first));
	CHECK(answered(second));
	CHECK(answered(third));
	gpu_bench_finish();
}

TEST(does_not_wait_for_a_display_that_is_stuck)
{
	uint64_t start = loop_now_ns();
	struct driver_used used;
	unsigned int count = 0;

	begin_with_picture();
	gpu_bench.slow = true;
	CHECK_EQ(guest_show(0, 1, FULL), OK);
	for (uint64_t i = 0; i < 10; i++)
		post_flush(i);
	for (int turns = 0; turns < 100 && count < 10; turns++) {
		loop_turn(gpu_bench.loop, 1000);
		while (driver_used(&gpu_bench.driver, 0, &used))
			count++;
	}
	CHECK_EQ(count, 10);
	CHECK(loop_now_ns() - start >= 100000000u);
	gpu_bench_finish();
}

TEST(forgets_who_waits_with_a_reset)
{
	begin_with_picture();
	gpu_bench.slow = true;
	CHECK_EQ(guest_show(0, 1, FULL), OK);
	post_flush(1);
	driver_reset(&gpu_bench.driver);
	display_presented(&gpu_bench.display, 0);
	CHECK(driver_start(&gpu_bench.driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)));
	CHECK_EQ(guest_make(1, BGRA, 1, 1), OK);
	gpu_bench_finish();
}

/* ---- the cursor -----------------------------------------------------------------------
 */

TEST(shows_a_cursor)
{
	const struct display_cursor *cursor = &gpu_bench.display.scanouts[1].cursor;
	struct virtio_gpu_update_cursor request = {.pos = {.scanout_id = 1, .x = 100},
		.resource_id = 1,
		.hot_x = 3,
		.hot_y = 63};

	gpu_bench_begin();
	CHECK_EQ(guest_make(1, BGRA, 64, 64), OK);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, CURSOR_BYTES), OK);
	for (uint32_t i = 0; i < 64 * 64; i++)
		gpu_bench.picture[i] = i;
	CHECK_EQ(guest_send(1, (struct rect){0, 0, 64, 64}, 0), OK);
	CHECK_EQ(guest_point(VIRTIO_GPU_CMD_UPDATE_CURSOR, &request), OK);
	CHECK(cursor->visible);
	CHECK(!gpu_bench.display.scanouts[0].cursor.visible);
	CHECK_EQ(cursor->pixels[64 * 63 + 62], 64 * 63 + 62);
	CHECK_EQ(cursor->hot_x, 3);
	CHECK_EQ(cursor->hot_y, 63);
	/* The guest places the image, the display what it points with. */
	CHECK_EQ(cursor->x, 103);
	CHECK_EQ(cursor->y, 63);
	request.pos.x = (uint32_t)-10;
	request.pos.y = 5;
	CHECK_EQ(guest_point(VIRTIO_GPU_CMD_MOVE_CURSOR, &request), OK);
	CHECK_EQ((uint64_t)(int64_t)cursor->x, (uint64_t)-7);
	CHECK_EQ(cursor->y, 68);
	/* It is a copy. */
	CHECK_EQ(guest_unref(1), OK);
	CHECK(cursor->visible);
	request.resource_id = 0;
	CHECK_EQ(guest_point(VIRTIO_GPU_CMD_UPDATE_CURSOR, &request), OK);
	CHECK(!cursor->visible);
	gpu_bench_finish();
}

TEST(takes_a_cursor_from_a_blob_and_without_alpha)
{
	const struct display_cursor *cursor = &gpu_bench.display.scanouts[0].cursor;
	struct virtio_gpu_update_cursor request = {.resource_id = 1};

	gpu_bench_begin();
	gpu_bench.picture[5] = 0x01020304;
	CHECK_EQ(guest_make_blob(1, gpu_bench.picture_gpa, CURSOR_BYTES), OK);
	CHECK_EQ(guest_point(VIRTIO_GPU_CMD_UPDATE_CURSOR, &request), OK);
	CHECK_EQ(cursor->pixels[5], 0x01020304);
	CHECK_EQ(guest_make(2, VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, 64, 64), OK);
	CHECK_EQ(guest_lend(2, gpu_bench.picture_gpa, CURSOR_BYTES), OK);
	CHECK_EQ(guest_send(2, (struct rect){0, 0, 64, 64}, 0), OK);
	request.resource_id = 2;
	CHECK_EQ(guest_point(VIRTIO_GPU_CMD_UPDATE_CURSOR, &request), OK);
	CHECK_EQ(cursor->pixels[5], 0xff020304);
	gpu_bench_finish();
}

TEST(refuses_what_is_no_cursor)
{
	static const struct {
		uint32_t scanout, id, hot_x, hot_y, answer;
	} table[] = {
		{2, 1, 0, 0, NO_SCANOUT},
		{UINT32_MAX, 0, 0, 0, NO_SCANOUT},
		{0, 9, 0, 0, NO_RESOURCE},
		{0, 1, 64, 0, INVALID},
		{0, 1, 0, UINT32_MAX, INVALID},
		{0, 2, 0, 0, INVALID},
		{0, 3, 0, 0, INVALID},
		{0, 1, 63, 63, OK},
	};

	gpu_bench_begin();
	CHECK_EQ(guest_make(1, BGRA, 64, 64), OK);
	CHECK_EQ(guest_make(2, BGRA, 64, 63), OK);
	CHECK_EQ(guest_make_blob(3, gpu_bench.picture_gpa, CURSOR_BYTES - 1), OK);
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct virtio_gpu_update_cursor request = {
			.pos = {.scanout_id = table[i].scanout},
			.resource_id = table[i].id,
			.hot_x = table[i].hot_x,
			.hot_y = table[i].hot_y};

		CHECK_EQ(guest_point(VIRTIO_GPU_CMD_UPDATE_CURSOR, &request),
			table[i].answer);
		if (table[i].answer == NO_SCANOUT)
			CHECK_EQ(guest_point(VIRTIO_GPU_CMD_MOVE_CURSOR, &request),
				NO_SCANOUT);
	}
	gpu_bench_finish();
}

TEST_MAIN(CASE(shows_parts_of_a_picture), CASE(tells_the_display_where_it_is_new),
	CASE(shows_nothing_where_the_picture_is_gone),
	CASE(shows_what_stays_in_the_guest), CASE(keeps_a_view_that_is_asked_for_again),
	CASE(fetches_a_page_once), CASE(shows_the_next_page_before_it_forgets_the_last),
	CASE(refuses_views_outside_of_the_blob),
	CASE(refuses_blobs_that_are_not_in_the_guest),
	CASE(counts_views_of_memory_that_is_lent_twice),
	CASE(looks_no_longer_at_memory_that_was_taken_back), CASE(gives_fences_back),
	CASE(answers_a_fenced_flush_when_it_is_on_the_screens),
	CASE(answers_fences_in_order), CASE(does_not_wait_for_a_display_that_is_stuck),
	CASE(forgets_who_waits_with_a_reset), CASE(shows_a_cursor),
	CASE(takes_a_cursor_from_a_blob_and_without_alpha),
	CASE(refuses_what_is_no_cursor))
