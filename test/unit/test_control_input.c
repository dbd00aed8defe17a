/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands do to the devices of a guest. */
#include <stdio.h>
#include <unistd.h>

#include "host/input.h"
#include "host/seat.h"
#include "src/container_of.h"
#include "src/loop.h"
#include "test/unit/control_rig.h"
#include "test/unit/input_probe.h"
#include "test/unit/test.h"

static struct control_rig rig;
static struct input_source *sources[4];
static struct input_probe probes[4];
static int client;

/* A machine with these devices. */
static void begin(unsigned int kinds)
{
	rig_begin(&rig);
	for (unsigned int kind = 0; kind < ARRAY_SIZE(sources); kind++) {
		sources[kind] = NULL;
		if (!(kinds & 1u << kind))
			continue;
		CHECK_EQ(seat_source_create(
				 rig.machine.seat, kind, "a", &sources[kind], NULL),
			0);
		input_probe_begin(&probes[kind], sources[kind]);
	}
	client = rig_client(&rig);
}

static void end(void)
{
	close(client);
	for (unsigned int kind = 0; kind < ARRAY_SIZE(sources); kind++)
		input_source_destroy(sources[kind]);
	rig_end(&rig);
}

static const char *heard(enum input_kind kind)
{
	return input_probe_heard(&probes[kind]);
}

static const char *ask(const char *command, const char *arguments)
{
	char text[2048];

	snprintf(text, sizeof(text), "{\"execute\": \"%s\", \"arguments\": {%s}}",
		command, arguments);
	return rig_ask(&rig, client, text);
}

#define KEYBOARD (1u << INPUT_KEYBOARD)
#define POINTER (1u << INPUT_POINTER)
#define TABLET (1u << INPUT_TABLET)
#define TOUCH (1u << INPUT_TOUCH)
#define OK "{\"return\": {}}"
#define QCODE(name) "{\"type\": \"qcode\", \"data\": \"" name "\"}"
#define KEY(down, name)                                                                  \
	"{\"type\": \"key\", \"data\": {\"down\": " down ", \"key\": " QCODE(name) "}}"
#define BUTTON(down, name)                                                               \
	"{\"type\": \"btn\", \"data\": {\"down\": " down ", \"button\": \"" name "\"}}"
#define AXIS(type, axis, value)                                                          \
	"{\"type\": \"" type "\", \"data\": {\"axis\": \"" axis "\", \"value\": " value  \
	"}}"

#define FINGER(type, slot, axis, value)                                                  \
	"{\"type\": \"mtt\", \"data\": {\"type\": \"" type "\", \"slot\": " slot         \
	", \"tracking-id\": 7, \"axis\": \"" axis "\", \"value\": " value "}}"

TEST(types_keys)
{
	begin(KEYBOARD);
	CHECK_STR(
		ask("send-key", "\"keys\": [" QCODE("ctrl") ", " QCODE("alt") ", " QCODE(
					"delete") "], \"hold-time\": 1"),
		OK);
	/* A machine with a keyboard gets all keys there. */
	CHECK_EQ(rig.presses[BOARD_CTRL_ALT_DEL], 0);
	CHECK_HAS(heard(INPUT_KEYBOARD), "K29=1 K56=1 K111=1 .");
	end();
}

TEST(holds_keys_as_long_as_it_is_told)
{
	begin(KEYBOARD);
	CHECK_STR(
		ask("send-key", "\"keys\": [" QCODE("a") "], \"hold-time\": 60000"), OK);
	CHECK_STR(heard(INPUT_KEYBOARD), "K30=1 .");
	CHECK_STR(ask("send-key", "\"keys\": [" QCODE("b") "]"), OK);
	CHECK_STR(heard(INPUT_KEYBOARD), "");
	end();
}

