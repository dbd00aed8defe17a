/* SPDX-License-Identifier: Apache-2.0 */
/* Which VMs run, and how one of them is. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/cmd.h"
#include "src/cmd_client.h"
#include "src/cmd_progress.h"
#include "src/error.h"
#include "src/vm_client.h"

/* Adds {"cpus", "disks", "nets", "consoles"} as bonsai-stats has them. */
static void describe_use(json_t *vm, struct vm_client *client)
{
	static const char *const keys[] = {"cpus", "disks", "nets", "consoles"};
	json_t *answer = NULL;

	if (vm_client_call(client, "bonsai-stats", NULL, &answer, NULL))
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set(vm, keys[i], json_object_get(answer, keys[i]));
	json_decref(answer);
}

/*
 * What is known of a VM: {"name", "socket", "status"} and, as far as it says so,
 * {"memory", "balloon"} in bytes. status is QMP's word, or "ended", or "closed" where
 * this user may not ask. With use also what it uses.
 */
static json_t *describe(
	const char *name, const char *path, struct vm_client *client, bool use)
{
	json_t *vm = json_pack("{s:s*, s:s}", "name", name, "socket", path);
	json_t *answer = NULL;
	json_t *value = NULL;

	if (!vm_client_call(client, "query-status", NULL, &answer, NULL) &&
		!json_unpack(answer, "{s:o}", "status", &value))
		json_object_set(vm, "status", value);
	else
		json_object_set_new(vm, "status", json_string("ended"));
	json_decref(answer);
	answer = NULL;
	if (!vm_client_call(client, "query-memory-size-summary", NULL, &answer, NULL) &&
		!json_unpack(answer, "{s:o}", "base-memory", &value))
		json_object_set(vm, "memory", value);
	json_decref(answer);
	answer = NULL;
	if (!vm_client_call(client, "query-balloon", NULL, &answer, NULL) &&
		!json_unpack(answer, "{s:o}", "actual", &value))
		json_object_set(vm, "balloon", value);
	json_decref(answer);
	if (use)
		describe_use(vm, client);
	return vm;
}

/* The same of a socket that may be anybody's. NULL without memory. */
static json_t *describe_socket(const struct cmd_vm_socket *socket, bool use)
{
	struct vm_client *client = NULL;
	json_t *vm;
	int code = vm_client_open(socket->path, VM_CLIENT_ANSWER_MS, &client, NULL);

	if (!code)
		vm = describe(socket->name, socket->path, client, use);
	else
		vm = json_pack("{s:s, s:s, s:s}", "name", socket->name, "socket",
			socket->path, "status",
			code == -EACCES                            ? "closed"
			: code == -ECONNREFUSED || code == -ENOENT ? "ended"
								   : "silent");
	vm_client_close(client);
	return vm;
}

static const char *text_of(json_t *vm, const char *key)
{
	const char *text = json_string_value(json_object_get(vm, key));

	return text ? text : "-";
}

static const char *size_of(json_t *vm, const char *key, char buf[CMD_SIZE_BYTES])
{
	json_t *value = json_object_get(vm, key);

	return json_is_integer(value) ? cmd_size(buf, (uint64_t)json_integer_value(value))
				      : "-";
}

static bool is_left_over(json_t *vm)
{
	return !strcmp(text_of(vm, "status"), "ended");
}

static void print_table(json_t *vms)
{
	int name_width = 4;
	size_t index;
	json_t *vm;
	bool any = false;

	json_array_foreach(vms, index, vm)
	{
		int width = (int)strlen(text_of(vm, "name"));

		any = any || !is_left_over(vm);
		name_width = width > name_width ? width : name_width;
	}
	if (any)
		printf("%-*s  %-8s  %6s  %s\n", name_width, "NAME", "STATUS", "MEMORY",
			"SOCKET");
	json_array_foreach(vms, index, vm)
	{
		char size[CMD_SIZE_BYTES];

		if (is_left_over(vm))
			fprintf(stderr,
				"bonsai: %s has ended and left its socket behind: rm "
				"%s\n",
				text_of(vm, "name"), text_of(vm, "socket"));
		else
			printf("%-*s  %-8s  %6s  %s\n", name_width, text_of(vm, "name"),
				text_of(vm, "status"),
				size_of(vm,
					json_object_get(vm, "balloon") ? "balloon"
								       : "memory",
					size),
				text_of(vm, "socket"));
	}
}

static void print_json(json_t *value)
{
	json_dumpf(value, stdout, JSON_INDENT(2));
	putchar('\n');
}

/* ---- status ----------------------------------------------------------------------- */

/* The integer at the key of the object at the other key. */
static uint64_t inner(json_t *value, const char *outer, const char *key)
{
	return (uint64_t)json_integer_value(
		json_object_get(json_object_get(value, outer), key));
}

static void print_cpus(json_t *cpus)
{
	size_t index;
	json_t *cpu;

	if (json_array_size(cpus))
		printf("  cpus    ");
	json_array_foreach(cpus, index, cpu) printf("%s %.1f s", index ? "," : "",
		(double)json_integer_value(json_object_get(cpu, "cpu-time-ns")) / 1e9);
	if (json_array_size(cpus))
		printf("\n");
}

