/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_machine.h"

#include "src/machine_control.h"

static int stop(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	if (!code)
		machine->ops->pause(machine);
	return code;
}

static int cont(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	if (!code)
		machine->ops->resume(machine);
	return code;
}

static int quit(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	if (!code)
		machine->ops->quit(machine);
	return code;
}

static int system_reset(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	if (!code)
		machine->ops->reset(machine);
	return code;
}

static int system_powerdown(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	return code ? code : machine->ops->press(machine, BOARD_POWER_BUTTON, err);
}

const struct control_command control_machine_commands[] = {
	{"cont", cont},
	{"quit", quit},
	{"stop", stop},
	{"system_powerdown", system_powerdown},
	{"system_reset", system_reset},
	{NULL, NULL},
};
