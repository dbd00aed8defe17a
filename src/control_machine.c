/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_machine.h"

#include "src/machine_control.h"

/* For commands without arguments; 0 or -EINVAL. */
static int no_arguments(json_t *arguments, struct error *err)
{
	json_error_t wrong;

	return json_unpack_ex(arguments, &wrong, JSON_STRICT, "{}")
		       ? control_arguments_wrong(&wrong, err)
		       : 0;
}

static int query_status(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	bool paused = control_client_machine(client)->paused;
	int code = no_arguments(arguments, err);

	if (!code)
		*ret = json_pack("{s:s, s:b}", "status", paused ? "paused" : "running",
			"running", !paused);
	return code;
}

static int query_version(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	int code = no_arguments(arguments, err);

	if (!code)
		*ret = control_version();
	return code;
}

static int quit(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = no_arguments(arguments, err);

	if (!code)
		machine->ops->quit(machine);
	return code;
}

const struct control_command control_machine_commands[] = {
	{"query-status", query_status},
	{"query-version", query_version},
	{"quit", quit},
	{NULL, NULL},
};
