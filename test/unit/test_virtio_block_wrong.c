/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver or the host may do wrong, and resets. */
#include "virtio/block.h"

#include <stdio.h>
#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/block_rig.h"
#include "test/unit/test.h"

TEST(refuses_what_is_not_on_the_disk)
{
	static const struct {
		uint32_t type;
		uint64_t sector;
		uint32_t bytes;
		int status;
	} cases[] = {
		{VIRTIO_BLK_T_IN, DISK_SECTORS - 1, 512, VIRTIO_BLK_S_OK},
		{VIRTIO_BLK_T_OUT, DISK_SECTORS - 2, 1024, VIRTIO_BLK_S_OK},
		{VIRTIO_BLK_T_IN, DISK_SECTORS, 0, VIRTIO_BLK_S_OK},
		{VIRTIO_BLK_T_IN, DISK_SECTORS + 1, 0, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_IN, DISK_SECTORS, 512, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_OUT, DISK_SECTORS, 512, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_IN, DISK_SECTORS - 1, 1024, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_OUT, UINT64_MAX, 512, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_IN, UINT64_MAX >> 9, 512, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_IN, 1ull << 55, 512, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_IN, 0, 511, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_OUT, 0, 513, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_OUT, 0, 1, VIRTIO_BLK_S_IOERR},
		{VIRTIO_BLK_T_OUT, 0, 0, VIRTIO_BLK_S_OK},
		{2, 0, 512, VIRTIO_BLK_S_UNSUPP},
		{UINT32_MAX, 0, 0, VIRTIO_BLK_S_UNSUPP},
	};
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){0}))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!CHECK_EQ(rig_call(&rig, cases[i].type, cases[i].sector,
				      cases[i].bytes),
			    cases[i].status))
			printf("case %u\n", i);
	}
	CHECK_EQ(driver_status(&rig.driver) & VIRTIO_STATUS_NEEDS_RESET, 0);
	CHECK_EQ(lseek(rig.fd, 0, SEEK_END), DISK_SECTORS * 512);
	rig_finish(&rig);
}

TEST(refuses_more_buffers_than_it_said)
{
	struct driver_buffer buffers[130];
	struct rig rig;

	for (unsigned int extra = 0; extra < 2; extra++) {
		unsigned int count = 126 + extra;

		if (!rig_start(&rig, DISK_ENGINE_ANY,
			    (struct rig_setup){
				    .features = VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)}))
			return;
		buffers[0] = (struct driver_buffer){rig.header_gpa, 16, false};
		for (unsigned int i = 0; i < count; i++)
			buffers[1 + i] =
				(struct driver_buffer){rig.data_gpa + i * 512, 512, true};
		buffers[1 + count] = (struct driver_buffer){rig.status_gpa, 1, true};
		rig_header(&rig, VIRTIO_BLK_T_IN, 0);
		CHECK_EQ(rig_run(&rig, buffers, count + 2, true),
			extra ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK);
		rig_finish(&rig);
	}
}

TEST(refuses_a_header_that_is_cut_short)
{
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){0}))
		return;
	struct driver_buffer buffers[] = {
		{rig.header_gpa, 15, false}, {rig.status_gpa, 1, true}};

	rig_header(&rig, VIRTIO_BLK_T_FLUSH, 0);
	CHECK_EQ(rig_run(&rig, buffers, 2, false), VIRTIO_BLK_S_IOERR);
	rig_header(&rig, VIRTIO_BLK_T_FLUSH, 0);
	CHECK_EQ(rig_run(&rig, buffers + 1, 1, false), VIRTIO_BLK_S_IOERR);
	rig_finish(&rig);
}

