/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An input device of the host: a keyboard, a pointer, a tablet or a touch screen, as
 * Linux's evdev describes one (linux/input.h, linux/input-event-codes.h). Events keep the
 * codes that they have at the host all the way into the guest.
 *
 * Everything runs with the loop's lock held; events come on the loop's thread, never from
 * within a verb.
 */
#ifndef HOST_INPUT_H
#define HOST_INPUT_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct input_evdev;
struct input_source;
struct input_state;
struct loop;
struct source_pos;

/* Bytes of evdev's bit maps. */
#define INPUT_PROPERTY_BYTES 4
#define INPUT_TYPE_COUNT 32
#define INPUT_CODE_BYTES 96 /* of the largest, EV_KEY */
#define INPUT_AXIS_COUNT 64

/* The evdev triple; <linux/input.h> has its own with a time. */
struct evdev_event {
	uint16_t type;
	uint16_t code;
	int32_t value;
};

struct input_axis {
	int32_t minimum;
	int32_t maximum;
	int32_t fuzz;
	int32_t flat;
	int32_t resolution;
};

/* What a device is and can do; constant. Bit maps have bit n in byte n / 8. */
struct input_info {
	char name[128];
	char serial[128];
	uint16_t bus; /* BUS_* */
	uint16_t vendor;
	uint16_t product;
	uint16_t version;
	uint8_t properties[INPUT_PROPERTY_BYTES];
	/* By event type: the codes; EV_SYN's is empty, EV_REP's says that it repeats. */
	uint8_t codes[INPUT_TYPE_COUNT][INPUT_CODE_BYTES];
	struct input_axis axes[INPUT_AXIS_COUNT]; /* of EV_ABS's codes */
};

struct input_user;

struct input_listener_events {
	/*
	 * Mandatory. Events that belong together, the last of them SYN_REPORT. They are
	 * the source's. A key that stays down is not said again: whoever listens repeats.
	 */
	void (*events)(struct input_user *user, const struct evdev_event *events,
		unsigned int count);
};

struct input_user {
	const struct input_listener_events *events;
};

/* Set once, before the loop runs; NULL detaches. */
void input_source_set_user(struct input_source *source, struct input_user *user);

const struct input_info *input_source_info(const struct input_source *source);

/* What is held, and where its axes are, before what events() is being told. */
const struct input_state *input_source_state(const struct input_source *source);

/* The guest sets a LED (EV_LED) or sounds (EV_SND), of the device's own. */
void input_source_status(struct input_source *source, const struct evdev_event *event);

/* Ungrabs; NULL is fine. */
void input_source_destroy(struct input_source *source);

/* --- one implementation a line ------------------------------------------------------ */

/* What kind a device is that a window or a client of a display stands behind. */
enum input_kind { INPUT_KEYBOARD, INPUT_POINTER, INPUT_TABLET, INPUT_TOUCH };

struct input_evdev_options {
	const char *path;  /* "/dev/input/event3", or NULL: the first that matches */
	const char *match; /* its name or its physical place, as a pattern of fnmatch() */
	bool grab;         /* nobody else at the host gets its events */
	const struct source_pos *pos;
};

/* Devices that change hands together; zeroed at first, it outlives them. */
struct input_evdev_group {
	struct input_evdev *devices;
	bool away; /* those that grab are the host's again */
};

/*
 * A device of the host; the options are copied. Pressing both control keys of one that
 * grabs gives all of the group back to the host, and again takes them. One that is
 * unplugged is let go and, with the same keys and axes, taken again when it comes back.
 * -ENODEV: none matches; -EBUSY: another program has grabbed it.
 */
int input_evdev_open(struct loop *loop, const struct input_evdev_options *options,
	struct input_evdev_group *group, struct input_source **ret, struct error *err);

#endif
