/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/disk_impl.h"
#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

#define DISK_BYTES (1u << 20)

static const enum disk_engine_choice engines[] = {DISK_ENGINE_URING, DISK_ENGINE_THREADS};

struct rig {
	struct loop *loop;
	struct disk *disk;
	int fd; /* the image, open for the test's own looks */
	char path[64];
	struct disk_user user;
	unsigned int batches;
};

struct order {
	struct disk_request request;
	struct iovec iov[4];
	unsigned int done;
};

static void count_done(struct disk_request *request)
{
	container_of(request, struct order, request)->done++;
}

static void count_batch(struct disk_user *user)
{
	container_of(user, struct rig, user)->batches++;
}

static void make_image(struct rig *rig, int fd, uint64_t bytes)
{
	*rig = (struct rig){.fd = fd, .user = {.batch_done = count_batch}};
	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, (off_t)bytes), 0);
	snprintf(rig->path, sizeof(rig->path), "/proc/self/fd/%d", fd);
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
}

static int make_memory_file(void)
{
	return memfd_create("disk", MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int make_file(void)
{
	char path[] = "test_disk_XXXXXX";
	int fd = mkstemp(path);

	unlink(path);
	return fd;
}

static void fill(struct rig *rig, int byte)
{
	static uint8_t block[DISK_BYTES];

	memset(block, byte, sizeof(block));
	CHECK_EQ(pwrite(rig->fd, block, sizeof(block), 0), sizeof(block));
}

/* False where the host has no such engine, or no O_DIRECT: said once, then skipped. */
static bool open_disk(
	struct rig *rig, enum disk_engine_choice engine, struct disk_file_options options)
{
	struct error error = {0};
	int code;

	options.path = rig->path;
	options.depth = 8;
	code = disk_file_open_with(rig->loop, &options, engine, &rig->disk, &error);
	if (code == -ENOSYS || (code == -EINVAL && options.direct)) {
		printf("skipped: %s\n", error.text);
		return false;
	}
	CHECK_STR(error.text, "");
	if (!code)
		disk_set_user(rig->disk, &rig->user);
	return !code;
}

static void finish(struct rig *rig)
{
	disk_destroy(rig->disk);
	close(rig->fd);
	loop_destroy(rig->loop);
}

static void submit(struct rig *rig, struct order *order)
{
	order->request.done = count_done;
	order->request.iov = order->iov;
	for (unsigned int i = 0; i < ARRAY_SIZE(order->iov); i++) {
		order->request.bytes += order->iov[i].iov_len;
		if (order->iov[i].iov_len)
			order->request.iov_count = i + 1;
	}
	disk_submit(rig->disk, &order->request);
}

static int wait_for(struct rig *rig, struct order *order)
{
	for (int i = 0; i < 1000 && !order->done; i++)
		loop_turn(rig->loop, 1000);
	CHECK_EQ(order->done, 1);
	return order->request.result;
}

/* One request from start to end. */
static int run(struct rig *rig, struct order *order)
{
	submit(rig, order);
	CHECK_EQ(order->done, 0);
	disk_commit(rig->disk);
	return wait_for(rig, order);
}

static int run_range(
	struct rig *rig, enum disk_op op, bool may_unmap, uint64_t offset, uint64_t bytes)
{
	struct order order = {.request = {.op = op,
				      .may_unmap = may_unmap,
				      .offset_bytes = offset,
				      .bytes = bytes}};

	return run(rig, &order);
}

static bool is_filled(const uint8_t *at, size_t bytes, int byte)
{
	for (size_t i = 0; i < bytes; i++) {
		if (at[i] != byte)
			return false;
	}
	return true;
}

/* ---- data ------------------------------------------------------------------------- */

TEST(reads_and_writes_scattered_buffers)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		static uint8_t from[4096];
		static uint8_t to[4096];
		struct order write = {.request = {.op = DISK_WRITE, .offset_bytes = 8192},
			.iov = {{from, 512}, {from + 512, 1}, {from + 513, 3583}}};
		struct order read = {.request = {.op = DISK_READ, .offset_bytes = 8192},
			.iov = {{to, 1024}, {to + 1024, 0}, {to + 1024, 3072}}};
		struct rig rig;

		make_image(&rig, make_memory_file(), DISK_BYTES);
		for (size_t k = 0; k < sizeof(from); k++)
			from[k] = (uint8_t)(k * 7 + k / 256);
		memset(to, 0, sizeof(to));
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			CHECK_STR(disk_engine(rig.disk), i ? "threads" : "io_uring");
			CHECK_EQ(disk_info(rig.disk)->capacity_bytes, DISK_BYTES);
			CHECK_EQ(disk_info(rig.disk)->block_bytes, 512);
			CHECK_EQ(run(&rig, &write), 0);
			CHECK_EQ(run(&rig, &read), 0);
			CHECK_EQ(memcmp(from, to, sizeof(from)), 0);
			CHECK_EQ(run_range(&rig, DISK_FLUSH, false, 0, 0), 0);
			CHECK(rig.batches >= 1 && rig.batches <= 3);
		}
		finish(&rig);
	}
}

