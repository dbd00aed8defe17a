/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU under KVM on a 32-bit host (Linux up to 5.6, Documentation/virt/kvm/api.rst): no
 * choice of address bits, no PMU, no stolen time, no events to inject. Its memory slots
 * are 32, of which a machine takes one or two. Entry state: Linux,
 * Documentation/arch/arm/booting.rst.
 */
#include "src/kvm.h"

#include <stdio.h>

#include "arch/arm/kvm_arm.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/plan.h"

#define CORE_REG(field)                                                                  \
	(KVM_REG_ARM | KVM_REG_SIZE_U32 | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(field))

/* CPSR: supervisor mode with A, I and F masked. */
#define CPSR_SVC_MASKED 0x1d3

/* LPAE, without which there is no KVM. */
#define ADDRESS_BITS 40

unsigned long kvm_arch_vm_type(const struct hv *hv, unsigned int ipa_bits)
{
	return 0;
}

void kvm_arch_caps(const struct hv *hv, struct host_caps *ret)
{
	ret->arch = CONFIG_ARCH_ARMV7;
	ret->gicv2 = kvm_device_offered(hv, KVM_DEV_TYPE_ARM_VGIC_V2);
	ret->gicv3 = kvm_device_offered(hv, KVM_DEV_TYPE_ARM_VGIC_V3);
	ret->user_irq = kvm_cap(hv, KVM_CAP_ARM_USER_IRQ);
	ret->ipa_bits = ADDRESS_BITS;
	ret->aarch32_el1 = true;
	kvm_arm_cpu_compatible(ret->cpu_compatible, sizeof(ret->cpu_compatible));
}

int kvm_arch_vcpu_init(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	return kvm_arm_vcpu_init(vcpu, plan, 0, err);
}

int kvm_arch_vcpu_finish(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	/* A machine number of ones says that there is a tree. */
	const struct kvm_arm_value values[] = {
		{CORE_REG(cpsr), CPSR_SVC_MASKED},
		{CORE_REG(pc), plan->entry_gpa},
		{CORE_REG(usr[0]), 0},
		{CORE_REG(usr[1]), UINT32_MAX},
		{CORE_REG(usr[2]), plan->tables.gpa},
	};

	return vcpu->index ? 0 : kvm_arm_set(vcpu, values, ARRAY_SIZE(values), err);
}

void kvm_arch_exit(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	exit->kind = HV_EXIT_STUCK;
	snprintf(exit->text, sizeof(exit->text), "unknown exit %u of KVM",
		vcpu->run->exit_reason);
}

void hv_vcpu_dump(struct hv_vcpu *vcpu, FILE *out)
{
	static const struct kvm_arm_name others[] = {
		{"sp_usr", CORE_REG(usr[13])},
		{"lr_usr", CORE_REG(usr[14])},
		{"sp_svc", CORE_REG(svc[0])},
		{"lr_svc", CORE_REG(svc[1])},
		{"sp_abt", CORE_REG(abt[0])},
		{"lr_abt", CORE_REG(abt[1])},
		{"pc", CORE_REG(pc)},
		{"cpsr", CORE_REG(cpsr)},
		{"dfsr", ARM_CP15_REG32(0, 5, 0, 0)},
		{"dfar", ARM_CP15_REG32(0, 6, 0, 0)},
		{"ifar", ARM_CP15_REG32(0, 6, 0, 2)},
	};
	static const struct kvm_arm_regs regs = {
		'r', 8, CORE_REG(usr[0]), 1, 13, others, ARRAY_SIZE(others)};

	kvm_arm_dump(vcpu, &regs, out);
}
