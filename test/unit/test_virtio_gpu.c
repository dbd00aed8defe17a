/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "test/unit/gpu_bench.h"
#include "test/unit/test.h"
#include "virtio/gpu_edid.h"

#define OK VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC VIRTIO_GPU_RESP_ERR_UNSPEC
#define NO_MEMORY VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define NO_SCANOUT VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID
#define NO_RESOURCE VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define INVALID VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER
#define BGRA VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM

#define FULL ((struct rect){0, 0, 8, 4})

/* A picture of 8 x 4 pixels, its memory lent, on the first scanout. */
static void begin_with_picture(void)
{
	gpu_bench_begin();
	CHECK_EQ(guest_make(1, BGRA, 8, 4), OK);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, 8 * 4 * 4), OK);
	CHECK_EQ(guest_show(0, 1, FULL), OK);
}

TEST(tells_of_its_scanouts)
{
	struct virtio_gpu_ctrl_hdr request = {0};
	struct virtio_gpu_resp_display_info *info = &gpu_bench.answer.display_info;

	gpu_bench_begin();
	CHECK_EQ(driver_config(&gpu_bench.driver, 8, 4), 2);
	CHECK_EQ(driver_config(&gpu_bench.driver, 12, 4), 0);
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, &request, sizeof(request)),
		VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	CHECK_EQ(gpu_bench.answer_bytes, sizeof(*info));
	CHECK_EQ(info->pmodes[0].enabled, 1);
	CHECK_EQ(info->pmodes[0].r.width, GPU_BENCH_WIDTH);
	CHECK_EQ(info->pmodes[0].r.height, GPU_BENCH_HEIGHT);
	CHECK_EQ(info->pmodes[1].r.x, GPU_BENCH_WIDTH);
	CHECK_EQ(info->pmodes[1].r.width, 2 * GPU_BENCH_WIDTH);
	CHECK_EQ(info->pmodes[2].enabled, 0);
	gpu_bench_finish();
}

TEST(tells_of_a_mode_that_has_changed)
{
	struct display_mode mode;
	struct virtio_gpu_ctrl_hdr request = {0};

	gpu_bench_begin();
	mode = *display_mode(&gpu_bench.display, 1);
	driver_take_interrupt(&gpu_bench.driver);
	display_set_mode(&gpu_bench.display, 1, &mode);
	CHECK_EQ(driver_take_interrupt(&gpu_bench.driver), 0);
	mode.width = 1366;
	display_set_mode(&gpu_bench.display, 1, &mode);
	mode.connected = false;
	display_set_mode(&gpu_bench.display, 1, &mode);
	CHECK_EQ(driver_take_interrupt(&gpu_bench.driver), 2);
	CHECK_EQ(driver_config(&gpu_bench.driver, 0, 4), VIRTIO_GPU_EVENT_DISPLAY);
	/* Only ones clear, and only there. */
	driver_write(&gpu_bench.driver, 0x100, ~0u);
	driver_write(&gpu_bench.driver, 0x104, ~VIRTIO_GPU_EVENT_DISPLAY);
	CHECK_EQ(driver_config(&gpu_bench.driver, 0, 4), VIRTIO_GPU_EVENT_DISPLAY);
	driver_write(&gpu_bench.driver, 0x104, VIRTIO_GPU_EVENT_DISPLAY);
	CHECK_EQ(driver_config(&gpu_bench.driver, 0, 8), 0);
	guest_ask(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, &request, sizeof(request));
	CHECK_EQ(gpu_bench.answer.display_info.pmodes[1].enabled, 0);
	gpu_bench_finish();
}

TEST(gives_each_scanout_its_edid)
{
	struct virtio_gpu_cmd_get_edid request = {0};
	uint8_t first[GPU_EDID_BLOCK_BYTES];

	gpu_bench_begin();
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_GET_EDID, &request, sizeof(request)),
		VIRTIO_GPU_RESP_OK_EDID);
	CHECK_EQ(gpu_bench.answer_bytes, sizeof(gpu_bench.answer.edid));
	CHECK_EQ(gpu_bench.answer.edid.size, sizeof(first));
	memcpy(first, gpu_bench.answer.edid.edid, sizeof(first));
	request.scanout = 1;
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_GET_EDID, &request, sizeof(request)),
		VIRTIO_GPU_RESP_OK_EDID);
	CHECK(memcmp(first, gpu_bench.answer.edid.edid, sizeof(first)));
	request.scanout = 2;
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_GET_EDID, &request, sizeof(request)),
		NO_SCANOUT);
	gpu_bench_finish();
}