TEST(sends_events_to_the_devices_that_they_are_for)
{
	begin(KEYBOARD | POINTER | TABLET);
	CHECK_STR(ask("input-send-event",
			  "\"events\": [" KEY("true", "shift") ", " KEY("false",
				  "shift") ", " AXIS("abs", "x", "100") ", " AXIS("abs",
				  "y", "32767") ", " BUTTON("true",
				  "left") ", " AXIS("rel", "x", "-5") ", " BUTTON("true",
				  "wheel-down") ", " BUTTON("false", "wheel-down") "]"),
		OK);
	CHECK_STR(heard(INPUT_KEYBOARD), "K42=1 K42=0 .");
	CHECK_STR(heard(INPUT_TABLET),
		"A0=100 A1=0 A0=100 A1=32767 K272=1 R11=-120 R8=-1 .");
	CHECK_STR(heard(INPUT_POINTER), "R0=-5 .");
	end();
}

TEST(tells_fingers_apart)
{
	begin(KEYBOARD | TOUCH);
	CHECK_STR(ask("input-send-event",
			  "\"events\": [" FINGER("begin", "0", "x", "0") ", " FINGER(
				  "data", "0", "x", "100") ", " FINGER("data", "0", "y",
				  "200") ", " FINGER("begin", "3", "x",
				  "0") ", " FINGER("data", "3", "x", "32767") "]"),
		OK);
	CHECK_STR(heard(INPUT_TOUCH), "A47=0 A57=0 K330=1 A47=0 A53=100 A47=0 A54=200 "
				      "A47=3 A57=1 A47=3 A53=32767 .");
	/* One moves, in one direction. */
	CHECK_STR(ask("input-send-event", "\"events\": [" FINGER("update", "0", "x",
						  "0") ", " FINGER("data", "0", "y",
						  "5") ", " BUTTON("true", "touch") "]"),
		OK);
	CHECK_STR(heard(INPUT_TOUCH), "A47=0 A47=0 A54=5 .");
	/* Another one in the place of one that nobody lifted. */
	CHECK_STR(ask("input-send-event",
			  "\"events\": [" FINGER("begin", "3", "x", "0") "]"),
		OK);
	CHECK_STR(heard(INPUT_TOUCH), "A47=3 A57=-1 A47=3 A57=2 .");
	CHECK_STR(
		ask("input-send-event",
			"\"events\": [" FINGER("end", "0", "x", "0") ", " FINGER("cancel",
				"3", "x", "0") ", " FINGER("end", "9", "x", "0") "]"),
		OK);
	CHECK_STR(heard(INPUT_TOUCH), "A47=0 A57=-1 A47=3 A57=-1 K330=0 .");
	end();
}

TEST(does_not_care_whose_display_it_is)
{
	begin(KEYBOARD);
	CHECK_STR(ask("input-send-event", "\"device\": \"gpu0\", \"head\": 1, "
					  "\"events\": [" KEY("true", "f24") "]"),
		OK);
	CHECK_STR(heard(INPUT_KEYBOARD), "K194=1 .");
	end();
}

