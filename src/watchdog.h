/* SPDX-License-Identifier: Apache-2.0 */
/* What happens when a watchdog of a board has waited in vain. */
#ifndef SRC_WATCHDOG_H
#define SRC_WATCHDOG_H

#include "config/config_watchdog.h"

struct board_host;

/* Tells the log, and asks the host for what the XML says. The loop's thread. */
void watchdog_act(const struct board_host *host, enum config_watchdog_action action);

#endif
