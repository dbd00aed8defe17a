/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/pl031.h"

#include "arch/arm/pl031_regs.h"
#include "test/unit/arm_device_bench.h"

/* 2026-03-01 13:59:58 UTC. */
#define START_S 1772373598u

/* What the host's clock is ahead of the one that timers know. */
static uint64_t ahead_ns;

static uint64_t utc_ns(void)
{
	return ahead_ns + fake_clock.now_ns;
}

static struct pl031 *start(struct bench *bench)
{
	struct pl031 *pl031;

	bench_init(bench);
	ahead_ns = START_S * SECOND;
	CHECK_EQ(pl031_create(&fake_clock, GPA, utc_ns, &pl031, NULL), 0);
	bench_add(bench, pl031_cell(pl031));
	return pl031;
}

static void finish(struct bench *bench, struct pl031 *pl031)
{
	pl031_destroy(pl031);
	pl031_destroy(NULL);
	bench_check(bench);
}

TEST(registers_have_their_values)
{
	static const struct register_claim claims[] = {
		{RTC_DR, START_S, 0, START_S},
		{RTC_MR, 0, 0x12345678, 0x12345678},
		{RTC_CR, 1, 0, 1},
		{RTC_IMSC, 0, 0xffffffff, 1},
		{RTC_RIS, 0, 0xffffffff, 0},
		{RTC_MIS, 0, 0xffffffff, 0},
		{RTC_ICR, 0, 0xffffffff, 0},
		{0x020, 0, 0xffffffff, 0},
		{0xfdc, 0, 0xffffffff, 0},
	};
	struct bench bench;
	struct pl031 *pl031 = start(&bench);

	check_registers(&bench, claims, ARRAY_SIZE(claims));
	check_id(&bench, 0x00041031);
	finish(&bench, pl031);
}

TEST(takes_accesses_of_every_size)
{
	static const struct {
		unsigned int bytes;
		uint64_t kept;
	} sizes[] = {{1, 0x44}, {2, 0x3344}, {4, 0x11223344}, {8, 0x11223344}};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bench bench;
		struct pl031 *pl031 = start(&bench);
		uint64_t value;

		CHECK(bus_write(&bench.bus, GPA + RTC_MR, sizes[i].bytes, 0x11223344));
		CHECK(bus_read(&bench.bus, GPA + RTC_MR, sizes[i].bytes, &value));
		CHECK_EQ(value, sizes[i].kept);
		CHECK(bus_write(&bench.bus, GPA + RTC_MR + 1, 1, 0xff)); /* nowhere */
		CHECK_EQ(get(&bench, RTC_MR), sizes[i].kept);
		finish(&bench, pl031);
	}
}

TEST(shows_the_hosts_seconds_without_a_timer)
{
	struct bench bench;
	struct pl031 *pl031 = start(&bench);

	fake_clock_advance(5 * SECOND / 2);
	CHECK_EQ(get(&bench, RTC_DR), START_S + 2);
	ahead_ns -= 100 * SECOND;
	CHECK_EQ(get(&bench, RTC_DR), START_S - 98);
	CHECK_EQ(fake_clock.expired, 0);
	finish(&bench, pl031);
}

TEST(time_that_is_set_runs_on_through_a_reset)
{
	struct bench bench;
	struct pl031 *pl031 = start(&bench);

	put(&bench, RTC_LR, 1000);
	CHECK_EQ(get(&bench, RTC_LR), 1000);
	CHECK_EQ(get(&bench, RTC_DR), 1000);
	fake_clock_advance(3 * SECOND);
	primecell_reset(bench.cell);
	CHECK_EQ(get(&bench, RTC_DR), 1003);
	CHECK_EQ(get(&bench, RTC_LR), 0);
	put(&bench, RTC_LR, 0xffffffff);
	fake_clock_advance(SECOND);
	CHECK_EQ(get(&bench, RTC_DR), 0); /* in 2106 it begins anew */
	finish(&bench, pl031);
}

/* An alarm in so many seconds, half a second into this one. */
static void set_alarm(struct bench *bench, uint32_t seconds)
{
	fake_clock_advance(SECOND / 2);
	put(bench, RTC_MR, get(bench, RTC_DR) + seconds);
	put(bench, RTC_IMSC, 1);
}

