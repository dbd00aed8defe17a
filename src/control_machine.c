/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_machine.h"

#include <errno.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
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

/* ---- keys ------------------------------------------------------------------------- */

/* The bit of a key of Ctrl-Alt-Delete; 0: another. */
static unsigned int key_bit(const char *name)
{
	static const struct {
		const char *name;
		unsigned int bit;
	} keys[] = {
		{"ctrl", 1},
		{"ctrl_r", 1},
		{"alt", 2},
		{"alt_r", 2},
		{"delete", 4},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(name, keys[i].name))
			return keys[i].bit;
	return 0;
}

struct keys {
	unsigned int bits; /* of those of Ctrl-Alt-Delete */
	bool others;
};

/* A key as QMP has it: {"type": "qcode", "data": NAME}. */
static int add_key(json_t *key, struct keys *keys, struct error *err)
{
	json_error_t wrong;
	const char *type;
	const char *name;

	if (json_unpack_ex(key, &wrong, 0, "{s:s, s:s !}", "type", &type, "data", &name))
		return control_arguments_wrong(&wrong, err);
	keys->others = keys->others || strcmp(type, "qcode") || !key_bit(name);
	keys->bits |= key_bit(name);
	return 0;
}

static int press_keys(
	struct machine_control *machine, const struct keys *keys, struct error *err)
{
	if (keys->others || keys->bits != 7)
		return error_set(err, -EINVAL, NULL,
			"keys: only ctrl, alt and delete together can be sent");
	return machine->ops->press(machine, BOARD_CTRL_ALT_DEL, err);
}

static int send_key(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct keys keys = {0};
	json_int_t hold_ms = 0;
	json_error_t wrong;
	json_t *list;
	json_t *key;
	int code = 0;
	size_t i;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:o, s?I !}", "keys", &list,
		    "hold-time", &hold_ms))
		return control_arguments_wrong(&wrong, err);
	json_array_foreach(list, i, key) if (!code) code = add_key(key, &keys, err);
	return code ? code : press_keys(control_client_machine(client), &keys, err);
}

/* A key that goes down; one that comes up says nothing here. */
static int add_event(json_t *event, struct keys *keys, struct error *err)
{
	json_error_t wrong;
	const char *type;
	json_t *data;
	json_t *key;
	int down;

	if (json_unpack_ex(
		    event, &wrong, 0, "{s:s, s:o !}", "type", &type, "data", &data))
		return control_arguments_wrong(&wrong, err);
	if (strcmp(type, "key")) {
		keys->others = true;
		return 0;
	}
	if (json_unpack_ex(data, &wrong, 0, "{s:b, s:o !}", "down", &down, "key", &key))
		return control_arguments_wrong(&wrong, err);
	return down ? add_key(key, keys, err) : 0;
}

static int input_send_event(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct keys keys = {0};
	json_error_t wrong;
	json_t *list;
	json_t *event;
	int code = 0;
	size_t i;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:o !}", "events", &list))
		return control_arguments_wrong(&wrong, err);
	json_array_foreach(list, i, event) if (!code) code = add_event(event, &keys, err);
	/* The other half of keys that went down before. */
	if (code || (!keys.bits && !keys.others))
		return code;
	return press_keys(control_client_machine(client), &keys, err);
}

const struct control_command control_machine_commands[] = {
	{"cont", cont},
	{"input-send-event", input_send_event},
	{"quit", quit},
	{"send-key", send_key},
	{"stop", stop},
	{"system_powerdown", system_powerdown},
	{"system_reset", system_reset},
	{NULL, NULL},
};
