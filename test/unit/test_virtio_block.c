/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/block.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/block_rig.h"
#include "test/unit/test.h"

TEST(reads_back_what_was_written)
{
	for (unsigned int i = 0; i < ENGINES; i++) {
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i], (struct rig_setup){0}))
			continue;
		rig_set_data(&rig, 0x5a, 4096);
		CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_OUT, 8, 4096), VIRTIO_BLK_S_OK);
		CHECK_EQ(rig.used_bytes, 1);
		CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_FLUSH, 0, 0), VIRTIO_BLK_S_OK);
		CHECK_EQ(rig.used_bytes, 1);
		rig_set_data(&rig, 0, 4096);
		CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, 8, 4096), VIRTIO_BLK_S_OK);
		CHECK_EQ(rig.used_bytes, 4097);
		CHECK(rig_data_is(&rig, 0x5a, 4096));
		CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, 7, 512), VIRTIO_BLK_S_OK);
		CHECK(rig_data_is(&rig, 0, 512));
		CHECK(rig.driver.interrupts >= 4);
		rig_finish(&rig);
	}
}

TEST(says_what_the_disk_is)
{
	struct rig rig;
	uint64_t offered;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){.queues = 3}))
		return;
	offered = driver_offered(&rig.driver);
	CHECK((offered & RANGE_FEATURES) == RANGE_FEATURES);
	CHECK(offered & VIRTIO_BIT(VIRTIO_BLK_F_MQ));
	CHECK(offered & VIRTIO_BIT(VIRTIO_BLK_F_FLUSH));
	CHECK(!(offered & VIRTIO_BIT(VIRTIO_BLK_F_RO)));
	CHECK_EQ(driver_config(&rig.driver, 0, 8), DISK_SECTORS);
	CHECK_EQ(driver_config(&rig.driver, 12, 4), 126);
	CHECK_EQ(driver_config(&rig.driver, 20, 4), 512);
	CHECK_EQ(driver_config(&rig.driver, 24, 1), 3);
	CHECK_EQ(driver_config(&rig.driver, 34, 2), 3);
	CHECK_EQ(driver_config(&rig.driver, 40, 4), 16);
	CHECK_EQ(driver_config(&rig.driver, 56, 1), 1);
	rig_finish(&rig);
}

TEST(tells_the_driver_of_a_new_size)
{
	struct error err = {.text = ""};
	unsigned int before;
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){0}))
		return;
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, DISK_SECTORS, 512), VIRTIO_BLK_S_IOERR);
	before = rig.driver.interrupts;
	CHECK_EQ(disk_resize(rig.disk, (DISK_SECTORS + 8) * 512, &err), 0);
	virtio_block_resized(rig.driver.dev);
	CHECK(rig.driver.interrupts > before);
	CHECK_EQ(driver_config(&rig.driver, 0, 8), DISK_SECTORS + 8);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, DISK_SECTORS, 512), VIRTIO_BLK_S_OK);
	CHECK(rig_data_is(&rig, 0, 512));
	CHECK_EQ(disk_resize(rig.disk, 512, &err), 0);
	virtio_block_resized(rig.driver.dev);
	CHECK_EQ(driver_config(&rig.driver, 0, 8), 1);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, 1, 512), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(disk_resize(rig.disk, 511, &err), -EINVAL);
	CHECK_HAS(err.text, "size is 511, a multiple of 512");
	CHECK_EQ(disk_resize(rig.disk, 0, &err), -EINVAL);
	CHECK_EQ(disk_info(rig.disk)->capacity_bytes, 512);
	rig_finish(&rig);
	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){.readonly = true}))
		return;
	CHECK_EQ(disk_resize(rig.disk, 512, &err), -EROFS);
	rig_finish(&rig);
}

TEST(takes_headers_and_data_cut_anywhere)
{
	struct rig rig;

	for (int indirect = 0; indirect < 2; indirect++) {
		if (!rig_start(&rig, DISK_ENGINE_ANY,
			    (struct rig_setup){
				    .features = VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)}))
			return;
		uint64_t data = rig.data_gpa;
		uint64_t head = rig.header_gpa;
		/* The last readable buffer begins in the header, ends in the data. */
		struct driver_buffer write[] = {{head, 1, false}, {head + 1, 7, false},
			{data - 0, 8 + 3, false}, {data + 11, 1021, false},
			{rig.status_gpa, 1, true}};
		/* The status is the last byte of the last data buffer. */
		struct driver_buffer read[] = {{head, 15, false}, {head + 15, 1, false},
			{data, 1, true}, {data + 1, 1023 + 1, true}};

		rig_header(&rig, VIRTIO_BLK_T_OUT, 4);
		rig_set_data(&rig, 0x77, 8 + 1024);
		memcpy(rig_memory(&rig, data, 8), rig_memory(&rig, head + 8, 8), 8);
		CHECK_EQ(rig_run(&rig, write, 5, indirect), VIRTIO_BLK_S_OK);
		CHECK_EQ(rig.used_bytes, 1);
		rig_header(&rig, VIRTIO_BLK_T_IN, 4);
		rig_set_data(&rig, NO_STATUS, 2048);
		rig_run(&rig, read, 4, indirect);
		CHECK_EQ(rig.used_bytes, 1025);
		CHECK(rig_data_is(&rig, 0x77, 1024));
		CHECK_EQ(*rig_memory(&rig, data + 1024, 1), VIRTIO_BLK_S_OK);
		CHECK_EQ(*rig_memory(&rig, data + 1025, 1), NO_STATUS);
		rig_finish(&rig);
	}
}

