/* SPDX-License-Identifier: Apache-2.0 */
#include "src/guest_mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/error.h"
#include "test/unit/test.h"

#define BASE 0x40000000ull
#define BYTES (4ull << 20)
#define PAGE 4096

TEST(hands_out_only_ranges_that_lie_in_ram)
{
	static const struct {
		uint64_t gpa;
		uint64_t bytes;
		bool inside;
	} table[] = {
		{BASE, 1, true},
		{BASE, BYTES, true},
		{BASE + BYTES - 1, 1, true},
		{BASE + 5, BYTES - 5, true},
		{BASE, 0, false},
		{BASE, BYTES + 1, false},
		{BASE - 1, 1, false},
		{BASE - 1, 2, false},
		{BASE + BYTES, 1, false},
		{BASE + BYTES - 1, 2, false},
		{BASE + 8, UINT64_MAX, false},
		{BASE + 8, UINT64_MAX - BASE, false},
		{UINT64_MAX, 1, false},
		{UINT64_MAX, UINT64_MAX, false},
		{0, UINT64_MAX, false},
	};
	struct guest_mem mem = {0};

	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		void *hva = guest_mem_range(&mem, table[i].gpa, table[i].bytes);

		if (!test_equal(
			    __FILE__, __LINE__, "inside", hva != NULL, table[i].inside))
			test_fail(__FILE__, __LINE__, "in row %u", i);
		if (hva)
			CHECK(hva == mem.regions[0].hva + (table[i].gpa - BASE));
	}
	guest_mem_finish(&mem);
}

TEST(aligns_ram_to_two_mebibytes_and_clears_it)
{
	struct guest_mem mem = {0};

	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	CHECK_EQ((uintptr_t)mem.regions[0].hva % GUEST_MEM_ALIGN_BYTES, 0);
	mem.regions[0].hva[12345] = 1;
	CHECK_EQ(guest_mem_clear(&mem), 0);
	CHECK_EQ(mem.regions[0].hva[12345], 0);
	guest_mem_finish(&mem);
	CHECK_EQ(mem.count, 0);
}

/* The kernel says it without a fault. */
static bool is_there(int fd, const uint8_t *hva)
{
	return write(fd, hva, 1) == 1;
}

TEST(has_nothing_in_reach_of_what_runs_over_an_end)
{
	struct guest_mem mem = {0};
	const uint8_t *begin, *end;
	int ends[2];

	CHECK_EQ(pipe(ends), 0);
	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	begin = mem.regions[0].hva;
	end = begin + BYTES;
	for (int turn = 0; turn < 2; turn++) {
		CHECK(is_there(ends[1], begin));
		CHECK(is_there(ends[1], end - 1));
		CHECK(!is_there(ends[1], begin - 1));
		CHECK(!is_there(ends[1], end));
		CHECK_EQ(guest_mem_clear(&mem), 0);
	}
	guest_mem_finish(&mem);
	close(ends[0]);
	close(ends[1]);
}

TEST(does_not_join_neighbouring_regions)
{
	struct guest_mem mem = {0};

	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	CHECK_EQ(guest_mem_add(&mem, BASE + BYTES, BYTES, NULL), 0);
	CHECK(guest_mem_range(&mem, BASE + BYTES - 4, 4));
	CHECK(guest_mem_range(&mem, BASE + BYTES, 4));
	CHECK(!guest_mem_range(&mem, BASE + BYTES - 4, 8));
	CHECK_EQ(guest_mem_add(&mem, 0, BYTES, NULL), 0);
	CHECK_EQ(guest_mem_add(&mem, BASE + 4 * BYTES, BYTES, NULL), -ENOSPC);
	guest_mem_finish(&mem);
}

static unsigned int pages_there(void *hva, size_t bytes)
{
	unsigned char there[64];
	unsigned int count = 0;

	CHECK_EQ(mincore(hva, bytes, there), 0);
	for (size_t i = 0; i < bytes / PAGE; i++)
		count += there[i] & 1;
	return count;
}

/* Emulated user space may not know the call. */
static bool host_locks(void)
{
	static uint8_t page[4096];

	if (mlock2(page, sizeof(page), MLOCK_ONFAULT) == 0)
		munlock(page, sizeof(page));
	else if (errno == ENOSYS)
		return false;
	return true;
}

