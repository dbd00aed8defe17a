/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Linux's evdev says of a device of the host, and does with it: the ioctls of
 * <linux/input.h> in the words of host/input.h. Descriptors are non-blocking. -errno is
 * the kernel's; -ENODEV: the device is gone. The tests have devices of their own instead.
 */
#ifndef HOST_EVDEV_H
#define HOST_EVDEV_H

#include <stdbool.h>

struct evdev_event;
struct input_info;
struct input_state;

#define EVDEV_PATH_BYTES 32 /* of "/dev/input/event4294967295" */
#define EVDEV_PLACE_BYTES 128

/* A descriptor, for reading only where writing is not allowed; or -errno. */
int evdev_open(const char *path);
void evdev_close(int fd);

/*
 * The numbers of the devices in /dev/input, rising, at most room; returns how many, 0
 * where there is no such folder.
 */
unsigned int evdev_list(unsigned int *numbers, unsigned int room);

/* Fills *info, and the device's physical place. -ENOTTY or so: it is no evdev device. */
int evdev_describe(int fd, struct input_info *info, char place[EVDEV_PLACE_BYTES]);

/* How keys, switches, axes and fingers are right now; state was made with this info. */
int evdev_get_state(int fd, const struct input_info *info, struct input_state *state);

/* -EBUSY: another program has grabbed it. */
int evdev_grab(int fd, bool grab);

/* How many events there were, at most room; -EAGAIN for none. */
int evdev_read(int fd, struct evdev_event *events, unsigned int room);

int evdev_write(int fd, const struct evdev_event *event);

#endif
