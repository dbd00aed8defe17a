/* SPDX-License-Identifier: Apache-2.0 */
/* Which commands there are, and what becomes of one: its answer, or an error. */
#include "src/control_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "src/control_balloon.h"
#include "src/control_console.h"
#include "src/control_disk.h"
#include "src/control_display.h"
#include "src/control_input.h"
#include "src/control_machine.h"
#include "src/control_query.h"
#include "src/control_stats.h"
#include "src/error.h"

const struct control_command *const control_tables[] = {
	control_balloon_commands,
	control_console_commands,
	control_disk_commands,
	control_input_commands,
	control_display_commands,
	control_machine_commands,
	control_query_commands,
	control_stats_commands,
	NULL,
};

/* Known to the protocol and not to any table. */
static const char capabilities[] = "qmp_capabilities";
static const char query_commands[] = "query-commands";

json_t *control_error(const char *class, const char *desc, json_t *id)
{
	json_t *text = json_string(desc);

	/* A file's name, for instance, may hold any bytes. */
	if (!text)
		text = json_string("the reason is no text in UTF-8");
	return json_pack(
		"{s:{s:s, s:o}, s:O*}", "error", "class", class, "desc", text, "id", id);
}

int control_arguments_wrong(const json_error_t *wrong, struct error *err)
{
	return error_set(err, -EINVAL, NULL, "arguments: %s", wrong->text);
}

int control_no_arguments(json_t *arguments, struct error *err)
{
	json_error_t wrong;

	return json_unpack_ex(arguments, &wrong, JSON_STRICT, "{}")
		       ? control_arguments_wrong(&wrong, err)
		       : 0;
}

json_t *control_greeting(void)
{
	return json_pack(
		"{s:{s:o, s:[]}}", "QMP", "version", control_version(), "capabilities");
}

static json_t *list_commands(void)
{
	json_t *list =
		json_pack("[{s:s}, {s:s}]", "name", capabilities, "name", query_commands);

	for (unsigned int i = 0; control_tables[i]; i++)
		for (const struct control_command *command = control_tables[i];
			command->name; command++)
			json_array_append_new(
				list, json_pack("{s:s}", "name", command->name));
	return list;
}

static const struct control_command *find(const char *name)
{
	for (unsigned int i = 0; control_tables[i]; i++)
		for (const struct control_command *command = control_tables[i];
			command->name; command++)
			if (!strcmp(command->name, name))
				return command;
	return NULL;
}

static json_t *answer(json_t *ret, json_t *id)
{
	return json_pack("{s:o, s:O*}", "return", ret ? ret : json_object(), "id", id);
}

static json_t *not_found(const char *name, json_t *id)
{
	return json_pack("{s:{s:s, s:o}, s:O*}", "error", "class", "CommandNotFound",
		"desc", json_sprintf("The command %s has not been found", name), "id",
		id);
}

/* Those that clients tell apart. */
static const char *class_of(int code)
{
	return code == -ENODEV  ? "DeviceNotActive"
	       : code == -ENXIO ? "DeviceNotFound"
				: "GenericError";
}

static json_t *outcome(int code, json_t *ret, const struct error *err, json_t *id)
{
	if (!code)
		return answer(ret, id);
	return control_error(
		class_of(code), err->text[0] ? err->text : strerror(-code), id);
}

static json_t *run_found(struct control_client *client,
	const struct control_command *command, json_t *arguments, json_t *id)
{
	struct error err = {.text = ""};
	json_t *ret = NULL;
	int code = command->run(client, arguments, &ret, &err);

	if (code != CONTROL_LATER)
		return outcome(code, ret, &err, id);
	client->waits = true;
	client->id = json_incref(id);
	return NULL;
}

static json_t *execute(
	struct control_client *client, const char *name, json_t *arguments, json_t *id)
{
	const struct control_command *command;

	if (!strcmp(name, capabilities)) {
		if (client->negotiated)
			return control_error("CommandNotFound",
				"Capabilities negotiation is already complete, command "
				"ignored",
				id);
		client->negotiated = true;
		return answer(NULL, id);
	}
	if (!client->negotiated)
		return control_error("CommandNotFound",
			"Expecting capabilities negotiation with 'qmp_capabilities'", id);
	if (!strcmp(name, query_commands))
		return answer(list_commands(), id);
	command = find(name);
	return command ? run_found(client, command, arguments, id) : not_found(name, id);
}

static json_t *wrong_shape(const char *what, json_t *id)
{
	return control_error("GenericError", what, id);
}

/* request is an object. */
static json_t *run_request(struct control_client *client, json_t *request)
{
	json_t *name = json_object_get(request, "execute");
	json_t *arguments = json_object_get(request, "arguments");
	json_t *id = json_object_get(request, "id");
	size_t known = !!name + !!arguments + !!id;
	json_t *none = NULL;
	json_t *ret;

	if (!name)
		return wrong_shape("QMP input lacks member 'execute'", id);
	if (!json_is_string(name))
		return wrong_shape("QMP input member 'execute' must be a string", id);
	if (arguments && !json_is_object(arguments))
		return wrong_shape("QMP input member 'arguments' must be an object", id);
	if (json_object_size(request) != known)
		return wrong_shape("QMP input has a member other than 'execute', "
				   "'arguments' and 'id'",
			id);
	if (!arguments)
		arguments = none = json_object();
	ret = execute(client, json_string_value(name), arguments, id);
	json_decref(none);
	return ret;
}

void control_run_command(struct control_client *client, const char *text, size_t bytes)
{
	json_error_t wrong;
	json_t *request =
		json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &wrong);
	json_t *ret;

	if (!request)
		ret = wrong_shape(wrong.text, NULL);
	else if (!json_is_object(request))
		ret = wrong_shape("QMP input must be a JSON object", NULL);
	else
		ret = run_request(client, request);
	if (!client->waits)
		control_client_send(client, ret);
	json_decref(request);
}

void control_answer(
	struct control_client *client, int code, json_t *ret, const struct error *err)
{
	json_t *id = client->id;

	client->waits = false;
	client->id = NULL;
	control_client_send(client, outcome(code, ret, err, id));
	json_decref(id);
	control_client_go_on(client);
}
