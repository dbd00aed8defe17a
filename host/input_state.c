/* SPDX-License-Identifier: Apache-2.0 */
#include "host/input_state.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_FIRST ABS_MT_TOUCH_MAJOR
#define SLOT_ID (ABS_MT_TRACKING_ID - SLOT_FIRST)

_Static_assert(SLOT_FIRST + INPUT_SLOT_AXES - 1 == ABS_MT_TOOL_Y, "all axes of a finger");

int input_state_init(struct input_state *state, const struct input_info *info)
{
	int32_t most = info->axes[ABS_MT_SLOT].maximum;

	memset(state, 0, sizeof(*state));
	if (input_bit(info->codes[EV_ABS], ABS_MT_SLOT) && most >= 0) {
		state->slot_count =
			most < INPUT_SLOTS_MAX ? (unsigned int)most + 1 : INPUT_SLOTS_MAX;
		state->slots = calloc(state->slot_count, sizeof(state->slots[0]));
		if (!state->slots)
			return -ENOMEM;
	}
	input_state_clear(state);
	return 0;
}

void input_state_finish(struct input_state *state)
{
	free(state->slots);
	state->slots = NULL;
	state->slot_count = 0;
}

void input_state_clear(struct input_state *state)
{
	memset(state->keys, 0, sizeof(state->keys));
	memset(state->switches, 0, sizeof(state->switches));
	memset(state->axes, 0, sizeof(state->axes));
	state->slot = 0;
	for (unsigned int i = 0; i < state->slot_count; i++) {
		memset(state->slots[i].axes, 0, sizeof(state->slots[i].axes));
		state->slots[i].axes[SLOT_ID] = -1;
	}
}

void input_state_release(struct input_state *state)
{
	memset(state->keys, 0, sizeof(state->keys));
	for (unsigned int i = 0; i < state->slot_count; i++)
		state->slots[i].axes[SLOT_ID] = -1;
}

void input_state_copy(struct input_state *to, const struct input_state *from)
{
	struct input_slot *slots = to->slots;

	*to = *from;
	to->slots = slots;
	if (slots)
		memcpy(slots, from->slots, from->slot_count * sizeof(slots[0]));
}

/* ---- what was told ---------------------------------------------------------------- */

static void apply_axis(struct input_state *state, unsigned int code, int32_t value)
{
	if (code == ABS_MT_SLOT)
		state->slot = value;
	else if (code < SLOT_FIRST || code > ABS_MT_TOOL_Y)
		state->axes[code] = value;
	else if (state->slot >= 0 && (uint32_t)state->slot < state->slot_count)
		state->slots[state->slot].axes[code - SLOT_FIRST] = value;
}

void input_state_apply(
	struct input_state *state, const struct evdev_event *events, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		unsigned int code = events[i].code;
		int32_t value = events[i].value;

		if (events[i].type == EV_KEY && code <= KEY_MAX)
			input_set_bit(state->keys, code, value);
		else if (events[i].type == EV_SW && code <= SW_MAX)
			input_set_bit(state->switches, code, value);
		else if (events[i].type == EV_ABS && code <= ABS_MAX)
			apply_axis(state, code, value);
	}
}

/* ---- what was missed -------------------------------------------------------------- */

struct step {
	struct evdev_event *events;
	unsigned int count;
	unsigned int room; /* without SYN_REPORT */
	int32_t slot;      /* whose axes come next, for who hears this */
};

static bool add(struct step *step, unsigned int type, unsigned int code, int32_t value)
{
	if (step->count >= step->room)
		return false;
	step->events[step->count++] = (struct evdev_event){
		.type = (uint16_t)type, .code = (uint16_t)code, .value = value};
	return true;
}

/* False where there is no more room. */
static bool add_bits(struct step *step, unsigned int type, unsigned int count,
	const uint8_t *from, const uint8_t *to)
{
	for (unsigned int i = 0; i < count; i++)
		if (input_bit(from, i) != input_bit(to, i) &&
			!add(step, type, i, input_bit(to, i)))
			return false;
	return true;
}

static bool add_axes(struct step *step, const int32_t *from, const int32_t *to)
{
	for (unsigned int i = 0; i < INPUT_AXIS_COUNT; i++)
		if (from[i] != to[i] && !add(step, EV_ABS, i, to[i]))
			return false;
	return true;
}

static bool add_slot(struct step *step, unsigned int slot, const struct input_slot *from,
	const struct input_slot *to)
{
	bool replaced = from->axes[SLOT_ID] >= 0 && to->axes[SLOT_ID] >= 0 &&
			from->axes[SLOT_ID] != to->axes[SLOT_ID];
	const struct step before = *step;

	if (!memcmp(from, to, sizeof(*from)))
		return true;
	if (step->slot != (int32_t)slot && !add(step, EV_ABS, ABS_MT_SLOT, (int32_t)slot))
		return false;
	step->slot = (int32_t)slot;
	/* One finger goes and another comes: the next step has that. */
	if (replaced && add(step, EV_ABS, ABS_MT_TRACKING_ID, -1))
		return true;
	for (unsigned int i = 0; i < INPUT_SLOT_AXES; i++) {
		/* The finger itself first, as a device tells it. */
		unsigned int axis = (i + SLOT_ID) % INPUT_SLOT_AXES;

		if (from->axes[axis] == to->axes[axis] ||
			add(step, EV_ABS, SLOT_FIRST + axis, to->axes[axis]))
			continue;
		*step = before;
		return false;
	}
	return true;
}

static bool add_slots(
	struct step *step, const struct input_state *from, const struct input_state *to)
{
	for (unsigned int i = 0; i < to->slot_count; i++)
		if (!add_slot(step, i, &from->slots[i], &to->slots[i]))
			return false;
	return step->slot == to->slot || add(step, EV_ABS, ABS_MT_SLOT, to->slot);
}

unsigned int input_state_step(const struct input_state *from,
	const struct input_state *to, struct evdev_event *events, unsigned int room)
{
	struct step step = {.events = events, .slot = from->slot};

	if (!room)
		return 0;
	step.room = room - 1;
	/* Fingers before BTN_TOUCH and the like, as a device tells it. */
	if (add_slots(&step, from, to) &&
		add_bits(&step, EV_KEY, KEY_CNT, from->keys, to->keys) &&
		add_bits(&step, EV_SW, SW_CNT, from->switches, to->switches))
		add_axes(&step, from->axes, to->axes);
	if (!step.count)
		return 0;
	events[step.count++] = (struct evdev_event){.type = EV_SYN, .code = SYN_REPORT};
	return step.count;
}
