/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/pmem.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk_impl.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"

#define GPA 0x180000000ull
#define BYTES (4u << 20)
#define NO_ANSWER 0xeeeeeeeeu

static struct virtio_driver driver;
static struct loop *loop;
static struct disk *disk;
static int fd;
static uint64_t request_gpa;
static uint64_t answer_gpa;

/* False, which it prints, where the host has no such engine. */
static bool begin_with(enum disk_engine_choice engine, bool readonly)
{
	struct disk_file_options file = {
		.readonly = readonly, .depth = VIRTIO_PMEM_DEPTH};
	struct virtio_pmem_options options = {
		.gpa = GPA, .bytes = BYTES, .flush = !readonly};
	struct virtio_device *dev = NULL;
	char path[64];

	fd = memfd_create("pmem", MFD_CLOEXEC);
	CHECK_EQ(ftruncate(fd, BYTES), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file.path = path;
	CHECK_EQ(loop_create(&loop, NULL), 0);
	if (disk_file_open_with(loop, &file, engine, &disk, NULL)) {
		printf("skipped: no io_uring on this host\n");
		loop_destroy(loop);
		close(fd);
		return false;
	}
	CHECK_EQ(virtio_pmem_create(loop, "pmem0", disk, &options, &dev, NULL), 0);
	driver_init(&driver, dev);
	CHECK(driver_start(&driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)));
	request_gpa = driver_alloc(&driver, 4, 4);
	answer_gpa = driver_alloc(&driver, 256, 4);
	memset(driver_hva(&driver, answer_gpa, 256), 0xee, 256);
	return true;
}

static void finish(void)
{
	driver_finish(&driver);
	disk_destroy(disk);
	loop_destroy(loop);
	close(fd);
}

static uint32_t get_answer(unsigned int index)
{
	uint32_t ret;

	memcpy(&ret, driver_hva(&driver, answer_gpa + index * 4, 4), 4);
	return ret;
}

static void add(uint32_t type, unsigned int index)
{
	struct driver_buffer buffers[] = {
		{request_gpa, 4, false}, {answer_gpa + index * 4, 4, true}};

	memcpy(driver_hva(&driver, request_gpa, 4), &type, 4);
	driver_add(&driver, 0, buffers, 2, false);
}

static unsigned int wait_for(unsigned int count)
{
	struct driver_used used;
	unsigned int got = 0;

	for (int turns = 0; turns < 1000 && got < count; turns++) {
		while (driver_used(&driver, 0, &used)) {
			CHECK_EQ(used.bytes, 4);
			got++;
		}
		if (got < count)
			loop_turn(loop, 100);
	}
	return got;
}

TEST(says_where_it_is)
{
	if (!begin_with(DISK_ENGINE_THREADS, false))
		return;
	CHECK_EQ(driver_read(&driver, 8), 27);
	CHECK_EQ(driver_config(&driver, 0, 8), GPA);
	CHECK_EQ(driver_config(&driver, 8, 8), BYTES);
	CHECK_EQ(driver_config(&driver, 16, 8), 0);
	driver_write(&driver, 0x100, 5);
	CHECK_EQ(driver_config(&driver, 0, 8), GPA);
	finish();
}

TEST(flushes_with_either_engine)
{
	static const enum disk_engine_choice engines[] = {
		DISK_ENGINE_URING, DISK_ENGINE_THREADS};

	for (unsigned int i = 0; i < 2; i++) {
		if (!begin_with(engines[i], false))
			continue;
		add(0, 0);
		driver_kick(&driver, 0);
		CHECK_EQ(wait_for(1), 1);
		CHECK_EQ(get_answer(0), 0);
		CHECK_EQ(driver_take_interrupt(&driver), 1);
		finish();
	}
}

TEST(answers_many_flushes_with_few)
{
	if (!begin_with(DISK_ENGINE_THREADS, false))
		return;
	for (unsigned int i = 0; i < DRIVER_QUEUE_SIZE / 2; i++) {
		add(0, i);
		driver_kick(&driver, 0);
	}
	CHECK_EQ(wait_for(DRIVER_QUEUE_SIZE / 2), DRIVER_QUEUE_SIZE / 2);
	for (unsigned int i = 0; i < DRIVER_QUEUE_SIZE / 2; i++)
		CHECK_EQ(get_answer(i), 0);
	finish();
}

TEST(says_when_the_host_failed)
{
	int bad;

	if (!begin_with(DISK_ENGINE_THREADS, false))
		return;
	/* No file to sync: EBADF is the host's business. */
	bad = dup(disk->fds[DISK_BUFFERED]);
	close(disk->fds[DISK_BUFFERED]);
	add(0, 0);
	driver_kick(&driver, 0);
	CHECK_EQ(wait_for(1), 1);
	CHECK_EQ(get_answer(0), 1);
	CHECK_EQ(dup2(bad, disk->fds[DISK_BUFFERED]), disk->fds[DISK_BUFFERED]);
	close(bad);
	add(0, 1);
	driver_kick(&driver, 0);
	CHECK_EQ(wait_for(1), 1);
	CHECK_EQ(get_answer(1), 0);
	finish();
}