static void print_disk(json_t *disk)
{
	char size[CMD_SIZE_BYTES];
	char got[CMD_SIZE_BYTES];
	char put[CMD_SIZE_BYTES];

	printf("  disk     %s, %s%s, %s read", text_of(disk, "device"),
		size_of(disk, "size", size),
		json_is_true(json_object_get(disk, "readonly")) ? " read-only" : "",
		cmd_size(got, inner(disk, "read", "bytes")));
	if (!json_is_true(json_object_get(disk, "readonly")))
		printf(", %s written", cmd_size(put, inner(disk, "write", "bytes")));
	printf("\n");
}

static void print_net(json_t *net)
{
	uint64_t lost = (uint64_t)json_integer_value(json_object_get(net, "lost-frames"));
	char got[CMD_SIZE_BYTES];
	char put[CMD_SIZE_BYTES];

	printf("  net      %s%s, %s received, %s sent", text_of(net, "device"),
		json_is_true(json_object_get(net, "link")) ? "" : " without a link",
		cmd_size(got, inner(net, "received", "bytes")),
		cmd_size(put, inner(net, "sent", "bytes")));
	if (lost)
		printf(", %" PRIu64 " frames lost", lost);
	printf("\n");
}

static void print_console(json_t *console)
{
	char got[CMD_SIZE_BYTES];
	char put[CMD_SIZE_BYTES];

	printf("  console  %s, %s written, %s read\n", text_of(console, "device"),
		size_of(console, "written-bytes", put),
		size_of(console, "read-bytes", got));
}

static void print_each(json_t *vm, const char *key, void (*print)(json_t *value))
{
	size_t index;
	json_t *value;

	json_array_foreach(json_object_get(vm, key), index, value) print(value);
}

static void print_status(json_t *vm)
{
	char size[CMD_SIZE_BYTES];

	printf("%s\n", text_of(vm, json_object_get(vm, "name") ? "name" : "socket"));
	printf("  status   %s\n", text_of(vm, "status"));
	printf("  memory   %s", size_of(vm, "memory", size));
	if (json_object_get(vm, "balloon"))
		printf(", the guest has %s", size_of(vm, "balloon", size));
	printf("\n");
	print_cpus(json_object_get(vm, "cpus"));
	print_each(vm, "disks", print_disk);
	print_each(vm, "nets", print_net);
	print_each(vm, "consoles", print_console);
	printf("  socket   %s\n", text_of(vm, "socket"));
}

/* Every VM of the folders; NULL with an exit status where none can be seen. */
static json_t *describe_all(bool use, int *ret_status)
{
	struct cmd_vm_socket *sockets = NULL;
	unsigned int count = 0;
	int code = cmd_vm_sockets(&sockets, &count);
	json_t *vms = code ? NULL : json_array();
	struct cmd_progress progress;

	if (code)
		fprintf(stderr, "bonsai: the folder of the VMs' sockets: %s\n",
			strerror(-code));
	cmd_progress_begin(&progress, "waiting for an answer of", "all VMs");
	for (unsigned int i = 0; i < count && vms; i++)
		json_array_append_new(vms, describe_socket(&sockets[i], use));
	cmd_progress_end(&progress);
	free(sockets);
	*ret_status = vms ? 0 : EXIT_HOST_FAILED;
	return vms;
}

int cmd_list(int argc, char **argv)
{
	const char *as_json = NULL;
	const struct cmd_option options[] = {{"--json", NULL, &as_json}, {NULL}};
	int status = cmd_options_parse(argv, options, "", NULL, 0);
	json_t *vms;

	if (status)
		return status;
	vms = describe_all(false, &status);
	if (vms && as_json)
		print_json(vms);
	else if (vms)
		print_table(vms);
	json_decref(vms);
	return status;
}

static int status_of_all(bool as_json)
{
	int status;
	json_t *vms = describe_all(true, &status);
	size_t index;
	json_t *vm;

	if (vms && as_json)
		print_json(vms);
	else
		json_array_foreach(vms, index, vm) print_status(vm);
	json_decref(vms);
	return status;
}

int cmd_status(int argc, char **argv)
{
	struct cmd_target target = {.name = NULL};
	const char *as_json = NULL;
	const struct cmd_option options[] = {
		CMD_OPTIONS_TARGET(&target), {"--json", NULL, &as_json}, {NULL}};
	struct vm_client *client = NULL;
	json_t *vm;
	int status = cmd_options_parse(argv, options, "[NAME]", &target.name, 1);

	if (status)
		return status;
	if (!target.name && !target.socket)
		return status_of_all(as_json != NULL);
	status = cmd_client_open(&target, &client);
	if (status)
		return status;
	vm = describe(target.name, vm_client_path(client), client, true);
	if (as_json)
		print_json(vm);
	else
		print_status(vm);
	json_decref(vm);
	vm_client_close(client);
	return 0;
}
