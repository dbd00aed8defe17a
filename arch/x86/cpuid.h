/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CPUID shows a guest (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E;
 * Linux, Documentation/virt/kvm/x86/cpuid.rst): the host's leaves, less what a microvm
 * hides, with the topology of the plan. Pure C, any thread.
 */
#ifndef ARCH_X86_CPUID_H
#define ARCH_X86_CPUID_H

#include <stdbool.h>
#include <stdint.h>

struct x86_cpuid {
	uint32_t leaf;
	uint32_t subleaf;
	bool subleaves; /* the subleaf counts */
	uint32_t eax;
	uint32_t ebx;
	uint32_t ecx;
	uint32_t edx;
};

#define X86_CPUID_MAX 256

struct x86_cpuid_list {
	unsigned int count;
	struct x86_cpuid entries[X86_CPUID_MAX];
};

/* The x86-64 level (System V psABI) that these leaves reach: 1 to 3. */
unsigned int x86_cpuid_level(const struct x86_cpuid_list *list);

/* Bits of a physical address. */
unsigned int x86_cpuid_address_bits(const struct x86_cpuid_list *list);

/* The level that a cpu_type names: 2 or 3, 0 for "host"; -EINVAL for none of them. */
int x86_cpuid_type(const char *cpu_type);

/* One vCPU's view. */
struct x86_cpuid_vcpu {
	uint32_t apic_id;
	unsigned int cpu_count;
	unsigned int level; /* 0: all that the host has */
	bool tsc_deadline;  /* KVM emulates it, though its list may not say so */
	uint32_t tsc_khz;   /* 0: not known */
};

/*
 * Makes the supported leaves those of one vCPU. -ENOSPC where a leaf that is added finds
 * no room.
 */
int x86_cpuid_adapt(struct x86_cpuid_list *list, const struct x86_cpuid_vcpu *vcpu);

#endif