TEST(gives_its_serial_number_as_far_as_there_is_room)
{
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){0}))
		return;
	rig_set_data(&rig, 0xff, 64);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_GET_ID, 0, 20), VIRTIO_BLK_S_OK);
	CHECK_EQ(rig.used_bytes, 21);
	CHECK(!memcmp(rig_memory(&rig, rig.data_gpa, 20), "serial-0123456789-ab", 20));
	rig_set_data(&rig, 0xff, 64);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_GET_ID, 0, 6), VIRTIO_BLK_S_OK);
	CHECK(!memcmp(rig_memory(&rig, rig.data_gpa, 7), "serial\xff", 7));
	rig_finish(&rig);
}

TEST(interrupts_once_for_what_is_done_together)
{
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){0}))
		return;
	struct driver_buffer buffers[] = {{rig.header_gpa, 16, false},
		{rig.data_gpa, 20, true}, {rig.status_gpa, 1, true}};

	rig_header(&rig, VIRTIO_BLK_T_GET_ID, 0);
	rig_offer(&rig, buffers, 3, 10);
	for (unsigned int i = 0; i < 10; i++)
		CHECK(rig_wait(&rig, 0));
	CHECK_EQ(rig.driver.interrupts, 1);
	rig_finish(&rig);
}

/* More chains than the device has requests: the rest wait for their turn. */
TEST(serves_all_queues_when_its_requests_run_out)
{
	enum { QUEUES = 6 };

	for (unsigned int i = 0; i < ENGINES; i++) {
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i],
			    (struct rig_setup){.queues = QUEUES,
				    .features = VIRTIO_BIT(VIRTIO_BLK_F_MQ) |
						VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC) |
						VIRTIO_BIT(VIRTIO_F_EVENT_IDX)}))
			continue;
		struct driver_buffer buffers[] = {
			{rig.header_gpa, 16, false}, {rig.status_gpa, 1, true}};

		rig_header(&rig, VIRTIO_BLK_T_FLUSH, 0);
		for (unsigned int k = 0; k < QUEUES * DRIVER_QUEUE_SIZE; k++)
			driver_stage(&rig.driver, k % QUEUES, buffers, 2, true);
		for (unsigned int q = 0; q < QUEUES; q++) {
			driver_publish(&rig.driver, q);
			driver_kick(&rig.driver, q);
		}
		for (unsigned int k = 0; k < QUEUES * DRIVER_QUEUE_SIZE; k++)
			CHECK(rig_wait(&rig, k % QUEUES));
		rig_finish(&rig);
	}
}

TEST(serves_large_requests_a_few_at_a_time)
{
	enum { BYTES = 32u << 20, COUNT = 6 };

	for (unsigned int i = 0; i < ENGINES; i++) {
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i],
			    (struct rig_setup){.sectors = BYTES / 512}))
			continue;
		struct driver_buffer buffers[] = {{rig.header_gpa, 16, false},
			{rig.data_gpa, BYTES, true}, {rig.status_gpa, 1, true}};

		rig_header(&rig, VIRTIO_BLK_T_IN, 0);
		rig_offer(&rig, buffers, 3, COUNT);
		for (unsigned int k = 0; k < COUNT; k++) {
			CHECK(rig_wait(&rig, 0));
			CHECK_EQ(rig.used_bytes, BYTES + 1);
		}
		rig_finish(&rig);
	}
}

/* ---- ranges ----------------------------------------------------------------------- */

struct range_case {
	uint32_t type;
	uint64_t sector;
	uint32_t sectors;
	uint32_t flags;
	uint32_t count; /* of equal ranges */
	uint32_t extra_bytes;
	int status;
};

