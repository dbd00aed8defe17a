/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_disk.h"

#include <errno.h>

#include "src/error.h"
#include "src/machine_control.h"

static json_t *describe(const struct machine_disk *disk)
{
	json_t *image = json_pack("{s:s, s:s, s:I}", "filename", disk->path, "format",
		"raw", "virtual-size", (json_int_t)disk->bytes);

	return json_pack("{s:s, s:s, s:b, s:b, s:{s:s, s:s, s:b, s:o}}", "device",
		disk->name, "type", "unknown", "locked", 0, "removable", 0, "inserted",
		"file", disk->path, "drv", "raw", "ro", disk->readonly, "image", image);
}

static int query_block(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	int code = control_no_arguments(arguments, err);
	struct machine_disk disk;

	if (code)
		return code;
	*ret = json_array();
	for (unsigned int i = 0; machine->ops->disk(machine, i, &disk); i++)
		json_array_append_new(*ret, describe(&disk));
	return 0;
}

static int block_resize(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	const char *device;
	json_error_t wrong;
	json_int_t bytes;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:s, s:I !}", "device", &device,
		    "size", &bytes))
		return control_arguments_wrong(&wrong, err);
	if (bytes <= 0)
		return error_set(err, -EINVAL, NULL,
			"size is %" JSON_INTEGER_FORMAT ", more than 0 is needed", bytes);
	return machine->ops->resize_disk(machine, device, (uint64_t)bytes, err);
}

const struct control_command control_disk_commands[] = {
	{"block_resize", block_resize},
	{"query-block", query_block},
	{NULL, NULL},
};
