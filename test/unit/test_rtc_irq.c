/* SPDX-License-Identifier: Apache-2.0 */
/* Flags and interrupts of the clock. */
#include "test/unit/rtc_bench.h"

TEST(each_rate_is_so_many_interrupts_a_second)
{
	static const unsigned int hz[16] = {
		0, 256, 128, 8192, 4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2};

	for (unsigned int rate = 0; rate < ARRAY_SIZE(hz); rate++) {
		unsigned int count = 0;
		struct bench bench;

		bench_init(&bench);
		put(&bench, RTC_A, (uint8_t)(0x20 | rate));
		put(&bench, RTC_B, B_PIE);
		while (fake_clock.timers && fake_clock.timers->deadline_ns <= SECOND) {
			fake_clock_advance(
				fake_clock.timers->deadline_ns - fake_clock.now_ns);
			CHECK(bench.irq.level);
			CHECK_EQ(get(&bench, RTC_C) & ~C_UF & ~C_AF, C_IRQF | C_PF);
			CHECK(!bench.irq.level);
			count++;
		}
		CHECK_EQ(count, hz[rate]);
		bench_finish(&bench);
	}
}

TEST(an_interrupt_that_nobody_reads_costs_nothing)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, RTC_A, 0x23);
	put(&bench, RTC_B, B_PIE | B_UIE);
	fake_clock_advance(3600 * SECOND);
	CHECK_EQ(fake_clock.expired, 1);
	CHECK_EQ(bench.irq.edges, 1);
	CHECK_EQ(
		get(&bench, RTC_C), C_IRQF | C_PF | C_UF); /* and what it missed is one */
	fake_clock_advance(SECOND / 8192 + 1);
	CHECK_EQ(bench.irq.edges, 2);
	bench_finish(&bench);
}

TEST(update_ended_tells_of_each_second)
{
	struct bench bench;

	bench_init(&bench);
	fake_clock_advance(SECOND / 2);
	put(&bench, RTC_B, B_UIE | B_24_HOURS);
	fake_clock_advance(SECOND / 2 - 1);
	CHECK(!bench.irq.level);
	for (unsigned int i = 0; i < 3; i++) {
		fake_clock_advance(i ? SECOND : 1);
		CHECK_EQ(bench.irq.edges, i + 1);
		CHECK_EQ(get(&bench, RTC_C) & ~C_PF & ~C_AF, C_IRQF | C_UF);
	}
	put(&bench, RTC_B, B_SET | B_UIE); /* which setting clears */
	CHECK_EQ(get(&bench, RTC_B), B_SET);
	fake_clock_advance(10 * SECOND);
	CHECK_EQ(bench.irq.edges, 3);
	bench_finish(&bench);
}

