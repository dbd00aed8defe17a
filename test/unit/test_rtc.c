/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and time of the clock. */
#include <string.h>

#include "test/unit/rtc_bench.h"

struct shown {
	uint8_t century;
	uint8_t year;
	uint8_t month;
	uint8_t day;
	uint8_t weekday;
	uint8_t hour;
	uint8_t minute;
	uint8_t second;
};

static struct shown shown(struct bench *bench)
{
	return (struct shown){
		.century = get(bench, RTC_CENTURY),
		.year = get(bench, RTC_YEAR),
		.month = get(bench, RTC_MONTH),
		.day = get(bench, RTC_DAY),
		.weekday = get(bench, RTC_WEEKDAY),
		.hour = get(bench, RTC_HOUR),
		.minute = get(bench, RTC_MINUTE),
		.second = get(bench, RTC_SECOND),
	};
}

static void check_shown(int line, struct bench *bench, struct shown want)
{
	struct shown got = shown(bench);

	if (memcmp(&got, &want, sizeof(got)))
		test_fail(__FILE__, line, "shows %02x%02x-%02x-%02x (%x) %02x:%02x:%02x",
			got.century, got.year, got.month, got.day, got.weekday, got.hour,
			got.minute, got.second);
}

#define CHECK_SHOWN(bench, ...) check_shown(__LINE__, bench, (struct shown){__VA_ARGS__})

static void put_shown(struct bench *bench, struct shown time)
{
	put(bench, RTC_SECOND, time.second);
	put(bench, RTC_MINUTE, time.minute);
	put(bench, RTC_HOUR, time.hour);
	put(bench, RTC_DAY, time.day);
	put(bench, RTC_MONTH, time.month);
	put(bench, RTC_YEAR, time.year);
	put(bench, RTC_CENTURY, time.century);
}

TEST(shows_the_hosts_time_in_every_mode)
{
	static const struct {
		uint8_t mode;
		uint64_t later_s;
		struct shown want;
	} cases[] = {
		{B_24_HOURS, 0, {0x20, 0x26, 0x03, 0x01, 1, 0x13, 0x59, 0x58}},
		{B_24_HOURS, 2, {0x20, 0x26, 0x03, 0x01, 1, 0x14, 0x00, 0x00}},
		{B_24_HOURS | B_BINARY, 0, {20, 26, 3, 1, 1, 13, 59, 58}},
		{0, 0, {0x20, 0x26, 0x03, 0x01, 1, 0x81, 0x59, 0x58}},
		{B_BINARY, 0, {20, 26, 3, 1, 1, 0x81, 59, 58}},
		{B_BINARY, 10 * 3600 + 2, {20, 26, 3, 2, 2, 12, 0, 0}},
		{B_BINARY, 22 * 3600 + 2, {20, 26, 3, 2, 2, 0x8c, 0, 0}},
		{B_24_HOURS, 2336652002, {0x21, 0x00, 0x03, 0x18, 5, 0x04, 0x00, 0x00}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;

		bench_init(&bench);
		put(&bench, RTC_B, cases[i].mode);
		fake_clock_advance(cases[i].later_s * SECOND);
		check_shown(__LINE__, &bench, cases[i].want);
		CHECK_EQ(fake_clock.expired, 0);
		bench_finish(&bench);
	}
}

TEST(has_the_documented_registers)
{
	static const struct {
		uint8_t index;
		uint8_t reset;
		uint8_t write;
		uint8_t read;
	} registers[] = {
		{RTC_SECOND_ALARM, 0, 0xff, 0xff},
		{RTC_A, 0x26, 0xaf, 0x2f}, /* UIP is not the guest's */
		{RTC_B, 0x02, 0x0f, 0x0f},
		{RTC_C, 0, 0xff, 0},
		{RTC_D, D_VRT, 0, D_VRT},
		{0x0f, 0, 0x0a, 0x0a}, /* why the firmware was shut down */
		{0x7f, 0, 0x5a, 0x5a},
	};

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		struct bench bench;

		bench_init(&bench);
		CHECK_EQ(get(&bench, registers[i].index), registers[i].reset);
		put(&bench, registers[i].index, registers[i].write);
		CHECK_EQ(get(&bench, registers[i].index), registers[i].read);
		CHECK_EQ(get(&bench, 0x80 | registers[i].index), registers[i].read);
		bench_finish(&bench);
	}
}

