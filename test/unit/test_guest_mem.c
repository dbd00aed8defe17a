/* SPDX-License-Identifier: Apache-2.0 */
#include "src/guest_mem.h"

#include <errno.h>

#include "src/error.h"
#include "test/unit/test.h"

#define BASE 0x40000000ull
#define BYTES (4ull << 20)

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

TEST(refuses_what_the_host_cannot_give)
{
	struct guest_mem mem = {0};
	struct error err;

	CHECK_EQ(guest_mem_add(&mem, BASE, 1ull << 62, &err), -ENOMEM);
	CHECK_HAS(err.text, "MiB");
	CHECK_EQ(mem.count, 0);
}

TEST_MAIN(CASE(hands_out_only_ranges_that_lie_in_ram),
	CASE(aligns_ram_to_two_mebibytes_and_clears_it),
	CASE(does_not_join_neighbouring_regions), CASE(refuses_what_the_host_cannot_give))
