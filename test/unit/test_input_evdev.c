/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "host/input.h"
#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_evdev.h"
#include "test/unit/input_probe.h"
#include "test/unit/test.h"

#define SECOND_NS 1000000000ull

static struct input_evdev_group group;
static struct input_source *source;
static struct input_probe probe;
static struct error error;

static int open_one(
	const char *path, const char *match, bool grab, struct input_source **ret)
{
	const struct input_evdev_options options = {
		.path = path, .match = match, .grab = grab};

	return input_evdev_open(&fake_clock, &options, &group, ret, &error);
}

/* Device 1, "kbd", in the guest's hands. */
static struct fake_evdev *begin(void)
{
	struct fake_evdev *evdev = fake_evdev_add(1, "kbd");

	memset(&fake_clock, 0, sizeof(fake_clock));
	memset(&group, 0, sizeof(group));
	CHECK_EQ(open_one("/dev/input/event1", NULL, true, &source), 0);
	input_probe_begin(&probe, source);
	return evdev;
}

static void end(void)
{
	input_source_destroy(source);
	CHECK(!group.devices);
	CHECK(!fake_clock.timers);
	fake_evdev_reset();
}

static const char *heard(void)
{
	return input_probe_heard(&probe);
}

static void press(unsigned int number, unsigned int key)
{
	fake_evdev_say_one(number, EV_KEY, key, 1);
}

static void lift(unsigned int number, unsigned int key)
{
	fake_evdev_say_one(number, EV_KEY, key, 0);
}

static void press_both_controls(unsigned int number)
{
	press(number, KEY_LEFTCTRL);
	press(number, KEY_RIGHTCTRL);
	lift(number, KEY_LEFTCTRL);
	lift(number, KEY_RIGHTCTRL);
}

TEST(is_the_device_that_it_stands_for)
{
	struct fake_evdev *evdev = begin();

	CHECK(!memcmp(input_source_info(source), &evdev->info, sizeof(evdev->info)));
	CHECK(evdev->grabbed);
	end();
	CHECK(!fake_evdevs[1].grabbed);
}

TEST(tells_events_as_they_are)
{
	static const struct evdev_event events[] = {{EV_MSC, MSC_SCAN, 4},
		{EV_KEY, KEY_A, 1}, {EV_SYN, SYN_REPORT, 0}, {EV_KEY, KEY_A, 2},
		{EV_SYN, SYN_REPORT, 1}, {EV_REL, REL_X, -1}, {EV_SYN, SYN_REPORT, 0}};

	begin();
	fake_evdev_say(1, events, 2);
	CHECK_STR(heard(), "");
	fake_evdev_say(1, events + 2, ARRAY_SIZE(events) - 2);
	/* The guest repeats its keys itself. */
	CHECK_STR(heard(), "M4=4 K30=1 . R0=-1 .");
	end();
}

TEST(waits_with_its_grab_until_all_keys_are_up)
{
	struct fake_evdev *evdev = fake_evdev_add(1, "kbd");

	input_set_bit(evdev->state.keys, KEY_ENTER, true);
	begin();
	CHECK(evdev->grabbed);
	end();
	/* Again, with the key down. */
	evdev = fake_evdev_add(1, "kbd");
	input_set_bit(evdev->state.keys, KEY_ENTER, true);
	CHECK_EQ(open_one("/dev/input/event1", NULL, true, &source), 0);
	input_probe_begin(&probe, source);
	CHECK(!evdev->grabbed);
	press(1, KEY_A);
	lift(1, KEY_ENTER);
	CHECK(!evdev->grabbed);
	lift(1, KEY_A);
	CHECK(evdev->grabbed);
	CHECK_STR(heard(), "");
	press(1, KEY_A);
	CHECK_STR(heard(), "K30=1 .");
	end();
}

TEST(gives_all_devices_back_and_takes_them_by_both_control_keys)
{
	struct input_source *mouse;
	struct input_probe of_mouse;

	begin();
	fake_evdev_add(2, "mouse");
	CHECK_EQ(open_one("/dev/input/event2", NULL, true, &mouse), 0);
	input_probe_begin(&of_mouse, mouse);
	press_both_controls(1);
	CHECK_STR(heard(), "K29=1 . K97=1 . K29=0 . K97=0 .");
	CHECK(!fake_evdevs[1].grabbed);
	CHECK(!fake_evdevs[2].grabbed);
	press(1, KEY_A);
	fake_evdev_say_one(2, EV_REL, REL_X, 1);
	CHECK_STR(heard(), "");
	CHECK_STR(input_probe_heard(&of_mouse), "");
	/* Not while a key is down: the host would not hear of its release. */
	press_both_controls(1);
	CHECK(!fake_evdevs[1].grabbed);
	lift(1, KEY_A);
	CHECK(fake_evdevs[1].grabbed);
	CHECK(fake_evdevs[2].grabbed);
	CHECK_STR(heard(), "");
	press(1, KEY_B);
	fake_evdev_say_one(2, EV_REL, REL_X, 2);
	CHECK_STR(heard(), "K48=1 .");
	CHECK_STR(input_probe_heard(&of_mouse), "R0=2 .");
	input_source_destroy(mouse);
	end();
}

