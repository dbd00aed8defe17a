/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input devices for the tests on the board, at both ends.
 *
 *	input watch		prints what all devices of this machine tell, a line for
 *				what belongs together: "NAME: TYPE/CODE=VALUE ..."
 *	input touch NAME	makes a touch screen for two fingers, which tells each
 *line "TYPE CODE VALUE" of standard input, and goes at its end
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICES_MAX 16

struct device {
	char name[80];
	char line[2048];
};

static int usage(void)
{
	fprintf(stderr, "usage: input watch | touch NAME\n");
	return 2;
}

/* ---- watch ------------------------------------------------------------------------ */

static void take_event(struct device *device, const struct input_event *event)
{
	size_t used = strlen(device->line);

	if (event->type == EV_SYN && event->code == SYN_REPORT) {
		printf("%s:%s\n", device->name, device->line);
		fflush(stdout);
		device->line[0] = 0;
		return;
	}
	snprintf(device->line + used, sizeof(device->line) - used, " %u/%u=%d",
		event->type, event->code, event->value);
}

static int watch(void)
{
	static struct device devices[DEVICES_MAX];
	struct pollfd fds[DEVICES_MAX];
	DIR *folder = opendir("/dev/input");
	struct dirent *entry;
	nfds_t count = 0;

	while (folder && count < DEVICES_MAX && (entry = readdir(folder))) {
		char path[300];

		if (strncmp(entry->d_name, "event", 5) != 0)
			continue;
		snprintf(path, sizeof(path), "/dev/input/%s", entry->d_name);
		fds[count].fd = open(path, O_RDONLY);
		fds[count].events = POLLIN;
		if (fds[count].fd < 0)
			continue;
		ioctl(fds[count].fd, EVIOCGNAME(sizeof(devices[0].name)),
			devices[count].name);
		count++;
	}
	if (!count)
		return 1;
	printf("watching %u devices\n", (unsigned int)count);
	fflush(stdout);
	while (poll(fds, count, -1) > 0)
		for (nfds_t i = 0; i < count; i++) {
			struct input_event event;

			if (fds[i].revents &&
				read(fds[i].fd, &event, sizeof(event)) == sizeof(event))
				take_event(&devices[i], &event);
		}
	return 1;
}

/* ---- touch ------------------------------------------------------------------------ */

static int add_axis(int fd, uint16_t code, int32_t maximum)
{
	struct uinput_abs_setup axis = {.code = code};

	axis.absinfo.maximum = maximum;
	axis.absinfo.resolution = code == ABS_MT_POSITION_X ? 12 : 0;
	return ioctl(fd, UI_ABS_SETUP, &axis);
}

static int touch(const char *name)
{
	struct uinput_setup setup = {.id = {BUS_USB, 0x1234, 0x5678, 9}};
	int fd = open("/dev/uinput", O_WRONLY);
	unsigned int type, code;
	int value;

	snprintf(setup.name, sizeof(setup.name), "%s", name);
	if (fd < 0 || ioctl(fd, UI_SET_EVBIT, EV_KEY) ||
		ioctl(fd, UI_SET_EVBIT, EV_ABS) || ioctl(fd, UI_SET_KEYBIT, BTN_TOUCH) ||
		ioctl(fd, UI_SET_PROPBIT, INPUT_PROP_DIRECT) ||
		add_axis(fd, ABS_MT_SLOT, 1) || add_axis(fd, ABS_MT_TRACKING_ID, 65535) ||
		add_axis(fd, ABS_MT_POSITION_X, 799) ||
		add_axis(fd, ABS_MT_POSITION_Y, 479) || ioctl(fd, UI_DEV_SETUP, &setup) ||
		ioctl(fd, UI_DEV_CREATE)) {
		perror("uinput");
		return 1;
	}
	while (scanf("%u %u %d", &type, &code, &value) == 3) {
		struct input_event event = {
			.type = (uint16_t)type, .code = (uint16_t)code, .value = value};

		if (write(fd, &event, sizeof(event)) < 0)
			perror(name);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "watch"))
		return watch();
	if (argc == 3 && !strcmp(argv[1], "touch"))
		return touch(argv[2]);
	return usage();
}
