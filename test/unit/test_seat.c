/* SPDX-License-Identifier: Apache-2.0 */
#include "host/seat.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "host/input_state.h"
#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/fake_clock.h"
#include "test/unit/input_probe.h"
#include "test/unit/test.h"

/* A seat with at most one device of a kind. */
struct rig {
	struct seat *seat;
	struct input_source *sources[4];
	struct input_probe probes[4];
};

#define KIND(kind) (1u << (kind))

static struct input_source *add(struct rig *rig, enum input_kind kind, const char *name)
{
	struct input_source *source = NULL;
	struct error err;

	CHECK_EQ(seat_source_create(rig->seat, kind, name, &source, &err), 0);
	return source;
}

static void begin(struct rig *rig, unsigned int kinds)
{
	struct error err;

	memset(rig, 0, sizeof(*rig));
	memset(&fake_clock, 0, sizeof(fake_clock));
	CHECK_EQ(seat_create(&fake_clock, &rig->seat, &err), 0);
	for (unsigned int kind = 0; kind < 4; kind++) {
		if (!(kinds & KIND(kind)))
			continue;
		rig->sources[kind] = add(rig, kind, "a device");
		input_probe_begin(&rig->probes[kind], rig->sources[kind]);
	}
}

static void end(struct rig *rig)
{
	for (unsigned int kind = 0; kind < 4; kind++)
		input_source_destroy(rig->sources[kind]);
	seat_destroy(rig->seat);
	CHECK(!fake_clock.timers);
}

static const char *heard(struct rig *rig, enum input_kind kind)
{
	return input_probe_heard(&rig->probes[kind]);
}

#define ALL                                                                              \
	(KIND(INPUT_KEYBOARD) | KIND(INPUT_POINTER) | KIND(INPUT_TABLET) |               \
		KIND(INPUT_TOUCH))

TEST(tells_what_is_said_with_the_next_sync)
{
	struct rig rig;

	begin(&rig, ALL);
	seat_key(rig.seat, KEY_LEFTSHIFT, true);
	seat_key(rig.seat, KEY_A, true);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "");
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K42=1 K30=1 .");
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "");
	end(&rig);
}

TEST(says_once_that_a_key_is_down)
{
	struct rig rig;

	begin(&rig, ALL);
	seat_key(rig.seat, KEY_A, false);
	seat_key(rig.seat, KEY_A, true);
	seat_key(rig.seat, KEY_A, true);
	seat_key(rig.seat, KEY_A, false);
	seat_key(rig.seat, KEY_A, false);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K30=1 K30=0 .");
	end(&rig);
}

TEST(sends_each_action_to_its_device)
{
	struct rig rig;

	begin(&rig, ALL);
	seat_key(rig.seat, KEY_A, true);
	seat_place(rig.seat, 1, 32767);
	seat_key(rig.seat, BTN_LEFT, true);
	seat_motion(rig.seat, -3, 4);
	seat_touch(rig.seat, 2, 100, 200);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K30=1 .");
	CHECK_STR(heard(&rig, INPUT_TABLET), "A0=1 A1=32767 K272=1 .");
	CHECK_STR(heard(&rig, INPUT_POINTER), "R0=-3 R1=4 .");
	CHECK_STR(heard(&rig, INPUT_TOUCH), "A47=2 A57=0 K330=1 A53=100 A54=200 .");
	end(&rig);
}

TEST(drops_what_there_is_no_device_for)
{
	struct rig rig;

	begin(&rig, 0);
	seat_key(rig.seat, KEY_A, true);
	seat_key(rig.seat, BTN_LEFT, true);
	seat_place(rig.seat, 1, 1);
	seat_motion(rig.seat, 1, 1);
	seat_wheel(rig.seat, 120, 120);
	seat_touch(rig.seat, 0, 1, 1);
	seat_touch_end(rig.seat, 0);
	seat_sync(rig.seat);
	seat_release_all(rig.seat);
	CHECK(!seat_has(rig.seat, INPUT_KEYBOARD));
	end(&rig);
	begin(&rig, KIND(INPUT_KEYBOARD));
	CHECK(seat_has(rig.seat, INPUT_KEYBOARD));
	CHECK(!seat_has(rig.seat, INPUT_TABLET));
	seat_key(rig.seat, BTN_LEFT, true);
	seat_key(rig.seat, BTN_TRIGGER, true);
	seat_key(rig.seat, 0xffff, true);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "");
	end(&rig);
}

TEST(moves_a_pointer_by_places_where_there_is_no_tablet)
{
	struct rig rig;

	begin(&rig, KIND(INPUT_POINTER));
	seat_place(rig.seat, 1000, 1000);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_POINTER), "");
	seat_place(rig.seat, 1320, 985);
	seat_key(rig.seat, BTN_RIGHT, true);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_POINTER), "R0=10 K273=1 .");
	/* The rest of a step is not lost. */
	seat_place(rig.seat, 1320, 968);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_POINTER), "R1=-1 .");
	end(&rig);
}