TEST(takes_any_memory_and_offset_past_the_page_cache)
{
	static uint8_t memory[16384] __attribute__((aligned(4096)));
	/* Where the buffer lies, where on the disk, how much: whole blocks and not. */
	static const unsigned int cases[][3] = {{0, 0, 4096}, {512, 1024, 512},
		{1, 4096, 1024}, {4097, 512, 1536}, {0, 512, 4096}};

	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		struct rig rig;
		bool open;

		make_image(&rig, make_file(), DISK_BYTES);
		open = open_disk(
			&rig, engines[i], (struct disk_file_options){.direct = true});
		for (unsigned int k = 0; open && k < ARRAY_SIZE(cases); k++) {
			uint8_t *at = memory + cases[k][0];
			struct order write = {.request = {.op = DISK_WRITE,
						      .offset_bytes = cases[k][1]},
				.iov = {{at, cases[k][2]}}};
			struct order read = {
				.request = {.op = DISK_READ, .offset_bytes = cases[k][1]},
				.iov = {{at, cases[k][2]}}};

			memset(at, (int)k + 1, cases[k][2]);
			CHECK_EQ(run(&rig, &write), 0);
			memset(at, 0xff, cases[k][2]);
			CHECK_EQ(run(&rig, &read), 0);
			CHECK(is_filled(at, cases[k][2], (int)k + 1));
		}
		finish(&rig);
	}
}

/* Sectors of the same pages, some past the page cache and some through it, at once. */
TEST(keeps_neighbours_apart_that_are_written_in_both_ways)
{
	static uint8_t memory[64][1024] __attribute__((aligned(4096)));
	static uint8_t to[64 * 512];

	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		struct rig rig;
		bool open;

		make_image(&rig, make_file(), DISK_BYTES);
		open = open_disk(
			&rig, engines[i], (struct disk_file_options){.direct = true});
		for (unsigned int round = 0; open && round < 20; round++) {
			static struct order orders[64];

			for (unsigned int k = 0; k < 64; k++) {
				uint8_t *at = memory[k] + (k % 3 ? 0 : 3);

				memset(at, (int)(round * 7 + k), 512);
				orders[k] =
					(struct order){.request = {.op = DISK_WRITE,
							       .offset_bytes = k * 512},
						.iov = {{at, 512}}};
				submit(&rig, &orders[k]);
			}
			disk_commit(rig.disk);
			disk_drain(rig.disk);
			CHECK_EQ(pread(rig.fd, to, sizeof(to), 0), sizeof(to));
			for (unsigned int k = 0; k < 64; k++)
				CHECK(is_filled(
					to + k * 512, 512, (uint8_t)(round * 7 + k)));
		}
		finish(&rig);
	}
}

TEST(runs_more_requests_than_its_depth)
{
	static struct order orders[100];
	static uint8_t memory[ARRAY_SIZE(orders)][512];

	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		struct rig rig;

		make_image(&rig, make_memory_file(), DISK_BYTES);
		memset(orders, 0, sizeof(orders));
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			for (unsigned int k = 0; k < ARRAY_SIZE(orders); k++) {
				memset(memory[k], (int)k, 512);
				orders[k] =
					(struct order){.request = {.op = DISK_WRITE,
							       .offset_bytes = k * 512},
						.iov = {{memory[k], 512}}};
				submit(&rig, &orders[k]);
			}
			disk_commit(rig.disk);
			for (unsigned int k = 0; k < ARRAY_SIZE(orders); k++)
				CHECK_EQ(wait_for(&rig, &orders[k]), 0);
		}
		for (unsigned int k = 0; rig.disk && k < ARRAY_SIZE(orders); k++) {
			uint8_t byte;

			CHECK_EQ(pread(rig.fd, &byte, 1, k * 512), 1);
			CHECK_EQ(byte, k);
		}
		finish(&rig);
	}
}

struct chained {
	struct order first;
	struct order second;
	struct disk *disk;
};

