/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seat of a VM: where a person sits, in front of a window, a browser, or far away
 * with a script. Whoever receives what that person does says so here in the words of
 * evdev, and the seat finds the input device of the guest that it is meant for: keys go
 * to the keyboard, places and buttons to the tablet or else the pointer, touches to the
 * touch screen. What there is no device for is dropped.
 *
 * A person's action may take several calls; the guest hears of it with seat_sync().
 * Everything runs with the loop's lock held.
 */
#ifndef HOST_SEAT_H
#define HOST_SEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "host/input.h"

struct error;
struct loop;
struct seat;

#define SEAT_ABS_MAX 32767   /* places of tablets and touch screens: 0 to this */
#define SEAT_TOUCHES 10u     /* fingers of a touch screen */
#define SEAT_CHORD_KEYS 16u  /* that are typed together */
#define SEAT_WHEEL_NOTCH 120 /* of a high-resolution wheel */

int seat_create(struct loop *loop, struct seat **ret, struct error *err);
/* Its sources are destroyed before. NULL is fine. */
void seat_destroy(struct seat *seat);

/*
 * The source behind an input device of the guest that has none of its own. Several of a
 * kind are fine: the first one gets everything. name is the guest's device's; copied.
 */
int seat_source_create(struct seat *seat, enum input_kind kind, const char *name,
	struct input_source **ret, struct error *err);

/* Whether the guest has such a device. A window without a tablet grabs the pointer. */
bool seat_has(const struct seat *seat, enum input_kind kind);

/*
 * code is KEY_*; buttons of a mouse are BTN_LEFT … and go where places go. A key that is
 * down already does not go down again: the guest repeats.
 */
void seat_key(struct seat *seat, uint16_t code, bool down);
/*
 * A place of the whole of all screens, 0 to SEAT_ABS_MAX each way; the edge where it lies
 * outside. A pointer, where there is no tablet, hears how far that is from the last one.
 */
void seat_place(struct seat *seat, int32_t x, int32_t y);
/* The same in one direction alone: across, or down. */
void seat_place_axis(struct seat *seat, bool vertical, int32_t place);
/* How far the pointer went, in units of its own. */
void seat_motion(struct seat *seat, int32_t dx, int32_t dy);
/* In parts of SEAT_WHEEL_NOTCH, positive to the right and away from the person. */
void seat_wheel(struct seat *seat, int32_t horizontal, int32_t vertical);
/* A finger, 0 to SEAT_TOUCHES - 1, came down or moved; was lifted. */
void seat_touch(struct seat *seat, unsigned int finger, int32_t x, int32_t y);
/* The same for who has no place yet, or in one direction alone: the rest is as it was. */
void seat_touch_begin(struct seat *seat, unsigned int finger);
void seat_touch_axis(
	struct seat *seat, unsigned int finger, bool vertical, int32_t place);
void seat_touch_end(struct seat *seat, unsigned int finger);
/* The guest hears of what was said since the last time. */
void seat_sync(struct seat *seat);

/*
 * Types keys of the keyboard, at most SEAT_CHORD_KEYS: down in this order, held for that
 * long, up in reverse; after those that were to be typed before. -EAGAIN where too many
 * wait.
 */
int seat_type(
	struct seat *seat, const uint16_t *codes, unsigned int count, uint64_t hold_ns);

/* Lifts everything that is down, and syncs: the person has looked away. */
void seat_release_all(struct seat *seat);

/*
 * Somebody who hears of the guest's LEDs (EV_LED codes of the keyboard), to show them.
 */
struct seat_listener {
	void (*led)(struct seat_listener *listener, uint16_t code, bool on);
	struct seat_listener *next; /* the seat's */
};

/* It hears at once of those that are lit. */
void seat_listen(struct seat *seat, struct seat_listener *listener);
void seat_unlisten(struct seat *seat, struct seat_listener *listener);

#endif
