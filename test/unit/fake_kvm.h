/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KVM as the ioctls of one VM with some vCPUs: linked with --wrap=ioctl, it answers for
 * every descriptor and keeps what was asked for. Where a cross-build's tests run there is
 * no KVM.
 */
#ifndef TEST_UNIT_FAKE_KVM_H
#define TEST_UNIT_FAKE_KVM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKE_KVM_REGS_MAX 64
#define FAKE_KVM_LINES 64

struct fake_kvm {
	int refuse; /* an errno for each ioctl, or 0 */
	struct kvm_vcpu_init init;
	unsigned int set_count;
	struct {
		uint64_t id;
		uint64_t value; /* as many bytes as the id says */
	} set[FAKE_KVM_REGS_MAX];
	unsigned int line_count; /* of all; the last ones are kept */
	struct kvm_irq_level lines[FAKE_KVM_LINES];
	uint64_t caps[8]; /* of KVM_CHECK_EXTENSION: those that are there; 0 ends them */
	uint32_t devices[4]; /* types that KVM_CREATE_DEVICE offers; 0 ends them */
};

/* What every ioctl meets; the test fills it anew. */
extern struct fake_kvm fake_kvm;

/* True where the last value set of the register is this one. */
bool fake_kvm_has(uint64_t id, uint64_t value);

/* The level that KVM_IRQ_LINE last gave this input; low before the first. */
bool fake_kvm_input(uint32_t irq);

#endif
