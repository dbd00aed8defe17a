/* SPDX-License-Identifier: Apache-2.0 */
#include "host/evdev.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/input-event-codes.h>
#include <linux/input.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/input.h"
#include "host/input_state.h"

#define READ_EVENTS 64

/* An event as the kernel's ABI has it, whatever the C library makes of a time. */
struct kernel_event {
	unsigned long seconds;
	unsigned long microseconds;
	uint16_t type;
	uint16_t code;
	int32_t value;
};

int evdev_open(const char *path)
{
	int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = open(path, O_RDWR | flags);

	if (fd < 0 && (errno == EACCES || errno == EPERM || errno == EROFS))
		fd = open(path, O_RDONLY | flags);
	return fd < 0 ? -errno : fd;
}

void evdev_close(int fd)
{
	close(fd);
}

/* ---- which there are -------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
	unsigned int left = *(const unsigned int *)a, right = *(const unsigned int *)b;

	return left < right ? -1 : left > right;
}

unsigned int evdev_list(unsigned int *numbers, unsigned int room)
{
	DIR *folder = opendir("/dev/input");
	unsigned int count = 0;
	struct dirent *entry;

	if (!folder)
		return 0;
	while (count < room && (entry = readdir(folder))) {
		char end;

		if (sscanf(entry->d_name, "event%u%c", &numbers[count], &end) == 1)
			count++;
	}
	closedir(folder);
	qsort(numbers, count, sizeof(numbers[0]), by_number);
	return count;
}

/* ---- what it is ------------------------------------------------------------------- */

/* A text that the device may not have. */
static void get_text(int fd, unsigned long request, char *text)
{
	if (ioctl(fd, request, text) < 0)
		text[0] = 0;
}

static int get_axes(int fd, struct input_info *info)
{
	for (unsigned int axis = 0; axis < INPUT_AXIS_COUNT; axis++) {
		struct input_absinfo abs;

		if (!input_bit(info->codes[EV_ABS], axis))
			continue;
		if (ioctl(fd, EVIOCGABS(axis), &abs) < 0)
			return -errno;
		info->axes[axis] = (struct input_axis){
			.minimum = abs.minimum,
			.maximum = abs.maximum,
			.fuzz = abs.fuzz,
			.flat = abs.flat,
			.resolution = abs.resolution,
		};
	}
	return 0;
}

/* Those that a virtual one can have; effects of force feedback, for instance, cannot. */
static const uint8_t types[] = {EV_KEY, EV_REL, EV_ABS, EV_MSC, EV_SW, EV_LED, EV_SND};

int evdev_describe(int fd, struct input_info *info, char place[EVDEV_PLACE_BYTES])
{
	uint8_t has[INPUT_TYPE_COUNT / 8] = {0};
	struct input_id id;

	memset(info, 0, sizeof(*info));
	memset(place, 0, EVDEV_PLACE_BYTES);
	if (ioctl(fd, EVIOCGID, &id) < 0 || ioctl(fd, EVIOCGBIT(0, sizeof(has)), has) < 0)
		return -errno;
	info->bus = id.bustype;
	info->vendor = id.vendor;
	info->product = id.product;
	info->version = id.version;
	/* The kernel ends what fits, and leaves the end of what does not open. */
	get_text(fd, EVIOCGNAME(sizeof(info->name) - 1), info->name);
	get_text(fd, EVIOCGUNIQ(sizeof(info->serial) - 1), info->serial);
	get_text(fd, EVIOCGPHYS(EVDEV_PLACE_BYTES - 1), place);
	if (ioctl(fd, EVIOCGPROP(sizeof(info->properties)), info->properties) < 0)
		return -errno;
	for (unsigned int i = 0; i < sizeof(types); i++)
		if (input_bit(has, types[i]) &&
			ioctl(fd, EVIOCGBIT(types[i], INPUT_CODE_BYTES),
				info->codes[types[i]]) < 0)
			return -errno;
	if (input_bit(has, EV_REP)) {
		input_set_bit(info->codes[EV_REP], REP_DELAY, true);
		input_set_bit(info->codes[EV_REP], REP_PERIOD, true);
	}
	return get_axes(fd, info);
}

/* ---- how it is -------------------------------------------------------------------- */

static int get_fingers(int fd, const struct input_info *info, struct input_state *state)
{
	int32_t values[1 + INPUT_SLOTS_MAX]; /* the axis' code first */

	for (unsigned int i = 0; i < INPUT_SLOT_AXES; i++) {
		unsigned int axis = ABS_MT_TOUCH_MAJOR + i;

		if (!input_bit(info->codes[EV_ABS], axis))
			continue;
		values[0] = (int32_t)axis;
		if (ioctl(fd, EVIOCGMTSLOTS((1 + state->slot_count) * sizeof(values[0])),
			    values) < 0)
			return -errno;
		for (unsigned int slot = 0; slot < state->slot_count; slot++)
			state->slots[slot].axes[i] = values[1 + slot];
	}
	return 0;
}

int evdev_get_state(int fd, const struct input_info *info, struct input_state *state)
{
	input_state_clear(state);
	if (ioctl(fd, EVIOCGKEY(sizeof(state->keys)), state->keys) < 0)
		return -errno;
	if (ioctl(fd, EVIOCGSW(sizeof(state->switches)), state->switches) < 0)
		return -errno;
	for (unsigned int axis = 0; axis < INPUT_AXIS_COUNT; axis++) {
		struct input_absinfo abs;
		struct evdev_event event = {.type = EV_ABS, .code = (uint16_t)axis};

		if (!input_bit(info->codes[EV_ABS], axis) ||
			(axis >= ABS_MT_TOUCH_MAJOR && axis <= ABS_MT_TOOL_Y))
			continue;
		if (ioctl(fd, EVIOCGABS(axis), &abs) < 0)
			return -errno;
		event.value = abs.value;
		input_state_apply(state, &event, 1);
	}
	return state->slot_count ? get_fingers(fd, info, state) : 0;
}

/* ---- what it says and does -------------------------------------------------------- */

int evdev_grab(int fd, bool grab)
{
	return ioctl(fd, EVIOCGRAB, (unsigned long)grab) < 0 ? -errno : 0;
}

int evdev_read(int fd, struct evdev_event *events, unsigned int room)
{
	struct kernel_event said[READ_EVENTS];
	ssize_t bytes;
	int count;

	if (room > READ_EVENTS)
		room = READ_EVENTS;
	do
		bytes = read(fd, said, room * sizeof(said[0]));
	while (bytes < 0 && errno == EINTR);
	if (bytes < 0)
		return -errno;
	/* The kernel gives whole events only. */
	count = (int)((size_t)bytes / sizeof(said[0]));
	for (int i = 0; i < count; i++)
		events[i] =
			(struct evdev_event){said[i].type, said[i].code, said[i].value};
	return count ? count : -ENODEV;
}

int evdev_write(int fd, const struct evdev_event *event)
{
	const struct kernel_event said[] = {
		{.type = event->type, .code = event->code, .value = event->value},
		{.type = EV_SYN, .code = SYN_REPORT},
	};

	return write(fd, said, sizeof(said)) < 0 ? -errno : 0;
}
