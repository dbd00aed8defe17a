/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a volume has after a crash at any step. The writes and flushes that the file gets
 * are recorded; a crash is a file with a part of them, and what is found in it must be
 * whole: what was there for good by then, or something newer.
 */
#include "host/disk_integrity.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/error.h"
#include "src/le.h"
#include "src/write_full.h"
#include "test/unit/integrity_image.h"
#include "test/unit/test.h"

#define BLOCK_BYTES 512u
#define TAG_BYTES 20u
#define BLOCKS 300u
#define EVENTS_MAX 20000u

/* ---- a file that remembers --------------------------------------------------------- */

/* A write, or a flush where there are no bytes; during the so manieth step of a test. */
struct event {
	uint64_t offset;
	size_t bytes;
	uint8_t *copy;
	unsigned int step;
};

static struct {
	bool on;
	int code; /* that writes fail with */
	struct event events[EVENTS_MAX];
	unsigned int count;
	unsigned int step;
} recorded;

static void record(uint64_t offset, const void *from, size_t bytes)
{
	struct event *event = &recorded.events[recorded.count];

	if (!recorded.on)
		return;
	if (recorded.count++ == EVENTS_MAX)
		abort();
	*event = (struct event){offset, bytes, malloc(bytes + 1), recorded.step};
	if (bytes)
		memcpy(event->copy, from, bytes);
}

static void forget(void)
{
	for (unsigned int i = 0; i < recorded.count; i++)
		free(recorded.events[i].copy);
	recorded.count = 0;
	recorded.on = false;
}

int __real_pwrite_full(int fd, const void *from, size_t bytes, uint64_t offset);
int __wrap_pwrite_full(int fd, const void *from, size_t bytes, uint64_t offset);
int __wrap_pwrite_full(int fd, const void *from, size_t bytes, uint64_t offset)
{
	if (recorded.code)
		return recorded.code;
	record(offset, from, bytes);
	return __real_pwrite_full(fd, from, bytes, offset);
}

int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	(void)fd;
	record(0, NULL, 0);
	return 0;
}

/* ---- a volume ---------------------------------------------------------------------- */

/* Two areas and a bit, and a ring that a few batches go around. */
static const struct integrity_shape small = {BLOCK_BYTES, TAG_BYTES, 4, 7, BLOCKS};

struct rig {
	struct integrity_shape shape;
	int fd;
	uint64_t bytes;
	bool no_journal;
	struct disk_integrity *integrity;
	struct error err;
};

static void make_file(struct rig *rig, const uint8_t *image)
{
	rig->fd = memfd_create("integrity", MFD_CLOEXEC);
	CHECK_EQ(__real_pwrite_full(rig->fd, image, rig->bytes, 0), 0);
}

static int open_volume(struct rig *rig)
{
	const struct disk_integrity_options options = {
		.path = "volume",
		.fd = rig->fd,
		.file_bytes = rig->bytes,
		.block_bytes = rig->shape.block_bytes,
		.tag_bytes = rig->shape.tag_bytes,
		.no_journal = rig->no_journal,
	};

	return disk_integrity_open(&options, &rig->integrity, &rig->err);
}

static void close_volume(struct rig *rig)
{
	disk_integrity_close(rig->integrity);
	rig->integrity = NULL;
}

/* A block says which one it is, and which version; its tag agrees. */
static void fill(uint64_t number, uint64_t version, uint8_t *bytes, uint8_t *tag)
{
	uint64_t state = number * 1000003 + version * 7919 + 1;

	for (uint32_t i = 0; i < BLOCK_BYTES + TAG_BYTES; i++) {
		state = state * 6364136223846793005ull + 1442695040888963407ull;
		if (i < BLOCK_BYTES)
			bytes[i] = (uint8_t)(state >> 56);
		else
			tag[i - BLOCK_BYTES] = (uint8_t)(state >> 56);
	}
	le64_put(bytes, version);
}

static int put(struct rig *rig, uint64_t first, uint32_t count, uint64_t version)
{
	static uint8_t bytes[BLOCKS * BLOCK_BYTES], tags[BLOCKS * TAG_BYTES];

	for (uint32_t i = 0; i < count; i++)
		fill(first + i, version, bytes + i * BLOCK_BYTES, tags + i * TAG_BYTES);
	return disk_integrity_write(rig->integrity, first, count, bytes, tags);
}