TEST(gives_whole_pages_back_and_no_others)
{
	static const struct {
		uint64_t offset;
		uint64_t bytes;
		unsigned int left; /* of 16 */
	} table[] = {
		{0, PAGE, 15},
		{0, 16 * PAGE, 0},
		{1, PAGE, 16},
		{1, 2 * PAGE, 15},
		{PAGE - 1, PAGE + 1, 15},
		{PAGE, PAGE - 1, 16},
		{5 * PAGE, 3 * PAGE + 5, 13},
		{0, 1, 16},
	};

	for (unsigned int i = 0; i < 4 * sizeof(table) / sizeof(table[0]); i++) {
		const struct guest_mem_options options = {.shared = i & 1, .lock = i & 2};
		struct guest_mem mem = {.options = options};
		uint8_t *hva;

		if (options.lock && !host_locks()) {
			printf("skipped: no mlock2() on this host\n");
			continue;
		}
		CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
		hva = mem.regions[0].hva;
		madvise(hva, BYTES, MADV_NOHUGEPAGE);
		memset(hva, 1, 16 * PAGE);
		CHECK_EQ(guest_mem_discard(
				 &mem, hva + table[i / 4].offset, table[i / 4].bytes),
			0);
		if (!test_equal(__FILE__, __LINE__, "pages", pages_there(hva, 16 * PAGE),
			    table[i / 4].left))
			test_fail(__FILE__, __LINE__, "in row %u", i);
		guest_mem_finish(&mem);
	}
}

TEST(gives_back_nothing_beyond_ram)
{
	struct guest_mem mem = {0};
	uint8_t *hva;

	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	hva = mem.regions[0].hva;
	hva[BYTES - 1] = 1;
	CHECK_EQ(guest_mem_discard(&mem, hva, BYTES + 1), -EFAULT);
	CHECK_EQ(guest_mem_discard(&mem, hva + BYTES - PAGE, 2 * PAGE), -EFAULT);
	CHECK_EQ(guest_mem_discard(&mem, hva + BYTES, PAGE), -EFAULT);
	CHECK_EQ(guest_mem_discard(&mem, hva - PAGE, 2 * PAGE), -EFAULT);
	CHECK_EQ(guest_mem_discard(&mem, hva, UINT64_MAX), -EFAULT);
	CHECK_EQ(hva[BYTES - 1], 1);
	guest_mem_finish(&mem);
}

/* A kernel that is mapped from page 2 on, for 4 pages. */
TEST(does_not_show_a_mapped_file_again)
{
	struct guest_mem mem = {0};
	int fd = memfd_create("kernel", MFD_CLOEXEC);
	uint8_t text[4 * PAGE];
	uint8_t *hva;

	memset(text, 7, sizeof(text));
	CHECK_EQ(write(fd, text, sizeof(text)), sizeof(text));
	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	hva = mem.regions[0].hva;
	memset(hva, 1, 16 * PAGE);
	CHECK(mmap(hva + 2 * PAGE, sizeof(text), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED);
	guest_mem_mark_mapped(&mem, hva + 2 * PAGE + 5, sizeof(text) - 10);
	CHECK_EQ(guest_mem_discard(&mem, hva + PAGE, 3 * PAGE), 0);
	for (unsigned int i = 0; i < 8; i++)
		test_equal(__FILE__, __LINE__, "byte", hva[i * PAGE],
			i == 0 || i > 5 ? 1
			: i < 4         ? 0
					: 7);
	CHECK_EQ(guest_mem_discard(&mem, hva, 16 * PAGE), 0);
	for (unsigned int i = 0; i < 8; i++)
		CHECK_EQ(hva[i * PAGE], 0);
	CHECK_EQ(guest_mem_clear(&mem), 0);
	hva[2 * PAGE] = 3;
	CHECK_EQ(guest_mem_discard(&mem, hva, 16 * PAGE), 0);
	CHECK_EQ(hva[2 * PAGE], 0);
	guest_mem_finish(&mem);
	close(fd);
}

TEST(refuses_what_the_host_cannot_give)
{
	struct guest_mem mem = {0};
	struct error err;

	CHECK_EQ(guest_mem_add(&mem, BASE, 1ull << 62, &err), -ENOMEM);
	CHECK_HAS(err.text, "MiB");
	CHECK_EQ(mem.count, 0);
}

static struct guest_mem with(struct guest_mem_options options)
{
	return (struct guest_mem){.options = options};
}

TEST(gives_a_reset_guest_zeroes_whatever_its_memory_is)
{
	static const struct guest_mem_options table[] = {
		{.pages = GUEST_MEM_SMALL},
		{.shared = true},
		{.lock = true},
		{.shared = true, .lock = true},
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct guest_mem mem = with(table[i]);
		uint8_t *hva;

		if (table[i].lock && !host_locks()) {
			printf("skipped: no mlock2() on this host\n");
			continue;
		}
		CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
		hva = mem.regions[0].hva;
		CHECK_EQ((uintptr_t)hva % GUEST_MEM_ALIGN_BYTES, 0);
		hva[0] = hva[BYTES - 1] = 1;
		CHECK_EQ(guest_mem_clear(&mem), 0);
		CHECK(mem.regions[0].hva == hva);
		CHECK_EQ(hva[0], 0);
		CHECK_EQ(hva[BYTES - 1], 0);
		hva[0] = 1;
		guest_mem_finish(&mem);
	}
}

TEST(shares_memory_that_nobody_can_shrink)
{
	struct guest_mem mem = with((struct guest_mem_options){.shared = true});
	uint8_t *other;

	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	CHECK(mem.regions[0].fd >= 0);
	other = mmap(
		NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, mem.regions[0].fd, 0);
	CHECK(other != MAP_FAILED);
	mem.regions[0].hva[4096] = 7;
	CHECK_EQ(other[4096], 7);
	CHECK_EQ(ftruncate(mem.regions[0].fd, 4096), -1);
	/* The other process has the same memory after a reset of the guest. */
	CHECK_EQ(guest_mem_clear(&mem), 0);
	CHECK_EQ(other[4096], 0);
	other[4096] = 9;
	CHECK_EQ(mem.regions[0].hva[4096], 9);
	munmap(other, BYTES);
	guest_mem_finish(&mem);
}

TEST(keeps_private_memory_to_itself)
{
	struct guest_mem mem = {0};

	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, NULL), 0);
	CHECK_EQ(mem.regions[0].fd, -1);
	guest_mem_finish(&mem);
}

