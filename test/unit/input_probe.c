/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/input_probe.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "src/container_of.h"
#include "test/unit/test.h"

void input_probe_write(char *text, size_t room, const struct evdev_event *event)
{
	static const char letters[INPUT_TYPE_COUNT] = {
		[EV_KEY] = 'K',
		[EV_REL] = 'R',
		[EV_ABS] = 'A',
		[EV_MSC] = 'M',
		[EV_SW] = 'W',
		[EV_LED] = 'L',
		[EV_SND] = 'S',
	};
	size_t used = strlen(text);
	const char *space = used ? " " : "";

	if (event->type == EV_SYN && event->code == SYN_REPORT && !event->value)
		snprintf(text + used, room - used, "%s.", space);
	else
		snprintf(text + used, room - used, "%s%c%u=%d", space,
			event->type < INPUT_TYPE_COUNT && letters[event->type]
				? letters[event->type]
				: '?',
			event->code, event->value);
}

static void hear(
	struct input_user *user, const struct evdev_event *events, unsigned int count)
{
	struct input_probe *probe = container_of(user, struct input_probe, user);

	CHECK(count > 0);
	CHECK_EQ(events[count - 1].type, EV_SYN);
	for (unsigned int i = 0; i < count; i++)
		input_probe_write(probe->text, sizeof(probe->text), &events[i]);
	probe->batches++;
}

void input_probe_begin(struct input_probe *probe, struct input_source *source)
{
	static const struct input_listener_events events = {.events = hear};

	memset(probe, 0, sizeof(*probe));
	probe->user.events = &events;
	input_source_set_user(source, &probe->user);
}

const char *input_probe_heard(struct input_probe *probe)
{
	static char heard[sizeof(probe->text)];

	memcpy(heard, probe->text, sizeof(heard));
	probe->text[0] = 0;
	return heard;
}
