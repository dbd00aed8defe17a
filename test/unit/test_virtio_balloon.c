/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/balloon.h"

#include <linux/virtio_balloon.h>
#include <string.h>
#include <sys/mman.h>

#include "src/loop.h"
#include "test/unit/test.h"
#include "test/unit/virtio_driver.h"

enum { INFLATE, DEFLATE, STATS, LATE, REPORT };
enum { NUM_PAGES = 0, ACTUAL = 4, POISON = 12, CONFIG = 0x100 };

#define PFN(gpa) ((uint32_t)((gpa) >> 12))
#define WANTED                                                                           \
	(VIRTIO_BIT(VIRTIO_BALLOON_F_STATS_VQ) |                                         \
		VIRTIO_BIT(VIRTIO_BALLOON_F_REPORTING) |                                 \
		VIRTIO_BIT(VIRTIO_BALLOON_F_PAGE_POISON))
/* Where the pages are that tests give away, far from the rings. */
#define AREA_GPA (DRIVER_RAM_GPA + (32ull << 20))
#define AREA_BYTES (8ull << 20)

static struct virtio_driver driver;
static struct loop *loop;
static uint64_t pfns_gpa;

static void begin_with(const struct virtio_balloon_options *options, uint64_t features)
{
	struct virtio_device *dev = NULL;

	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(virtio_balloon_create(loop, "balloon0", options, &dev, NULL), 0);
	driver_init(&driver, dev);
	/* Pages of 4 KiB, so that each can be seen to go. */
	madvise(driver.mem.regions[0].hva, DRIVER_RAM_BYTES, MADV_NOHUGEPAGE);
	CHECK(driver_start(&driver, features));
	pfns_gpa = driver_alloc(&driver, 1 << 20, 4096);
	memset(driver_hva(&driver, AREA_GPA, AREA_BYTES), 0x5a, AREA_BYTES);
}

static void begin(void)
{
	static const struct virtio_balloon_options options = {
		.free_page_reporting = true, .host_page_bytes = 4096};

	begin_with(&options, WANTED);
}

static void finish(void)
{
	driver_finish(&driver);
	loop_destroy(loop);
}

/* Offers page frames on a queue as Linux does, and takes the answer. */
static void send_pfns(unsigned int queue, const uint32_t *pfns, unsigned int count)
{
	struct driver_buffer buffer = {pfns_gpa, count * 4, false};
	struct driver_used used;

	memcpy(driver_hva(&driver, pfns_gpa, count * 4), pfns, count * 4);
	driver_add(&driver, queue, &buffer, 1, false);
	driver_kick(&driver, queue);
	CHECK(driver_used(&driver, queue, &used));
	CHECK_EQ(used.bytes, 0);
}

static void send_range(unsigned int queue, uint64_t gpa, unsigned int count)
{
	uint32_t pfns[1024];

	for (unsigned int i = 0; i < count; i++)
		pfns[i] = PFN(gpa) + i;
	send_pfns(queue, pfns, count);
}

/* Of the area: pages that the host has not, which read as zeroes. */
static unsigned int pages_given_back(void)
{
	static unsigned char there[AREA_BYTES / 4096];
	unsigned int count = 0;

	CHECK_EQ(
		mincore(driver_hva(&driver, AREA_GPA, AREA_BYTES), AREA_BYTES, there), 0);
	for (unsigned int i = 0; i < AREA_BYTES / 4096; i++)
		count += !(there[i] & 1);
	return count;
}

static bool is_zero(uint64_t gpa)
{
	static const uint8_t zeroes[4096];

	return !memcmp(driver_hva(&driver, gpa, 4096), zeroes, 4096);
}

static void report(unsigned int queue, uint64_t gpa, uint32_t bytes)
{
	struct driver_buffer buffers[] = {{gpa, bytes, true}};
	struct driver_used used;

	driver_add(&driver, queue, buffers, 1, false);
	driver_kick(&driver, queue);
	CHECK(driver_used(&driver, queue, &used));
}

/* ---- inflating -------------------------------------------------------------------- */