TEST(the_index_is_write_only_and_both_ports_make_a_word)
{
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	CHECK(bus_write(&bench.ports, PORT, 2, 0x5a7f));
	CHECK_EQ(get(&bench, 0x7f), 0x5a);
	CHECK(bus_read(&bench.ports, PORT, 2, &value));
	CHECK_EQ(value, 0x5aff);
	bench_finish(&bench);
}

TEST(tells_how_much_memory_there_is)
{
	static const struct {
		uint64_t low;
		uint64_t high;
		uint16_t base;
		uint16_t extended;
		uint16_t above_16_mib;
		uint32_t above_4_gib;
	} sizes[] = {
		{512u << 10, 0, 512, 0, 0, 0},
		{2u << 20, 0, 640, 1024, 0, 0},
		{32u << 20, 0, 640, 31744, 256, 0},
		{512u << 20, 0, 640, 65535, 7936, 0},
		{3ull << 30, 1ull << 30, 640, 65535, 48896, 16384},
		{3ull << 30, 1ull << 42, 640, 65535, 48896, 0xffffff},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bench bench;

		bench_init_ram(&bench, sizes[i].low, sizes[i].high);
		CHECK_EQ(get(&bench, 0x15) | get(&bench, 0x16) << 8, sizes[i].base);
		CHECK_EQ(get(&bench, 0x17) | get(&bench, 0x18) << 8, sizes[i].extended);
		CHECK_EQ(get(&bench, 0x30) | get(&bench, 0x31) << 8, sizes[i].extended);
		CHECK_EQ(get(&bench, 0x34) | get(&bench, 0x35) << 8,
			sizes[i].above_16_mib);
		CHECK_EQ(get(&bench, 0x5b) | get(&bench, 0x5c) << 8 |
				 get(&bench, 0x5d) << 16,
			sizes[i].above_4_gib);
		bench_finish(&bench);
	}
}

TEST(warns_of_an_update_shortly_before_it)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(get(&bench, RTC_A) & A_UIP, 0);
	fake_clock_advance(SECOND - 244001);
	CHECK_EQ(get(&bench, RTC_A) & A_UIP, 0);
	fake_clock_advance(1);
	CHECK_EQ(get(&bench, RTC_A) & A_UIP, A_UIP);
	put(&bench, RTC_B, B_SET);
	CHECK_EQ(get(&bench, RTC_A) & A_UIP, 0);
	put(&bench, RTC_B, B_24_HOURS);
	fake_clock_advance(244000);
	CHECK_EQ(get(&bench, RTC_A) & A_UIP, 0);
	CHECK_EQ(get(&bench, RTC_SECOND), 0x59);
	bench_finish(&bench);
}

TEST(a_guest_sets_its_time_while_updates_are_held)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, RTC_B, B_SET | B_24_HOURS);
	fake_clock_advance(5 * SECOND);
	CHECK_SHOWN(&bench, 0x20, 0x26, 0x03, 0x01, 1, 0x13, 0x59, 0x58);
	put_shown(&bench, (struct shown){0x19, 0x99, 0x12, 0x31, 0, 0x23, 0x59, 0x59});
	fake_clock_advance(5 * SECOND);
	CHECK_EQ(get(&bench, RTC_SECOND), 0x59);
	put(&bench, RTC_B, B_24_HOURS);
	CHECK_SHOWN(&bench, 0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x59);
	fake_clock_advance(SECOND);
	CHECK_SHOWN(&bench, 0x20, 0x00, 0x01, 0x01, 7, 0x00, 0x00, 0x00);
	bench_finish(&bench);
}

TEST(a_guest_sets_its_time_on_the_run)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, RTC_YEAR, 0x30);
	put(&bench, RTC_HOUR, 0x07);
	fake_clock_advance(SECOND);
	CHECK_SHOWN(&bench, 0x20, 0x30, 0x03, 0x01, 6, 0x07, 0x59, 0x59);
	bench_finish(&bench);
}