TEST(shares_a_device_where_it_is_told_to)
{
	struct fake_evdev *evdev = fake_evdev_add(1, "kbd");

	input_set_bit(evdev->state.keys, KEY_ENTER, true);
	CHECK_EQ(open_one(NULL, "k?d", false, &source), 0);
	input_probe_begin(&probe, source);
	CHECK(!evdev->grabbed);
	press_both_controls(1);
	press(1, KEY_A);
	CHECK_STR(heard(), "K29=1 . K97=1 . K29=0 . K97=0 . K30=1 .");
	CHECK(!evdev->grabbed);
	end();
}

TEST(releases_what_a_device_held_that_is_unplugged)
{
	begin();
	press(1, KEY_A);
	fake_evdev_say_one(1, EV_ABS, ABS_MT_TRACKING_ID, 5);
	heard();
	fake_evdev_remove(1);
	CHECK_STR(heard(), "A57=-1 K30=0 .");
	CHECK_EQ(fake_evdevs[1].opens, 0);
	end();
}

TEST(takes_a_device_again_that_comes_back)
{
	begin();
	fake_evdev_remove(1);
	fake_clock_advance(5 * SECOND_NS);
	fake_evdev_add(1, "kbd");
	fake_clock_advance(SECOND_NS);
	CHECK(fake_evdevs[1].grabbed);
	press(1, KEY_A);
	CHECK_STR(heard(), "K30=1 .");
	/* And again. */
	fake_evdev_remove(1);
	CHECK_STR(heard(), "K30=0 .");
	fake_evdev_add(1, "kbd");
	fake_clock_advance(SECOND_NS);
	press(1, KEY_B);
	CHECK_STR(heard(), "K48=1 .");
	end();
}

TEST(finds_a_device_by_its_name_wherever_it_comes_back)
{
	memset(&fake_clock, 0, sizeof(fake_clock));
	fake_evdev_add(0, "other");
	fake_evdev_add(1, "USB kbd");
	CHECK_EQ(open_one(NULL, "USB*", true, &source), 0);
	input_probe_begin(&probe, source);
	fake_evdev_remove(1);
	fake_evdev_add(3, "USB kbd");
	fake_clock_advance(SECOND_NS);
	press(3, KEY_A);
	CHECK_STR(heard(), "K30=1 .");
	CHECK_EQ(fake_evdevs[0].opens, 0);
	end();
}

TEST(keeps_another_device_away_from_the_guest)
{
	struct fake_evdev *evdev = begin();

	fake_evdev_remove(1);
	evdev = fake_evdev_add(1, "kbd");
	input_set_bit(evdev->info.codes[EV_KEY], BTN_LEFT, true);
	fake_clock_advance(3 * SECOND_NS);
	CHECK(!evdev->grabbed);
	CHECK_EQ(evdev->opens, 0);
	fake_evdev_add(1, "kbd");
	fake_clock_advance(SECOND_NS);
	CHECK(evdev->grabbed);
	end();
}

TEST(asks_for_what_the_kernel_dropped)
{
	static const struct evdev_event dropped[] = {{EV_KEY, KEY_B, 1},
		{EV_SYN, SYN_DROPPED, 0}, {EV_KEY, KEY_A, 0}, {EV_SYN, SYN_REPORT, 0}};

	struct fake_evdev *evdev = begin();

	press(1, KEY_A);
	heard();
	/* One that was lost. */
	input_set_bit(evdev->state.keys, KEY_C, true);
	fake_evdev_say(1, dropped, ARRAY_SIZE(dropped));
	CHECK_STR(heard(), "K30=0 K46=1 K48=1 .");
	lift(1, KEY_C);
	CHECK_STR(heard(), "K46=0 .");
	end();
}

TEST(asks_for_what_is_too_much_for_it)
{
	static struct evdev_event many[2000];

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(many) - 1; i++)
		many[i] = (struct evdev_event){EV_MSC, MSC_RAW, (int32_t)i};
	many[1500] = (struct evdev_event){EV_KEY, KEY_A, 1};
	many[ARRAY_SIZE(many) - 1] = (struct evdev_event){EV_SYN, SYN_REPORT, 0};
	fake_evdev_say(1, many, ARRAY_SIZE(many));
	CHECK_STR(heard(), "K30=1 .");
	end();
}