static bool is_whole(uint64_t number, const uint8_t *bytes, const uint8_t *tag)
{
	uint8_t right[BLOCK_BYTES], right_tag[TAG_BYTES];

	fill(number, le64_at(bytes), right, right_tag);
	return !memcmp(bytes, right, BLOCK_BYTES) && !memcmp(tag, right_tag, TAG_BYTES);
}

#define NOT_WHOLE UINT64_MAX

/* The version of each block. */
static void look(struct rig *rig, uint64_t versions[BLOCKS])
{
	static uint8_t bytes[BLOCKS * BLOCK_BYTES], tags[BLOCKS * TAG_BYTES];

	CHECK_EQ(disk_integrity_read(rig->integrity, 0, BLOCKS, bytes, tags, true),
		BLOCKS);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		const uint8_t *at = bytes + i * BLOCK_BYTES;

		versions[i] =
			is_whole(i, at, tags + i * TAG_BYTES) ? le64_at(at) : NOT_WHOLE;
	}
}

/* One in which each block has version 0, for all tests to begin with. */
static const uint8_t *first_image(const struct integrity_shape *shape)
{
	static uint8_t image[2 << 20];
	struct rig rig = {.shape = *shape, .bytes = integrity_image_bytes(shape)};

	memset(image, 0, sizeof(image));
	CHECK(rig.bytes <= sizeof(image));
	integrity_image_make(shape, image);
	make_file(&rig, image);
	CHECK_EQ(open_volume(&rig), 0);
	CHECK_EQ(put(&rig, 0, BLOCKS, 0), 0);
	close_volume(&rig);
	CHECK_EQ(pread(rig.fd, image, rig.bytes, 0), rig.bytes);
	close(rig.fd);
	return image;
}

static void make(struct rig *rig, const struct integrity_shape *shape)
{
	*rig = (struct rig){.shape = *shape, .bytes = integrity_image_bytes(shape)};
	make_file(rig, first_image(shape));
}

static void finish(struct rig *rig)
{
	close_volume(rig);
	close(rig->fd);
}

TEST(reads_what_was_written_wherever_it_waits)
{
	uint64_t versions[BLOCKS];
	struct rig rig;

	make(&rig, &small);
	CHECK_EQ(open_volume(&rig), 0);
	CHECK_EQ(disk_integrity_blocks(rig.integrity), BLOCKS);
	CHECK_EQ(put(&rig, 100, 100, 1), 0);
	CHECK_EQ(disk_integrity_sync(rig.integrity), 0);
	CHECK_EQ(put(&rig, 120, 30, 2), 0);
	CHECK_EQ(put(&rig, 120, 10, 3), 0);
	for (unsigned int pass = 0; pass < 2; pass++) {
		look(&rig, versions);
		for (uint64_t i = 0; i < BLOCKS; i++)
			CHECK_EQ(versions[i], i < 100 || i >= 200   ? 0
					      : i >= 120 && i < 130 ? 3
					      : i >= 130 && i < 150 ? 2
								    : 1);
		close_volume(&rig);
		CHECK_EQ(open_volume(&rig), 0);
	}
	finish(&rig);
}

TEST(reads_as_much_as_the_file_has)
{
	static uint8_t bytes[BLOCKS * BLOCK_BYTES], tags[BLOCKS * TAG_BYTES];
	struct rig rig;

	make(&rig, &small);
	CHECK_EQ(open_volume(&rig), 0);
	CHECK_EQ(ftruncate(rig.fd, (off_t)rig.bytes - 10 * (off_t)BLOCK_BYTES + 1), 0);
	CHECK_EQ(disk_integrity_read(rig.integrity, BLOCKS - 20, 20, bytes, tags, false),
		10);
	finish(&rig);
}

/* ---- crashes ----------------------------------------------------------------------- */

#define STEPS 60u

/* What must be there, by step: the oldest version allowed, and the newest one. */
static uint64_t settled[STEPS + 1][BLOCKS], newest[STEPS + 1][BLOCKS];