static void submit_second(struct disk_request *request)
{
	struct chained *chained = container_of(request, struct chained, first.request);

	chained->first.done++;
	disk_submit(chained->disk, &chained->second.request);
	disk_commit(chained->disk);
}

TEST(starts_what_is_queued_inside_done)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		struct chained chained = {
			.first.request = {.op = DISK_FLUSH, .done = submit_second},
			.second.request = {.op = DISK_FLUSH, .done = count_done}};
		struct rig rig;

		make_image(&rig, make_memory_file(), DISK_BYTES);
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			chained.disk = rig.disk;
			disk_submit(rig.disk, &chained.first.request);
			disk_commit(rig.disk);
			CHECK_EQ(wait_for(&rig, &chained.second), 0);
			CHECK_EQ(chained.first.done, 1);
		}
		finish(&rig);
	}
}

/* ---- space ------------------------------------------------------------------------ */

static uint64_t used_bytes(const struct rig *rig)
{
	struct stat st;

	CHECK_EQ(fstat(rig->fd, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

TEST(discard_gives_space_back)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		struct rig rig;
		uint64_t before;

		make_image(&rig, make_memory_file(), DISK_BYTES);
		fill(&rig, 0x55);
		before = used_bytes(&rig);
		CHECK(before >= DISK_BYTES);
		if (open_disk(&rig, engines[i],
			    (struct disk_file_options){.discard = true})) {
			CHECK(disk_info(rig.disk)->discard);
			CHECK_EQ(run_range(&rig, DISK_DISCARD, false, 65536, 262144), 0);
			CHECK_EQ(used_bytes(&rig), before - 262144);
		}
		finish(&rig);
	}
}

/* A memory file cannot zero a range but can punch holes: both ways, and the fallback. */
TEST(write_zeroes_leaves_zeroes_and_nothing_else)
{
	static uint8_t memory[DISK_BYTES];
	static const struct {
		bool on_disk;
		bool discard;
		bool may_unmap;
		bool frees;
	} cases[] = {{false, true, true, true}, {false, false, true, false},
		{false, true, false, false}, {true, true, true, true},
		{true, true, false, false}};

	for (unsigned int i = 0; i < ARRAY_SIZE(engines) * ARRAY_SIZE(cases); i++) {
		unsigned int k = i / ARRAY_SIZE(engines);
		uint64_t before;
		struct rig rig;

		make_image(&rig, cases[k].on_disk ? make_file() : make_memory_file(),
			DISK_BYTES);
		fill(&rig, 0x55);
		before = used_bytes(&rig);
		if (open_disk(&rig, engines[i % ARRAY_SIZE(engines)],
			    (struct disk_file_options){.discard = cases[k].discard})) {
			CHECK(disk_info(rig.disk)->write_zeroes);
			CHECK_EQ(run_range(&rig, DISK_WRITE_ZEROES, cases[k].may_unmap,
					 65536, 131072),
				0);
			CHECK_EQ(pread(rig.fd, memory, DISK_BYTES, 0), DISK_BYTES);
			CHECK(is_filled(memory, 65536, 0x55));
			CHECK(is_filled(memory + 65536, 131072, 0));
			CHECK(is_filled(memory + 196608, DISK_BYTES - 196608, 0x55));
			CHECK_EQ(used_bytes(&rig) < before, cases[k].frees);
		}
		finish(&rig);
	}
}

TEST(writes_zeroes_in_parts_where_the_range_is_large)
{
	uint64_t bytes = DISK_ZEROES_BYTES * 3 + 512;

	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		uint8_t ends[2] = {1, 1};
		struct rig rig;

		make_image(&rig, make_memory_file(), bytes + 512);
		CHECK_EQ(pwrite(rig.fd, ends, 1, (off_t)bytes - 1), 1);
		CHECK_EQ(pwrite(rig.fd, ends, 1, (off_t)bytes), 1);
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			CHECK_EQ(run_range(&rig, DISK_WRITE_ZEROES, false, 0, bytes), 0);
			CHECK_EQ(pread(rig.fd, ends, 2, (off_t)bytes - 1), 2);
			CHECK_EQ(ends[0], 0);
			CHECK_EQ(ends[1], 1);
			CHECK_EQ(used_bytes(&rig) / 4096, bytes / 4096 + 1);
		}
		finish(&rig);
	}
}

/* ---- trouble ---------------------------------------------------------------------- */

