/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Top to bottom, everything that a running machine consists of. The devices of the XML
 * are made in machine_devices.c, the other half of the composition root.
 */
#include "src/machine.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "host/seat.h"
#include "src/board.h"
#include "src/boot.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/hv.h"
#include "src/log.h"
#include "src/machine_devices.h"
#include "src/machine_impl.h"
#include "src/machine_windows.h"
#include "src/service.h"
#include "src/vcpu.h"

/* How long a guest may take from the power button to its end. */
#define PATIENCE_NS 90000000000ull

/* ---- the end of a boot ----------------------------------------------------------------
 */

/* On the loop's thread, so that no callback of a device is under way afterwards. */
static void stop_loop(struct loop_task *task)
{
	loop_stop(container_of(task, struct machine, ended_task)->loop);
}

void machine_end(struct machine *machine, enum hv_exit_kind kind)
{
	enum hv_exit_kind none = HV_EXIT_NONE;

	/* The first reason counts: a second vCPU often follows the first one down. */
	if (atomic_compare_exchange_strong(&machine->ended, &none, kind))
		loop_post(machine->loop, &machine->ended_task);
}

void machine_quit(struct machine *machine, const char *reason)
{
	if (!machine->quit)
		machine->quit_reason = reason;
	machine->quit = true;
	machine_end(machine, HV_EXIT_SHUTDOWN);
}

/* By key. */
static void quit(void *user)
{
	machine_quit(user, "host-ui");
}

static bool ask_to_power_off(struct machine *machine)
{
	return !machine->face.paused &&
	       !machine->face.ops->press(&machine->face, BOARD_POWER_BUTTON, NULL);
}

/* Once is the power button, twice pulls the plug. */
static void on_window_closed(void *user)
{
	struct machine *machine = user;

	if (machine->window_closed || !ask_to_power_off(machine)) {
		machine_quit(machine, "host-ui");
		return;
	}
	machine->window_closed = true;
	log_host(
		"the guest is asked to power off; a window that is closed again ends it");
}

static void on_signal(struct loop_fd *watch, uint32_t events)
{
	struct machine *machine = container_of(watch, struct machine, signals);
	struct signalfd_siginfo info;

	if (read(watch->fd, &info, sizeof(info)) != sizeof(info))
		return;
	/* A guest that is asked already, or cannot hear it, is not asked. */
	if (info.ssi_signo == SIGTERM && !machine->patience.loop &&
		machine->plan->config->on_stop == CONFIG_STOP_POWERDOWN &&
		ask_to_power_off(machine))
		loop_timer_arm(machine->loop, &machine->patience, PATIENCE_NS);
	else
		machine_quit(machine, "host-signal");
}

static void patience_ends(struct loop_timer *timer)
{
	log_host("the guest has not powered off within 90 s of the power button");
	machine_quit(container_of(timer, struct machine, patience), "host-signal");
}

static int watch_signals(struct machine *machine, struct error *err)
{
	struct sigaction hangup;
	sigset_t set;
	int code;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	/* A signalfd would get it all the same, but nohup(1) means what it says. */
	if (sigaction(SIGHUP, NULL, &hangup) < 0 || hangup.sa_handler != SIG_IGN)
		sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* Both are errors of a write, for whoever writes: a reader gone, a file too
	 * large. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	machine->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (machine->signals.fd < 0)
		return error_set(err, -errno, NULL, "no signalfd: %s", strerror(errno));
	machine->signals.events = EPOLLIN;
	machine->signals.ready = on_signal;
	code = loop_fd_add(machine->loop, &machine->signals);
	return code ? error_set(err, code, NULL, "signals: %s", strerror(-code)) : 0;
}

/* ---- making it ------------------------------------------------------------------------
 */

static int add_ram(
	struct machine *machine, const struct plan_range *range, struct error *err)
{
	int code = guest_mem_add(&machine->mem, range->gpa, range->bytes, err);

	if (code)
		err->pos = machine->plan->config->memory.pos;
	return code;
}

static int create_ram(struct machine *machine, struct error *err)
{
	static const enum guest_mem_pages pages[] = {
		[CONFIG_HUGEPAGES_NO] = GUEST_MEM_SMALL,
		[CONFIG_HUGEPAGES_DEFAULT] = GUEST_MEM_DEFAULT,
		[CONFIG_HUGEPAGES_2M] = GUEST_MEM_2M,
		[CONFIG_HUGEPAGES_1G] = GUEST_MEM_1G,
	};
	const struct board_plan *plan = machine->plan;
	const struct config_memory *memory = &plan->config->memory;
	int code = 0;

	machine->mem.options = (struct guest_mem_options){
		.pages = pages[memory->hugepages],
		.shared = memory->shared == CONFIG_SHARED_YES,
		.merge = memory->merge,
		.lock = memory->lock,
	};
	for (unsigned int i = 0; i < plan->ram_count && !code; i++)
		code = add_ram(machine, &plan->ram[i], err);
	/* No huge page is so small. */
	machine->mem.options.pages = GUEST_MEM_SMALL;
	if (!code && plan->firmware.bytes)
		code = add_ram(machine, &plan->firmware, err);
	return code;
}

static void board_request(void *user, enum board_request request)
{
	static const enum hv_exit_kind kinds[] = {
		[BOARD_POWER_OFF] = HV_EXIT_SHUTDOWN,
		[BOARD_RESET] = HV_EXIT_RESET,
		[BOARD_CRASHED] = HV_EXIT_CRASH,
	};

	if (request == BOARD_WATCHDOG)
		machine_watchdog_ended(user);
	else
		machine_end(user, kinds[request]);
}