TEST(gives_inflated_pages_back)
{
	begin();
	CHECK_EQ(driver_read(&driver, 8), 5);
	send_pfns(INFLATE, (uint32_t[]){PFN(AREA_GPA) + 7, PFN(AREA_GPA) + 3}, 2);
	CHECK_EQ(pages_given_back(), 2);
	CHECK(is_zero(AREA_GPA + 7 * 4096));
	CHECK(is_zero(AREA_GPA + 3 * 4096));
	CHECK(!is_zero(AREA_GPA + 4 * 4096));
	finish();
}

TEST(gives_pages_back_in_any_order)
{
	static const struct {
		uint32_t offsets[6];
		unsigned int back;
	} table[] = {
		{{0, 1, 2, 3, 4, 5}, 6},
		{{5, 4, 3, 2, 1, 0}, 6},
		{{0, 2, 4, 6, 8, 10}, 6},
		{{9, 9, 9, 9, 9, 9}, 1},
		{{7, 1, 8, 2, 7, 1}, 4},
		{{0, 1, 2, 100, 101, 102}, 6},
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uint32_t pfns[6];

		begin();
		for (unsigned int j = 0; j < 6; j++)
			pfns[j] = PFN(AREA_GPA) + table[i].offsets[j];
		send_pfns(INFLATE, pfns, 6);
		test_equal(
			__FILE__, __LINE__, "pages", pages_given_back(), table[i].back);
		finish();
	}
}

TEST(takes_long_chains_in_parts)
{
	unsigned int count = VIRTIO_BALLOON_CHAIN_PFNS + 100;
	struct driver_buffer buffer = {.bytes = count * 4};
	uint32_t *pfns;

	begin();
	buffer.gpa = pfns_gpa;
	pfns = driver_hva(&driver, pfns_gpa, count * 4);
	/* The last page of the area is named behind the limit only. */
	for (unsigned int i = 0; i < count; i++)
		pfns[i] = PFN(AREA_GPA) + i % (AREA_BYTES / 4096 - 1);
	pfns[count - 1] = PFN(AREA_GPA) + AREA_BYTES / 4096 - 1;
	driver_add(&driver, INFLATE, &buffer, 1, false);
	driver_kick(&driver, INFLATE);
	CHECK_EQ(pages_given_back(), AREA_BYTES / 4096 - 1);
	finish();
}

TEST(leaves_everything_alone_that_is_no_ram)
{
	static const uint32_t wild[] = {
		0, 1, PFN(DRIVER_MMIO_GPA), PFN(DRIVER_RAM_GPA) - 1, UINT32_MAX};

	begin();
	send_pfns(INFLATE, wild, sizeof(wild) / sizeof(wild[0]));
	send_pfns(INFLATE, (uint32_t[]){PFN(DRIVER_RAM_GPA + DRIVER_RAM_BYTES)}, 1);
	CHECK_EQ(pages_given_back(), 0);
	CHECK_EQ(driver_status(&driver) & VIRTIO_STATUS_NEEDS_RESET, 0);
	send_pfns(DEFLATE, wild, sizeof(wild) / sizeof(wild[0]));
	finish();
}

TEST(ignores_a_cut_page_frame_and_writable_buffers)
{
	struct driver_buffer cut = {.bytes = 7};
	struct driver_used used;

	begin();
	cut.gpa = pfns_gpa;
	memcpy(driver_hva(&driver, pfns_gpa, 8),
		(uint32_t[]){PFN(AREA_GPA), PFN(AREA_GPA) + 1}, 8);
	driver_add(&driver, INFLATE, &cut, 1, false);
	cut.writable = true;
	driver_add(&driver, INFLATE, &cut, 1, false);
	driver_kick(&driver, INFLATE);
	CHECK(driver_used(&driver, INFLATE, &used));
	CHECK(driver_used(&driver, INFLATE, &used));
	CHECK_EQ(pages_given_back(), 1);
	finish();
}

