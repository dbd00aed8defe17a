/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/ib700.h"

#include "src/container_of.h"
#include "test/unit/fake_board.h"
#include "test/unit/fake_clock.h"
#include "test/unit/test.h"

#define PORT 0x441u
#define SECOND 1000000000ull

struct bench {
	struct fake_board board;
	struct ib700 *ib700;
};

static void start(struct bench *bench)
{
	fake_clock = (struct loop){0};
	fake_board_init(&bench->board);
	bench->board.host.loop = &fake_clock;
	CHECK_EQ(ib700_create(&bench->board.host, PORT, &bench->ib700, NULL), 0);
	CHECK_EQ(bus_add(&bench->board.ports, ib700_region(bench->ib700), NULL), 0);
}

static void finish(struct bench *bench)
{
	ib700_destroy(bench->ib700);
	ib700_destroy(NULL);
	CHECK(!fake_clock.timers);
}

static void put(struct bench *bench, uint64_t offset, uint8_t value)
{
	fake_board_out(&bench->board, (uint16_t)(PORT + offset), 1, value);
}

TEST(ports_read_as_ones)
{
	struct bench bench;

	start(&bench);
	CHECK_EQ(fake_board_in(&bench.board, PORT, 1), 0xff);
	CHECK_EQ(fake_board_in(&bench.board, PORT + 1, 2), 0xffff);
	put(&bench, 1, 0); /* between the two */
	CHECK(!fake_clock.timers);
	finish(&bench);
}

TEST(waits_as_long_as_it_is_told)
{
	static const struct {
		uint8_t value;
		unsigned int seconds;
	} waits[] = {{0, 30}, {1, 28}, {8, 14}, {14, 2}, {15, 0}, {0xf0, 30}, {0xff, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(waits); i++) {
		struct bench bench;

		start(&bench);
		put(&bench, IB700_START, waits[i].value);
		if (waits[i].seconds)
			fake_clock_advance(waits[i].seconds * SECOND - 1);
		CHECK_EQ(bench.board.requests, 0);
		fake_clock_advance(1);
		CHECK_EQ(bench.board.requests, 1);
		CHECK_EQ(bench.board.last, BOARD_WATCHDOG);
		fake_clock_advance(100 * SECOND);
		CHECK_EQ(bench.board.requests, 1);
		finish(&bench);
	}
}

TEST(a_guest_that_comes_in_time_or_stops_it_lives_on)
{
	struct bench bench;

	start(&bench);
	for (unsigned int i = 0; i < 5; i++) {
		put(&bench, IB700_START, 0);
		fake_clock_advance(29 * SECOND);
	}
	put(&bench, IB700_STOP, 0x55);
	fake_clock_advance(100 * SECOND);
	CHECK_EQ(bench.board.requests, 0);
	finish(&bench);
}

TEST(no_time_passes_while_it_is_held)
{
	struct bench bench;

	start(&bench);
	put(&bench, IB700_START, 0);
	fake_clock_advance(29 * SECOND);
	ib700_hold(bench.ib700, true);
	ib700_hold(bench.ib700, true);
	fake_clock_advance(1000 * SECOND);
	CHECK_EQ(bench.board.requests, 0);
	ib700_hold(bench.ib700, false);
	fake_clock_advance(SECOND - 1);
	CHECK_EQ(bench.board.requests, 0);
	fake_clock_advance(1);
	CHECK_EQ(bench.board.requests, 1);
	CHECK_EQ(bench.board.last, BOARD_WATCHDOG);
	finish(&bench);
}

TEST(a_reset_ends_the_watch_held_or_not)
{
	struct bench bench;

	start(&bench);
	put(&bench, IB700_START, 0);
	ib700_hold(bench.ib700, true);
	ib700_reset(bench.ib700);
	ib700_hold(bench.ib700, false);
	fake_clock_advance(100 * SECOND);
	CHECK_EQ(bench.board.requests, 0);
	finish(&bench);
}

TEST_MAIN(CASE(ports_read_as_ones), CASE(waits_as_long_as_it_is_told),
	CASE(a_guest_that_comes_in_time_or_stops_it_lives_on),
	CASE(no_time_passes_while_it_is_held), CASE(a_reset_ends_the_watch_held_or_not))