TEST(setting_keeps_the_phase_unless_the_divider_was_reset)
{
	static const struct {
		uint8_t a;
		uint64_t phase_ns;
	} cases[] = {{0x26, SECOND / 4}, {0x66, SECOND / 2}, {0x76, SECOND / 2}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;

		bench_init(&bench);
		fake_clock_advance(SECOND / 4);
		put(&bench, RTC_B, B_SET | B_24_HOURS);
		put(&bench, RTC_A, cases[i].a);
		put(&bench, RTC_SECOND, 0x30);
		put(&bench, RTC_B, B_24_HOURS);
		put(&bench, RTC_A, 0x26);
		fake_clock_advance(SECOND - cases[i].phase_ns - 1);
		CHECK_EQ(get(&bench, RTC_SECOND), 0x30);
		fake_clock_advance(1);
		CHECK_EQ(get(&bench, RTC_SECOND), 0x31);
		bench_finish(&bench);
	}
}

TEST(nonsense_carries)
{
	static const struct {
		uint8_t mode;
		struct shown set;
		struct shown want;
	} cases[] = {
		{B_24_HOURS | B_BINARY, {20, 26, 13, 32, 0, 24, 60, 61},
			{20, 27, 2, 2, 3, 1, 1, 1}},
		{B_24_HOURS, {0x20, 0x26, 0x00, 0x00, 0, 0, 0, 0},
			{0x20, 0x25, 0x11, 0x30, 1, 0, 0, 0}},
		{B_24_HOURS | B_BINARY, {0, 0, 0, 0, 0, 0, 0, 0},
			{99, 99, 11, 30, 3, 0, 0, 0}},
		{B_24_HOURS | B_BINARY, {255, 255, 255, 255, 0, 255, 255, 255},
			{57, 76, 11, 20, 4, 19, 19, 15}},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;

		bench_init(&bench);
		put(&bench, RTC_B, B_SET | cases[i].mode);
		put_shown(&bench, cases[i].set);
		put(&bench, RTC_B, cases[i].mode);
		check_shown(__LINE__, &bench, cases[i].want);
		bench_finish(&bench);
	}
}

TEST(a_reboot_keeps_time_and_cmos_but_not_modes)
{
	struct bench bench;

	bench_init_ram(&bench, 512u << 20, 0);
	put(&bench, RTC_YEAR, 0x30);
	put(&bench, 0x50, 0x77);
	put(&bench, 0x15, 0x77);
	put(&bench, RTC_A, 0x2f);
	put(&bench, RTC_B, B_SET | B_BINARY | B_PIE);
	rtc_reset(bench.rtc);
	CHECK_EQ(get(&bench, RTC_A), 0x26);
	CHECK_EQ(get(&bench, RTC_B), B_24_HOURS);
	CHECK_EQ(get(&bench, RTC_YEAR), 0x30);
	CHECK_EQ(get(&bench, 0x50), 0x77);
	CHECK_EQ(get(&bench, 0x15), 640 & 0xff);
	rtc_destroy(NULL);
	bench_finish(&bench);
}

TEST(follows_the_hosts_clock_when_that_is_set)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, RTC_HOUR, 0x07);
	ahead_ns += 3600 * SECOND;
	CHECK_EQ(get(&bench, RTC_HOUR), 0x08);
	CHECK_EQ(get(&bench, RTC_C), C_UF | C_PF);
	ahead_ns -= 7200 * SECOND;
	CHECK_EQ(get(&bench, RTC_HOUR), 0x06);
	CHECK_EQ(get(&bench, RTC_C), 0);
	bench_finish(&bench);
}

TEST_MAIN(CASE(shows_the_hosts_time_in_every_mode), CASE(has_the_documented_registers),
	CASE(the_index_is_write_only_and_both_ports_make_a_word),
	CASE(tells_how_much_memory_there_is), CASE(warns_of_an_update_shortly_before_it),
	CASE(a_guest_sets_its_time_while_updates_are_held),
	CASE(a_guest_sets_its_time_on_the_run),
	CASE(setting_keeps_the_phase_unless_the_divider_was_reset),
	CASE(nonsense_carries), CASE(a_reboot_keeps_time_and_cmos_but_not_modes),
	CASE(follows_the_hosts_clock_when_that_is_set))
