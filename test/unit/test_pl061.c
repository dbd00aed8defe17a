/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/pl061.h"

#include "arch/arm/layout.h"
#include "arch/arm/pl061_regs.h"
#include "arch/arm/power_key.h"
#include "test/unit/arm_device_bench.h"

#define ALL (GPIO_DATA + 0x3fc) /* the data of all lines */

static struct pl061 *start(struct bench *bench)
{
	struct pl061 *pl061;

	bench_init(bench);
	CHECK_EQ(pl061_create(&fake_clock, GPA, &pl061, NULL), 0);
	bench_add(bench, pl061_cell(pl061));
	return pl061;
}

static void finish(struct bench *bench, struct pl061 *pl061)
{
	pl061_destroy(pl061);
	pl061_destroy(NULL);
	bench_check(bench);
}

TEST(registers_have_their_values)
{
	static const struct register_claim claims[] = {
		{ALL, 0, 0xffffffff, 0}, /* all are inputs */
		{GPIO_DIR, 0, 0xffffffa5, 0xa5},
		{GPIO_IS, 0, 0xffffffa5, 0xa5},
		{GPIO_IBE, 0, 0xffffffa5, 0xa5},
		{GPIO_IEV, 0, 0xffffffa5, 0xa5},
		{GPIO_IE, 0, 0xffffffa5, 0xa5},
		{GPIO_RIS, 0, 0xffffffff, 0},
		{GPIO_MIS, 0, 0xffffffff, 0},
		{GPIO_IC, 0, 0xffffffff, 0},
		{GPIO_AFSEL, 0, 0xffffffa5, 0xa5},
		{0x424, 0, 0xffffffff, 0},
		{0xfdc, 0, 0xffffffff, 0},
	};
	struct bench bench;
	struct pl061 *pl061 = start(&bench);

	check_registers(&bench, claims, ARRAY_SIZE(claims));
	check_id(&bench, 0x00041061);
	finish(&bench, pl061);
}

TEST(the_address_masks_the_data)
{
	static const struct {
		uint8_t mask;
		uint8_t write;
		uint8_t data; /* of all lines, where 7 to 4 are outputs */
	} writes[] = {
		{0xff, 0xff, 0xf2},
		{0x10, 0xff, 0x12},
		{0x01, 0xff, 0x02}, /* an input */
		{0xa0, 0x20, 0x22},
		{0x00, 0xff, 0x02},
	};

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct bench bench;
		struct pl061 *pl061 = start(&bench);

		put(&bench, GPIO_DIR, 0xf0);
		pl061_set_input(pl061, 1, true);
		pl061_set_input(pl061, 7, true); /* driven against an output */
		put(&bench, GPIO_DATA + 4 * writes[i].mask, writes[i].write);
		CHECK_EQ(get(&bench, ALL), writes[i].data);
		CHECK_EQ(get(&bench, GPIO_DATA + 4 * 0x32), writes[i].data & 0x32);
		CHECK_EQ(get(&bench, GPIO_DATA), 0);
		finish(&bench, pl061);
	}
}

TEST(takes_accesses_of_every_size)
{
	for (unsigned int bytes = 1; bytes <= 8; bytes *= 2) {
		struct bench bench;
		struct pl061 *pl061 = start(&bench);
		uint64_t value;

		CHECK(bus_write(&bench.bus, GPA + GPIO_IE, bytes, 0x1234));
		CHECK(bus_read(&bench.bus, GPA + GPIO_IE, bytes, &value));
		CHECK_EQ(value, 0x34);
		CHECK(bus_write(&bench.bus, GPA + GPIO_IE + 1, 1, 0xff)); /* nowhere */
		CHECK_EQ(get(&bench, GPIO_IE), 0x34);
		finish(&bench, pl061);
	}
}

/* Line 2 goes up and down again; what is raised after each. */
TEST(lines_interrupt_as_they_are_told_to)
{
	static const struct {
		uint8_t dir, is, ibe, iev;
		bool up, down;
	} cases[] = {
		{0, 0, 0, 0, false, true},    /* falling */
		{0, 0, 0, 4, true, true},     /* rising, and kept */
		{0, 0, 4, 0, true, true},     /* both */
		{0, 4, 0, 4, true, false},    /* high */
		{0, 4, 0, 0, false, true},    /* low */
		{4, 0, 4, 0, false, false},   /* an output */
		{4, 4, 0, 0, false, false},   /* likewise */
		{0, 0, 0xfb, 0, false, true}, /* the others' */
		{0, 0xfb, 0, 4, true, true},  /* likewise */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;
		struct pl061 *pl061 = start(&bench);

		put(&bench, GPIO_DIR, cases[i].dir);
		put(&bench, GPIO_IS, cases[i].is);
		put(&bench, GPIO_IBE, cases[i].ibe);
		put(&bench, GPIO_IEV, cases[i].iev);
		put(&bench, GPIO_IE, 4);
		pl061_set_input(pl061, 2, true);
		CHECK_EQ(bench.irq.level, cases[i].up);
		CHECK_EQ(get(&bench, GPIO_RIS) & 4, cases[i].up ? 4 : 0);
		pl061_set_input(pl061, 2, false);
		CHECK_EQ(bench.irq.level, cases[i].down);
		CHECK_EQ(get(&bench, GPIO_MIS), cases[i].down ? 4 : 0);
		finish(&bench, pl061);
	}
}