TEST(gives_only_whole_pages_of_the_host_back)
{
	static const struct virtio_balloon_options options = {.host_page_bytes = 65536};

	begin_with(&options, 0);
	send_range(INFLATE, AREA_GPA, 15);
	send_range(INFLATE, AREA_GPA + 17 * 4096, 15);
	CHECK_EQ(pages_given_back(), 0);
	send_pfns(INFLATE, (uint32_t[]){PFN(AREA_GPA) + 15}, 1);
	CHECK_EQ(pages_given_back(), 16);
	/* A part of the second that was taken back does not count any more. */
	send_pfns(DEFLATE, (uint32_t[]){PFN(AREA_GPA) + 20}, 1);
	send_pfns(INFLATE, (uint32_t[]){PFN(AREA_GPA) + 16}, 1);
	CHECK_EQ(pages_given_back(), 16);
	send_pfns(INFLATE, (uint32_t[]){PFN(AREA_GPA) + 20}, 1);
	CHECK_EQ(pages_given_back(), 32);
	send_pfns(INFLATE, (uint32_t[]){0, UINT32_MAX, PFN(DRIVER_RAM_GPA) - 1}, 3);
	finish();
}

TEST(forgets_parts_with_a_reset)
{
	static const struct virtio_balloon_options options = {.host_page_bytes = 65536};

	begin_with(&options, 0);
	send_range(INFLATE, AREA_GPA, 15);
	CHECK(driver_start(&driver, 0));
	send_pfns(INFLATE, (uint32_t[]){PFN(AREA_GPA) + 15}, 1);
	CHECK_EQ(pages_given_back(), 0);
	finish();
}

/* ---- reports ---------------------------------------------------------------------- */

TEST(gives_reported_pages_back)
{
	begin();
	report(REPORT, AREA_GPA, 2 << 20);
	CHECK_EQ(pages_given_back(), 512);
	/* Where Linux has its reports while nothing else uses the place. */
	report(LATE, AREA_GPA + (4 << 20), 1 << 20);
	CHECK_EQ(pages_given_back(), 768);
	finish();
}

TEST(takes_reports_in_the_place_of_unwanted_statistics)
{
	static const struct virtio_balloon_options options = {
		.free_page_reporting = true, .host_page_bytes = 4096};

	begin_with(&options, VIRTIO_BIT(VIRTIO_BALLOON_F_REPORTING));
	report(STATS, AREA_GPA, 1 << 20);
	CHECK_EQ(pages_given_back(), 256);
	finish();
}

TEST(leaves_the_edges_of_a_report_alone)
{
	begin();
	report(REPORT, AREA_GPA + 100, 8192);
	CHECK_EQ(pages_given_back(), 1);
	CHECK(!is_zero(AREA_GPA));
	CHECK(is_zero(AREA_GPA + 4096));
	CHECK(!is_zero(AREA_GPA + 8192));
	finish();
}

TEST(leaves_poisoned_pages_alone)
{
	begin();
	driver_write(&driver, CONFIG + POISON, 0xaaaaaaaa);
	report(REPORT, AREA_GPA, 1 << 20);
	CHECK_EQ(pages_given_back(), 0);
	driver_write(&driver, CONFIG + POISON, 0);
	report(REPORT, AREA_GPA, 1 << 20);
	CHECK_EQ(pages_given_back(), 256);
	finish();
}

TEST(ignores_reports_of_more_than_there_is)
{
	struct driver_buffer all[2] = {{DRIVER_RAM_GPA, DRIVER_RAM_BYTES, true},
		{DRIVER_RAM_GPA, DRIVER_RAM_BYTES, true}};
	struct driver_used used;

	begin();
	driver_add(&driver, REPORT, all, 2, false);
	driver_kick(&driver, REPORT);
	CHECK(driver_used(&driver, REPORT, &used));
	CHECK_EQ(pages_given_back(), 0);
	finish();
}

TEST(ignores_reports_that_were_not_agreed_on)
{
	static const struct virtio_balloon_options options = {
		.free_page_reporting = true, .host_page_bytes = 4096};

	begin_with(&options, 0);
	report(REPORT, AREA_GPA, 1 << 20);
	CHECK_EQ(pages_given_back(), 0);
	finish();
}

/* ---- config space ----------------------------------------------------------------- */

