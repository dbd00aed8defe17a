/* SPDX-License-Identifier: Apache-2.0 */
#include "src/watchdog.h"

#include "src/board.h"
#include "src/log.h"

void watchdog_act(const struct board_host *host, enum config_watchdog_action action)
{
	switch (action) {
	case CONFIG_WATCHDOG_RESET:
		log_host("the watchdog resets the guest");
		host->request(host->user, BOARD_RESET);
		break;
	case CONFIG_WATCHDOG_POWEROFF:
		log_host("the watchdog powers the guest off");
		host->request(host->user, BOARD_POWER_OFF);
		break;
	case CONFIG_WATCHDOG_CRASH:
		log_host("the guest has crashed, says the watchdog");
		host->request(host->user, BOARD_CRASHED);
		break;
	case CONFIG_WATCHDOG_NONE:
		log_host("the watchdog has waited in vain for the guest");
		break;
	}
}
