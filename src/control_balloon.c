/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_balloon.h"

#include <errno.h>
#include <string.h>

#include "src/error.h"
#include "src/machine_control.h"
#include "src/plan.h"

#define PERIPHERALS "/machine/peripheral/"

static const char interval_property[] = "guest-stats-polling-interval";
static const char stats_property[] = "guest-stats";

static int find(
	struct machine_control *machine, struct machine_balloon *ret, struct error *err)
{
	if (machine->ops->balloon(machine, ret))
		return 0;
	return error_set(err, -ENODEV, NULL, "No balloon device has been activated");
}

/* value is what the guest shall keep. */
static int balloon(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	struct machine_balloon now;
	json_int_t value = 0;
	json_error_t wrong;
	uint64_t most;
	int code;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:I !}", "value", &value))
		return control_arguments_wrong(&wrong, err);
	code = find(machine, &now, err);
	if (code)
		return code;
	if (value <= 0)
		return error_set(err, -EINVAL, NULL, "Parameter 'value' expects a size");
	most = board_plan_ram_bytes(machine->plan);
	machine->ops->take_memory(
		machine, (uint64_t)value < most ? most - (uint64_t)value : 0);
	return 0;
}

static int query_balloon(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	struct machine_balloon now;
	int code = control_no_arguments(arguments, err);

	if (!code)
		code = find(machine, &now, err);
	if (!code)
		*ret = json_pack("{s:I}", "actual",
			(json_int_t)(board_plan_ram_bytes(machine->plan) -
				     now.taken_bytes));
	return code;
}

/* ---- properties ------------------------------------------------------------------- */

static int find_at(struct machine_control *machine, const char *path,
	struct machine_balloon *ret, struct error *err)
{
	const char *name = path;

	if (!strncmp(path, PERIPHERALS, strlen(PERIPHERALS)))
		name = path + strlen(PERIPHERALS);
	if (machine->ops->balloon(machine, ret) && !strcmp(name, ret->name))
		return 0;
	return error_set(err, -ENXIO, NULL, "Device '%s' not found", path);
}

static int no_property(const char *property, struct error *err)
{
	return error_set(
		err, -EINVAL, NULL, "Property 'virtio-balloon.%s' not found", property);
}

/* In the order of their numbers; what the guest did not tell is -1. */
static json_t *stats_of(const struct machine_balloon *now)
{
	static const char *const names[MACHINE_BALLOON_STATS] = {
		"stat-swap-in",
		"stat-swap-out",
		"stat-major-faults",
		"stat-minor-faults",
		"stat-free-memory",
		"stat-total-memory",
		"stat-available-memory",
		"stat-disk-caches",
		"stat-htlb-pgalloc",
		"stat-htlb-pgfail",
		"stat-oom-kills",
		"stat-alloc-stalls",
		"stat-async-scans",
		"stat-direct-scans",
		"stat-async-reclaims",
		"stat-direct-reclaims",
	};
	json_t *stats = json_object();

	for (unsigned int i = 0; i < MACHINE_BALLOON_STATS; i++)
		json_object_set_new(
			stats, names[i], json_integer((json_int_t)now->stats[i]));
	return json_pack(
		"{s:o, s:I}", "stats", stats, "last-update", (json_int_t)now->stats_time);
}

static int qom_get(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	struct machine_balloon now;
	const char *property;
	json_error_t wrong;
	const char *path;
	int code;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:s, s:s !}", "path", &path,
		    "property", &property))
		return control_arguments_wrong(&wrong, err);
	code = find_at(machine, path, &now, err);
	if (code)
		return code;
	if (!strcmp(property, stats_property))
		*ret = stats_of(&now);
	else if (!strcmp(property, interval_property))
		*ret = json_integer(now.stats_interval);
	else
		return no_property(property, err);
	return 0;
}

static int set_interval(
	struct machine_control *machine, const json_t *value, struct error *err)
{
	json_int_t seconds = json_integer_value(value);

	if (!json_is_integer(value))
		return error_set(err, -EINVAL, NULL,
			"Invalid parameter type for '%s', expected: integer",
			interval_property);
	if (seconds < 0)
		return error_set(
			err, -EINVAL, NULL, "timer value must be greater than zero");
	if (seconds > UINT32_MAX)
		return error_set(err, -EINVAL, NULL, "timer value is too big");
	machine->ops->set_stats_interval(machine, (unsigned int)seconds);
	return 0;
}

static int qom_set(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	struct machine_balloon now;
	const char *property;
	json_error_t wrong;
	const char *path;
	json_t *value;
	int code;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:s, s:s, s:o !}", "path", &path,
		    "property", &property, "value", &value))
		return control_arguments_wrong(&wrong, err);
	code = find_at(machine, path, &now, err);
	if (code)
		return code;
	if (!strcmp(property, stats_property))
		return error_set(err, -EPERM, NULL,
			"Insufficient permission to perform this operation");
	if (strcmp(property, interval_property) != 0)
		return no_property(property, err);
	return set_interval(machine, value, err);
}

const struct control_command control_balloon_commands[] = {
	{"balloon", balloon},
	{"qom-get", qom_get},
	{"qom-set", qom_set},
	{"query-balloon", query_balloon},
	{NULL, NULL},
};
