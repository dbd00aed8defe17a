/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes down what an input source tells: "K30=1 A0=5 ." with a letter for the type (K
 * key, R relative, A absolute, M miscellaneous, W switch, L LED), the code and the value,
 * and a dot for SYN_REPORT.
 */
#ifndef TEST_UNIT_INPUT_PROBE_H
#define TEST_UNIT_INPUT_PROBE_H

#include <stddef.h>

#include "host/input.h"

struct input_probe {
	struct input_user user;
	char text[8192];
	unsigned int batches;
};

void input_probe_begin(struct input_probe *probe, struct input_source *source);

/* What was told since the last time; good until something more is. */
const char *input_probe_heard(struct input_probe *probe);

/* Adds an event to text, a string of room bytes. */
void input_probe_write(char *text, size_t room, const struct evdev_event *event);

#endif
