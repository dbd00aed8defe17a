/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The composition root: makes the whole machine of a plan, runs it, and takes it down.
 * All on the main thread; while the guest runs, the loop has one of its own.
 */
#ifndef SRC_MACHINE_H
#define SRC_MACHINE_H

#include "src/host_caps.h"

struct board_plan;
struct error;
struct hv;
struct machine;
struct vm_config;

/*
 * Opens everything that the plan names: guest RAM with its images, host back ends,
 * devices. hv is from hv_open() and becomes the machine's, on failure too. The plan is
 * borrowed.
 */
int machine_create(const struct board_plan *plan, struct hv *hv, struct machine **ret,
	struct error *err);

enum machine_end {
	MACHINE_POWERED_OFF, /* by the guest, or asked for by signal or key */
	MACHINE_CRASHED,     /* the guest reported it, or a vCPU could not run on */
};

/*
 * Runs the VM until it ends; a rebooting guest gets a fresh VM on the way. -errno where
 * the host failed it. confine(), or NULL, is called once, when all is loaded and before
 * there is a thread of the guest's: 0 or -errno.
 */
int machine_run(struct machine *machine,
	int (*confine)(const struct vm_config *config, struct error *err),
	enum machine_end *ret, struct error *err);

/* Takes down half-built machines and NULL too. */
void machine_destroy(struct machine *machine);

#endif
