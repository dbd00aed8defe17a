/* SPDX-License-Identifier: Apache-2.0 */
#include "src/plan_shared.h"

#include <string.h>

#include "src/plan.h"
#include "test/unit/test.h"

#define MIB (1ull << 20)
#define ABOVE 0x44000000ull
#define LIMIT (1ull << 40)

/* A hole of 64 MiB below, and RAM that ends at ABOVE. */
static const struct plan_room room = {0x10000000, 0x14000000, ABOVE, LIMIT};

static struct vm_config config;
static struct board_plan plan;
static struct problems problems;

/* By pairs of a size in MiB and an address, ended by a size of 0. */
static void place(const uint64_t *rows)
{
	memset(&config, 0, sizeof(config));
	memset(&plan, 0, sizeof(plan));
	problems.count = 0;
	plan.config = &config;
	for (; *rows; rows += 2) {
		struct config_shared_memory *shared =
			&config.shared_memories[config.shared_memory_count];

		shared->name[0] = (char)('a' + config.shared_memory_count);
		shared->pos.line = (int)++config.shared_memory_count;
		shared->bytes = rows[0] * MIB;
		shared->gpa = rows[1];
	}
	plan_shared_memories(&plan, &room, &problems);
}

TEST(places_one_after_another_above_ram)
{
	place((const uint64_t[]){4, 0, 2, 0, 64, 0, 0});
	CHECK_EQ(problems.count, 0);
	CHECK_EQ(plan.shared_count, 3);
	CHECK_EQ(plan.shared[0].gpa, ABOVE);
	CHECK_EQ(plan.shared[1].gpa, ABOVE + 4 * MIB);
	CHECK_EQ(plan.shared[2].gpa, ABOVE + 6 * MIB);
	CHECK_EQ(plan.shared[2].bytes, 64 * MIB);
}

TEST(goes_around_those_that_have_an_address)
{
	place((const uint64_t[]){4, 0, 2, ABOVE + 2 * MIB, 2, 0, 4, ABOVE + 8 * MIB, 0});
	CHECK_EQ(problems.count, 0);
	CHECK_EQ(plan.shared[0].gpa, ABOVE + 4 * MIB);
	CHECK_EQ(plan.shared[1].gpa, ABOVE + 2 * MIB);
	CHECK_EQ(plan.shared[2].gpa, ABOVE);
	CHECK_EQ(plan.shared[3].gpa, ABOVE + 8 * MIB);
}

TEST(keeps_above_the_memory_of_devices)
{
	struct plan_device device = {.memory = {0x80000000, 64 * MIB}};

	place((const uint64_t[]){0});
	plan.devices = &device;
	plan.device_count = 1;
	config.shared_memory_count = 2;
	config.shared_memories[0].bytes = 2 * MIB;
	config.shared_memories[1].bytes = 2 * MIB;
	config.shared_memories[1].gpa = 0x80000000;
	plan_shared_memories(&plan, &room, &problems);
	CHECK_EQ(plan.shared[0].gpa, 0x84000000);
	CHECK_EQ(problems.count, 1);
}

TEST(takes_an_address_where_nothing_else_is)
{
	static const struct {
		uint64_t gpa;
		uint64_t mib;
		bool good;
	} rows[] = {
		{0x10000000, 64, true},
		{0x10000000, 66, false},
		{0x13e00000, 2, true},
		{0x13e00000, 4, false},
		{0x0fe00000, 4, false},
		{0x14000000, 2, false},
		{ABOVE - 2 * MIB, 4, false},
		{ABOVE, 2, true},
		{ABOVE, (LIMIT - ABOVE) / MIB, true},
		{ABOVE, (LIMIT - ABOVE) / MIB + 2, false},
		{LIMIT - 2 * MIB, 2, true},
		{LIMIT - 2 * MIB, 4, false},
		{LIMIT, 2, false},
		{UINT64_MAX - 2 * MIB + 1, 2, false},
		{UINT64_MAX - 2 * MIB + 1, 1 << 24, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		place((const uint64_t[]){rows[i].mib, rows[i].gpa, 0});
		CHECK_EQ(problems.count, rows[i].good ? 0 : 1);
		CHECK_EQ(plan.shared[0].gpa, rows[i].good ? rows[i].gpa : 0);
	}
}

TEST(refuses_what_overlaps_and_what_finds_no_room)
{
	place((const uint64_t[]){4, ABOVE, 4, ABOVE + 2 * MIB, 0});
	CHECK_EQ(problems.count, 1);
	CHECK_STR(problems.list[0].text,
		"shared memory 'b' at 0x44200000 overlaps 'a' on line 1, which is at "
		"0x44000000 to 0x443fffff");
	CHECK_EQ(problems.list[0].pos.line, 2);
	place((const uint64_t[]){(LIMIT - ABOVE) / MIB, 0, 2, 0, 0});
	CHECK_EQ(problems.count, 1);
	CHECK_STR(problems.list[0].text,
		"shared memory 'b' of 2 MiB finds no room from 0x44000000 to "
		"0xffffffffff: make it or ram_size smaller");
	CHECK_EQ(plan.shared[0].gpa, ABOVE);
	CHECK_EQ(plan.shared[1].bytes, 0);
}

TEST_MAIN(CASE(places_one_after_another_above_ram),
	CASE(goes_around_those_that_have_an_address),
	CASE(keeps_above_the_memory_of_devices),
	CASE(takes_an_address_where_nothing_else_is),
	CASE(refuses_what_overlaps_and_what_finds_no_room))