TEST(copies_the_rectangle_that_a_transfer_names)
{
	begin_with_picture();
	for (uint32_t i = 0; i < 8 * 4; i++)
		gpu_bench.picture[i] = 0x100 + i;
	CHECK_EQ(guest_send(1, FULL, 0), OK);
	CHECK_EQ(guest_flush(1, FULL), OK);
	CHECK_EQ(guest_seen(0, 7, 3), 0x11f);
	/* The offset is that of the rectangle's first pixel, rows are the picture's. */
	for (uint32_t i = 0; i < 8 * 4; i++)
		gpu_bench.picture[i] = 0x200 + i;
	CHECK_EQ(guest_send(1, (struct rect){2, 1, 3, 2}, 5 * 4), OK);
	CHECK_EQ(guest_seen(0, 1, 1), 0x109);
	CHECK_EQ(guest_seen(0, 2, 1), 0x205);
	CHECK_EQ(guest_seen(0, 4, 2), 0x20f);
	CHECK_EQ(guest_seen(0, 5, 2), 0x115);
	CHECK_EQ(guest_seen(0, 2, 3), 0x11a);
	gpu_bench_finish();
}

TEST(copies_from_memory_in_many_pieces)
{
	struct virtio_gpu_resource_attach_backing request = {
		.resource_id = 1, .nr_entries = 100};
	struct virtio_gpu_mem_entry entries[100];

	gpu_bench_begin();
	for (uint32_t i = 0; i < 100; i++) {
		/* Backwards, so that no two are neighbours. */
		entries[i] = (struct virtio_gpu_mem_entry){
			.addr = gpu_bench.picture_gpa + (99 - i) * 4, .length = 4};
		gpu_bench.picture[99 - i] = i;
	}
	CHECK_EQ(guest_make(1, BGRA, 10, 10), OK);
	CHECK_EQ(guest_ask_with(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, &request,
			 sizeof(request), entries, 100),
		OK);
	CHECK_EQ(guest_show(1, 1, (struct rect){0, 0, 10, 10}), OK);
	CHECK_EQ(guest_send(1, (struct rect){0, 0, 10, 10}, 0), OK);
	for (uint32_t i = 0; i < 100; i++)
		CHECK_EQ(guest_seen(1, i % 10, i / 10), i);
	gpu_bench_finish();
}

TEST(knows_all_formats)
{
	static const struct {
		uint32_t format;
		uint32_t seen; /* of bytes 01 02 03 04 */
	} table[] = {
		{VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM, 0x04030201},
		{VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM, 0x04030201}, /* X as it is */
		{VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM, 0x01020304},
		{VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM, 0xff020304},
		{VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM, 0x04010203},
		{VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM, 0xff040302},
		{VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM, 0x01040302},
		{VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM, 0xff010203},
	};

	gpu_bench_begin();
	gpu_bench.picture[0] = 0x04030201;
	for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CHECK_EQ(guest_make(1 + i, table[i].format, 1, 1), OK);
		CHECK_EQ(guest_lend(1 + i, gpu_bench.picture_gpa, 4), OK);
		CHECK_EQ(guest_show(0, 1 + i, (struct rect){0, 0, 1, 1}), OK);
		CHECK_EQ(guest_send(1 + i, (struct rect){0, 0, 1, 1}, 0), OK);
		CHECK_EQ(guest_seen(0, 0, 0), table[i].seen);
	}
	CHECK_EQ(guest_make(100, 0, 1, 1), INVALID);
	CHECK_EQ(guest_make(100, 5, 1, 1), INVALID);
	CHECK_EQ(guest_make(100, 1u << 24, 1, 1), INVALID);
	gpu_bench_finish();
}