TEST(keeps_places_on_the_screen)
{
	struct rig rig;

	begin(&rig, ALL);
	seat_place(rig.seat, -5, 40000);
	seat_touch(rig.seat, 0, INT32_MIN, INT32_MAX);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_TABLET), "A0=0 A1=32767 .");
	CHECK_STR(heard(&rig, INPUT_TOUCH), "A47=0 A57=0 K330=1 A53=0 A54=32767 .");
	end(&rig);
}

TEST(counts_parts_of_a_wheels_notch)
{
	static const struct {
		int32_t vertical;
		const char *text;
	} turns[] = {
		{120, "R11=120 R8=1 ."},
		{60, "R11=60 ."},
		{60, "R11=60 R8=1 ."},
		{-240, "R11=-240 R8=-2 ."},
		{100, "R11=100 ."},
		{-100, "R11=-100 ."},
		{-20, "R11=-20 R8=-1 ."},
		{350, "R11=350 R8=2 ."},
		{10, "R11=10 R8=1 ."},
	};
	struct rig rig;

	begin(&rig, ALL);
	for (size_t i = 0; i < ARRAY_SIZE(turns); i++) {
		seat_wheel(rig.seat, 0, turns[i].vertical);
		seat_sync(rig.seat);
		CHECK_STR(heard(&rig, INPUT_TABLET), turns[i].text);
	}
	seat_wheel(rig.seat, -120, 0);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_TABLET), "R12=-120 R6=-1 .");
	CHECK_STR(heard(&rig, INPUT_POINTER), "");
	end(&rig);
}

TEST(tells_fingers_apart)
{
	struct rig rig;

	begin(&rig, KIND(INPUT_TOUCH));
	seat_touch(rig.seat, 0, 1, 2);
	seat_touch(rig.seat, 9, 3, 4);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_TOUCH),
		"A47=0 A57=0 K330=1 A53=1 A54=2 A47=9 A57=1 A53=3 A54=4 .");
	seat_touch(rig.seat, 9, 5, 6);
	seat_touch_end(rig.seat, 0);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_TOUCH), "A47=9 A53=5 A54=6 A47=0 A57=-1 .");
	seat_touch_end(rig.seat, 0);
	seat_touch_end(rig.seat, 9);
	seat_touch(rig.seat, 0, 7, 8);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_TOUCH),
		"A47=9 A57=-1 K330=0 A47=0 A57=2 K330=1 A53=7 A54=8 .");
	end(&rig);
}

TEST(lifts_everything_when_the_person_looks_away)
{
	struct rig rig;

	begin(&rig, ALL);
	seat_key(rig.seat, KEY_A, true);
	seat_key(rig.seat, BTN_LEFT, true);
	seat_touch(rig.seat, 3, 1, 1);
	seat_sync(rig.seat);
	for (unsigned int kind = 0; kind < 4; kind++)
		heard(&rig, kind);
	seat_release_all(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K30=0 .");
	CHECK_STR(heard(&rig, INPUT_TABLET), "K272=0 .");
	CHECK_STR(heard(&rig, INPUT_TOUCH), "A47=3 A57=-1 K330=0 .");
	seat_release_all(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "");
	end(&rig);
}

TEST(gives_everything_to_the_first_of_a_kind)
{
	struct rig rig;
	struct input_source *second;
	struct input_probe probe;

	begin(&rig, KIND(INPUT_KEYBOARD));
	second = add(&rig, INPUT_KEYBOARD, "another");
	input_probe_begin(&probe, second);
	seat_key(rig.seat, KEY_A, true);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K30=1 .");
	CHECK_STR(input_probe_heard(&probe), "");
	input_source_destroy(second);
	end(&rig);
}

TEST(tells_a_long_action_in_parts)
{
	struct rig rig;

	begin(&rig, ALL);
	for (unsigned int i = 0; i < 100; i++)
		seat_motion(rig.seat, 1, 0);
	seat_sync(rig.seat);
	CHECK_EQ(rig.probes[INPUT_POINTER].batches, 2);
	end(&rig);
}

TEST(types_one_chord_after_another)
{
	static const uint16_t first[] = {KEY_LEFTSHIFT, KEY_A}, second[] = {KEY_A};
	struct rig rig;

	begin(&rig, ALL);
	CHECK_EQ(seat_type(rig.seat, first, 2, 100), 0);
	CHECK_EQ(seat_type(rig.seat, second, 1, 50), 0);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K42=1 K30=1 .");
	fake_clock_advance(99);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "");
	fake_clock_advance(1);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K30=0 K42=0 . K30=1 .");
	fake_clock_advance(50);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K30=0 .");
	CHECK_EQ(seat_type(rig.seat, second, 1, 50), 0);
	CHECK_STR(heard(&rig, INPUT_KEYBOARD), "K30=1 .");
	end(&rig);
}