/* Writes here and there, with a flush now and then, and twice around the ring. */
static void run_program(struct rig *rig, unsigned int seed)
{
	srand(seed);
	memset(settled, 0, sizeof(settled));
	memset(newest, 0, sizeof(newest));
	for (unsigned int step = 1; step <= STEPS; step++) {
		uint32_t first = (uint32_t)rand() % BLOCKS;
		uint32_t most = rand() % 4 ? 8 : BLOCKS;
		uint32_t count = 1 + (uint32_t)rand() % most;

		recorded.step = step;
		memcpy(settled[step], settled[step - 1], sizeof(settled[0]));
		memcpy(newest[step], newest[step - 1], sizeof(newest[0]));
		if (rand() % 3 == 0) {
			CHECK_EQ(disk_integrity_sync(rig->integrity), 0);
			/* By the next step it is done. */
			if (step < STEPS)
				memcpy(settled[step], newest[step], sizeof(settled[0]));
			continue;
		}
		if (count > BLOCKS - first)
			count = BLOCKS - first;
		for (uint32_t i = first; i < first + count; i++)
			newest[step][i] = step;
		CHECK_EQ(put(rig, first, count, step), 0);
	}
}

/* The part of the events before one that a crash there leaves. */
static void replay_events(uint8_t *image, unsigned int cut, bool power_fails)
{
	unsigned int flushed = 0;

	for (unsigned int i = 0; i < cut; i++)
		if (!recorded.events[i].bytes)
			flushed = i;
	for (unsigned int i = 0; i < cut; i++) {
		const struct event *event = &recorded.events[i];
		bool all = !power_fails || i < flushed;

		for (size_t at = 0, part; at < event->bytes; at += part) {
			part = 512 - (event->offset + at) % 512;
			if (part > event->bytes - at)
				part = event->bytes - at;
			/* A killed process has come to somewhere in its last write. */
			if (!power_fails && i + 1 == cut && rand() % 8 == 0)
				break;
			if (all || rand() % 2)
				memcpy(image + event->offset + at, event->copy + at,
					part);
		}
	}
}

static void check_versions(struct rig *rig, unsigned int step, bool done)
{
	const uint64_t *oldest = settled[done ? step : step ? step - 1 : 0];
	uint64_t versions[BLOCKS];
	unsigned int wrong = 0;

	look(rig, versions);
	for (uint32_t i = 0; i < BLOCKS; i++)
		wrong += versions[i] < oldest[i] || versions[i] > newest[step][i];
	CHECK_EQ(wrong, 0);
}

static void crash(const struct rig *like, const uint8_t *image, unsigned int step)
{
	static uint8_t settled_image[2 << 20];
	struct rig rig = {.shape = like->shape, .bytes = like->bytes};
	uint64_t before[BLOCKS], after[BLOCKS];

	make_file(&rig, image);
	CHECK_EQ(open_volume(&rig), 0);
	check_versions(&rig, step, false);
	look(&rig, before);
	CHECK_EQ(put(&rig, 7, 1, 1000), 0);
	close_volume(&rig);
	/* Closed as it should be it has nothing in its journal, and can be read only. */
	CHECK_EQ(pread(rig.fd, settled_image, rig.bytes, 0), rig.bytes);
	CHECK_EQ(open_volume(&rig), 0);
	look(&rig, after);
	CHECK_EQ(after[7], 1000);
	after[7] = before[7];
	CHECK(!memcmp(before, after, sizeof(before)));
	finish(&rig);
}

/* After each stride-th write, from first on. */
static void crash_at(const struct integrity_shape *shape, unsigned int seed,
	unsigned int first, unsigned int stride)
{
	static uint8_t base[2 << 20], image[2 << 20];
	struct rig rig;

	make(&rig, shape);
	CHECK_EQ(pread(rig.fd, base, rig.bytes, 0), rig.bytes);
	recorded.on = true;
	CHECK_EQ(open_volume(&rig), 0);
	recorded.step = 0;
	run_program(&rig, seed);
	recorded.step = STEPS;
	close_volume(&rig);
	recorded.on = false;
	for (unsigned int cut = first; cut <= recorded.count; cut += stride) {
		unsigned int step = cut ? recorded.events[cut - 1].step : 0;

		for (unsigned int power = 0; power < 2; power++) {
			memcpy(image, base, rig.bytes);
			replay_events(image, cut, power);
			crash(&rig, image, step);
		}
	}
	forget();
	finish(&rig);
}