TEST(takes_the_first_that_matches_and_is_free)
{
	struct input_source *second, *third;

	fake_evdev_add(0, "a kbd")->others = true;
	snprintf(fake_evdev_add(2, "b")->place, EVDEV_PLACE_BYTES, "usb-1/kbd");
	begin();
	CHECK_EQ(open_one(NULL, "*kbd", true, &second), 0);
	CHECK_STR(input_source_info(second)->name, "b");
	CHECK_EQ(open_one(NULL, "*kbd", true, &third), -EBUSY);
	CHECK_HAS(error.text, "another program has grabbed it");
	input_source_destroy(second);
	end();
}

TEST(says_why_a_device_cannot_be_used)
{
	memset(&group, 0, sizeof(group));
	CHECK_EQ(open_one("/dev/input/event9", NULL, true, &source), -ENOENT);
	CHECK_HAS(error.text, "input device /dev/input/event9 cannot be used");
	CHECK_EQ(open_one(NULL, "none", true, &source), -ENODEV);
	CHECK_STR(error.text,
		"no input device in /dev/input has a name or place like 'none'");
	fake_evdev_add(0, "kbd")->denied = -EACCES;
	CHECK_EQ(open_one(NULL, "kbd", true, &source), -EACCES);
	CHECK_HAS(error.text, "Permission denied; the group input may");
	CHECK(!group.devices);
	fake_evdev_reset();
}

TEST(lights_the_leds_of_its_device)
{
	static const struct evdev_event on = {EV_LED, LED_CAPSL, 1};
	struct fake_evdev *evdev = begin();

	CHECK_STR(evdev->written, "L1=0");
	input_source_status(source, &on);
	CHECK_STR(evdev->written, "L1=0 L1=1");
	/* The host's own while it has the device. */
	press_both_controls(1);
	evdev->written[0] = 0;
	input_source_status(source, &(struct evdev_event){EV_LED, LED_CAPSL, 0});
	input_source_status(source, &on);
	CHECK_STR(evdev->written, "");
	press_both_controls(1);
	CHECK_STR(evdev->written, "L1=1");
	fake_evdev_remove(1);
	fake_evdev_add(1, "kbd");
	fake_clock_advance(SECOND_NS);
	CHECK_STR(evdev->written, "L1=1");
	end();
}

TEST(does_not_tell_the_guest_what_it_has_switched_itself)
{
	static const struct evdev_event back[] = {{EV_LED, LED_CAPSL, 1},
		{EV_SND, SND_BELL, 1}, {EV_KEY, KEY_A, 1}, {EV_SYN, SYN_REPORT, 0},
		{EV_LED, LED_CAPSL, 0}, {EV_SYN, SYN_REPORT, 0}};

	begin();
	fake_evdev_say(1, back, ARRAY_SIZE(back));
	CHECK_STR(heard(), "K30=1 .");
	end();
}

TEST(ends_a_tone_when_it_gives_its_device_back)
{
	static const struct evdev_event tone = {EV_SND, SND_TONE, 440};
	struct fake_evdev *evdev = fake_evdev_add(1, "kbd");

	memset(&fake_clock, 0, sizeof(fake_clock));
	memset(&group, 0, sizeof(group));
	input_set_bit(evdev->info.codes[EV_SND], SND_TONE, true);
	CHECK_EQ(open_one("/dev/input/event1", NULL, true, &source), 0);
	evdev->written[0] = 0;
	input_source_status(source, &tone);
	CHECK_STR(evdev->written, "S2=440");
	press_both_controls(1);
	CHECK_STR(evdev->written, "S2=440 S2=0");
	input_source_status(source, &tone);
	CHECK_STR(evdev->written, "S2=440 S2=0");
	end();
}

TEST_MAIN(CASE(is_the_device_that_it_stands_for), CASE(tells_events_as_they_are),
	CASE(waits_with_its_grab_until_all_keys_are_up),
	CASE(gives_all_devices_back_and_takes_them_by_both_control_keys),
	CASE(shares_a_device_where_it_is_told_to),
	CASE(releases_what_a_device_held_that_is_unplugged),
	CASE(takes_a_device_again_that_comes_back),
	CASE(finds_a_device_by_its_name_wherever_it_comes_back),
	CASE(keeps_another_device_away_from_the_guest),
	CASE(asks_for_what_the_kernel_dropped), CASE(asks_for_what_is_too_much_for_it),
	CASE(takes_the_first_that_matches_and_is_free),
	CASE(says_why_a_device_cannot_be_used), CASE(lights_the_leds_of_its_device),
	CASE(does_not_tell_the_guest_what_it_has_switched_itself),
	CASE(ends_a_tone_when_it_gives_its_device_back))