TEST(offers_what_it_was_made_with)
{
	static const struct {
		struct virtio_balloon_options options;
		uint64_t features;
		unsigned int queues;
	} table[] = {
		{{.host_page_bytes = 4096}, VIRTIO_BIT(VIRTIO_BALLOON_F_STATS_VQ), 3},
		{{.host_page_bytes = 4096, .deflate_on_oom = true},
			VIRTIO_BIT(VIRTIO_BALLOON_F_STATS_VQ) |
				VIRTIO_BIT(VIRTIO_BALLOON_F_DEFLATE_ON_OOM),
			3},
		{{.host_page_bytes = 4096, .free_page_reporting = true}, WANTED, 5},
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		begin_with(&table[i].options, 0);
		CHECK_EQ(driver_offered(&driver) & 0xffffff, table[i].features);
		CHECK_EQ(driver.dev->queue_count, table[i].queues);
		finish();
	}
}

TEST(asks_for_its_size_and_forgets_the_guests_words_with_a_reset)
{
	static const struct virtio_balloon_options options = {.taken_bytes = 40 << 20,
		.free_page_reporting = true,
		.host_page_bytes = 4096};

	begin_with(&options, WANTED);
	CHECK_EQ(driver_config(&driver, NUM_PAGES, 4), 10240);
	CHECK_EQ(driver_config(&driver, ACTUAL, 4), 0);
	driver_write(&driver, CONFIG + ACTUAL, 10240);
	driver_write(&driver, CONFIG + NUM_PAGES, 1);
	driver_write(&driver, CONFIG + POISON, 7);
	driver_write_sized(&driver, CONFIG + ACTUAL + 1, 1, 0x29);
	CHECK_EQ(driver_config(&driver, NUM_PAGES, 4), 10240);
	CHECK_EQ(driver_config(&driver, ACTUAL, 4), 0x2900);
	CHECK_EQ(driver_config(&driver, POISON, 4), 7);
	driver_reset(&driver);
	CHECK_EQ(driver_config(&driver, NUM_PAGES, 4), 10240);
	CHECK_EQ(driver_config(&driver, ACTUAL, 4), 0);
	CHECK_EQ(driver_config(&driver, POISON, 4), 0);
	finish();
}

/* ---- statistics ------------------------------------------------------------------- */

TEST(asks_for_statistics_by_giving_the_buffer_back)
{
	static const struct virtio_balloon_options options = {
		.stats_interval = 2000, .host_page_bytes = 4096};
	struct driver_buffer buffer = {.bytes = 100};
	struct driver_used used;
	unsigned int turns = 0;

	begin_with(&options, VIRTIO_BIT(VIRTIO_BALLOON_F_STATS_VQ));
	virtio_balloon_set_stats_interval(driver.dev, 1000);
	buffer.gpa = pfns_gpa;
	driver_add(&driver, STATS, &buffer, 1, false);
	driver_kick(&driver, STATS);
	CHECK(!driver_used(&driver, STATS, &used));
	/* Another interval asks at once. */
	virtio_balloon_set_stats_interval(driver.dev, 3000);
	while (!driver_used(&driver, STATS, &used) && turns++ < 1000)
		loop_turn(loop, 10);
	CHECK_EQ(used.bytes, 0);
	CHECK_EQ(driver_take_interrupt(&driver), 1);
	/* Two at once are one too many. */
	driver_add(&driver, STATS, &buffer, 1, false);
	driver_add(&driver, STATS, &buffer, 1, false);
	driver_kick(&driver, STATS);
	CHECK(driver_used(&driver, STATS, &used));
	CHECK(!driver_used(&driver, STATS, &used));
	finish();
}

/* What the device made of count entries of ten bytes each. */
static const uint64_t *tell(const struct virtio_balloon_stat *stats, unsigned int count)
{
	struct driver_buffer buffer = {
		pfns_gpa, (uint32_t)(count * sizeof(*stats)), false};
	uint64_t when = 0;

	memcpy(driver_hva(&driver, pfns_gpa, 4096), stats, count * sizeof(*stats));
	driver_add(&driver, STATS, &buffer, 1, false);
	driver_kick(&driver, STATS);
	virtio_balloon_stats(driver.dev, &when);
	CHECK(when > 1000000000);
	return virtio_balloon_stats(driver.dev, &when);
}