TEST(refuses_rectangles_outside_of_the_picture)
{
	static const struct rect table[] = {{0, 0, 9, 4}, {0, 0, 8, 5}, {8, 0, 1, 1},
		{0, 4, 1, 1}, {1, 0, UINT32_MAX, 1}, {UINT32_MAX, 0, 1, 1},
		{0, UINT32_MAX, 2, 2}, {4, 2, UINT32_MAX - 3, 2}};

	begin_with_picture();
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CHECK_EQ(guest_send(1, table[i], 0), INVALID);
		CHECK_EQ(guest_flush(1, table[i]), INVALID);
		CHECK_EQ(guest_show(1, 1, table[i]), INVALID);
	}
	/* Nothing is a part of everything, but nothing to show. */
	CHECK_EQ(guest_send(1, (struct rect){8, 4, 0, 0}, 0), OK);
	CHECK_EQ(guest_flush(1, (struct rect){0, 0, 0, 4}), OK);
	CHECK_EQ(guest_show(0, 1, (struct rect){0, 0, 8, 0}), INVALID);
	CHECK_EQ(gpu_bench.flushes, 0);
	gpu_bench_finish();
}

TEST(reads_no_further_than_the_memory_that_was_lent)
{
	begin_with_picture();
	CHECK_EQ(guest_send(1, FULL, 1), INVALID);
	CHECK_EQ(guest_send(1, FULL, UINT64_MAX), INVALID);
	CHECK_EQ(guest_send(1, FULL, UINT64_MAX - 127), INVALID);
	CHECK_EQ(guest_send(1, (struct rect){0, 0, 8, 1}, 3 * 8 * 4), OK);
	CHECK_EQ(guest_send(1, (struct rect){0, 0, 8, 2}, 3 * 8 * 4), INVALID);
	gpu_bench_finish();
}

TEST(lends_and_returns_memory)
{
	struct virtio_gpu_resource_detach_backing detach = {.resource_id = 1};
	struct virtio_gpu_resource_attach_backing attach = {.resource_id = 1};
	struct virtio_gpu_mem_entry outside = {.addr = 0x1000, .length = 4096};
	const uint32_t type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING;

	gpu_bench_begin();
	CHECK_EQ(guest_make(1, BGRA, 8, 4), OK);
	CHECK_EQ(guest_send(1, FULL, 0), UNSPEC);
	CHECK_EQ(guest_ask(type, &attach, sizeof(attach)), INVALID);
	attach.nr_entries = 1;
	CHECK_EQ(guest_ask_with(type, &attach, sizeof(attach), &outside, 1), INVALID);
	/* Fewer entries than it says. */
	attach.nr_entries = 2;
	outside.addr = gpu_bench.picture_gpa;
	CHECK_EQ(guest_ask_with(type, &attach, sizeof(attach), &outside, 1), INVALID);
	attach.nr_entries = UINT32_MAX;
	CHECK_EQ(guest_ask_with(type, &attach, sizeof(attach), &outside, 1), NO_MEMORY);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, 0), INVALID);
	CHECK_EQ(guest_lend(1, DRIVER_RAM_GPA + DRIVER_RAM_BYTES - 64, 65), INVALID);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, 128), OK);
	CHECK_EQ(guest_lend(1, gpu_bench.picture_gpa, 128), UNSPEC);
	CHECK_EQ(guest_ask(
			 VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, &detach, sizeof(detach)),
		OK);
	CHECK_EQ(guest_ask(
			 VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, &detach, sizeof(detach)),
		UNSPEC);
	CHECK_EQ(guest_send(1, FULL, 0), UNSPEC);
	CHECK_EQ(guest_lend(2, gpu_bench.picture_gpa, 128), NO_RESOURCE);
	gpu_bench_finish();
}

