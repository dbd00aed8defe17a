/* SPDX-License-Identifier: Apache-2.0 */
/* An input device's configuration. Part of config/config.h. */
#ifndef CONFIG_CONFIG_INPUT_H
#define CONFIG_CONFIG_INPUT_H

#include <stdbool.h>

#include "src/error.h"

enum config_input_kind {
	CONFIG_INPUT_KEYBOARD,
	CONFIG_INPUT_POINTER,
	CONFIG_INPUT_TABLET,
	CONFIG_INPUT_TOUCH,
};

struct config_input {
	enum config_input_kind kind; /* of one that is the seat's */
	bool evdev;
	struct source_pos backend_pos;
	char *path;  /* evdev: the device, or NULL: the first that */
	char *match; /* has such a name or place, as a pattern of fnmatch() */
	bool grab;   /* evdev */
};

#endif
