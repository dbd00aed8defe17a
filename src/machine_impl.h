/* SPDX-License-Identifier: Apache-2.0 */
/* For machine.c and machine_control.c: what a running machine consists of. */
#ifndef SRC_MACHINE_IMPL_H
#define SRC_MACHINE_IMPL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "host/input.h"
#include "host/picture_saver.h"
#include "host/vt.h"
#include "src/bus.h"
#include "src/control_place.h"
#include "src/guest_mem.h"
#include "src/hv.h"
#include "src/loop.h"
#include "src/machine_control.h"
#include "src/outside.h"
#include "src/window.h"

struct board_devices;
struct control;
struct machine_device;
struct seat;
struct service;
struct vcpu_set;
struct virtio_device;

struct machine {
	const struct board_plan *plan;
	struct loop *loop;
	struct guest_mem mem;
	struct windows windows;
	struct bus bus;
	struct bus ports;
	struct loop_fd
		signals; /* SIGINT, SIGTERM, SIGHUP; fd -1 before machine_create() */

	struct machine_control face;             /* of which the control socket knows */
	struct control *control;                 /* NULL: there is no socket */
	char control_place[CONTROL_PLACE_BYTES]; /* "" where the XML says where it is */
	struct outside_job place_leaving;
	struct picture_saver saver;

	struct seat *seat; /* where a person sits, if at all */
	struct input_evdev_group inputs;
	struct vt_terminals vts; /* of the host, that displays are on */
	struct terminal *uart_terminal;
	struct board_devices *board_devices;
	unsigned int device_count;
	struct machine_device *devices;
	struct service *service;

	struct virtio_device *balloon;   /* of devices, or NULL */
	struct loop_timer balloon_timer; /* armed: a change was told just now */
	bool balloon_changed;            /* since then */

	/* Of one boot; a reboot makes them anew. */
	struct hv *hv;
	struct vcpu_set *vcpus;

	struct loop_task handed_task; /* serves vCPUs */
	int loop_code; /* of the thread of the devices, once it has ended */

	/* Why the loop stops; quit outlives the boot, so that no reboot swallows it. */
	struct loop_task ended_task;
	_Atomic enum hv_exit_kind ended;
	atomic_bool quit;
	struct loop_timer patience; /* with a guest that was asked to power off */
	const char *quit_reason;    /* as the event SHUTDOWN has it; the loop's thread */
	bool reset_asked;           /* by the control socket; likewise */
	bool window_closed;         /* once in this boot; likewise */
};

/* Gives hv_open()'s VM the plan's parts, and its interrupt lines to the devices. */
int machine_setup_vm(struct machine *machine, struct error *err);

/* The loop's thread, with its lock, which it gives up for a moment. */
void machine_serve_vcpus(struct loop_task *task);

/* Ends the boot, and with quit the VM. Any thread. */
void machine_end(struct machine *machine, enum hv_exit_kind kind);
/* Ends the VM; the reason is the one of QMP's event SHUTDOWN. The loop's thread. */
void machine_quit(struct machine *machine, const char *reason);

/*
 * Tells the control socket why a boot has ended, and whether another follows. The loop
 * does not run.
 */
void machine_control_ended(
	struct machine *machine, enum hv_exit_kind kind, bool restarts);

/* Does and tells what the XML says of a watchdog that has waited in vain. The loop's
 * thread, with its lock, which a pause gives up for a moment. */
void machine_watchdog_ended(struct machine *machine);

/* The control socket's verbs for the balloon, and the event when it changes. */
void machine_balloon_connect(struct machine *machine);
void machine_balloon_disconnect(struct machine *machine);
bool machine_balloon_get(struct machine_control *face, struct machine_balloon *ret);
void machine_balloon_take(struct machine_control *face, uint64_t bytes);
void machine_balloon_set_stats_interval(
	struct machine_control *face, unsigned int seconds);

/* The control socket's verb for displays. */
int machine_gpu_screendump(struct machine_control *face,
	const struct machine_screendump *what, struct error *err);

/* Fills machine->face and opens the control socket that the XML asks for. */
int machine_control_create(struct machine *machine, struct error *err);
/* Has the socket offer the terminals of all devices. -ENOMEM. */
int machine_control_add_terminals(struct machine *machine, struct error *err);
void machine_control_destroy(struct machine *machine);

#endif
