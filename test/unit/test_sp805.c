/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/sp805.h"

#include "arch/arm/sp805_regs.h"
#include "src/board.h"
#include "test/unit/arm_device_bench.h"
#include "test/unit/fake_board.h"

#define HZ 24000000u
#define BOTH (WDOG_INTEN | WDOG_RESEN)

static struct fake_board board;

static struct sp805 *start(struct bench *bench)
{
	struct sp805 *sp805;

	bench_init(bench);
	fake_board_init(&board);
	board.host.loop = &fake_clock;
	CHECK_EQ(sp805_create(&board.host, GPA, HZ, &sp805, NULL), 0);
	bench_add(bench, sp805_cell(sp805));
	return sp805;
}

static void finish(struct bench *bench, struct sp805 *sp805)
{
	sp805_destroy(sp805);
	sp805_destroy(NULL);
	bench_check(bench);
}

TEST(registers_have_their_values)
{
	static const struct register_claim claims[] = {
		{WDOG_LOAD, 0xffffffff, 0x12345678, 0x12345678},
		{WDOG_VALUE, 0xffffffff, 0, 0xffffffff},
		{WDOG_CONTROL, 0, 0xffffffff, BOTH},
		{WDOG_INTCLR, 0, 0xffffffff, 0},
		{WDOG_RIS, 0, 0xffffffff, 0},
		{WDOG_MIS, 0, 0xffffffff, 0},
		{WDOG_LOCK, 0, 0, WDOG_LOCKED},
		{0xf00, 0, 0xffffffff, 0},
	};
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	check_registers(&bench, claims, ARRAY_SIZE(claims));
	check_id(&bench, 0x00141805);
	finish(&bench, sp805);
}

TEST(takes_accesses_of_every_size)
{
	static const struct {
		unsigned int bytes;
		uint64_t kept;
	} sizes[] = {{1, 0x44}, {2, 0x3344}, {4, 0x11223344}, {8, 0x11223344}};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bench bench;
		struct sp805 *sp805 = start(&bench);
		uint64_t value;

		CHECK(bus_write(&bench.bus, GPA + WDOG_LOAD, sizes[i].bytes, 0x11223344));
		CHECK(bus_read(&bench.bus, GPA + WDOG_LOAD, sizes[i].bytes, &value));
		CHECK_EQ(value, sizes[i].kept);
		finish(&bench, sp805);
	}
}

TEST(only_the_lock_opens_what_is_locked)
{
	static const uint16_t registers[] = {WDOG_LOAD, WDOG_CONTROL};
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	put(&bench, WDOG_LOCK, 1);
	CHECK_EQ(get(&bench, WDOG_LOCK), WDOG_LOCKED);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		uint32_t before = get(&bench, registers[i]);

		put(&bench, registers[i], 1);
		CHECK_EQ(get(&bench, registers[i]), before);
	}
	put(&bench, WDOG_LOCK, WDOG_UNLOCK);
	CHECK_EQ(get(&bench, WDOG_LOCK), 0);
	put(&bench, WDOG_LOAD, 1);
	CHECK_EQ(get(&bench, WDOG_LOAD), 1);
	finish(&bench, sp805);
}

TEST(counts_down_while_it_is_enabled)
{
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	put(&bench, WDOG_LOAD, 10 * HZ);
	fake_clock_advance(SECOND);
	CHECK_EQ(get(&bench, WDOG_VALUE), 10 * HZ);
	put(&bench, WDOG_CONTROL, WDOG_INTEN);
	fake_clock_advance(3 * SECOND);
	CHECK_EQ(get(&bench, WDOG_VALUE), 7 * HZ);
	put(&bench, WDOG_CONTROL, 0);
	fake_clock_advance(3 * SECOND);
	CHECK_EQ(get(&bench, WDOG_VALUE), 7 * HZ);
	put(&bench, WDOG_CONTROL, WDOG_INTEN); /* begins anew */
	CHECK_EQ(get(&bench, WDOG_VALUE), 10 * HZ);
	finish(&bench, sp805);
}

TEST(interrupts_at_the_first_end_and_acts_at_the_second)
{
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	put(&bench, WDOG_LOAD, 10 * HZ);
	put(&bench, WDOG_CONTROL, BOTH);
	fake_clock_advance(10 * SECOND - 1);
	CHECK(!bench.irq.level);
	fake_clock_advance(1);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, WDOG_RIS), 1);
	fake_clock_advance(10 * SECOND - 1);
	CHECK_EQ(board.requests, 0);
	fake_clock_advance(100 * SECOND);
	CHECK_EQ(board.requests, 1);
	CHECK_EQ(board.last, BOARD_WATCHDOG);
	CHECK_EQ(fake_clock.expired, 2);
	finish(&bench, sp805);
}

TEST(a_guest_that_clears_the_interrupt_lives_on)
{
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	put(&bench, WDOG_LOAD, 10 * HZ);
	put(&bench, WDOG_CONTROL, BOTH);
	for (unsigned int i = 0; i < 5; i++) {
		fake_clock_advance(19 * SECOND);
		CHECK(bench.irq.level);
		put(&bench, WDOG_INTCLR, 1);
		CHECK(!bench.irq.level);
		CHECK_EQ(get(&bench, WDOG_VALUE), 10 * HZ);
	}
	CHECK_EQ(board.requests, 0);
	finish(&bench, sp805);
}

TEST(without_its_reset_it_interrupts_alone_and_wakes_nobody_up)
{
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	put(&bench, WDOG_LOAD, 1);
	put(&bench, WDOG_CONTROL, WDOG_INTEN);
	fake_clock_advance(1000 * SECOND);
	CHECK(bench.irq.level);
	CHECK_EQ(fake_clock.expired, 1);
	CHECK_EQ(board.requests, 0);
	CHECK(get(&bench, WDOG_VALUE) <= 1);
	finish(&bench, sp805);
}

TEST(no_time_passes_while_it_is_held)
{
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	put(&bench, WDOG_LOAD, 10 * HZ);
	put(&bench, WDOG_CONTROL, BOTH);
	fake_clock_advance(19 * SECOND);
	sp805_hold(sp805, true);
	sp805_hold(sp805, true);
	fake_clock_advance(1000 * SECOND);
	CHECK_EQ(board.requests, 0);
	CHECK_EQ(get(&bench, WDOG_VALUE), HZ);
	sp805_hold(sp805, false);
	fake_clock_advance(SECOND - 1);
	CHECK_EQ(board.requests, 0);
	fake_clock_advance(1);
	CHECK_EQ(board.requests, 1);
	finish(&bench, sp805);
}

TEST(a_reset_ends_the_watch)
{
	struct bench bench;
	struct sp805 *sp805 = start(&bench);

	put(&bench, WDOG_LOAD, HZ);
	put(&bench, WDOG_CONTROL, BOTH);
	fake_clock_advance(SECOND);
	primecell_reset(bench.cell);
	CHECK(!bench.irq.level);
	CHECK(!fake_clock.timers);
	CHECK_EQ(get(&bench, WDOG_VALUE), 0xffffffff);
	finish(&bench, sp805);
}

TEST_MAIN(CASE(registers_have_their_values), CASE(takes_accesses_of_every_size),
	CASE(only_the_lock_opens_what_is_locked), CASE(counts_down_while_it_is_enabled),
	CASE(interrupts_at_the_first_end_and_acts_at_the_second),
	CASE(a_guest_that_clears_the_interrupt_lives_on),
	CASE(without_its_reset_it_interrupts_alone_and_wakes_nobody_up),
	CASE(no_time_passes_while_it_is_held), CASE(a_reset_ends_the_watch))
