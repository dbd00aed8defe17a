/* SPDX-License-Identifier: Apache-2.0 */
/* The balloon as the control room sees it. The loop's thread with its lock held. */
#include <string.h>

#include "src/container_of.h"
#include "src/control.h"
#include "src/machine_control.h"
#include "src/machine_devices.h"
#include "src/machine_impl.h"
#include "virtio/balloon.h"

#define EVENT_NS 1000000000ull

/* ---- the event -------------------------------------------------------------------- */

static void tell(struct machine *machine)
{
	uint64_t actual = board_plan_ram_bytes(machine->plan) -
			  virtio_balloon_taken(machine->balloon);

	machine->balloon_changed = false;
	control_event(machine->control, "BALLOON_CHANGE",
		json_pack("{s:I}", "actual", (json_int_t)actual));
	loop_timer_arm(machine->loop, &machine->balloon_timer, EVENT_NS);
}

/* A guest says it after each step: the first at once, then the last of each second. */
static void changed(void *user)
{
	struct machine *machine = user;

	if (machine->balloon_timer.loop)
		machine->balloon_changed = true;
	else
		tell(machine);
}

static void second_passed(struct loop_timer *timer)
{
	struct machine *machine = container_of(timer, struct machine, balloon_timer);

	if (machine->balloon_changed)
		tell(machine);
}

void machine_balloon_connect(struct machine *machine)
{
	machine->balloon_timer.expired = second_passed;
	for (unsigned int i = 0; i < machine->device_count; i++) {
		struct machine_device *device = &machine->devices[i];

		if (device->plan->config->type != CONFIG_DEVICE_BALLOON)
			continue;
		machine->balloon = device->dev;
		virtio_balloon_watch(device->dev, changed, machine);
	}
}

void machine_balloon_disconnect(struct machine *machine)
{
	if (machine->balloon)
		virtio_balloon_watch(machine->balloon, NULL, NULL);
	loop_timer_cancel(&machine->balloon_timer);
}

/* ---- verbs ------------------------------------------------------------------------ */

_Static_assert(MACHINE_BALLOON_STATS == VIRTIO_BALLOON_STATS, "one list, said twice");

bool machine_balloon_get(struct machine_control *face, struct machine_balloon *ret)
{
	const struct virtio_device *dev =
		container_of(face, struct machine, face)->balloon;

	if (!dev)
		return false;
	ret->name = dev->name;
	ret->taken_bytes = virtio_balloon_taken(dev);
	ret->stats_interval = virtio_balloon_stats_interval(dev);
	memcpy(ret->stats, virtio_balloon_stats(dev, &ret->stats_time),
		sizeof(ret->stats));
	return true;
}

void machine_balloon_take(struct machine_control *face, uint64_t bytes)
{
	virtio_balloon_take(container_of(face, struct machine, face)->balloon, bytes);
}

void machine_balloon_set_stats_interval(
	struct machine_control *face, unsigned int seconds)
{
	virtio_balloon_set_stats_interval(
		container_of(face, struct machine, face)->balloon, seconds);
}
