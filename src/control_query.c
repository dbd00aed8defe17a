/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_query.h"

#include <stdio.h>
#include <string.h>

#include "src/machine_control.h"

json_t *control_version(void)
{
	int major = 0;
	int minor = 0;
	int micro = 0;

	sscanf(BONSAI_VERSION, "%d.%d.%d", &major, &minor, &micro);
	return json_pack("{s:{s:i, s:i, s:i}, s:s}", "qemu", "micro", micro, "minor",
		minor, "major", major, "package", "bonsai " BONSAI_VERSION);
}

static const char *status_of(const struct machine_control *machine)
{
	return machine->paused ? "paused" : "running";
}

static int query_status(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	const struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	if (!code)
		*ret = json_pack("{s:s, s:b}", "status", status_of(machine), "running",
			!machine->paused);
	return code;
}

static int query_version(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	int code = control_no_arguments(arguments, err);

	if (!code)
		*ret = control_version();
	return code;
}

static int query_name(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	const struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);

	if (!code)
		*ret = json_pack("{s:s}", "name", machine->plan->config->name);
	return code;
}

/* As QEMU names its targets. */
static const char *target_of(enum config_arch arch)
{
	switch (arch) {
	case CONFIG_ARCH_ARMV7:
		return "arm";
	case CONFIG_ARCH_X86_64:
		return "x86_64";
	default:
		return "aarch64";
	}
}

static int query_cpus_fast(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	const struct board_plan *plan = machine->plan;
	int code = control_no_arguments(arguments, err);

	if (code)
		return code;
	*ret = json_array();
	for (unsigned int i = 0; i < plan->cpu_count; i++)
		json_array_append_new(*ret,
			json_pack("{s:i, s:o, s:i, s:s}", "cpu-index", (int)i, "qom-path",
				json_sprintf("/machine/cpu[%u]", i), "thread-id",
				(int)machine->ops->cpu_thread(machine, i), "target",
				target_of(plan->arch)));
	return 0;
}

static int query_memory_size_summary(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	const struct board_plan *plan = control_client_machine(client)->plan;
	int code = control_no_arguments(arguments, err);

	if (!code)
		*ret = json_pack("{s:I, s:I}", "base-memory",
			(json_int_t)board_plan_ram_bytes(plan), "plugged-memory",
			(json_int_t)0);
	return code;
}

/* The few lines of QEMU's human monitor that scripts ask for. */
static int human_monitor_command(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	const struct machine_control *machine = control_client_machine(client);
	json_error_t wrong;
	const char *line;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:s !}", "command-line", &line))
		return control_arguments_wrong(&wrong, err);
	if (!strcmp(line, "info status"))
		*ret = json_sprintf("VM status: %s\r\n", status_of(machine));
	else if (!strcmp(line, "info version"))
		*ret = json_sprintf("bonsai %s\r\n", BONSAI_VERSION);
	else
		*ret = json_sprintf("unknown command: '%s'\r\n", line);
	return 0;
}

const struct control_command control_query_commands[] = {
	{"human-monitor-command", human_monitor_command},
	{"query-cpus-fast", query_cpus_fast},
	{"query-memory-size-summary", query_memory_size_summary},
	{"query-name", query_name},
	{"query-status", query_status},
	{"query-version", query_version},
	{NULL, NULL},
};