TEST(keeps_the_statistics_that_the_guest_tells)
{
	static const struct virtio_balloon_stat first[] = {
		{VIRTIO_BALLOON_S_MEMFREE, 100}, {VIRTIO_BALLOON_S_MEMTOT, 200},
		{VIRTIO_BALLOON_S_MEMFREE, 101}, {15, 7}, {16, 8}, {0xffff, 9}};
	static const struct virtio_balloon_stat second[] = {{VIRTIO_BALLOON_S_AVAIL, 5}};
	const uint64_t *stats;
	uint64_t when = 1;

	begin();
	stats = virtio_balloon_stats(driver.dev, &when);
	CHECK_EQ(when, 0);
	CHECK_EQ(stats[0], UINT64_MAX);
	stats = tell(first, 6);
	CHECK_EQ(stats[VIRTIO_BALLOON_S_MEMFREE], 101);
	CHECK_EQ(stats[VIRTIO_BALLOON_S_MEMTOT], 200);
	CHECK_EQ(stats[15], 7);
	CHECK_EQ(stats[VIRTIO_BALLOON_S_SWAP_IN], UINT64_MAX);
	/* What it does not tell any more is not known any more. */
	stats = tell(second, 1);
	CHECK_EQ(stats[VIRTIO_BALLOON_S_AVAIL], 5);
	CHECK_EQ(stats[VIRTIO_BALLOON_S_MEMFREE], UINT64_MAX);
	driver_reset(&driver);
	stats = virtio_balloon_stats(driver.dev, &when);
	CHECK_EQ(when, 0);
	CHECK_EQ(stats[VIRTIO_BALLOON_S_AVAIL], UINT64_MAX);
	finish();
}

static void count_change(void *user)
{
	(*(unsigned int *)user)++;
}

TEST(asks_for_another_size_and_tells_what_the_guest_gave)
{
	unsigned int changes = 0;

	begin();
	virtio_balloon_watch(driver.dev, count_change, &changes);
	virtio_balloon_take(driver.dev, (5 << 20) + 4095);
	CHECK_EQ(driver_take_interrupt(&driver), 2);
	CHECK_EQ(driver_config(&driver, NUM_PAGES, 4), 1280);
	CHECK_EQ(changes, 0);
	driver_write(&driver, CONFIG + ACTUAL, 1280);
	CHECK_EQ(changes, 1);
	CHECK_EQ(virtio_balloon_taken(driver.dev), 5 << 20);
	/* More than there is does not count. */
	driver_write(&driver, CONFIG + ACTUAL, UINT32_MAX);
	CHECK_EQ(virtio_balloon_taken(driver.dev), DRIVER_RAM_BYTES);
	driver_reset(&driver);
	CHECK_EQ(virtio_balloon_taken(driver.dev), 0);
	CHECK_EQ(changes, 3);
	virtio_balloon_watch(driver.dev, NULL, NULL);
	finish();
}

TEST_MAIN(CASE(gives_inflated_pages_back), CASE(gives_pages_back_in_any_order),
	CASE(takes_long_chains_in_parts), CASE(leaves_everything_alone_that_is_no_ram),
	CASE(ignores_a_cut_page_frame_and_writable_buffers),
	CASE(gives_only_whole_pages_of_the_host_back), CASE(forgets_parts_with_a_reset),
	CASE(gives_reported_pages_back),
	CASE(takes_reports_in_the_place_of_unwanted_statistics),
	CASE(leaves_the_edges_of_a_report_alone), CASE(leaves_poisoned_pages_alone),
	CASE(ignores_reports_of_more_than_there_is),
	CASE(ignores_reports_that_were_not_agreed_on), CASE(offers_what_it_was_made_with),
	CASE(asks_for_its_size_and_forgets_the_guests_words_with_a_reset),
	CASE(asks_for_statistics_by_giving_the_buffer_back),
	CASE(keeps_the_statistics_that_the_guest_tells),
	CASE(asks_for_another_size_and_tells_what_the_guest_gave))
