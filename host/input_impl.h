/* SPDX-License-Identifier: Apache-2.0 */
/* For the implementations of host/input.h; input.c has what they share. */
#ifndef HOST_INPUT_IMPL_H
#define HOST_INPUT_IMPL_H

#include "host/input.h"
#include "host/input_state.h"

struct input_source_ops {
	/* Mandatory; the device has the LED or sound. */
	void (*status)(struct input_source *source, const struct evdev_event *event);
	/* Mandatory: ends with input_source_finish() and free(). */
	void (*destroy)(struct input_source *source);
};

/* Embedded in each implementation, which fills info before input_source_init(). */
struct input_source {
	const struct input_source_ops *ops;
	struct input_user *user;
	struct input_state state;
	struct input_info info;
};

/* -ENOMEM. */
int input_source_init(struct input_source *source, const struct input_source_ops *ops);
/* A zeroed one is fine. */
void input_source_finish(struct input_source *source);

/* Tells the user, and then the source's state. The last event is SYN_REPORT. */
void input_source_deliver(struct input_source *source, const struct evdev_event *events,
	unsigned int count);

/* Tells whatever leads from the source's state to that one. */
void input_source_become(struct input_source *source, const struct input_state *state);

#endif