TEST(does_all_of_it_or_nothing)
{
	static const struct {
		const char *command;
		const char *arguments;
		const char *why;
	} rows[] = {
		{"send-key", "\"keys\": []", "keys: 1 to 16"},
		{"send-key", "\"keys\": [" QCODE("a") ", " QCODE("any") "]",
			"there is no key 'any'"},
		{"send-key", "\"keys\": [{\"type\": \"number\", \"data\": \"1\"}]",
			"type is 'number', allowed: qcode"},
		{"send-key", "\"keys\": [" QCODE("a") "], \"hold-time\": 0",
			"hold-time: 1 to 60000"},
		{"send-key", "\"keys\": [" QCODE("a") "], \"hold-time\": 60001",
			"hold-time: 1 to 60000"},
		{"input-send-event", "\"events\": 1", "events: a list"},
		{"input-send-event", "\"events\": [" KEY("true", "a") ", 1]",
			"arguments: "},
		{"input-send-event",
			"\"events\": [" KEY("true", "a") ", " KEY("true", "any") "]",
			"there is no key 'any'"},
		{"input-send-event",
			"\"events\": [" KEY("true", "a") ", " AXIS("rel", "x", "1") "]",
			"this machine has no input device for motion"},
		{"input-send-event",
			"\"events\": [" KEY("true", "a") ", " BUTTON("true", "left") "]",
			"this machine has no input device for places, buttons and "
			"wheels"},
		{"input-send-event", "\"events\": [" BUTTON("true", "none") "]",
			"there is no button 'none'"},
		{"input-send-event", "\"events\": [" AXIS("abs", "z", "1") "]",
			"axis is 'z', allowed: x, y"},
		{"input-send-event", "\"events\": [" AXIS("abs", "x", "32768") "]",
			"value: 0 to 32767"},
		{"input-send-event", "\"events\": [" AXIS("rel", "x", "-32769") "]",
			"value: -32768 to 32767"},
		{"input-send-event", "\"events\": [{\"type\": \"any\", \"data\": {}}]",
			"type is 'any', allowed: key, btn, rel, abs, mtt"},
		{"input-send-event",
			"\"events\": [" KEY("true", "a") ", " FINGER(
				"begin", "0", "x", "0") "]",
			"this machine has no input device for touches"},
		{"input-send-event", "\"events\": [" BUTTON("true", "touch") "]",
			"this machine has no input device for touches"},
		{"input-send-event", "\"events\": [" FINGER("any", "0", "x", "0") "]",
			"type is 'any', allowed: begin, update, end, cancel, data"},
		{"input-send-event", "\"events\": [" FINGER("end", "10", "x", "0") "]",
			"slot: 0 to 9"},
		{"input-send-event", "\"events\": [" FINGER("end", "-1", "x", "0") "]",
			"slot: 0 to 9"},
		{"input-send-event", "\"events\": [" FINGER("data", "0", "z", "0") "]",
			"axis is 'z', allowed: x, y"},
		{"input-send-event", "\"events\": [" FINGER("data", "0", "x", "-1") "]",
			"value: 0 to 32767"},
		{"input-send-event", "\"events\": [{\"type\": \"mtt\", \"data\": {}}]",
			"arguments: "},
	};

	begin(KEYBOARD);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_HAS(ask(rows[i].command, rows[i].arguments), rows[i].why);
		CHECK_STR(heard(INPUT_KEYBOARD), "");
	}
	end();
}

TEST(knows_one_chord_without_a_keyboard)
{
	static const char chord[] =
		KEY("true", "ctrl_r") ", " KEY("true", "alt") ", " KEY("true", "delete");
	char events[1024];

	begin(TABLET);
	snprintf(events, sizeof(events), "\"events\": [%s]", chord);
	CHECK_STR(ask("input-send-event", events), OK);
	CHECK_EQ(rig.presses[BOARD_CTRL_ALT_DEL], 1);
	snprintf(events, sizeof(events), "\"events\": [%s, " KEY("true", "a") "]", chord);
	CHECK_HAS(ask("input-send-event", events), "only ctrl, alt and delete");
	CHECK_EQ(rig.presses[BOARD_CTRL_ALT_DEL], 1);
	CHECK_STR(ask("input-send-event", "\"events\": [" KEY("false", "a") "]"), OK);
	CHECK_STR(
		ask("input-send-event", "\"events\": [" BUTTON("true", "right") "]"), OK);
	CHECK_STR(heard(INPUT_TABLET), "K273=1 .");
	end();
}

TEST_MAIN(CASE(types_keys), CASE(holds_keys_as_long_as_it_is_told),
	CASE(sends_events_to_the_devices_that_they_are_for), CASE(tells_fingers_apart),
	CASE(does_not_care_whose_display_it_is), CASE(does_all_of_it_or_nothing),
	CASE(knows_one_chord_without_a_keyboard))