TEST(refuses_to_lock_more_than_the_user_may)
{
	struct guest_mem mem = with((struct guest_mem_options){.lock = true});
	struct rlimit before;
	struct rlimit little = {.rlim_cur = 65536};
	struct error err = {0};
	int code;

	if (!host_locks()) {
		printf("skipped: no mlock2() on this host\n");
		return;
	}
	CHECK_EQ(getrlimit(RLIMIT_MEMLOCK, &before), 0);
	little.rlim_max = before.rlim_max;
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &little), 0);
	code = guest_mem_add(&mem, BASE, BYTES, &err);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &before), 0);
	/* The limit is none for root. */
	if (code) {
		CHECK_HAS(err.text, "4 MiB of guest RAM may not be locked");
		CHECK_HAS(err.text, "the limit is 64 KiB");
		CHECK_HAS(err.text, "ulimit -l");
		CHECK_EQ(mem.count, 0);
	} else {
		CHECK_EQ(geteuid(), 0);
	}
	guest_mem_finish(&mem);
}

TEST(has_huge_pages_or_says_how_many_are_missing)
{
	static const struct {
		struct guest_mem_options options;
		uint64_t bytes;
	} table[] = {
		{{.pages = GUEST_MEM_DEFAULT}, 1ull << 30},
		{{.pages = GUEST_MEM_2M}, BYTES},
		{{.pages = GUEST_MEM_2M, .shared = true, .lock = true}, BYTES},
		{{.pages = GUEST_MEM_1G}, 1ull << 30},
	};

	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct guest_mem mem = with(table[i].options);
		struct error err = {0};

		if (guest_mem_add(&mem, BASE, table[i].bytes, &err)) {
			/* 32 bits of address space may have no hole of 1 GiB. */
			if (sizeof(void *) > 4 || !strstr(err.text, "no address space"))
				CHECK_HAS(err.text, "huge pages of ");
			CHECK_EQ(mem.count, 0);
			continue;
		}
		mem.regions[0].hva[BYTES - 1] = 1;
		CHECK_EQ(guest_mem_clear(&mem), 0);
		CHECK_EQ(mem.regions[0].hva[BYTES - 1], 0);
		guest_mem_finish(&mem);
	}
}

TEST(refuses_ram_that_huge_pages_do_not_divide)
{
	struct guest_mem mem = with((struct guest_mem_options){.pages = GUEST_MEM_1G});
	struct error err;

	CHECK_EQ(guest_mem_add(&mem, BASE, BYTES, &err), -EINVAL);
	CHECK_STR(err.text,
		"4 MiB of guest RAM at 0x40000000 are no multiple of the huge "
		"pages' 1024 MiB");
	CHECK_EQ(mem.count, 0);
}

TEST_MAIN(CASE(hands_out_only_ranges_that_lie_in_ram),
	CASE(aligns_ram_to_two_mebibytes_and_clears_it),
	CASE(has_nothing_in_reach_of_what_runs_over_an_end),
	CASE(does_not_join_neighbouring_regions), CASE(refuses_what_the_host_cannot_give),
	CASE(gives_a_reset_guest_zeroes_whatever_its_memory_is),
	CASE(shares_memory_that_nobody_can_shrink), CASE(keeps_private_memory_to_itself),
	CASE(refuses_to_lock_more_than_the_user_may),
	CASE(has_huge_pages_or_says_how_many_are_missing),
	CASE(refuses_ram_that_huge_pages_do_not_divide),
	CASE(gives_whole_pages_back_and_no_others), CASE(gives_back_nothing_beyond_ram),
	CASE(does_not_show_a_mapped_file_again))
