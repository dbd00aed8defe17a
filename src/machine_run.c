/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One boot after another. The main thread begins and ends each; while a guest runs it
 * waits, and starts threads where the devices want one. These have a thread of their own,
 * as each vCPU has, so that neither kind may do what a boot needs.
 */
#include <errno.h>
#include <string.h>

#include "src/boot.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/machine.h"
#include "src/machine_devices.h"
#include "src/machine_impl.h"
#include "src/machine_windows.h"
#include "src/sandbox.h"
#include "src/service.h"
#include "src/thread.h"
#include "src/vcpu.h"

/* A C library's own is small, and a command's answer may be a page of text. */
#define DEVICES_STACK_BYTES (1u << 20)

/* ---- vCPUs ----------------------------------------------------------------------------
 */

static void vcpu_ended(void *user, enum hv_exit_kind kind)
{
	machine_end(user, kind);
}

static void vcpu_handed(void *user)
{
	struct machine *machine = user;

	loop_post(machine->loop, &machine->handed_task);
}

void machine_serve_vcpus(struct loop_task *task)
{
	struct machine *machine = container_of(task, struct machine, handed_task);

	loop_unlock(machine->loop);
	vcpu_set_serve(machine->vcpus);
	loop_lock(machine->loop);
}

static const struct vcpu_events vcpu_events = {
	.ended = vcpu_ended, .handed = vcpu_handed};

/* ---- boots ----------------------------------------------------------------------------
 */

static int start(struct machine *machine,
	int (*confine)(const struct vm_config *config, struct error *err),
	struct error *err)
{
	const struct vm_config *config = machine->plan->config;
	int code = boot_load(machine->plan, &machine->mem, err);

	machine_windows_renew(machine->plan, &machine->windows);

	if (!code && confine)
		code = confine(config, err);
	if (code)
		return code;
	/* What was to wait until all has been opened: a log is emptied, say. */
	loop_run_posted(machine->loop);
	machine->ended = HV_EXIT_NONE;
	machine->reset_asked = machine->window_closed = false;
	code = vcpu_set_create(machine->hv, &machine->bus, &machine->ports,
		machine->plan->cpu_count, config->affinity, config->affinity_count,
		machine->face.paused, &vcpu_events, machine, &machine->vcpus, err);
	if (code)
		return code;
	loop_lock(machine->loop);
	service_started(machine->service);
	loop_unlock(machine->loop);
	return 0;
}

/* Devices and their back ends run here. */
static void *run_devices(void *argument)
{
	struct machine *machine = argument;

	sandbox_enter(SANDBOX_LOOP);
	machine->loop_code = loop_run(machine->loop);
	return NULL;
}

static void stop(struct machine *machine)
{
	vcpu_set_destroy(machine->vcpus);
	machine->vcpus = NULL;
}

/* Everything as before the first boot, with a fresh VM: KVM cannot reset its GIC. */
static int reset(struct machine *machine, struct error *err)
{
	int code;

	loop_lock(machine->loop);
	for (unsigned int i = 0; i < machine->device_count; i++)
		virtio_mmio_reset(&machine->devices[i].transport);
	loop_unlock(machine->loop);
	code = hv_renew(&machine->hv, err);
	if (code)
		return code;
	code = guest_mem_clear(&machine->mem);
	if (code)
		return error_set(err, code, NULL, "guest RAM: %s", strerror(-code));
	return machine_setup_vm(machine, err);
}

static bool is_crash(enum hv_exit_kind kind)
{
	return kind == HV_EXIT_CRASH || kind == HV_EXIT_STUCK;
}

static bool restarts(const struct machine *machine, enum hv_exit_kind kind)
{
	const struct vm_config *config = machine->plan->config;

	if (machine->quit)
		return false;
	if (kind == HV_EXIT_RESET)
		return machine->reset_asked || config->on_reboot == CONFIG_REBOOT_RESTART;
	return is_crash(kind) && config->on_crash == CONFIG_CRASH_RESTART;
}

/* A crash that begins the guest anew is not its end: somebody ended it just then. */
static enum machine_end end_of(const struct machine *machine, enum hv_exit_kind kind)
{
	bool anew = machine->plan->config->on_crash == CONFIG_CRASH_RESTART;

	return is_crash(kind) && !anew ? MACHINE_CRASHED : MACHINE_POWERED_OFF;
}

int machine_run(struct machine *machine,
	int (*confine)(const struct vm_config *config, struct error *err),
	enum machine_end *ret, struct error *err)
{
	for (;; confine = NULL) {
		enum hv_exit_kind kind;
		int code = start(machine, confine, err);

		if (code)
			return code;
		code = thread_serve(DEVICES_STACK_BYTES, run_devices, machine);
		stop(machine);
		if (!code)
			code = machine->loop_code;
		if (code)
			return error_set(
				err, code, NULL, "event loop: %s", strerror(-code));
		kind = machine->ended;
		machine_control_ended(machine, kind, restarts(machine, kind));
		if (!restarts(machine, kind)) {
			service_stopping(machine->service);
			*ret = end_of(machine, kind);
			return 0;
		}
		code = reset(machine, err);
		if (code)
			return code;
	}
}
