/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The threads that run a VM's vCPUs: one each, from creation to destruction. They own no
 * device; what traps goes to the bus, which takes the device's loop lock.
 */
#ifndef SRC_VCPU_H
#define SRC_VCPU_H

#include <sys/types.h>

#include "src/hv.h"

struct bus;
struct error;
struct vcpu_set;

/*
 * Why a vCPU wants the VM to end: HV_EXIT_SHUTDOWN, _RESET, _CRASH or _STUCK. Called on
 * that vCPU's thread, which then waits to be destroyed; more than one vCPU may call.
 */
struct vcpu_events {
	void (*ended)(void *user, enum hv_exit_kind kind);
	/*
	 * A vCPU waits for vcpu_set_serve(): it has a deep write (src/bus.h). On its
	 * thread. NULL: vCPUs do these themselves.
	 */
	void (*handed)(void *user);
};

/*
 * Makes the threads, running or paused. Thread i is pinned to affinity[i %
 * affinity_count] (none: not pinned). hv and the buses are borrowed.
 */
int vcpu_set_create(struct hv *hv, const struct bus *bus, const struct bus *ports,
	unsigned int count, const unsigned int *affinity, unsigned int affinity_count,
	bool paused, const struct vcpu_events *events, void *user, struct vcpu_set **ret,
	struct error *err);

/*
 * Does what vCPUs have handed over. The caller holds no loop lock.
 */
void vcpu_set_serve(struct vcpu_set *set);

/*
 * Parks all threads: afterwards no vCPU is in the guest or in a device, until they are
 * resumed. The caller holds no loop lock, for which a vCPU may be waiting. Both may be
 * said twice.
 */
void vcpu_set_pause(struct vcpu_set *set);
void vcpu_set_resume(struct vcpu_set *set);

/* What a vCPU has done in this boot. */
struct vcpu_counts {
	uint64_t cpu_ns; /* of its thread, in the guest and out of it */
	uint64_t kicks;
	uint64_t mmio_exits;
	uint64_t port_exits;
};

/* The loop's thread. */
void vcpu_set_counts(struct vcpu_set *set, unsigned int index, struct vcpu_counts *ret);

/* The thread of vCPU index; 0: it has not begun yet. Any thread. */
pid_t vcpu_set_thread(struct vcpu_set *set, unsigned int index);

/*
 * Kicks all vCPUs, paused or not, and joins their threads. The caller holds no loop
 * lock, for which a vCPU may be waiting. NULL is fine.
 */
void vcpu_set_destroy(struct vcpu_set *set);

#endif
