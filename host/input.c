/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/input-event-codes.h>

#include "host/input_impl.h"

int input_source_init(struct input_source *source, const struct input_source_ops *ops)
{
	source->ops = ops;
	return input_state_init(&source->state, &source->info);
}

void input_source_finish(struct input_source *source)
{
	input_state_finish(&source->state);
}

void input_source_set_user(struct input_source *source, struct input_user *user)
{
	source->user = user;
}

const struct input_info *input_source_info(const struct input_source *source)
{
	return &source->info;
}

const struct input_state *input_source_state(const struct input_source *source)
{
	return &source->state;
}

void input_source_status(struct input_source *source, const struct evdev_event *event)
{
	if ((event->type == EV_LED || event->type == EV_SND) &&
		event->code < INPUT_CODE_BYTES * 8 &&
		input_bit(source->info.codes[event->type], event->code))
		source->ops->status(source, event);
}

void input_source_deliver(
	struct input_source *source, const struct evdev_event *events, unsigned int count)
{
	if (source->user)
		source->user->events->events(source->user, events, count);
	input_state_apply(&source->state, events, count);
}

void input_source_become(struct input_source *source, const struct input_state *state)
{
	struct evdev_event events[4 * INPUT_STATE_STEP_MAX];
	unsigned int count;

	while ((count = input_state_step(&source->state, state, events,
			sizeof(events) / sizeof(events[0]))) > 0)
		input_source_deliver(source, events, count);
}

void input_source_destroy(struct input_source *source)
{
	if (source)
		source->ops->destroy(source);
}