TEST(the_alarm_matches_what_it_names)
{
	static const struct {
		uint8_t mode;
		uint8_t hour;
		uint8_t minute;
		uint8_t second;
		uint64_t after_s; /* of 13:59:58; 0: never */
		uint64_t again_s;
	} alarms[] = {
		{B_24_HOURS, 0x14, 0x00, 0x05, 7, 86400},
		{B_24_HOURS, 0x13, 0x59, 0x58, 86400, 86400},
		{B_24_HOURS, 0xc0, 0x00, 0x00, 2, 3600},
		{B_24_HOURS, 0xff, 0xff, 0x07, 9, 60},
		{B_24_HOURS, 0xff, 0xff, 0xff, 1, 1},
		{B_24_HOURS, 0x14, 0xff, 0x01, 3, 60},
		{0, 0x82, 0x00, 0x00, 2, 86400},
		{0, 0x12, 0x00, 0x00, 36002, 86400}, /* midnight */
		{B_24_HOURS | B_BINARY, 14, 30, 59, 1861, 86400},
		{B_24_HOURS, 0x24, 0x00, 0x00, 0, 0},
		{B_24_HOURS, 0xff, 0x75, 0x00, 0, 0},
		{B_24_HOURS, 0xff, 0xff, 0x75, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(alarms); i++) {
		struct bench bench;

		bench_init(&bench);
		put(&bench, RTC_HOUR_ALARM, alarms[i].hour);
		put(&bench, RTC_MINUTE_ALARM, alarms[i].minute);
		put(&bench, RTC_SECOND_ALARM, alarms[i].second);
		put(&bench, RTC_B, B_AIE | alarms[i].mode);
		if (!alarms[i].after_s) {
			CHECK(!fake_clock.timers);
			bench_finish(&bench);
			continue;
		}
		fake_clock_advance(alarms[i].after_s * SECOND - 1);
		CHECK(!bench.irq.level);
		fake_clock_advance(1);
		CHECK(bench.irq.level);
		CHECK_EQ(get(&bench, RTC_C) & ~C_PF & ~C_UF, C_IRQF | C_AF);
		fake_clock_advance(alarms[i].again_s * SECOND - 1);
		CHECK(!bench.irq.level);
		fake_clock_advance(1);
		CHECK(bench.irq.level);
		bench_finish(&bench);
	}
}

TEST(an_alarm_notices_that_the_hosts_clock_was_set)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, RTC_HOUR_ALARM, 0x16);
	put(&bench, RTC_B, B_AIE | B_24_HOURS);
	fake_clock_advance(SECOND);
	ahead_ns += 2 * 3600 * SECOND + 60 * SECOND;
	fake_clock_advance(60 * SECOND);
	CHECK(bench.irq.level);
	bench_finish(&bench);
}

TEST(time_that_runs_backwards_is_no_event)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, RTC_B, B_UIE | B_24_HOURS);
	get(&bench, RTC_C);
	ahead_ns -= 10 * SECOND;
	CHECK_EQ(get(&bench, RTC_C), 0);
	fake_clock_advance(SECOND);
	CHECK_EQ(get(&bench, RTC_C), C_IRQF | C_UF | C_PF);
	bench_finish(&bench);
}

TEST(flags_are_raised_without_being_enabled_and_interrupt_when_they_are)
{
	struct bench bench;

	bench_init(&bench);
	fake_clock_advance(3 * SECOND);
	CHECK_EQ(fake_clock.expired, 0);
	put(&bench, RTC_B, B_UIE | B_24_HOURS);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, RTC_C), C_IRQF | C_UF | C_PF);
	CHECK_EQ(get(&bench, RTC_C), 0);
	bench_finish(&bench);
}

TEST(a_divider_in_reset_makes_no_interrupts)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, RTC_B, B_PIE | B_UIE | B_AIE);
	put(&bench, RTC_A, 0x76);
	CHECK(!fake_clock.timers);
	fake_clock_advance(100 * SECOND);
	CHECK_EQ(get(&bench, RTC_C), 0);
	put(&bench, RTC_A, 0x26);
	CHECK(fake_clock.timers);
	bench_finish(&bench);
}

TEST(a_new_line_starts_low)
{
	struct bench bench;
	struct fake_line next;

	bench_init(&bench);
	fake_line_init(&next);
	put(&bench, RTC_B, B_PIE);
	fake_clock_advance(SECOND);
	CHECK(bench.irq.level);
	rtc_set_irq(bench.rtc, NULL);
	rtc_reset(bench.rtc);
	rtc_set_irq(bench.rtc, &next.line);
	CHECK(bench.irq.level); /* gone with its VM */
	CHECK(!next.level);
	CHECK(!fake_clock.timers);
	put(&bench, RTC_B, B_PIE);
	fake_clock_advance(SECOND);
	CHECK(next.level);
	bench_finish(&bench);
}

TEST_MAIN(CASE(each_rate_is_so_many_interrupts_a_second),
	CASE(an_interrupt_that_nobody_reads_costs_nothing),
	CASE(update_ended_tells_of_each_second), CASE(the_alarm_matches_what_it_names),
	CASE(an_alarm_notices_that_the_hosts_clock_was_set),
	CASE(time_that_runs_backwards_is_no_event),
	CASE(flags_are_raised_without_being_enabled_and_interrupt_when_they_are),
	CASE(a_divider_in_reset_makes_no_interrupts), CASE(a_new_line_starts_low))
