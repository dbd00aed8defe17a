/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an input device has told so far: which keys are down, how switches are set, where
 * axes and fingers are (slots of evdev's protocol B). Two of them tell what somebody has
 * missed who did not hear everything. Plain data of whoever owns it.
 */
#ifndef HOST_INPUT_STATE_H
#define HOST_INPUT_STATE_H

#include "host/input.h"

/* ABS_MT_TOUCH_MAJOR to ABS_MT_TOOL_Y, of each finger. */
#define INPUT_SLOT_AXES 14
/* As many fingers as Linux lets a device have. */
#define INPUT_SLOTS_MAX 1024

struct input_slot {
	int32_t axes[INPUT_SLOT_AXES];
};

struct input_state {
	uint8_t keys[INPUT_CODE_BYTES];
	uint8_t switches[INPUT_CODE_BYTES];
	int32_t axes[INPUT_AXIS_COUNT]; /* those of fingers are in their slots */
	int32_t slot;                   /* whose axes come next */
	unsigned int slot_count;        /* 0: the device has no slots */
	struct input_slot *slots;
};

/* Nothing is down, all axes are 0, no finger touches. -ENOMEM. */
int input_state_init(struct input_state *state, const struct input_info *info);
void input_state_finish(struct input_state *state); /* a zeroed one too */

/* Back to what input_state_init() made. */
void input_state_clear(struct input_state *state);
/* The same, of what is held: keys and fingers. */
void input_state_release(struct input_state *state);
/* Between states of the same device. */
void input_state_copy(struct input_state *to, const struct input_state *from);

/* Events that a state does not know of change nothing. */
void input_state_apply(
	struct input_state *state, const struct evdev_event *events, unsigned int count);

/*
 * At most room events, the last of them SYN_REPORT, that bring who knows `from` nearer to
 * `to`; never half a finger. Returns how many; 0 where nothing differs, or what differs
 * does not fit. A room of INPUT_STATE_STEP_MAX always gets on. To be applied, and asked
 * for again.
 */
#define INPUT_STATE_STEP_MAX (INPUT_SLOT_AXES + 3)
unsigned int input_state_step(const struct input_state *from,
	const struct input_state *to, struct evdev_event *events, unsigned int room);

/* Bit maps as evdev has them. */
static inline bool input_bit(const uint8_t *map, unsigned int bit)
{
	return map[bit / 8] & 1u << bit % 8;
}

static inline void input_set_bit(uint8_t *map, unsigned int bit, bool on)
{
	map[bit / 8] =
		(uint8_t)((map[bit / 8] & ~(1u << bit % 8)) | (unsigned)on << bit % 8);
}

#endif
