/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's watchdog. Part of config/config.h. */
#ifndef CONFIG_CONFIG_WATCHDOG_H
#define CONFIG_CONFIG_WATCHDOG_H

#include "src/error.h"

enum config_watchdog_action {
	CONFIG_WATCHDOG_RESET,
	CONFIG_WATCHDOG_POWEROFF,
	CONFIG_WATCHDOG_CRASH,
	CONFIG_WATCHDOG_PAUSE,
	CONFIG_WATCHDOG_NONE, /* tells the log alone */
};

/* What becomes of a guest that its watchdog waits for in vain. */
struct config_watchdog {
	struct source_pos pos; /* file is NULL where there is no <watchdog> */
	enum config_watchdog_action action;
};

#endif
