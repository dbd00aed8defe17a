/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU under KVM on a 64-bit host (Documentation/virt/kvm/api.rst and
 * devices/vcpu.rst). Entry state: Linux, Documentation/arch/arm64/booting.rst, and
 * Documentation/arch/arm/booting.rst for a 32-bit guest, whose registers KVM shows as the
 * 64-bit ones that the architecture maps them to (Arm ARM, D1.20.1).
 */
#include "src/kvm.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arch/arm/kvm_arm.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/plan.h"

#define CORE_REG(field)                                                                  \
	(KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |                           \
		(offsetof(struct kvm_regs, field) / sizeof(uint32_t)))

/* PSTATE (Arm ARM, C5.2): EL1 with its own stack pointer, D, A, I and F masked. */
#define PSTATE_EL1H_MASKED 0x3c5
/* Supervisor mode with A, I and F masked. */
#define PSTATE_SVC_MASKED 0x1d3
#define PSTATE_32BIT 0x10

#define PPI_PMU 23 /* INTID: PPI 7 */

unsigned long kvm_arch_vm_type(const struct hv *hv, unsigned int ipa_bits)
{
	int most = ioctl(hv->kvm_fd, KVM_CHECK_EXTENSION, KVM_CAP_ARM_VM_IPA_SIZE);

	if (most <= 0)
		return 0; /* an old host: 40 bits, said by zero */
	return KVM_VM_TYPE_ARM_IPA_SIZE(
		ipa_bits < (unsigned int)most ? ipa_bits : (unsigned int)most);
}

void kvm_arch_caps(const struct hv *hv, struct host_caps *ret)
{
	int ipa_bits = kvm_cap(hv, KVM_CAP_ARM_VM_IPA_SIZE);

	ret->arch = CONFIG_ARCH_ARM64;
	ret->gicv2 = kvm_device_offered(hv, KVM_DEV_TYPE_ARM_VGIC_V2);
	ret->gicv3 = kvm_device_offered(hv, KVM_DEV_TYPE_ARM_VGIC_V3);
	ret->user_irq = kvm_cap(hv, KVM_CAP_ARM_USER_IRQ);
	ret->ipa_bits = ipa_bits ? (unsigned int)ipa_bits : 40;
	ret->aarch32_el1 = kvm_cap(hv, KVM_CAP_ARM_EL1_32BIT);
	ret->pmu = kvm_cap(hv, KVM_CAP_ARM_PMU_V3);
	ret->steal_time = kvm_cap(hv, KVM_CAP_STEAL_TIME);
	kvm_arm_cpu_compatible(ret->cpu_compatible, sizeof(ret->cpu_compatible));
}

int kvm_arch_vcpu_init(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	uint32_t features = 0;

	if (plan->arch == CONFIG_ARCH_ARMV7)
		features |= 1u << KVM_ARM_VCPU_EL1_32BIT;
	if (plan->pmu)
		features |= 1u << KVM_ARM_VCPU_PMU_V3;
	return kvm_arm_vcpu_init(vcpu, plan, features, err);
}

/* A GIC of ours is told of the PMU's interrupt with each exit. */
static int init_pmu(struct hv_vcpu *vcpu, bool software_gic)
{
	int irq = PPI_PMU;
	int code = software_gic ? 0
				: kvm_set_attr(vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL,
					  KVM_ARM_VCPU_PMU_V3_IRQ, &irq);

	if (code)
		return code;
	return kvm_set_attr(
		vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_INIT, NULL);
}

static int init_steal_time(struct hv_vcpu *vcpu, const struct board_plan *plan)
{
	uint64_t gpa = plan->steal_time.gpa + 64ull * vcpu->index;

	return kvm_set_attr(
		vcpu->fd, KVM_ARM_VCPU_PVTIME_CTRL, KVM_ARM_VCPU_PVTIME_IPA, &gpa);
}

static int enter_64bit(
	const struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	const struct kvm_arm_value values[] = {
		{CORE_REG(regs.pstate), PSTATE_EL1H_MASKED},
		{CORE_REG(regs.pc), plan->entry_gpa},
		{CORE_REG(regs.regs[0]), plan->tables.gpa},
	};

	return kvm_arm_set(vcpu, values, ARRAY_SIZE(values), err);
}

/* A machine number of ones says that there is a tree. */
static int enter_32bit(
	const struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	const struct kvm_arm_value values[] = {
		{CORE_REG(regs.pstate), PSTATE_SVC_MASKED},
		{CORE_REG(regs.pc), plan->entry_gpa},
		{CORE_REG(regs.regs[0]), 0},
		{CORE_REG(regs.regs[1]), UINT32_MAX},
		{CORE_REG(regs.regs[2]), plan->tables.gpa},
	};

	return kvm_arm_set(vcpu, values, ARRAY_SIZE(values), err);
}

