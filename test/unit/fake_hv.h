/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hypervisor for tests (src/hv.h): its vCPUs run scripts instead of guests. A script is
 * a function that the vCPU's thread calls for each hv_vcpu_run(); it fills the exit.
 */
#ifndef TEST_UNIT_FAKE_HV_H
#define TEST_UNIT_FAKE_HV_H

#include <stdatomic.h>

#include "src/hv.h"
#include "src/window.h"

#define FAKE_HV_VCPUS_MAX 8

struct fake_hv_line {
	unsigned int irq;
	bool edge;
	bool level;
	unsigned int pulses;
};

struct fake_hv_route {
	unsigned int irq;
	uint64_t address;
	uint32_t data;
};

/* Of the test program; the script is set before vcpu_set_create() or machine_run(). */
struct fake_hv {
	/*
	 * What a vCPU does at its next entry, step by step from 0. Leaving exit untouched
	 * means waiting in the guest until kicked.
	 */
	void (*script)(unsigned int vcpu, unsigned int step, struct hv_exit *exit);
	atomic_uint pauses;
	unsigned int opened;
	const struct guest_mem *mem; /* of the VM at hand */
	unsigned int destroyed;
	unsigned int line_count;
	struct fake_hv_line lines[64];
	unsigned int route_count;
	struct fake_hv_route routes[64];
	unsigned int ioeventfd_count;
	struct windows windows; /* that the last hv_setup() was given */
};

extern struct fake_hv fake_hv;

#endif