TEST(lets_only_so_many_chords_wait)
{
	static const uint16_t key[] = {KEY_A};
	unsigned int accepted = 0;
	struct rig rig;

	begin(&rig, ALL);
	while (accepted < 1000 && !seat_type(rig.seat, key, 1, 10))
		accepted++;
	CHECK_EQ(accepted, 256);
	fake_clock_advance(10);
	CHECK_EQ(seat_type(rig.seat, key, 1, 10), 0);
	fake_clock_advance(256 * 10);
	CHECK_EQ(rig.probes[INPUT_KEYBOARD].batches, 2 * 257);
	end(&rig);
}

TEST(moves_in_one_direction_alone)
{
	struct rig rig;

	begin(&rig, ALL);
	seat_place_axis(rig.seat, false, 7);
	seat_place_axis(rig.seat, true, 9);
	seat_sync(rig.seat);
	CHECK_STR(heard(&rig, INPUT_TABLET), "A0=7 A1=0 A0=7 A1=9 .");
	end(&rig);
}

struct lamp {
	struct seat_listener listener;
	char text[64];
};

static void led(struct seat_listener *listener, uint16_t code, bool on)
{
	struct lamp *lamp = container_of(listener, struct lamp, listener);
	size_t used = strlen(lamp->text);

	snprintf(lamp->text + used, sizeof(lamp->text) - used, " %u=%d", code, on);
}

TEST(shows_the_keyboards_leds_to_whoever_listens)
{
	static const struct evdev_event on = {EV_LED, LED_CAPSL, 1};
	static const struct evdev_event off = {EV_LED, LED_CAPSL, 0};
	static const struct evdev_event wrong[] = {
		{EV_LED, LED_MAIL, 1}, {EV_LED, 0xffff, 1}, {EV_KEY, KEY_A, 1}};
	struct lamp first = {.listener.led = led}, second = {.listener.led = led};
	struct input_source *other;
	struct rig rig;

	begin(&rig, ALL);
	other = add(&rig, INPUT_KEYBOARD, "another");
	seat_listen(rig.seat, &first.listener);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		input_source_status(rig.sources[INPUT_KEYBOARD], &wrong[i]);
	input_source_status(other, &on);
	CHECK_STR(first.text, "");
	input_source_status(rig.sources[INPUT_KEYBOARD], &on);
	CHECK_STR(first.text, " 1=1");
	/* One who comes late hears of what is lit. */
	seat_listen(rig.seat, &second.listener);
	CHECK_STR(second.text, " 1=1");
	seat_unlisten(rig.seat, &first.listener);
	input_source_status(rig.sources[INPUT_KEYBOARD], &off);
	CHECK_STR(first.text, " 1=1");
	CHECK_STR(second.text, " 1=1 1=0");
	input_source_destroy(other);
	end(&rig);
}

TEST(describes_its_devices)
{
	struct rig rig;
	const struct input_info *info;

	begin(&rig, ALL);
	info = input_source_info(rig.sources[INPUT_KEYBOARD]);
	CHECK_STR(info->name, "a device");
	CHECK_STR(info->serial, "");
	CHECK(input_bit(info->codes[EV_KEY], KEY_F24));
	CHECK(!input_bit(info->codes[EV_KEY], KEY_RESERVED));
	CHECK(input_bit(info->codes[EV_LED], LED_CAPSL));
	CHECK(info->codes[EV_REP][0] != 0);
	info = input_source_info(rig.sources[INPUT_TABLET]);
	CHECK_EQ(info->axes[ABS_X].maximum, 32767);
	CHECK_EQ(info->codes[EV_REP][0], 0);
	info = input_source_info(rig.sources[INPUT_POINTER]);
	CHECK(input_bit(info->codes[EV_REL], REL_WHEEL_HI_RES));
	CHECK(input_bit(info->codes[EV_KEY], BTN_EXTRA));
	info = input_source_info(rig.sources[INPUT_TOUCH]);
	CHECK(input_bit(info->properties, INPUT_PROP_DIRECT));
	CHECK_EQ(info->axes[ABS_MT_SLOT].maximum, 9);
	end(&rig);
}

TEST_MAIN(CASE(tells_what_is_said_with_the_next_sync), CASE(says_once_that_a_key_is_down),
	CASE(sends_each_action_to_its_device), CASE(drops_what_there_is_no_device_for),
	CASE(moves_a_pointer_by_places_where_there_is_no_tablet),
	CASE(keeps_places_on_the_screen), CASE(counts_parts_of_a_wheels_notch),
	CASE(tells_fingers_apart), CASE(lifts_everything_when_the_person_looks_away),
	CASE(gives_everything_to_the_first_of_a_kind), CASE(tells_a_long_action_in_parts),
	CASE(shows_the_keyboards_leds_to_whoever_listens),
	CASE(types_one_chord_after_another), CASE(lets_only_so_many_chords_wait),
	CASE(moves_in_one_direction_alone), CASE(describes_its_devices))
