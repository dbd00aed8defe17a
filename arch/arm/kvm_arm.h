/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a vCPU under KVM has in common on 64-bit hosts (kvm_vcpu.c) and 32-bit ones
 * (kvm_vcpu32.c). Set-up thread, but for a dump.
 */
#ifndef ARCH_ARM_KVM_ARM_H
#define ARCH_ARM_KVM_ARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct board_plan;
struct error;
struct hv_vcpu;

/* id as in KVM_[GS]ET_ONE_REG, its size included. */
struct kvm_arm_value {
	uint64_t id;
	uint64_t value;
};

struct kvm_arm_name {
	const char *name;
	uint64_t id;
};

/* The first string of the host's own tree; "" on an ACPI host, which has none. */
void kvm_arm_cpu_compatible(char *ret, size_t room);

/*
 * KVM_ARM_VCPU_INIT of the host's own kind of CPU with PSCI and these further features,
 * bits of the first word. All but the first vCPU wait to be started.
 */
int kvm_arm_vcpu_init(struct hv_vcpu *vcpu, const struct board_plan *plan,
	uint32_t features, struct error *err);

/* Sets all of them; which one KVM refuses does not matter. */
int kvm_arm_set(const struct hv_vcpu *vcpu, const struct kvm_arm_value *values,
	unsigned int count, struct error *err);

/* False where KVM does not give it; *ret is untouched then. */
bool kvm_arm_get(const struct hv_vcpu *vcpu, uint64_t id, uint64_t *ret);

/* What a dump shows: general registers, step apart in KVM's numbering, then others. */
struct kvm_arm_regs {
	char letter;
	int digits;
	uint64_t first;
	unsigned int step;
	unsigned int count;
	const struct kvm_arm_name *others;
	unsigned int other_count;
};

/* Three to a line, as far as KVM gives them. */
void kvm_arm_dump(const struct hv_vcpu *vcpu, const struct kvm_arm_regs *regs, FILE *out);

#endif
