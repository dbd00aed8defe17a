/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a VM whose watchdog has waited in vain. */
#include <stdio.h>

#include "src/container_of.h"
#include "src/control.h"
#include "src/machine_impl.h"
#include "test/unit/test.h"

static char told[128];
static enum hv_exit_kind ended;
static unsigned int pauses;

/* Takes the place of src/control.c. */
void control_event(struct control *control, const char *name, json_t *data)
{
	const char *action = "";

	CHECK_EQ(json_unpack(data, "{s:s !}", "action", &action), 0);
	snprintf(told, sizeof(told), "%s %s", name, action);
	json_decref(data);
}

/* Takes the place of src/machine.c. */
void machine_end(struct machine *machine, enum hv_exit_kind kind)
{
	ended = kind;
}

static void pause_machine(struct machine_control *face)
{
	pauses++;
}

TEST(does_what_the_xml_says_and_tells_it)
{
	static const struct {
		enum config_watchdog_action action;
		const char *told;
		enum hv_exit_kind end;
		unsigned int pauses;
	} rows[] = {
		{CONFIG_WATCHDOG_RESET, "WATCHDOG reset", HV_EXIT_RESET, 0},
		{CONFIG_WATCHDOG_POWEROFF, "WATCHDOG poweroff", HV_EXIT_SHUTDOWN, 0},
		{CONFIG_WATCHDOG_CRASH, "WATCHDOG crash", HV_EXIT_CRASH, 0},
		{CONFIG_WATCHDOG_PAUSE, "WATCHDOG pause", HV_EXIT_NONE, 1},
		{CONFIG_WATCHDOG_NONE, "WATCHDOG none", HV_EXIT_NONE, 0},
	};
	static const struct machine_control_ops ops = {.pause = pause_machine};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vm_config config = {.watchdog.action = rows[i].action};
		struct board_plan plan = {.config = &config};
		struct machine machine = {.plan = &plan, .face.ops = &ops};

		ended = HV_EXIT_NONE;
		pauses = 0;
		machine_watchdog_ended(&machine);
		CHECK_STR(told, rows[i].told);
		CHECK_EQ(ended, rows[i].end);
		CHECK_EQ(pauses, rows[i].pauses);
	}
}

TEST_MAIN(CASE(does_what_the_xml_says_and_tells_it))