TEST(an_edge_is_kept_while_masked_and_until_cleared)
{
	struct bench bench;
	struct pl061 *pl061 = start(&bench);

	put(&bench, GPIO_IEV, 0xff);
	pl061_set_input(pl061, 2, true);
	pl061_set_input(pl061, 5, true);
	CHECK_EQ(get(&bench, GPIO_RIS), 0x24);
	CHECK_EQ(get(&bench, GPIO_MIS), 0);
	CHECK(!bench.irq.level);
	put(&bench, GPIO_IE, 0x20);
	CHECK_EQ(get(&bench, GPIO_MIS), 0x20);
	CHECK(bench.irq.level);
	put(&bench, GPIO_IC, 0x20);
	CHECK(!bench.irq.level);
	CHECK_EQ(get(&bench, GPIO_RIS), 0x04);
	pl061_set_input(pl061, 5, true); /* as it is */
	CHECK(!bench.irq.level);
	finish(&bench, pl061);
}

TEST(a_level_is_not_cleared_by_the_guest)
{
	struct bench bench;
	struct pl061 *pl061 = start(&bench);

	put(&bench, GPIO_IS, 8);
	put(&bench, GPIO_IEV, 8);
	put(&bench, GPIO_IE, 8);
	pl061_set_input(pl061, 3, true);
	put(&bench, GPIO_IC, 8);
	CHECK(bench.irq.level);
	pl061_set_input(pl061, 3, false);
	CHECK(!bench.irq.level);
	CHECK_EQ(bench.irq.edges, 1);
	finish(&bench, pl061);
}

TEST(changed_registers_are_no_edge)
{
	static const uint16_t registers[] = {
		GPIO_DIR, GPIO_IS, GPIO_IBE, GPIO_IEV, GPIO_AFSEL, ALL};
	struct bench bench;
	struct pl061 *pl061 = start(&bench);

	pl061_set_input(pl061, 0, true);
	put(&bench, GPIO_IC, 0xff);
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		put(&bench, registers[i], 0xff);
		put(&bench, registers[i], 0);
		CHECK_EQ(get(&bench, GPIO_RIS), 0);
	}
	finish(&bench, pl061);
}

/* ---- the power key ---------------------------------------------------------------- */

static void start_key(struct bench *bench, struct pl061 **pl061, struct power_key *key)
{
	*pl061 = start(bench);
	*key = (struct power_key){0};
	power_key_init(key, &fake_clock, *pl061);
	put(bench, GPIO_IBE, 1u << ARM_POWER_KEY_LINE);
	put(bench, GPIO_IE, 1u << ARM_POWER_KEY_LINE);
}

TEST(the_power_key_goes_down_and_up_again)
{
	struct power_key key;
	struct pl061 *pl061;
	struct bench bench;

	start_key(&bench, &pl061, &key);
	power_key_press(&key);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, ALL), 1u << ARM_POWER_KEY_LINE);
	put(&bench, GPIO_IC, 0xff);
	fake_clock_advance(POWER_KEY_HELD_NS - 1);
	CHECK(!bench.irq.level);
	fake_clock_advance(1);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, ALL), 0);
	power_key_finish(&key);
	finish(&bench, pl061);
}

TEST(a_key_pressed_again_while_held_stays_down_for_longer)
{
	struct power_key key;
	struct pl061 *pl061;
	struct bench bench;

	start_key(&bench, &pl061, &key);
	power_key_press(&key);
	fake_clock_advance(POWER_KEY_HELD_NS / 2);
	power_key_press(&key);
	fake_clock_advance(POWER_KEY_HELD_NS - 1);
	CHECK_EQ(get(&bench, ALL), 1u << ARM_POWER_KEY_LINE);
	fake_clock_advance(1);
	CHECK_EQ(get(&bench, ALL), 0);
	CHECK_EQ(fake_clock.expired, 1);
	power_key_finish(&key);
	finish(&bench, pl061);
}

TEST(a_reset_finds_the_key_up)
{
	struct power_key key;
	struct pl061 *pl061;
	struct bench bench;

	start_key(&bench, &pl061, &key);
	power_key_press(&key);
	power_key_reset(&key);
	primecell_reset(bench.cell);
	CHECK(!bench.irq.level);
	CHECK_EQ(get(&bench, ALL), 0);
	CHECK_EQ(get(&bench, GPIO_RIS), 0);
	CHECK(!fake_clock.timers);
	power_key_finish(&key);
	finish(&bench, pl061);
}

TEST_MAIN(CASE(registers_have_their_values), CASE(the_address_masks_the_data),
	CASE(takes_accesses_of_every_size), CASE(lines_interrupt_as_they_are_told_to),
	CASE(an_edge_is_kept_while_masked_and_until_cleared),
	CASE(a_level_is_not_cleared_by_the_guest), CASE(changed_registers_are_no_edge),
	CASE(the_power_key_goes_down_and_up_again),
	CASE(a_key_pressed_again_while_held_stays_down_for_longer),
	CASE(a_reset_finds_the_key_up))
