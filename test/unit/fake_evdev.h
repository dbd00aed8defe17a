/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input devices of a host that is in the test's hand: they take the place of
 * host/evdev.h, and their descriptors that of those in src/loop.h, the linker's seam.
 * Time is test/unit/fake_clock.h's.
 */
#ifndef TEST_UNIT_FAKE_EVDEV_H
#define TEST_UNIT_FAKE_EVDEV_H

#include "host/evdev.h"
#include "host/input_state.h"

#define FAKE_EVDEVS 4

/* One that is there has an info with a name. Its path is /dev/input/eventN. */
struct fake_evdev {
	bool there;
	int denied;         /* what opening it fails with */
	bool others;        /* another program has grabbed it */
	bool grabbed;       /* by us */
	int grabber;        /* with this descriptor */
	unsigned int opens; /* descriptors of it */
	struct input_info info;
	char place[EVDEV_PLACE_BYTES];
	struct input_state state; /* what its ioctls say; made by fake_evdev_add() */
	char written[512];        /* as input_probe_write() has it */

	struct evdev_event queue[2048];
	unsigned int queued;
	unsigned int read;
};

extern struct fake_evdev fake_evdevs[FAKE_EVDEVS];

/* Back to none. */
void fake_evdev_reset(void);

/* Device N is there now, with a name, keys, LEDs and what else its info says by then. */
struct fake_evdev *fake_evdev_add(unsigned int number, const char *name);
void fake_evdev_remove(unsigned int number);

/* It says so, at once; the state is told of it too. */
void fake_evdev_say(
	unsigned int number, const struct evdev_event *events, unsigned int count);
/* One event and SYN_REPORT. */
void fake_evdev_say_one(
	unsigned int number, unsigned int type, unsigned int code, int32_t value);

#endif