TEST(is_whole_after_a_crash_at_any_step)
{
	crash_at(&small, 1, 0, 1);
}

TEST(is_whole_after_a_crash_with_any_ring)
{
	static const uint32_t sections[] = {1, 2, 3, 7};

	for (unsigned int i = 0; i < 4; i++) {
		struct integrity_shape shape = small;

		shape.sections = sections[i];
		crash_at(&shape, 10 + i, i, 4);
	}
}

/* What a crash left is recovered, and that is cut short as well. */
TEST(is_whole_after_a_crash_while_it_recovers)
{
	static uint8_t base[2 << 20], image[2 << 20], again[2 << 20];
	static struct event events[EVENTS_MAX];
	unsigned int count;
	struct rig rig;

	make(&rig, &small);
	CHECK_EQ(pread(rig.fd, base, rig.bytes, 0), rig.bytes);
	recorded.on = true;
	CHECK_EQ(open_volume(&rig), 0);
	run_program(&rig, 5);
	recorded.on = false;
	close_volume(&rig);
	count = recorded.count;
	memcpy(events, recorded.events, sizeof(events));
	for (unsigned int cut = 5; cut < count; cut += 31) {
		struct rig crashed = {.shape = small, .bytes = rig.bytes};
		unsigned int recoveries;

		memcpy(recorded.events, events, sizeof(events));
		recorded.count = count;
		memcpy(image, base, rig.bytes);
		replay_events(image, cut, true);
		make_file(&crashed, image);
		recorded.count = 0;
		recorded.on = true;
		CHECK_EQ(open_volume(&crashed), 0);
		recorded.on = false;
		recoveries = recorded.count;
		for (unsigned int i = 0; i <= recoveries; i += 1 + recoveries / 20) {
			memcpy(again, image, rig.bytes);
			replay_events(again, i, true);
			crash(&rig, again, events[cut - 1].step);
		}
		finish(&crashed);
		forget();
	}
	memcpy(recorded.events, events, sizeof(events));
	recorded.count = count;
	forget();
	finish(&rig);
}

/* ---- closing, and what cannot be opened -------------------------------------------- */

static int open_readonly(struct rig *rig)
{
	char path[32];
	int fd = rig->fd, code;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	rig->fd = open(path, O_RDONLY | O_CLOEXEC);
	code = open_volume(rig);
	if (!code)
		close_volume(rig);
	close(rig->fd);
	rig->fd = fd;
	return code;
}

TEST(can_be_read_only_when_it_was_closed)
{
	static uint8_t image[2 << 20];
	struct rig rig, killed;

	make(&rig, &small);
	CHECK_EQ(open_readonly(&rig), 0);
	CHECK_EQ(open_volume(&rig), 0);
	CHECK_EQ(put(&rig, 3, 4, 1), 0);
	CHECK_EQ(disk_integrity_sync(rig.integrity), 0);
	CHECK_EQ(pread(rig.fd, image, rig.bytes, 0), rig.bytes);
	killed = (struct rig){.shape = small, .bytes = rig.bytes};
	make_file(&killed, image);
	CHECK_EQ(open_readonly(&killed), -EINVAL);
	CHECK_HAS(killed.err.text, "was not closed");
	close(killed.fd);
	close_volume(&rig);
	CHECK_EQ(open_readonly(&rig), 0);
	finish(&rig);
}

TEST(does_without_a_journal)
{
	uint64_t versions[BLOCKS];
	struct rig rig;

	make(&rig, &small);
	rig.no_journal = true;
	recorded.on = true;
	CHECK_EQ(open_volume(&rig), 0);
	CHECK_EQ(put(&rig, 3, 4, 1), 0);
	CHECK_EQ(disk_integrity_sync(rig.integrity), 0);
	/* Blocks, tags, flush. */
	CHECK_EQ(recorded.count, 3);
	forget();
	look(&rig, versions);
	CHECK_EQ(versions[3], 1);
	finish(&rig);
}