TEST(has_nothing_to_flush_where_nothing_reaches_the_file)
{
	if (!begin_with(DISK_ENGINE_THREADS, true))
		return;
	add(0, 0);
	driver_kick(&driver, 0);
	CHECK_EQ(wait_for(1), 1);
	CHECK_EQ(get_answer(0), 0);
	finish();
}

TEST(refuses_other_requests)
{
	struct driver_buffer short_one[] = {{0, 3, false}, {0, 4, true}};

	if (!begin_with(DISK_ENGINE_THREADS, false))
		return;
	add(1, 0);
	driver_kick(&driver, 0);
	CHECK_EQ(wait_for(1), 1);
	CHECK_EQ(get_answer(0), 1);
	short_one[0].gpa = request_gpa;
	short_one[1].gpa = answer_gpa + 4;
	driver_add(&driver, 0, short_one, 2, false);
	driver_kick(&driver, 0);
	CHECK_EQ(wait_for(1), 1);
	CHECK_EQ(get_answer(1), 1);
	finish();
}

TEST(puts_the_answer_where_the_driver_cut_its_place)
{
	struct driver_buffer pieces[] = {{0, 4, false}, {0, 1, true}, {0, 1, true},
		{0, 1, true}, {0, 1, true}, {0, 1, true}};

	if (!begin_with(DISK_ENGINE_THREADS, false))
		return;
	pieces[0].gpa = request_gpa;
	for (unsigned int i = 1; i < 6; i++)
		pieces[i].gpa = answer_gpa + 8 * i;
	memset(driver_hva(&driver, request_gpa, 4), 0, 4);
	driver_add(&driver, 0, pieces, 6, false);
	driver_kick(&driver, 0);
	CHECK_EQ(wait_for(1), 1);
	for (unsigned int i = 1; i < 6; i++)
		CHECK_EQ(*(uint8_t *)driver_hva(&driver, pieces[i].gpa, 1),
			i < 5 ? 0 : 0xee);
	finish();
}

TEST(breaks_where_there_is_no_room_for_an_answer)
{
	struct driver_buffer buffers[] = {{0, 4, false}, {0, 3, true}};

	if (!begin_with(DISK_ENGINE_THREADS, false))
		return;
	buffers[0].gpa = request_gpa;
	buffers[1].gpa = answer_gpa;
	driver_add(&driver, 0, buffers, 2, false);
	driver_kick(&driver, 0);
	CHECK(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET);
	CHECK_EQ(get_answer(0), NO_ANSWER);
	finish();
}

TEST(forgets_what_is_in_flight_with_a_reset)
{
	uint32_t then;

	if (!begin_with(DISK_ENGINE_THREADS, false))
		return;
	for (unsigned int i = 0; i < 8; i++) {
		add(0, i);
		driver_kick(&driver, 0);
	}
	driver_reset(&driver);
	then = get_answer(7); /* a quick disk has given it already */
	CHECK(driver_start(&driver, 0));
	add(0, 9);
	driver_kick(&driver, 0);
	CHECK_EQ(wait_for(1), 1);
	CHECK_EQ(get_answer(9), 0);
	CHECK_EQ(get_answer(7), then);
	finish();
}

TEST(maps_the_file_as_it_may_be_written)
{
	static const struct {
		bool readonly; /* the file */
		bool writable; /* the mapping */
		bool reaches;
	} table[] = {{false, true, true}, {true, true, false}, {true, false, false}};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint8_t byte = 7;
		void *at = NULL;

		if (!begin_with(DISK_ENGINE_THREADS, table[i].readonly))
			return;
		CHECK_EQ(pwrite(fd, &byte, 1, BYTES - 1), 1);
		CHECK_EQ(disk_map(disk, table[i].writable, &at, NULL), 0);
		CHECK_EQ(((uint8_t *)at)[BYTES - 1], 7);
		if (table[i].writable)
			((uint8_t *)at)[0] = 9;
		CHECK_EQ(pread(fd, &byte, 1, 0), 1);
		CHECK_EQ(byte, table[i].reaches ? 9 : 0);
		finish();
	}
}

TEST_MAIN(CASE(says_where_it_is), CASE(flushes_with_either_engine),
	CASE(answers_many_flushes_with_few), CASE(says_when_the_host_failed),
	CASE(has_nothing_to_flush_where_nothing_reaches_the_file),
	CASE(refuses_other_requests),
	CASE(puts_the_answer_where_the_driver_cut_its_place),
	CASE(breaks_where_there_is_no_room_for_an_answer),
	CASE(forgets_what_is_in_flight_with_a_reset),
	CASE(maps_the_file_as_it_may_be_written))