TEST(needs_a_reset_after_a_request_without_a_status_byte)
{
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){0}))
		return;
	struct driver_buffer buffers[] = {
		{rig.header_gpa, 16, false}, {rig.data_gpa, 512, false}};

	rig_header(&rig, VIRTIO_BLK_T_OUT, 0);
	driver_add(&rig.driver, 0, buffers, 2, false);
	driver_kick(&rig.driver, 0);
	CHECK(driver_status(&rig.driver) & VIRTIO_STATUS_NEEDS_RESET);
	CHECK(driver_start(&rig.driver, 0));
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, 0, 512), VIRTIO_BLK_S_OK);
	rig_finish(&rig);
}

TEST(never_writes_a_readonly_disk)
{
	struct rig rig;

	if (!rig_start(&rig, DISK_ENGINE_ANY, (struct rig_setup){.readonly = true}))
		return;
	CHECK(driver_offered(&rig.driver) & VIRTIO_BIT(VIRTIO_BLK_F_RO));
	CHECK(!(driver_offered(&rig.driver) & RANGE_FEATURES));
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_OUT, 0, 512), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_DISCARD, 0, RANGE_BYTES),
		VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, 0, 512), VIRTIO_BLK_S_OK);
	CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_FLUSH, 0, 0), VIRTIO_BLK_S_OK);
	rig_finish(&rig);
}

TEST(passes_a_host_error_on_and_lives)
{
	for (unsigned int i = 0; i < ENGINES; i++) {
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i], (struct rig_setup){0}))
			continue;
		CHECK_EQ(ftruncate(rig.fd, 4096), 0);
		CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, 64, 4096), VIRTIO_BLK_S_IOERR);
		CHECK_EQ(rig_call(&rig, VIRTIO_BLK_T_IN, 0, 4096), VIRTIO_BLK_S_OK);
		rig_finish(&rig);
	}
}

/* ---- reset ------------------------------------------------------------------------ */

TEST(touches_no_memory_after_a_reset)
{
	enum { COUNT = 21, BYTES = 65536 };

	for (unsigned int i = 0; i < ENGINES; i++) {
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i], (struct rig_setup){0}))
			continue;
		struct driver_buffer buffers[] = {{rig.header_gpa, 16, false},
			{rig.data_gpa, BYTES, true}, {rig.status_gpa, 1, true}};

		for (unsigned int round = 0; round < 20; round++) {
			rig_header(&rig, VIRTIO_BLK_T_IN, 0);
			rig_offer(&rig, buffers, 3, COUNT);
			driver_reset(&rig.driver);
			rig_set_data(&rig, 0x99, BYTES);
			*rig_memory(&rig, rig.status_gpa, 1) = NO_STATUS;
			loop_turn(rig.loop, 0);
			CHECK(rig_data_is(&rig, 0x99, BYTES));
			CHECK_EQ(*rig_memory(&rig, rig.status_gpa, 1), NO_STATUS);
			CHECK(driver_start(&rig.driver, 0));
			loop_turn(rig.loop, 0);
			CHECK_EQ(
				rig_call(&rig, VIRTIO_BLK_T_IN, 0, 512), VIRTIO_BLK_S_OK);
		}
		rig_finish(&rig);
	}
}

TEST(ends_with_requests_in_flight)
{
	for (unsigned int i = 0; i < ENGINES; i++) {
		struct rig rig;

		if (!rig_start(&rig, rig_engines[i], (struct rig_setup){0}))
			continue;
		struct driver_buffer buffers[] = {
			{rig.header_gpa, 16, false}, {rig.status_gpa, 1, true}};

		rig_header(&rig, VIRTIO_BLK_T_FLUSH, 0);
		rig_offer(&rig, buffers, 2, 20);
		rig_finish(&rig);
	}
}

TEST_MAIN(CASE(refuses_what_is_not_on_the_disk), CASE(refuses_more_buffers_than_it_said),
	CASE(refuses_a_header_that_is_cut_short),
	CASE(needs_a_reset_after_a_request_without_a_status_byte),
	CASE(never_writes_a_readonly_disk), CASE(passes_a_host_error_on_and_lives),
	CASE(touches_no_memory_after_a_reset), CASE(ends_with_requests_in_flight))