TEST(an_alarm_comes_in_its_second)
{
	static const uint32_t seconds[] = {1, 2, 59, 60, 61, 3600};

	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
		struct bench bench;
		struct pl031 *pl031 = start(&bench);

		set_alarm(&bench, seconds[i]);
		fake_clock_advance(seconds[i] * SECOND - SECOND / 2 - 1);
		CHECK(!bench.irq.level);
		fake_clock_advance(1);
		CHECK(bench.irq.level);
		CHECK_EQ(get(&bench, RTC_RIS), 1);
		CHECK_EQ(get(&bench, RTC_MIS), 1);
		CHECK(fake_clock.expired <= seconds[i] / 60 + 2);
		put(&bench, RTC_ICR, 1);
		CHECK(!bench.irq.level);
		CHECK_EQ(get(&bench, RTC_RIS), 0);
		fake_clock_advance(100 * SECOND);
		CHECK_EQ(bench.irq.edges, 1);
		finish(&bench, pl031);
	}
}

TEST(an_alarm_for_now_comes_at_once)
{
	struct bench bench;
	struct pl031 *pl031 = start(&bench);

	set_alarm(&bench, 0);
	CHECK(bench.irq.level);
	finish(&bench, pl031);
}

TEST(a_masked_alarm_is_seen_and_interrupts_once_it_is_not)
{
	struct bench bench;
	struct pl031 *pl031 = start(&bench);

	set_alarm(&bench, 10);
	put(&bench, RTC_IMSC, 0);
	fake_clock_advance(20 * SECOND);
	CHECK_EQ(fake_clock.expired, 0);
	CHECK_EQ(get(&bench, RTC_RIS), 1);
	CHECK_EQ(get(&bench, RTC_MIS), 0);
	CHECK(!bench.irq.level);
	put(&bench, RTC_IMSC, 1);
	CHECK(bench.irq.level);
	finish(&bench, pl031);
}

TEST(a_host_clock_that_jumps_finds_the_alarm_and_rings_it_once)
{
	static const struct {
		int64_t jump_s;
		bool rings; /* within the minute */
	} jumps[] = {{99, true}, {100, true}, {5000, true}, {-1000, false}};

	for (size_t i = 0; i < ARRAY_SIZE(jumps); i++) {
		struct bench bench;
		struct pl031 *pl031 = start(&bench);

		set_alarm(&bench, 100);
		ahead_ns += (uint64_t)(jumps[i].jump_s * (int64_t)SECOND);
		fake_clock_advance(61 * SECOND);
		CHECK_EQ(bench.irq.level, jumps[i].rings);
		fake_clock_advance(2000 * SECOND);
		CHECK_EQ(bench.irq.edges, 1);
		finish(&bench, pl031);
	}
}

TEST(time_set_beyond_the_alarm_is_silent)
{
	struct bench bench;
	struct pl031 *pl031 = start(&bench);

	set_alarm(&bench, 100);
	put(&bench, RTC_LR, START_S + 1000);
	fake_clock_advance(300 * SECOND);
	CHECK(!bench.irq.level);
	CHECK_EQ(get(&bench, RTC_RIS), 0);
	finish(&bench, pl031);
}

TEST(a_reset_forgets_the_alarm)
{
	struct bench bench;
	struct pl031 *pl031 = start(&bench);

	set_alarm(&bench, 1);
	fake_clock_advance(SECOND);
	CHECK(bench.irq.level);
	primecell_reset(bench.cell);
	CHECK(!bench.irq.level);
	CHECK(!fake_clock.timers);
	finish(&bench, pl031);
}

TEST_MAIN(CASE(registers_have_their_values), CASE(takes_accesses_of_every_size),
	CASE(shows_the_hosts_seconds_without_a_timer),
	CASE(time_that_is_set_runs_on_through_a_reset),
	CASE(an_alarm_comes_in_its_second), CASE(an_alarm_for_now_comes_at_once),
	CASE(a_masked_alarm_is_seen_and_interrupts_once_it_is_not),
	CASE(a_host_clock_that_jumps_finds_the_alarm_and_rings_it_once),
	CASE(time_set_beyond_the_alarm_is_silent), CASE(a_reset_forgets_the_alarm))