int kvm_arch_vcpu_finish(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	int code;

	if (plan->pmu && (code = init_pmu(vcpu, plan->gic.software)))
		return error_set(err, code, NULL, "KVM gives vCPU %u no PMU: %s",
			vcpu->index, strerror(-code));
	if (plan->steal_time.bytes && (code = init_steal_time(vcpu, plan)))
		return error_set(err, code, NULL, "KVM gives vCPU %u no stolen time: %s",
			vcpu->index, strerror(-code));
	if (vcpu->index)
		return 0;
	code = plan->arch == CONFIG_ARCH_ARMV7 ? enter_32bit(vcpu, plan, err)
					       : enter_64bit(vcpu, plan, err);
	if (!code && kvm_cap(vcpu->hv, KVM_CAP_ARM_NISV_TO_USER)) {
		struct kvm_enable_cap cap = {.cap = KVM_CAP_ARM_NISV_TO_USER};

		if (ioctl(vcpu->hv->vm_fd, KVM_ENABLE_CAP, &cap) < 0)
			log_host("KVM does not report undecoded accesses: %s",
				strerror(errno));
	}
	return code;
}

/*
 * A device access by an instruction that the CPU did not decode (a pair, a vector): the
 * guest's mistake, answered like an access to nothing, with an external abort.
 */
static void undecoded_access(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	struct kvm_vcpu_events events = {.exception.ext_dabt_pending = 1};

	guest_log(&vcpu->log, "vCPU %u: undecodable access at 0x%llx (ESR 0x%llx)",
		vcpu->index, (unsigned long long)vcpu->run->arm_nisv.fault_ipa,
		(unsigned long long)vcpu->run->arm_nisv.esr_iss);
	if (ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events) == 0)
		return;
	exit->kind = HV_EXIT_STUCK;
	snprintf(exit->text, sizeof(exit->text),
		"undecodable access at 0x%llx, and this host injects no abort",
		(unsigned long long)vcpu->run->arm_nisv.fault_ipa);
}

void kvm_arch_exit(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	if (vcpu->run->exit_reason == KVM_EXIT_ARM_NISV) {
		undecoded_access(vcpu, exit);
		return;
	}
	exit->kind = HV_EXIT_STUCK;
	snprintf(exit->text, sizeof(exit->text), "unknown exit %u of KVM",
		vcpu->run->exit_reason);
}

static const struct kvm_arm_name others_64bit[] = {
	{"sp", CORE_REG(sp_el1)},
	{"pc", CORE_REG(regs.pc)},
	{"pstate", CORE_REG(regs.pstate)},
	{"elr_el1", CORE_REG(elr_el1)},
	{"esr_el1", ARM64_SYS_REG(3, 0, 5, 2, 0)},
	{"far_el1", ARM64_SYS_REG(3, 0, 6, 0, 0)},
};

static const struct kvm_arm_name others_32bit[] = {
	{"sp_usr", CORE_REG(regs.regs[13])}, {"lr_usr", CORE_REG(regs.regs[14])},
	{"lr_svc", CORE_REG(regs.regs[18])}, {"sp_svc", CORE_REG(regs.regs[19])},
	{"lr_abt", CORE_REG(regs.regs[20])}, {"sp_abt", CORE_REG(regs.regs[21])},
	{"pc", CORE_REG(regs.pc)}, {"cpsr", CORE_REG(regs.pstate)},
	{"dfsr", ARM64_SYS_REG(3, 0, 5, 2, 0)},
	{"far", ARM64_SYS_REG(3, 0, 6, 0, 0)}, /* IFAR above DFAR */
};

/* By what runs at the moment: a 64-bit guest's program of 32 bits is shown as such. */
void hv_vcpu_dump(struct hv_vcpu *vcpu, FILE *out)
{
	static const struct kvm_arm_regs regs_64bit = {'x', 16, CORE_REG(regs.regs[0]), 2,
		31, others_64bit, ARRAY_SIZE(others_64bit)};
	static const struct kvm_arm_regs regs_32bit = {'r', 16, CORE_REG(regs.regs[0]), 2,
		13, others_32bit, ARRAY_SIZE(others_32bit)};
	uint64_t pstate = 0;

	kvm_arm_get(vcpu, CORE_REG(regs.pstate), &pstate);
	kvm_arm_dump(vcpu, pstate & PSTATE_32BIT ? &regs_32bit : &regs_64bit, out);
}
