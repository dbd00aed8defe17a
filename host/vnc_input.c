/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vnc_input.h"

#include <string.h>

#include "host/display_impl.h"
#include "host/seat.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Bits of a button mask (RFC 6143, 7.5.5, and what clients made of the rest). */
static const struct {
	uint16_t button; /* or 0 and a wheel's notch */
	int8_t horizontal;
	int8_t vertical;
} buttons[] = {
	{BTN_LEFT, 0, 0},
	{BTN_MIDDLE, 0, 0},
	{BTN_RIGHT, 0, 0},
	{0, 0, 1},
	{0, 0, -1},
	{0, -1, 0},
	{0, 1, 0},
	{BTN_SIDE, 0, 0},
};

static void press(struct vnc_input *input, struct vnc_pointer *pointer, uint8_t mask)
{
	uint8_t changed = pointer->buttons ^ mask;

	pointer->buttons = mask;
	for (unsigned int i = 0; i < COUNT(buttons); i++) {
		bool down = mask >> i & 1;

		if (!(changed >> i & 1))
			continue;
		if (buttons[i].button)
			seat_key(input->seat, buttons[i].button, down);
		else if (down)
			seat_wheel(input->seat, buttons[i].horizontal * SEAT_WHEEL_NOTCH,
				buttons[i].vertical * SEAT_WHEEL_NOTCH);
	}
}

/* The last pixel is the edge. */
static int32_t scale(uint16_t at, uint32_t size)
{
	if (size < 2)
		return 0;
	return at >= size ? SEAT_ABS_MAX
			  : (int32_t)((uint64_t)at * SEAT_ABS_MAX / (size - 1));
}

static void key(
	struct vnc_input *input, struct vnc_pointer *pointer, uint16_t code, bool down)
{
	uint8_t bit = (uint8_t)(1u << code % 8);

	/* Another client may hold it down: only the one that pressed it lifts it. */
	if (!down && !(pointer->keys[code / 8] & bit))
		return;
	if (down)
		pointer->keys[code / 8] |= bit;
	else
		pointer->keys[code / 8] &= (uint8_t)~bit;
	seat_key(input->seat, code, down);
}

static void resize(struct display *display, const struct vnc_event *event)
{
	struct display_mode mode = *display_mode(display, 0);

	mode.width = event->width;
	mode.height = event->height;
	display_set_mode(display, 0, &mode);
}

void vnc_input_event(struct vnc_input *input, struct vnc_pointer *pointer,
	const struct vnc_event *event)
{
	switch (event->kind) {
	case VNC_KEY:
		key(input, pointer, event->key, event->down);
		break;
	case VNC_POINTER:
		seat_place(input->seat, scale(event->x, event->width),
			scale(event->y, event->height));
		press(input, pointer, event->buttons);
		break;
	case VNC_RESIZE:
		resize(input->display, event);
		return;
	}
	seat_sync(input->seat);
}

void vnc_input_release(struct vnc_input *input, struct vnc_pointer *pointer)
{
	for (uint16_t code = 0; code < KEY_CNT; code++)
		if (pointer->keys[code / 8] >> code % 8 & 1)
			seat_key(input->seat, code, false);
	press(input, pointer, 0);
	seat_sync(input->seat);
	memset(pointer, 0, sizeof(*pointer));
}