TEST(names_resources_as_the_driver_does)
{
	static const uint32_t ids[] = {7, 3, UINT32_MAX, 1, 5, 4, 6};

	gpu_bench_begin();
	for (unsigned int i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK_EQ(guest_make(ids[i], BGRA, 1 + i, 1), OK);
		CHECK_EQ(guest_make(ids[i], BGRA, 1, 1), NO_RESOURCE);
	}
	CHECK_EQ(guest_make(0, BGRA, 1, 1), NO_RESOURCE);
	for (unsigned int i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK_EQ(guest_flush(ids[i], (struct rect){0, 0, 1 + i, 1}), OK);
		CHECK_EQ(guest_flush(ids[i], (struct rect){0, 0, 2 + i, 1}), INVALID);
		CHECK_EQ(guest_unref(ids[i]), OK);
		CHECK_EQ(guest_unref(ids[i]), NO_RESOURCE);
	}
	CHECK_EQ(guest_unref(2), NO_RESOURCE);
	CHECK_EQ(guest_send(7, FULL, 0), NO_RESOURCE);
	CHECK_EQ(guest_flush(7, FULL), NO_RESOURCE);
	CHECK_EQ(guest_show(0, 7, FULL), NO_RESOURCE);
	gpu_bench_finish();
}

TEST(keeps_within_its_memory)
{
	const uint32_t side = 256; /* a quarter of it, but for what is around */
	uint32_t id = 1;

	gpu_bench_begin();
	while (guest_make(id, BGRA, side, side) == OK)
		id++;
	CHECK_EQ(id, 4);
	CHECK_EQ(guest_make(id, BGRA, side, side), NO_MEMORY);
	CHECK_EQ(gpu_bench.buffers, 3);
	CHECK_EQ(guest_make(id, BGRA, 16384, 16384), NO_MEMORY);
	CHECK_EQ(guest_make(id, BGRA, 16385, 1), INVALID);
	CHECK_EQ(guest_make(id, BGRA, 0, 1), INVALID);
	/* What a scanout shows counts once more: the display may keep it. */
	CHECK_EQ(guest_show(0, 1, (struct rect){0, 0, side, side}), NO_MEMORY);
	CHECK_EQ(guest_show(0, 1, (struct rect){0, 0, side, side - 8}), OK);
	CHECK_EQ(guest_unref(3), OK);
	CHECK_EQ(guest_show(0, 2, (struct rect){0, 0, side, side}), OK);
	CHECK_EQ(guest_show(1, 2, (struct rect){0, 0, side, side}), NO_MEMORY);
	/* Nor is it forgotten with the picture, but it does not become more. */
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(guest_unref(2), OK);
		CHECK_EQ(guest_make(2, BGRA, side, side), OK);
		CHECK_EQ(guest_show(0, 2, (struct rect){0, 0, side, side}), OK);
	}
	gpu_bench.out_of_memory = true;
	CHECK_EQ(guest_make(3, BGRA, 1, 1), NO_MEMORY);
	gpu_bench.out_of_memory = false;
	CHECK_EQ(guest_make(3, BGRA, 1, 1), OK);
	gpu_bench_finish();
}

TEST(has_a_last_resource)
{
	uint32_t id = 1;

	gpu_bench_begin();
	while (id < 100000 && guest_make(id, BGRA, 1, 1) == OK)
		id++;
	CHECK(id > 1000 && id < 16384);
	CHECK_EQ(guest_make(id, BGRA, 1, 1), NO_MEMORY);
	CHECK_EQ(guest_unref(500), OK);
	CHECK_EQ(guest_make(id, BGRA, 1, 1), OK);
	gpu_bench_finish();
}

TEST(gives_a_resource_one_uuid)
{
	struct virtio_gpu_resource_assign_uuid request = {.resource_id = 1};
	uint8_t first[16];

	begin_with_picture();
	CHECK_EQ(
		guest_ask(VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, &request, sizeof(request)),
		VIRTIO_GPU_RESP_OK_RESOURCE_UUID);
	memcpy(first, gpu_bench.answer.uuid.uuid, sizeof(first));
	CHECK_EQ(first[6] >> 4, 4);
	guest_ask(VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, &request, sizeof(request));
	CHECK(!memcmp(first, gpu_bench.answer.uuid.uuid, sizeof(first)));
	request.resource_id = 2;
	CHECK_EQ(
		guest_ask(VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, &request, sizeof(request)),
		NO_RESOURCE);
	gpu_bench_finish();
}