TEST(tells_of_what_the_host_refuses_and_tries_again)
{
	uint64_t versions[BLOCKS];
	struct rig rig;

	make(&rig, &small);
	CHECK_EQ(open_volume(&rig), 0);
	CHECK_EQ(put(&rig, 3, 4, 1), 0);
	recorded.code = -ENOSPC;
	CHECK_EQ(disk_integrity_sync(rig.integrity), -ENOSPC);
	CHECK_EQ(disk_integrity_sync(rig.integrity), -ENOSPC);
	recorded.code = 0;
	look(&rig, versions);
	CHECK_EQ(versions[3], 1);
	CHECK_EQ(put(&rig, 4, 1, 2), 0);
	CHECK_EQ(disk_integrity_sync(rig.integrity), 0);
	close_volume(&rig);
	CHECK_EQ(open_volume(&rig), 0);
	look(&rig, versions);
	CHECK_EQ(versions[3], 1);
	CHECK_EQ(versions[4], 2);
	finish(&rig);
}

TEST(refuses_a_journal_that_is_none)
{
	struct rig rig;

	make(&rig, &small);
	CHECK_EQ(pwrite(rig.fd, "garbage!", 8, 4096 + 504), 8);
	CHECK_EQ(open_volume(&rig), -EINVAL);
	CHECK_HAS(rig.err.text, "volume has an integrity journal that is damaged");
	finish(&rig);
}

/* ---- threads ----------------------------------------------------------------------- */

#define ROUNDS 400u

static void *write_and_read(void *argument)
{
	struct rig *rig = argument;
	unsigned int seed = (unsigned int)(uintptr_t)&seed;

	for (unsigned int round = 1; round <= ROUNDS; round++) {
		uint8_t bytes[8 * BLOCK_BYTES], tags[8 * TAG_BYTES];
		uint64_t first = (uint64_t)rand_r(&seed) % (BLOCKS - 8);

		for (uint32_t i = 0; i < 8; i++)
			fill(first + i, round, bytes + i * BLOCK_BYTES,
				tags + i * TAG_BYTES);
		CHECK_EQ(disk_integrity_write(rig->integrity, first, 8, bytes, tags), 0);
		first = (uint64_t)rand_r(&seed) % (BLOCKS - 8);
		CHECK_EQ(
			disk_integrity_read(rig->integrity, first, 8, bytes, tags, false),
			8);
		for (uint32_t i = 0; i < 8; i++) {
			uint8_t *at = bytes + i * BLOCK_BYTES,
				*tag = tags + i * TAG_BYTES;

			if (is_whole(first + i, at, tag))
				continue;
			CHECK_EQ(disk_integrity_read(
					 rig->integrity, first + i, 1, at, tag, true),
				1);
			CHECK(is_whole(first + i, at, tag));
		}
		if (round % 16 == 0)
			CHECK_EQ(disk_integrity_sync(rig->integrity), 0);
	}
	return NULL;
}

TEST(is_read_and_written_by_many_at_once)
{
	struct integrity_shape shape = small;
	pthread_t threads[4];
	struct rig rig;

	/* Room for few blocks, so that they are always on their way. */
	shape.sections = 1;
	make(&rig, &shape);
	CHECK_EQ(open_volume(&rig), 0);
	for (unsigned int i = 0; i < 4; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, write_and_read, &rig), 0);
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	finish(&rig);
}

TEST_MAIN(CASE(reads_what_was_written_wherever_it_waits),
	CASE(reads_as_much_as_the_file_has), CASE(is_whole_after_a_crash_at_any_step),
	CASE(is_whole_after_a_crash_with_any_ring),
	CASE(is_whole_after_a_crash_while_it_recovers),
	CASE(can_be_read_only_when_it_was_closed), CASE(does_without_a_journal),
	CASE(tells_of_what_the_host_refuses_and_tries_again),
	CASE(refuses_a_journal_that_is_none), CASE(is_read_and_written_by_many_at_once))
