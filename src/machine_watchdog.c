/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "src/control.h"
#include "src/log.h"
#include "src/machine_impl.h"

void machine_watchdog_ended(struct machine *machine)
{
	static const struct {
		const char *word; /* of the event */
		const char *line;
		enum hv_exit_kind end;
	} actions[] = {
		[CONFIG_WATCHDOG_RESET] = {"reset", "the watchdog resets the guest",
			HV_EXIT_RESET},
		[CONFIG_WATCHDOG_POWEROFF] = {"poweroff",
			"the watchdog powers the guest off", HV_EXIT_SHUTDOWN},
		[CONFIG_WATCHDOG_CRASH] = {"crash",
			"the guest has crashed, says the watchdog", HV_EXIT_CRASH},
		[CONFIG_WATCHDOG_PAUSE] = {"pause", "the watchdog pauses the guest",
			HV_EXIT_NONE},
		[CONFIG_WATCHDOG_NONE] = {"none",
			"the watchdog has waited in vain for the guest", HV_EXIT_NONE},
	};
	enum config_watchdog_action action = machine->plan->config->watchdog.action;

	log_host("%s", actions[action].line);
	control_event(machine->control, "WATCHDOG",
		json_pack("{s:s}", "action", actions[action].word));
	if (actions[action].end != HV_EXIT_NONE)
		machine_end(machine, actions[action].end);
	else if (action == CONFIG_WATCHDOG_PAUSE)
		machine->face.ops->pause(&machine->face);
}
