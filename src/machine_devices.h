/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio devices of a machine with their back ends: what the XML's device nodes
 * become. Part of the composition root, for machine.c only.
 */
#ifndef SRC_MACHINE_DEVICES_H
#define SRC_MACHINE_DEVICES_H

#include "config/config.h"
#include "host/disk.h"
#include "host/display.h"
#include "host/input.h"
#include "host/nic.h"
#include "host/terminal.h"
#include "host/vsock.h"
#include "src/bus.h"
#include "src/guest_mem.h"
#include "src/loop.h"
#include "src/plan.h"
#include "virtio/mmio.h"

struct hv;
struct seat;
struct tls_files;
struct vt_terminals;

/* What all devices of a machine share; borrowed for their lives. */
struct machine_device_host {
	struct loop *loop;
	const struct guest_mem *mem;
	struct bus *bus;
	struct seat *seat;
	struct input_evdev_group *inputs;
	struct vt_terminals *vts;
	const char *vm_name;
	void (*quit)(void *quit_data);   /* what Ctrl-A x does on stdio */
	void (*closed)(void *quit_data); /* somebody has closed a window */
	void *quit_data;
};

struct machine_device {
	const struct plan_device *plan;
	struct virtio_device *dev;
	struct virtio_mmio transport;
	unsigned int terminal_count; /* a console's own, then its ports' */
	struct terminal **terminals;
	struct nic *nic;
	struct disk *disk;
	struct vsock_host *vsock;
	struct display *display;
	struct input_source *input;
	void *memory; /* a pmem's contents, plan->memory.bytes of the disk's */
};

/* What the XML says of TLS, in *files; NULL: nothing. */
const struct tls_files *machine_tls(
	const struct config_tls *config, struct tls_files *files);

/* The terminal that the XML asks for; quit is what Ctrl-A x does on stdio. */
int machine_terminal_create(struct loop *loop, const struct config_terminal *config,
	void (*quit)(void *quit_data), void *quit_data, const char *name,
	struct terminal **ret, struct error *err);

/*
 * Fills a zeroed device, puts its registers on the bus; it has no interrupt before
 * machine_device_connect(). Destroy it on failure too.
 */
int machine_device_create(struct machine_device *device, const struct plan_device *plan,
	const struct machine_device_host *host, struct error *err);
void machine_device_destroy(struct machine_device *device);

/* Wires interrupt and kicks to a VM: the first one, and each after a reboot. */
int machine_device_connect(
	struct machine_device *device, struct hv *hv, struct error *err);

#endif