TEST(gives_an_error_for_what_a_shrunken_file_lost)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		static uint8_t memory[4096];
		struct order kept = {
			.request = {.op = DISK_READ}, .iov = {{memory, 512}}};
		struct order half = {.request = {.op = DISK_READ, .offset_bytes = 2048},
			.iov = {{memory, 4096}}};
		struct order lost = {.request = {.op = DISK_READ, .offset_bytes = 65536},
			.iov = {{memory, 4096}}};
		struct rig rig;

		make_image(&rig, make_memory_file(), DISK_BYTES);
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			CHECK_EQ(ftruncate(rig.fd, 4096), 0);
			CHECK_EQ(run(&rig, &lost), -EIO);
			CHECK_EQ(run(&rig, &half), -EIO);
			CHECK_EQ(run(&rig, &kept), 0);
		}
		finish(&rig);
	}
}

/* A file that may not grow stands in for a file system that is full. */
TEST(lives_on_when_the_host_refuses_a_write)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		static uint8_t memory[4096];
		struct order refused = {
			.request = {.op = DISK_WRITE, .offset_bytes = 65536},
			.iov = {{memory, 4096}}};
		struct order again = {
			.request = {.op = DISK_WRITE, .offset_bytes = 65536},
			.iov = {{memory, 4096}}};
		struct order taken = {
			.request = {.op = DISK_WRITE}, .iov = {{memory, 4096}}};
		struct rig rig;

		make_image(&rig, make_memory_file(), DISK_BYTES);
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			CHECK_EQ(ftruncate(rig.fd, 4096), 0);
			CHECK_EQ(fcntl(rig.fd, F_ADD_SEALS, F_SEAL_GROW), 0);
			CHECK_EQ(run(&rig, &refused), -EPERM);
			CHECK_EQ(run(&rig, &again), -EPERM);
			CHECK_EQ(run(&rig, &taken), 0);
		}
		finish(&rig);
	}
}

/* ---- draining --------------------------------------------------------------------- */

static void *drain(void *argument)
{
	struct rig *rig = argument;

	loop_lock(rig->loop);
	disk_drain(rig->disk);
	loop_unlock(rig->loop);
	return NULL;
}

TEST(drains_from_another_thread)
{
	static struct order orders[50];
	static uint8_t memory[ARRAY_SIZE(orders)][4096];

	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		pthread_t thread;
		struct rig rig;

		make_image(&rig, make_file(), DISK_BYTES);
		memset(orders, 0, sizeof(orders));
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			for (unsigned int k = 0; k < ARRAY_SIZE(orders); k++) {
				orders[k].request.op = k % 10 ? DISK_READ : DISK_FLUSH;
				orders[k].request.offset_bytes = k * 4096;
				if (k % 10)
					orders[k].iov[0] =
						(struct iovec){memory[k], 4096};
				submit(&rig, &orders[k]);
				if (k == ARRAY_SIZE(orders) / 2)
					disk_commit(rig.disk);
			}
			CHECK_EQ(pthread_create(&thread, NULL, drain, &rig), 0);
			pthread_join(thread, NULL);
			for (unsigned int k = 0; k < ARRAY_SIZE(orders); k++)
				CHECK(orders[k].done == 1 && !orders[k].request.result);
			loop_turn(rig.loop, 0); /* finds nothing left to do */
		}
		finish(&rig);
	}
}

TEST(destroy_waits_for_requests_in_flight)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(engines); i++) {
		static uint8_t memory[4096];
		struct order order = {
			.request = {.op = DISK_WRITE}, .iov = {{memory, sizeof(memory)}}};
		struct rig rig;

		make_image(&rig, make_file(), DISK_BYTES);
		if (open_disk(&rig, engines[i], (struct disk_file_options){0})) {
			submit(&rig, &order);
			disk_destroy(rig.disk);
			rig.disk = NULL;
			CHECK_EQ(order.done, 1);
		}
		finish(&rig);
	}
}

TEST_MAIN(CASE(reads_and_writes_scattered_buffers),
	CASE(takes_any_memory_and_offset_past_the_page_cache),
	CASE(keeps_neighbours_apart_that_are_written_in_both_ways),
	CASE(runs_more_requests_than_its_depth), CASE(starts_what_is_queued_inside_done),
	CASE(discard_gives_space_back), CASE(write_zeroes_leaves_zeroes_and_nothing_else),
	CASE(writes_zeroes_in_parts_where_the_range_is_large),
	CASE(gives_an_error_for_what_a_shrunken_file_lost),
	CASE(lives_on_when_the_host_refuses_a_write), CASE(drains_from_another_thread),
	CASE(destroy_waits_for_requests_in_flight))
