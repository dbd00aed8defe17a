/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host offers to a guest, as data: asked of the hypervisor in production
 * (hv_probe), stated on the command line (--host gic=2,3 ipa=40 …), typed by hand in a
 * test. The planner reads nothing else of the host.
 */
#ifndef SRC_HOST_CAPS_H
#define SRC_HOST_CAPS_H

#include <stdbool.h>

#include "config/config.h"

struct error;

struct host_caps {
	bool stated;           /* assumed or stated, not asked of this host */
	enum config_arch arch; /* of the host's CPUs: CONFIG_ARCH_ARM64, … */
	bool gicv2;            /* in-kernel GICv2 */
	bool gicv3;            /* in-kernel GICv3 */
	bool user_irq;         /* ARM: a GIC of ours is told of timers and PMU */
	unsigned int ipa_bits; /* guest-physical address bits */
	unsigned int vcpus_max;
	bool aarch32_el1; /* 32-bit guests */
	bool pmu;
	bool steal_time;
	bool emulated;           /* x86: no hardware virtualization behind KVM */
	unsigned int x86_level;  /* x86: the x86-64 level of its CPUs, 1 to 3 */
	bool split_irqchip;      /* x86: local APICs without PIC and IOAPIC */
	char cpu_compatible[64]; /* of the host's CPU, "" where not known */
};

/* The architecture that this program was built for. */
enum config_arch host_caps_native(void);

/* That of the hosts which run such guests. */
enum config_arch host_caps_arch(enum config_arch guest);

/* A plain board of today, for planning where there is no KVM: says stated = true. */
void host_caps_assume(struct host_caps *ret, enum config_arch arch);

/*
 * Applies one word of --host: arch=arm64|armv7|x86_64 (everything else as assumed of
 * it), gic=2,3|2|3|none, ipa=BITS, vcpus=N, el1_32bit=yes|no, pmu=yes|no,
 * steal_time=yes|no, cpu=COMPATIBLE, level=1|2|3. -EINVAL with the allowed words.
 */
int host_caps_state(struct host_caps *caps, const char *word, struct error *err);

#endif
