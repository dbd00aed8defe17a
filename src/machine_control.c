/* SPDX-License-Identifier: Apache-2.0 */
/* What the control room can do to a machine, and the socket by which it does. */
#include "src/machine_control.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "host/tls.h"
#include "src/container_of.h"
#include "src/control.h"
#include "src/error.h"
#include "src/log.h"
#include "src/machine_devices.h"
#include "src/machine_impl.h"
#include "src/notify.h"
#include "src/vcpu.h"
#include "virtio/block.h"

/* What the unit of the socket calls it. */
#define HANDED_NAME "control"

/* ---- verbs ------------------------------------------------------------------------ */

static struct machine *machine_of(struct machine_control *face)
{
	return container_of(face, struct machine, face);
}

static void tell(struct machine *machine, const char *event, json_t *data)
{
	control_event(machine->control, event, data);
}

static void pause_machine(struct machine_control *face)
{
	struct machine *machine = machine_of(face);

	if (face->paused)
		return;
	face->paused = true;
	/* A vCPU that is to be parked may wait for the lock to get out of a device. */
	loop_unlock(machine->loop);
	vcpu_set_pause(machine->vcpus);
	loop_lock(machine->loop);
	machine->plan->board->hold(machine->board_devices, true);
	tell(machine, "STOP", NULL);
}

static void resume_machine(struct machine_control *face)
{
	struct machine *machine = machine_of(face);

	if (!face->paused)
		return;
	face->paused = false;
	machine->plan->board->hold(machine->board_devices, false);
	vcpu_set_resume(machine->vcpus);
	tell(machine, "RESUME", NULL);
}

static void reset_machine(struct machine_control *face)
{
	struct machine *machine = machine_of(face);

	machine->reset_asked = true;
	machine_end(machine, HV_EXIT_RESET);
}

static void quit_machine(struct machine_control *face)
{
	machine_quit(machine_of(face), "host-qmp-quit");
}

static int press(
	struct machine_control *face, enum board_button button, struct error *err)
{
	static const char *const names[] = {
		[BOARD_POWER_BUTTON] = "power button", [BOARD_CTRL_ALT_DEL] = "keyboard"};
	struct machine *machine = machine_of(face);
	const struct board *board = machine->plan->board;

	if (!board->press || !board->press(machine->board_devices, button))
		return error_set(
			err, -EOPNOTSUPP, NULL, "this machine has no %s", names[button]);
	if (button == BOARD_POWER_BUTTON)
		tell(machine, "POWERDOWN", NULL);
	return 0;
}

static pid_t cpu_thread(struct machine_control *face, unsigned int index)
{
	return vcpu_set_thread(machine_of(face)->vcpus, index);
}

/* The disk's device; NULL: there are not so many. */
static struct machine_device *find_disk(struct machine *machine, unsigned int index)
{
	for (unsigned int i = 0; i < machine->device_count; i++) {
		struct machine_device *device = &machine->devices[i];

		if (device->disk && !index--)
			return device;
	}
	return NULL;
}

static bool get_disk(
	struct machine_control *face, unsigned int index, struct machine_disk *ret)
{
	const struct machine_device *device = find_disk(machine_of(face), index);

	if (!device)
		return false;
	*ret = (struct machine_disk){
		.name = device->plan->config->name,
		.path = device->plan->config->block.path,
		.bytes = disk_info(device->disk)->capacity_bytes,
		.readonly = disk_info(device->disk)->readonly,
		.counts = *disk_counts(device->disk),
	};
	return true;
}

static bool get_net(
	struct machine_control *face, unsigned int index, struct machine_net *ret)
{
	const struct machine *machine = machine_of(face);

	for (unsigned int i = 0; i < machine->device_count; i++) {
		const struct machine_device *device = &machine->devices[i];

		if (!device->nic || index--)
			continue;
		*ret = (struct machine_net){
			.name = device->plan->config->name,
			.link_up = nic_link_up(device->nic),
			.counts = *nic_counts(device->nic),
		};
		return true;
	}
	return false;
}

static int resize_disk(
	struct machine_control *face, const char *name, uint64_t bytes, struct error *err)
{
	struct machine *machine = machine_of(face);
	struct machine_device *device = NULL;
	unsigned int index = 0;
	int code;

	do
		device = find_disk(machine, index++);
	while (device && strcmp(device->plan->config->name, name));
	if (!device)
		return error_set(err, -ENOENT, NULL, "there is no disk '%s'", name);
	code = disk_resize(device->disk, bytes, err);
	if (!code)
		virtio_block_resized(device->dev);
	return code;
}

static void cpu_counts(
	struct machine_control *face, unsigned int index, struct vcpu_counts *ret)
{
	vcpu_set_counts(machine_of(face)->vcpus, index, ret);
}

static const struct machine_control_ops ops = {
	.pause = pause_machine,
	.resume = resume_machine,
	.reset = reset_machine,
	.quit = quit_machine,
	.press = press,
	.disk = get_disk,
	.net = get_net,
	.resize_disk = resize_disk,
	.cpu_counts = cpu_counts,
	.cpu_thread = cpu_thread,
	.balloon = machine_balloon_get,
	.take_memory = machine_balloon_take,
	.set_stats_interval = machine_balloon_set_stats_interval,
	.screendump = machine_gpu_screendump,
};

