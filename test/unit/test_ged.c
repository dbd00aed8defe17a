/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/ged.h"

#include "src/container_of.h"
#include "test/unit/fake_board.h"
#include "test/unit/fake_line.h"
#include "test/unit/test.h"

#define GPA 0xfea00000u
#define NO_REQUEST 99

struct bench {
	struct fake_board board;
	struct fake_line irq;
	struct ged *ged;
};

static void bench_init(struct bench *bench)
{
	fake_board_init(&bench->board);
	fake_line_init(&bench->irq);
	CHECK_EQ(ged_create(&bench->board.host, GPA, &bench->ged, NULL), 0);
	CHECK_EQ(bus_add(&bench->board.bus, ged_region(bench->ged), NULL), 0);
	ged_set_irq(bench->ged, &bench->irq.line);
}

static uint64_t get(struct bench *bench, uint64_t offset, unsigned int bytes)
{
	uint64_t value;

	CHECK(bus_read(&bench->board.bus, GPA + offset, bytes, &value));
	return value;
}

TEST(the_power_button_is_an_event_that_is_read_once)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(get(&bench, GED_SELECTOR, 4), 0);
	ged_press_power_button(bench.ged);
	CHECK_EQ(bench.irq.pulses, 1);
	CHECK_EQ(get(&bench, GED_SELECTOR, 4), GED_POWER_BUTTON);
	CHECK_EQ(get(&bench, GED_SELECTOR, 4), 0);
	ged_destroy(bench.ged);
	ged_destroy(NULL);
}

TEST(a_press_without_a_line_waits_and_a_reset_forgets_it)
{
	struct bench bench;

	bench_init(&bench);
	ged_set_irq(bench.ged, NULL);
	ged_press_power_button(bench.ged);
	CHECK_EQ(bench.irq.pulses, 0);
	CHECK_EQ(get(&bench, GED_SELECTOR, 4), GED_POWER_BUTTON);
	ged_press_power_button(bench.ged);
	ged_reset(bench.ged);
	CHECK_EQ(get(&bench, GED_SELECTOR, 4), 0);
	ged_destroy(bench.ged);
}

TEST(power_registers_take_exactly_their_values)
{
	static const struct {
		uint64_t offset;
		unsigned int bytes;
		uint64_t value;
		int request;
	} writes[] = {
		{GED_SLEEP_CONTROL, 1, 0x34, BOARD_POWER_OFF},
		{GED_SLEEP_CONTROL, 1, 0xff & ~0x08, BOARD_POWER_OFF}, /* type 5 */
		{GED_SLEEP_CONTROL, 1, 0x14, NO_REQUEST},              /* not enabled */
		{GED_SLEEP_CONTROL, 1, 0x20, NO_REQUEST},              /* type 0 */
		{GED_SLEEP_CONTROL, 1, 0x3c, NO_REQUEST},              /* type 7 */
		{GED_SLEEP_STATUS, 1, 0x80, NO_REQUEST},
		{GED_RESET, 1, 0x42, BOARD_RESET},
		{GED_RESET, 1, 0x43, NO_REQUEST},
		{GED_SELECTOR, 4, 0xffffffff, NO_REQUEST},
		{0x100, 4, 0x42, NO_REQUEST},
	};

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct bench bench;

		bench_init(&bench);
		CHECK(bus_write(&bench.board.bus, GPA + writes[i].offset, writes[i].bytes,
			writes[i].value));
		CHECK_EQ(bench.board.requests, writes[i].request != NO_REQUEST);
		if (bench.board.requests)
			CHECK_EQ(bench.board.last, writes[i].request);
		ged_destroy(bench.ged);
	}
}

TEST(power_registers_read_as_zero_and_what_is_none_as_ones)
{
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(get(&bench, GED_SLEEP_CONTROL, 1), 0);
	CHECK_EQ(get(&bench, GED_SLEEP_STATUS, 1), 0);
	CHECK_EQ(get(&bench, GED_RESET, 1), 0);
	CHECK_EQ(get(&bench, 0x100, 2), 0xffff);
	ged_destroy(bench.ged);
}

TEST_MAIN(CASE(the_power_button_is_an_event_that_is_read_once),
	CASE(a_press_without_a_line_waits_and_a_reset_forgets_it),
	CASE(power_registers_take_exactly_their_values),
	CASE(power_registers_read_as_zero_and_what_is_none_as_ones))
