/* SPDX-License-Identifier: Apache-2.0 */
#include "host/input_state.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "src/container_of.h"
#include "test/unit/input_probe.h"
#include "test/unit/test.h"

/* Two of a touch screen with two fingers, keys, switches and an axis. */
struct pair {
	struct input_info info;
	struct input_state from;
	struct input_state to;
	char text[4096];
};

static void pair_begin(struct pair *pair)
{
	memset(pair, 0, sizeof(*pair));
	input_set_bit(pair->info.codes[EV_ABS], ABS_MT_SLOT, true);
	pair->info.axes[ABS_MT_SLOT].maximum = 1;
	CHECK_EQ(input_state_init(&pair->from, &pair->info), 0);
	CHECK_EQ(input_state_init(&pair->to, &pair->info), 0);
}

static void pair_end(struct pair *pair)
{
	input_state_finish(&pair->from);
	input_state_finish(&pair->to);
}

static void set(
	struct input_state *state, unsigned int type, unsigned int code, int32_t value)
{
	struct evdev_event event = {(uint16_t)type, (uint16_t)code, value};

	input_state_apply(state, &event, 1);
}

/* All the steps that there are, in rooms of that size. */
static const char *steps(struct pair *pair, unsigned int room)
{
	struct evdev_event events[64];
	unsigned int count;

	pair->text[0] = 0;
	while ((count = input_state_step(&pair->from, &pair->to, events, room))) {
		CHECK(count <= room);
		for (unsigned int i = 0; i < count; i++)
			input_probe_write(pair->text, sizeof(pair->text), &events[i]);
		input_state_apply(&pair->from, events, count);
	}
	return pair->text;
}

TEST(has_nothing_to_tell_where_nothing_differs)
{
	struct pair pair;

	pair_begin(&pair);
	CHECK_STR(steps(&pair, 64), "");
	pair_end(&pair);
}

TEST(tells_keys_switches_and_axes_that_were_missed)
{
	struct pair pair;

	pair_begin(&pair);
	set(&pair.from, EV_KEY, KEY_A, 1);
	set(&pair.to, EV_KEY, KEY_B, 1);
	set(&pair.to, EV_SW, SW_LID, 1);
	set(&pair.to, EV_ABS, ABS_Y, -7);
	CHECK_STR(steps(&pair, 64), "K30=0 K48=1 W0=1 A1=-7 .");
	CHECK_STR(steps(&pair, 64), "");
	pair_end(&pair);
}

TEST(tells_what_fits_and_then_the_rest)
{
	struct pair pair;

	pair_begin(&pair);
	set(&pair.to, EV_KEY, KEY_A, 1);
	set(&pair.to, EV_KEY, KEY_S, 1);
	set(&pair.to, EV_KEY, KEY_D, 1);
	CHECK_STR(steps(&pair, 3), "K30=1 K31=1 . K32=1 .");
	pair_end(&pair);
}

TEST(never_tells_half_a_finger)
{
	struct pair pair;

	pair_begin(&pair);
	set(&pair.to, EV_KEY, BTN_TOUCH, 1);
	for (int i = 0; i < 2; i++) {
		set(&pair.to, EV_ABS, ABS_MT_SLOT, i);
		set(&pair.to, EV_ABS, ABS_MT_TRACKING_ID, 100 + i);
		set(&pair.to, EV_ABS, ABS_MT_POSITION_X, 5 + i);
		set(&pair.to, EV_ABS, ABS_MT_POSITION_Y, 7 + i);
	}
	CHECK_STR(steps(&pair, 4), "A57=100 A53=5 A54=7 .");
	CHECK_STR(steps(&pair, 5), "A47=1 A57=101 A53=6 A54=8 . K330=1 .");
	CHECK_STR(steps(&pair, 64), "");
	pair_end(&pair);
}

TEST(lifts_a_finger_before_another_one_takes_its_slot)
{
	struct pair pair;

	pair_begin(&pair);
	set(&pair.from, EV_ABS, ABS_MT_TRACKING_ID, 1);
	set(&pair.from, EV_ABS, ABS_MT_POSITION_X, 9);
	set(&pair.to, EV_ABS, ABS_MT_TRACKING_ID, 2);
	set(&pair.to, EV_ABS, ABS_MT_POSITION_X, 9);
	CHECK_STR(steps(&pair, 64), "A57=-1 . A57=2 .");
	pair_end(&pair);
}