static int create_board(struct machine *machine, struct error *err)
{
	const struct board_plan *plan = machine->plan;
	struct board_host host = {
		.loop = machine->loop,
		.bus = &machine->bus,
		.ports = &machine->ports,
		.mem = &machine->mem,
		.request = board_request,
		.user = machine,
	};
	int code = machine_terminal_create(machine->loop, &plan->config->uart, quit,
		machine, "uart", &machine->uart_terminal, err);

	if (code)
		return code;
	host.uart_terminal = machine->uart_terminal;
	return plan->board->create_devices(plan, &host, &machine->board_devices, err);
}

int machine_setup_vm(struct machine *machine, struct error *err)
{
	int code = hv_setup(machine->hv, machine->plan, &machine->mem, err);

	if (code)
		return code;
	loop_lock(machine->loop);
	code = machine->plan->board->connect_devices(
		machine->board_devices, machine->hv, err);
	loop_unlock(machine->loop);
	for (unsigned int i = 0; i < machine->device_count && !code; i++)
		code = machine_device_connect(&machine->devices[i], machine->hv, err);
	return code;
}

static int create_devices(struct machine *machine, struct error *err)
{
	const struct board_plan *plan = machine->plan;
	const struct machine_device_host host = {
		.loop = machine->loop,
		.mem = &machine->mem,
		.bus = &machine->bus,
		.seat = machine->seat,
		.inputs = &machine->inputs,
		.vts = &machine->vts,
		.vm_name = plan->config->name,
		.closed = on_window_closed,
		.quit = quit,
		.quit_data = machine,
	};
	int code = 0;

	machine->devices = calloc(plan->device_count + 1, sizeof(machine->devices[0]));
	if (!machine->devices)
		return error_set(err, -ENOMEM, NULL, "no memory for devices");
	for (unsigned int i = 0; i < plan->device_count && !code; i++) {
		machine->device_count++;
		code = machine_device_create(
			&machine->devices[i], &plan->devices[i], &host, err);
		if (!code && machine->devices[i].memory)
			code = windows_put(&machine->windows, plan->devices[i].memory.gpa,
				plan->devices[i].memory.bytes, machine->devices[i].memory,
				plan->devices[i].config->pmem.readonly, err);
	}
	return code;
}

/* Where the guest writes what it is ready by; NULL where it is as soon as it runs. */
static struct terminal *ready_console(const struct machine *machine)
{
	const struct config_ready *ready = &machine->plan->config->ready;

	if (!ready->text)
		return NULL;
	for (unsigned int i = 0; i < machine->device_count; i++) {
		const struct machine_device *device = &machine->devices[i];

		if (device->plan->config->type == CONFIG_DEVICE_CONSOLE &&
			!strcmp(device->plan->config->name, ready->device))
			return device->terminals[0];
	}
	return machine->uart_terminal;
}

/* The path of the vsock where its guest says that it is ready; NULL for none. */
static const char *ready_vsock(const struct vm_config *config)
{
	for (unsigned int i = 0; i < config->device_count; i++)
		if (config->ready.vsock_port &&
			config->devices[i].type == CONFIG_DEVICE_VSOCK)
			return config->devices[i].vsock.path;
	return NULL;
}

int machine_create(const struct board_plan *plan, struct hv *hv, struct machine **ret,
	struct error *err)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int code;

	if (!machine) {
		hv_destroy(hv);
		return error_set(err, -ENOMEM, NULL, "no memory for a machine");
	}
	machine->plan = plan;
	machine->hv = hv;
	machine->bus.stray_ones = machine->ports.stray_ones = plan->board->stray_ones;
	machine->signals.fd = -1;
	machine->ended_task.run = stop_loop;
	machine->handed_task.run = machine_serve_vcpus;
	machine->patience.expired = patience_ends;
	machine->mem.windows = &machine->windows;
	code = loop_create(&machine->loop, err);
	if (!code)
		code = watch_signals(machine, err);
	if (!code)
		code = seat_create(machine->loop, &machine->seat, err);
	if (!code)
		code = machine_control_create(machine, err);
	if (!code)
		code = create_ram(machine, err);
	if (!code)
		code = create_board(machine, err);
	if (!code)
		code = create_devices(machine, err);
	if (!code)
		code = machine_control_add_terminals(machine, err);
	if (!code)
		machine_balloon_connect(machine);
	if (!code)
		code = service_create(machine->loop, &plan->config->ready,
			ready_console(machine), ready_vsock(plan->config),
			&machine->service, err);
	if (!code)
		code = machine_windows_create(plan, &machine->windows, err);
	if (!code)
		code = machine_setup_vm(machine, err);
	if (code) {
		machine_destroy(machine);
		return code;
	}
	*ret = machine;
	return 0;
}

void machine_destroy(struct machine *machine)
{
	if (!machine)
		return;
	vcpu_set_destroy(machine->vcpus);
	machine_balloon_disconnect(machine);
	machine_control_destroy(machine);
	service_destroy(machine->service);
	for (unsigned int i = 0; i < machine->device_count; i++)
		if (machine->devices[i].display)
			display_stop(machine->devices[i].display);
	for (unsigned int i = 0; i < machine->device_count; i++)
		machine_device_destroy(&machine->devices[i]);
	free(machine->devices);
	if (machine->board_devices)
		machine->plan->board->destroy_devices(machine->board_devices);
	terminal_destroy(machine->uart_terminal);
	seat_destroy(machine->seat);
	loop_timer_cancel(&machine->patience);
	hv_destroy(machine->hv);
	windows_finish(&machine->windows);
	guest_mem_finish(&machine->mem);
	loop_fd_remove(&machine->signals);
	if (machine->signals.fd >= 0)
		close(machine->signals.fd);
	loop_destroy(machine->loop);
	free(machine);
}
