/* SPDX-License-Identifier: Apache-2.0 */
#include "src/control_display.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "src/error.h"
#include "src/machine_control.h"

static void saved(void *user, int code, const struct error *err)
{
	control_answer(user, code, NULL, err);
}

/* As of QEMU: a PPM unless it says otherwise, the first screen of the first device. */
static int screendump(
	struct control_client *client, json_t *arguments, json_t **ret, struct error *err)
{
	struct machine_control *machine = control_client_machine(client);
	struct machine_screendump what = {.done = saved, .user = client};
	const char *format = "ppm";
	json_int_t head = 0;
	json_error_t wrong;
	int code;

	if (json_unpack_ex(arguments, &wrong, 0, "{s:s, s?s, s?I, s?s !}", "filename",
		    &what.path, "device", &what.device, "head", &head, "format", &format))
		return control_arguments_wrong(&wrong, err);
	if (strcmp(format, "ppm") != 0 && strcmp(format, "png") != 0)
		return error_set(
			err, -EINVAL, NULL, "format is '%s', allowed: ppm, png", format);
	if (head < 0 || head > INT_MAX)
		return error_set(err, -EINVAL, NULL,
			"head is %" JSON_INTEGER_FORMAT ", allowed: 0 to 15", head);
	what.scanout = (unsigned int)head;
	what.png = !strcmp(format, "png");
	code = machine->ops->screendump(machine, &what, err);
	return code ? code : CONTROL_LATER;
}

const struct control_command control_display_commands[] = {
	{"screendump", screendump},
	{NULL, NULL},
};