TEST(ends_in_the_slot_whose_axes_come_next)
{
	struct pair pair;

	pair_begin(&pair);
	set(&pair.from, EV_ABS, ABS_MT_SLOT, 1);
	set(&pair.to, EV_ABS, ABS_MT_SLOT, 1);
	set(&pair.to, EV_ABS, ABS_MT_SLOT, 0);
	set(&pair.to, EV_ABS, ABS_MT_POSITION_X, 3);
	set(&pair.to, EV_ABS, ABS_MT_SLOT, 1);
	CHECK_STR(steps(&pair, 64), "A47=0 A53=3 A47=1 .");
	pair_end(&pair);
}

TEST(gets_on_in_the_smallest_room_that_it_asks_for)
{
	struct pair pair;

	pair_begin(&pair);
	set(&pair.from, EV_ABS, ABS_MT_SLOT, 1);
	set(&pair.from, EV_ABS, ABS_MT_TRACKING_ID, 1);
	set(&pair.to, EV_ABS, ABS_MT_SLOT, 0);
	for (unsigned int code = ABS_MT_TOUCH_MAJOR; code <= ABS_MT_TOOL_Y; code++)
		set(&pair.to, EV_ABS, code, 1000);
	steps(&pair, INPUT_STATE_STEP_MAX);
	CHECK_STR(steps(&pair, 64), "");
	pair_end(&pair);
}

TEST(forgets_what_is_held_and_keeps_the_rest)
{
	struct pair pair;

	pair_begin(&pair);
	set(&pair.to, EV_KEY, KEY_A, 1);
	set(&pair.to, EV_SW, SW_LID, 1);
	set(&pair.to, EV_ABS, ABS_X, 3);
	set(&pair.to, EV_ABS, ABS_MT_TRACKING_ID, 0);
	steps(&pair, 64);
	input_state_release(&pair.to);
	CHECK_STR(steps(&pair, 64), "A57=-1 K30=0 .");
	input_state_clear(&pair.to);
	CHECK_STR(steps(&pair, 64), "W0=0 A0=0 .");
	pair_end(&pair);
}

TEST(ignores_what_no_device_says)
{
	static const struct evdev_event wrong[] = {
		{EV_KEY, 0xffff, 1},
		{EV_SW, 0xffff, 1},
		{EV_ABS, 0xffff, 1},
		{0xffff, 0, 1},
		{EV_ABS, ABS_MT_SLOT, 2},
		{EV_ABS, ABS_MT_POSITION_X, 1},
		{EV_ABS, ABS_MT_SLOT, INT32_MIN},
		{EV_ABS, ABS_MT_POSITION_X, 1},
		{EV_ABS, ABS_MT_SLOT, 0},
	};
	struct pair pair;

	pair_begin(&pair);
	input_state_apply(&pair.to, wrong, ARRAY_SIZE(wrong));
	CHECK_STR(steps(&pair, 64), "");
	pair_end(&pair);
}

TEST(has_as_many_fingers_as_linux_lets_a_device_have)
{
	struct input_info info = {.name = ""};
	struct input_state state;

	CHECK_EQ(input_state_init(&state, &info), 0);
	CHECK_EQ(state.slot_count, 0);
	input_state_finish(&state);
	input_set_bit(info.codes[EV_ABS], ABS_MT_SLOT, true);
	info.axes[ABS_MT_SLOT].maximum = INT32_MAX;
	CHECK_EQ(input_state_init(&state, &info), 0);
	CHECK_EQ(state.slot_count, INPUT_SLOTS_MAX);
	input_state_finish(&state);
	info.axes[ABS_MT_SLOT].maximum = -1;
	CHECK_EQ(input_state_init(&state, &info), 0);
	CHECK_EQ(state.slot_count, 0);
	input_state_finish(&state);
}

TEST_MAIN(CASE(has_nothing_to_tell_where_nothing_differs),
	CASE(tells_keys_switches_and_axes_that_were_missed),
	CASE(tells_what_fits_and_then_the_rest), CASE(never_tells_half_a_finger),
	CASE(lifts_a_finger_before_another_one_takes_its_slot),
	CASE(ends_in_the_slot_whose_axes_come_next),
	CASE(gets_on_in_the_smallest_room_that_it_asks_for),
	CASE(forgets_what_is_held_and_keeps_the_rest), CASE(ignores_what_no_device_says),
	CASE(has_as_many_fingers_as_linux_lets_a_device_have))
