/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_display.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "src/error.h"
#include "src/machine_control.h"

/* As of QEMU: a PPM unless it says otherwise, the first screen of the first device. */
static int screendump(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	const char *filename;
	const char *device = NULL;
	const char *format = "ppm";
	json_int_t head = 0;
	json_error_t wrong;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:s, s?s, s?I, s?s !}", "filename",
		    &filename, "device", &device, "head", &head, "format", &format))
		return control_arguments_wrong(&wrong, err);
	if (strcmp(format, "ppm") != 0 && strcmp(format, "png") != 0)
		return error_set(
			err, -EINVAL, NULL, "format is '%s', allowed: ppm, png", format);
	if (head < 0 || head > INT_MAX)
		return error_set(err, -EINVAL, NULL,
			"head is %" JSON_INTEGER_FORMAT ", allowed: 0 to 15", head);
	return machine->ops->screendump(machine, device, (unsigned int)head, filename,
		!strcmp(format, "png"), err);
}

const struct control_command control_display_commands[] = {
	{"screendump", screendump},
	{NULL, NULL},
};
