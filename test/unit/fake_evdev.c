/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_evdev.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "src/loop.h"
#include "test/unit/input_probe.h"
#include "test/unit/test.h"

/* Descriptors of device N are this, N and multiples of the number of devices. */
#define FD_FIRST 1000

struct fake_evdev fake_evdevs[FAKE_EVDEVS];
static struct loop_fd *watches[FAKE_EVDEVS];
static int next_open;

static int number_of(int fd)
{
	return (fd - FD_FIRST) % FAKE_EVDEVS;
}

/* ---- of the loop ------------------------------------------------------------------ */

int loop_fd_add(struct loop *loop, struct loop_fd *watch)
{
	struct loop_fd **at = &watches[number_of(watch->fd)];

	CHECK(!*at);
	*at = watch;
	watch->loop = loop;
	return 0;
}

void loop_fd_remove(struct loop_fd *watch)
{
	if (watch->loop)
		watches[number_of(watch->fd)] = NULL;
	watch->loop = NULL;
}

/* ---- of evdev --------------------------------------------------------------------- */

static struct fake_evdev *of_fd(int fd)
{
	return &fake_evdevs[number_of(fd)];
}

int evdev_open(const char *path)
{
	for (int i = 0; i < FAKE_EVDEVS; i++) {
		char name[EVDEV_PATH_BYTES];

		snprintf(name, sizeof(name), "/dev/input/event%d", i);
		if (strcmp(name, path) || !fake_evdevs[i].there)
			continue;
		if (fake_evdevs[i].denied)
			return fake_evdevs[i].denied;
		fake_evdevs[i].opens++;
		return FD_FIRST + FAKE_EVDEVS * next_open++ + i;
	}
	return -ENOENT;
}

void evdev_close(int fd)
{
	CHECK(of_fd(fd)->opens > 0);
	of_fd(fd)->opens--;
	evdev_grab(fd, false);
}

unsigned int evdev_list(unsigned int *numbers, unsigned int room)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < FAKE_EVDEVS && count < room; i++)
		if (fake_evdevs[i].there)
			numbers[count++] = i;
	return count;
}

int evdev_describe(int fd, struct input_info *info, char place[EVDEV_PLACE_BYTES])
{
	*info = of_fd(fd)->info;
	memcpy(place, of_fd(fd)->place, EVDEV_PLACE_BYTES);
	return 0;
}

int evdev_get_state(int fd, const struct input_info *info, struct input_state *state)
{
	if (!of_fd(fd)->there)
		return -ENODEV;
	input_state_copy(state, &of_fd(fd)->state);
	return 0;
}

int evdev_grab(int fd, bool grab)
{
	struct fake_evdev *evdev = of_fd(fd);

	if (grab && (evdev->others || evdev->grabbed))
		return -EBUSY;
	if (!grab && evdev->grabber != fd)
		return -EINVAL;
	evdev->grabber = grab ? fd : 0;
	evdev->grabbed = grab;
	return 0;
}

int evdev_read(int fd, struct evdev_event *events, unsigned int room)
{
	struct fake_evdev *evdev = of_fd(fd);
	unsigned int count = evdev->queued - evdev->read;

	if (!evdev->there)
		return -ENODEV;
	if (!count)
		return -EAGAIN;
	if (count > room)
		count = room;
	memcpy(events, &evdev->queue[evdev->read], count * sizeof(events[0]));
	evdev->read += count;
	return (int)count;
}

int evdev_write(int fd, const struct evdev_event *event)
{
	input_probe_write(of_fd(fd)->written, sizeof(of_fd(fd)->written), event);
	return 0;
}

/* ---- the test's hand -------------------------------------------------------------- */

void fake_evdev_reset(void)
{
	for (unsigned int i = 0; i < FAKE_EVDEVS; i++) {
		CHECK_EQ(fake_evdevs[i].opens, 0);
		input_state_finish(&fake_evdevs[i].state);
	}
	memset(fake_evdevs, 0, sizeof(fake_evdevs));
}

struct fake_evdev *fake_evdev_add(unsigned int number, const char *name)
{
	struct fake_evdev *evdev = &fake_evdevs[number];
	struct input_info *info = &evdev->info;

	memset(info, 0, sizeof(*info));
	snprintf(info->name, sizeof(info->name), "%s", name);
	for (unsigned int key = KEY_ESC; key < KEY_COMPOSE; key++)
		input_set_bit(info->codes[EV_KEY], key, true);
	input_set_bit(info->codes[EV_LED], LED_CAPSL, true);
	input_set_bit(info->codes[EV_ABS], ABS_MT_SLOT, true);
	info->axes[ABS_MT_SLOT].maximum = 1;
	input_state_finish(&evdev->state);
	CHECK_EQ(input_state_init(&evdev->state, info), 0);
	evdev->there = true;
	evdev->queued = evdev->read = 0;
	evdev->written[0] = 0;
	return evdev;
}

static void wake(unsigned int number, uint32_t events)
{
	struct loop_fd *watch = watches[number];

	if (watch)
		watch->ready(watch, events);
}

void fake_evdev_remove(unsigned int number)
{
	fake_evdevs[number].there = false;
	wake(number, EPOLLIN | EPOLLHUP | EPOLLERR);
}

void fake_evdev_say(
	unsigned int number, const struct evdev_event *events, unsigned int count)
{
	struct fake_evdev *evdev = &fake_evdevs[number];

	evdev->queued = evdev->read = 0;
	memcpy(evdev->queue, events, count * sizeof(events[0]));
	evdev->queued = count;
	input_state_apply(&evdev->state, events, count);
	while (watches[number] && evdev->read < evdev->queued)
		wake(number, EPOLLIN);
}

void fake_evdev_say_one(
	unsigned int number, unsigned int type, unsigned int code, int32_t value)
{
	const struct evdev_event events[] = {
		{(uint16_t)type, (uint16_t)code, value}, {EV_SYN, SYN_REPORT, 0}};

	fake_evdev_say(number, events, 2);
}