TEST(offers_what_was_not_negotiated_to_nobody)
{
	struct virtio_gpu_resource_assign_uuid uuid = {.resource_id = 1};
	struct virtio_gpu_cmd_get_edid edid = {0};

	gpu_bench_begin_with(0);
	CHECK_EQ(guest_make(1, BGRA, 1, 1), OK);
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, &uuid, sizeof(uuid)),
		UNSPEC);
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_GET_EDID, &edid, sizeof(edid)), UNSPEC);
	CHECK_EQ(guest_make_blob(2, gpu_bench.picture_gpa, 4096), UNSPEC);
	CHECK_EQ(guest_show_blob(0, 2, FULL, 8, 4, 32, 0), UNSPEC);
	gpu_bench_finish();
}

TEST(answers_what_it_cannot_do)
{
	struct virtio_gpu_ctx_create context = {0};
	struct virtio_gpu_update_cursor cursor = {0};
	uint8_t nothing[4] = {0};

	gpu_bench_begin();
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_CTX_CREATE, &context, sizeof(context)), UNSPEC);
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_GET_CAPSET_INFO, &context, sizeof(context)),
		UNSPEC);
	/* Cut off. */
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, nothing, 4), UNSPEC);
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_RESOURCE_UNREF, &context, 31), UNSPEC);
	/* On the wrong queue. */
	CHECK_EQ(guest_ask(VIRTIO_GPU_CMD_MOVE_CURSOR, &cursor, sizeof(cursor)), UNSPEC);
	CHECK_EQ(guest_point(VIRTIO_GPU_CMD_GET_DISPLAY_INFO, &cursor), UNSPEC);
	gpu_bench_finish();
}

TEST(answers_as_far_as_there_is_room)
{
	static const uint32_t rooms[] = {0, 1, 23, 24, 407};
	struct virtio_driver *driver = &gpu_bench.driver;
	struct driver_used used;
	uint32_t type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO;

	gpu_bench_begin();
	memcpy(driver_hva(driver, gpu_bench.request_gpa, 4), &type, 4);
	for (unsigned int i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		struct driver_buffer buffers[] = {{gpu_bench.request_gpa, 24, false},
			{gpu_bench.answer_gpa, rooms[i], true}};

		driver_add(driver, 0, buffers, rooms[i] ? 2 : 1, false);
		driver_kick(driver, 0);
		CHECK(driver_used(driver, 0, &used));
		CHECK_EQ(used.bytes, rooms[i] < 24 ? rooms[i] : 24);
		if (rooms[i] >= 24) {
			memcpy(&type, driver_hva(driver, gpu_bench.answer_gpa, 4), 4);
			CHECK_EQ(type, UNSPEC);
		}
	}
	gpu_bench_finish();
}

TEST(forgets_everything_with_a_reset)
{
	begin_with_picture();
	CHECK_EQ(guest_make_blob(2, gpu_bench.picture_gpa, 4096), OK);
	CHECK_EQ(guest_show_blob(1, 2, FULL, 8, 4, 32, 0), OK);
	gpu_bench.picture[0] = 0x777;
	CHECK_EQ(guest_send(1, FULL, 0), OK);
	driver_reset(&gpu_bench.driver);
	CHECK_EQ(gpu_bench.buffers, 0);
	/* Somebody may still want to know what it showed. */
	CHECK_EQ(guest_seen(0, 0, 0), 0x777);
	CHECK(driver_start(&gpu_bench.driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)));
	CHECK_EQ(guest_unref(1), NO_RESOURCE);
	CHECK_EQ(guest_make(1, BGRA, 8, 4), OK);
	gpu_bench_finish();
}

TEST_MAIN(CASE(tells_of_its_scanouts), CASE(tells_of_a_mode_that_has_changed),
	CASE(gives_each_scanout_its_edid),
	CASE(copies_the_rectangle_that_a_transfer_names),
	CASE(copies_from_memory_in_many_pieces), CASE(knows_all_formats),
	CASE(refuses_rectangles_outside_of_the_picture),
	CASE(reads_no_further_than_the_memory_that_was_lent),
	CASE(lends_and_returns_memory), CASE(names_resources_as_the_driver_does),
	CASE(keeps_within_its_memory), CASE(has_a_last_resource),
	CASE(gives_a_resource_one_uuid), CASE(offers_what_was_not_negotiated_to_nobody),
	CASE(answers_what_it_cannot_do), CASE(answers_as_far_as_there_is_room),
	CASE(forgets_everything_with_a_reset))