TEST(checks_every_range_before_it_touches_one)
{
	enum { D = VIRTIO_BLK_T_DISCARD, Z = VIRTIO_BLK_T_WRITE_ZEROES };
	static const struct range_case cases[] = {
		{D, 8, 8, 0, 1, 0, VIRTIO_BLK_S_OK},
		{Z, 8, 8, 0, 1, 0, VIRTIO_BLK_S_OK},
		{Z, 8, 8, 1, 16, 0, VIRTIO_BLK_S_OK},
		{Z, 0, 0, 0, 3, 0, VIRTIO_BLK_S_OK},
		{Z, DISK_SECTORS - 1, 1, 0, 1, 0, VIRTIO_BLK_S_OK},
		{D, 8, 8, 1, 1, 0, VIRTIO_BLK_S_UNSUPP},
		{Z, 8, 8, 2, 1, 0, VIRTIO_BLK_S_UNSUPP},
		{Z, 8, 8, 0, 17, 0, VIRTIO_BLK_S_IOERR},
		{Z, 8, 8, 0, 0, 0, VIRTIO_BLK_S_IOERR},
		{D, 8, 8, 0, 1, 5, VIRTIO_BLK_S_IOERR},
		{Z, DISK_SECTORS - 1, 2, 0, 1, 0, VIRTIO_BLK_S_IOERR},
		{D, UINT64_MAX, 8, 0, 1, 0, VIRTIO_BLK_S_IOERR},
		{D, UINT64_MAX / 512, 8, 0, 1, 0, VIRTIO_BLK_S_IOERR},
		{D, 8, UINT32_MAX, 0, 1, 0, VIRTIO_BLK_S_IOERR},
		{Z, 0, UINT32_MAX, 0, 16, 0, VIRTIO_BLK_S_IOERR},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases) * ENGINES; i++) {
		const struct range_case *c = &cases[i / ENGINES];
		struct virtio_blk_discard_write_zeroes range = {
			htole64(c->sector), htole32(c->sectors), htole32(c->flags)};
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i % ENGINES],
			    (struct rig_setup){.features = RANGE_FEATURES}))
			continue;
		for (unsigned int k = 0; k < c->count; k++)
			memcpy(rig_memory(
				       &rig, rig.data_gpa + k * RANGE_BYTES, RANGE_BYTES),
				&range, RANGE_BYTES);
		if (!CHECK_EQ(rig_call(&rig, c->type, 0,
				      c->count * (uint32_t)RANGE_BYTES + c->extra_bytes),
			    c->status))
			printf("case %u\n", i / (unsigned int)ENGINES);
		CHECK_EQ(rig.used_bytes, 1);
		CHECK_EQ(driver_status(&rig.driver) & VIRTIO_STATUS_NEEDS_RESET, 0);
		rig_finish(&rig);
	}
}

TEST(zeroes_the_ranges_and_nothing_else)
{
	struct virtio_blk_discard_write_zeroes ranges[] = {
		{htole64(1), htole32(2), 0}, {htole64(5), htole32(1), htole32(1)}};
	uint8_t disk[8 * 512];

	for (unsigned int i = 0; i < ENGINES; i++) {
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i],
			    (struct rig_setup){.features = RANGE_FEATURES}))
			continue;
		memset(disk, 0x33, sizeof(disk));
		CHECK_EQ(pwrite(rig.fd, disk, sizeof(disk), 0), sizeof(disk));
		memcpy(rig_memory(&rig, rig.data_gpa, sizeof(ranges)), ranges,
			sizeof(ranges));
		CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_WRITE_ZEROES, 0, sizeof(ranges)),
			VIRTIO_BLK_S_OK);
		CHECK_EQ(pread(rig.fd, disk, sizeof(disk), 0), sizeof(disk));
		for (unsigned int k = 0; k < 8; k++)
			CHECK(is_filled(disk + 512 * k, 512,
				k == 1 || k == 2 || k == 5 ? 0 : 0x33));
		rig_finish(&rig);
	}
}

TEST(does_not_discard_what_was_not_agreed)
{
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){0}))
		return;
	rig_set_data(&rig, 0, RANGE_BYTES);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_DISCARD, 0, RANGE_BYTES),
		VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_WRITE_ZEROES, 0, RANGE_BYTES),
		VIRTIO_BLK_S_UNSUPP);
	rig_finish(&rig);
}

TEST_MAIN(CASE(reads_back_what_was_written), CASE(says_what_the_disk_is),
	CASE(tells_the_driver_of_a_new_size), CASE(takes_headers_and_data_cut_anywhere),
	CASE(gives_its_serial_number_as_far_as_there_is_room),
	CASE(interrupts_once_for_what_is_done_together),
	CASE(serves_all_queues_when_its_requests_run_out),
	CASE(serves_large_requests_a_few_at_a_time),
	CASE(checks_every_range_before_it_touches_one),
	CASE(zeroes_the_ranges_and_nothing_else),
	CASE(does_not_discard_what_was_not_agreed))