/* ---- the end of a boot ------------------------------------------------------------ */

static const char *reason_of(const struct machine *machine, enum hv_exit_kind kind)
{
	if (machine->quit)
		return machine->quit_reason;
	switch (kind) {
	case HV_EXIT_RESET:
		return machine->reset_asked ? "host-qmp-system-reset" : "guest-reset";
	case HV_EXIT_CRASH:
		return "guest-panic";
	case HV_EXIT_STUCK:
		return "host-error";
	default:
		return "guest-shutdown";
	}
}

void machine_control_ended(struct machine *machine, enum hv_exit_kind kind, bool restarts)
{
	const char *reason = reason_of(machine, kind);

	loop_lock(machine->loop);
	if (kind == HV_EXIT_CRASH)
		tell(machine, "GUEST_PANICKED",
			json_pack("{s:s}", "action", restarts ? "run" : "poweroff"));
	tell(machine, restarts ? "RESET" : "SHUTDOWN",
		json_pack("{s:b, s:s}", "guest", reason[0] == 'g', "reason", reason));
	loop_unlock(machine->loop);
}

/* ---- the socket ------------------------------------------------------------------- */

static int leave_place(struct outside_job *job, struct outside_message *message)
{
	control_place_leave(
		container_of(job, struct machine, place_leaving)->control_place);
	return 0;
}

/* In a folder that the last VM to leave removes, perhaps right between our two steps. */
static int create_in_place(struct machine *machine, struct error *err)
{
	const char *name = machine->plan->config->name;
	int code = outside_add(&machine->place_leaving, leave_place);

	if (code)
		return error_set(err, code, NULL, "no memory for a control socket");
	code = -ENOENT;
	for (unsigned int attempt = 0; attempt < 3 && code == -ENOENT; attempt++) {
		code = control_place_make(name, machine->control_place, err);
		if (code) {
			machine->control_place[0] = 0;
			log_host("there is no control socket: %s", err->text);
			return 0;
		}
		code = control_place_announce(machine->control_place);
		if (code)
			return error_set(
				err, code, NULL, "no memory for a control socket");
		code = control_create(machine->loop, machine->control_place,
			&machine->face, NULL, &machine->control, err);
	}
	return code;
}

/* The library would open a file for it, at the first object. */
static void seed_json(void)
{
	unsigned int seed = 0;

	(void)!getrandom(&seed, sizeof(seed), GRND_NONBLOCK);
	json_object_seed(seed | 1);
}

static bool has_screen(const struct vm_config *config)
{
	for (unsigned int i = 0; i < config->device_count; i++)
		if (config->devices[i].type == CONFIG_DEVICE_GPU)
			return true;
	return false;
}

static int create_at(struct machine *machine, const char *path, struct error *err)
{
	return control_create(machine->loop, path, &machine->face,
		&machine->plan->config->control.pos, &machine->control, err);
}

static int listen_by_tls(struct machine *machine, struct error *err)
{
	const struct config_control *config = &machine->plan->config->control;
	struct tls_files tls;
	int code = machine->control ? 0 : create_at(machine, NULL, err);

	return code ? code
		    : control_listen(machine->control, config->address, config->port,
			      machine_tls(&config->tls, &tls), &config->pos, err);
}

int machine_control_create(struct machine *machine, struct error *err)
{
	const struct config_control *config = &machine->plan->config->control;
	int code = has_screen(machine->plan->config)
			   ? picture_saver_init(&machine->saver, machine->loop)
			   : 0;
	int fd = -1;

	if (code)
		return error_set(err, code, NULL, "no memory for pictures");
	code = config->none ? 0 : notify_take_socket(HANDED_NAME, &fd, err);
	if (code)
		return code;
	seed_json();
	machine->face.ops = &ops;
	machine->face.plan = machine->plan;
	machine->face.seat = machine->seat;
	if (fd >= 0)
		code = control_create_at(
			machine->loop, fd, &machine->face, &machine->control, err);
	else if (!config->none && !config->path)
		code = create_in_place(machine, err);
	else if (!config->none)
		code = create_at(machine, config->path, err);
	if (!code && config->port)
		code = listen_by_tls(machine, err);
	return code;
}

int machine_control_add_terminals(struct machine *machine, struct error *err)
{
	int code = control_add_terminal(
		machine->control, "uart", machine->uart_terminal, err);

	for (unsigned int i = 0; i < machine->device_count; i++) {
		const struct machine_device *device = &machine->devices[i];
		const struct config_console *config = &device->plan->config->console;

		for (unsigned int t = 0; t < device->terminal_count && !code; t++)
			code = control_add_terminal(machine->control,
				t ? config->ports[t - 1].name
				  : device->plan->config->name,
				device->terminals[t], err);
	}
	return code;
}

void machine_control_destroy(struct machine *machine)
{
	picture_saver_finish(&machine->saver);
	control_destroy(machine->control);
	if (machine->control_place[0])
		outside_do(&machine->place_leaving, NULL);
	outside_remove(&machine->place_leaving);
}
