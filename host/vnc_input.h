/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients of a VNC server do, in the words of a seat. On the loop's thread, with its
 * lock held.
 */
#ifndef HOST_VNC_INPUT_H
#define HOST_VNC_INPUT_H

#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>

struct display;
struct seat;

enum vnc_event_kind { VNC_KEY, VNC_POINTER, VNC_RESIZE };

struct vnc_event {
	enum vnc_event_kind kind;
	uint16_t key; /* VNC_KEY: KEY_* */
	bool down;
	uint8_t buttons; /* VNC_POINTER: RFC 6143, 7.5.5 */
	uint16_t x;      /* ... its place, in a screen of this size */
	uint16_t y;
	uint32_t width; /* VNC_RESIZE: the size that the client would like */
	uint32_t height;
};

/* Where clients' input goes. */
struct vnc_input {
	struct seat *seat;
	struct display *display;
};

/* What one client holds down. */
struct vnc_pointer {
	uint8_t buttons;
	uint8_t keys[KEY_CNT / 8];
};

void vnc_input_event(struct vnc_input *input, struct vnc_pointer *pointer,
	const struct vnc_event *event);
/* The client is gone. */
void vnc_input_release(struct vnc_input *input, struct vnc_pointer *pointer);

#endif
