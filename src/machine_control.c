/* SPDX-License-Identifier: Apache-2.0 */
/* What the control room can do to a machine, and the socket by which it does. */
#include "src/machine_control.h"

#include <errno.h>

#include "config/config.h"
#include "src/container_of.h"
#include "src/control.h"
#include "src/error.h"
#include "src/log.h"
#include "src/machine_impl.h"
#include "src/plan.h"

static void quit(struct machine_control *face)
{
	struct machine *machine = container_of(face, struct machine, face);

	machine->quit = true;
	machine_end(machine, HV_EXIT_SHUTDOWN);
}

static const struct machine_control_ops ops = {
	.quit = quit,
};

/* In a folder that the last VM to leave removes, perhaps right between our two steps. */
static int create_in_place(struct machine *machine, struct error *err)
{
	const char *name = machine->plan->config->name;
	int code = -ENOENT;

	for (unsigned int attempt = 0; attempt < 3 && code == -ENOENT; attempt++) {
		code = control_place_make(name, machine->control_place, err);
		if (code) {
			machine->control_place[0] = 0;
			log_host("there is no control socket: %s", err->text);
			return 0;
		}
		code = control_create(machine->loop, machine->control_place,
			&machine->face, NULL, &machine->control, err);
	}
	return code;
}

int machine_control_create(struct machine *machine, struct error *err)
{
	const struct config_control *config = &machine->plan->config->control;

	machine->face.ops = &ops;
	machine->face.plan = machine->plan;
	if (config->none)
		return 0;
	if (!config->path)
		return create_in_place(machine, err);
	return control_create(machine->loop, config->path, &machine->face, &config->pos,
		&machine->control, err);
}

void machine_control_destroy(struct machine *machine)
{
	control_destroy(machine->control);
	if (machine->control_place[0])
		control_place_leave(machine->control_place);
}
