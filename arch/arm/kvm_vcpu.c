/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU under KVM on a 64-bit host (Documentation/virt/kvm/api.rst and
 * devices/vcpu.rst). Entry state: Linux, Documentation/arch/arm64/booting.rst, and
 * Documentation/arch/arm/booting.rst for a 32-bit guest, whose registers KVM shows as the
 * 64-bit ones that the architecture maps them to (Arm ARM, D1.20.1).
 */
#include "src/kvm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

/* The first string of the host's own tree; an ACPI host has none. */
static void host_cpu_compatible(char *ret, size_t room)
{
	int fd = open("/proc/device-tree/cpus/cpu@0/compatible", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	ret[0] = '\0';
	if (fd < 0)
		return;
	got = read(fd, ret, room - 1);
	close(fd);
	ret[got > 0 ? got : 0] = '\0';
}

void kvm_arch_caps(const struct hv *hv, struct host_caps *ret)
{
	int ipa_bits = kvm_cap(hv, KVM_CAP_ARM_VM_IPA_SIZE);

	ret->arch = CONFIG_ARCH_ARM64;
	ret->gicv2 = kvm_device_offered(hv, KVM_DEV_TYPE_ARM_VGIC_V2);
	ret->gicv3 = kvm_device_offered(hv, KVM_DEV_TYPE_ARM_VGIC_V3);
	ret->ipa_bits = ipa_bits ? (unsigned int)ipa_bits : 40;
	ret->aarch32_el1 = kvm_cap(hv, KVM_CAP_ARM_EL1_32BIT);
	ret->pmu = kvm_cap(hv, KVM_CAP_ARM_PMU_V3);
	ret->steal_time = kvm_cap(hv, KVM_CAP_STEAL_TIME);
	host_cpu_compatible(ret->cpu_compatible, sizeof(ret->cpu_compatible));
}

int kvm_arch_vcpu_init(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	struct kvm_vcpu_init init = {0};

	if (ioctl(vcpu->hv->vm_fd, KVM_ARM_PREFERRED_TARGET, &init) < 0)
		return error_set(err, -errno, &plan->config->pos,
			"KVM has no vCPU for this host's CPU: %s", strerror(errno));
	vcpu->log.source = "vcpu";
	init.features[0] |= 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (plan->arch == CONFIG_ARCH_ARMV7)
		init.features[0] |= 1u << KVM_ARM_VCPU_EL1_32BIT;
	if (plan->pmu)
		init.features[0] |= 1u << KVM_ARM_VCPU_PMU_V3;
	if (vcpu->index)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init) < 0)
		return error_set(err, -errno, &plan->config->pos,
			"KVM does not initialize vCPU %u: %s", vcpu->index,
			strerror(errno));
	return 0;
}

static int set_reg(int fd, uint64_t id, uint64_t value)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

	return ioctl(fd, KVM_SET_ONE_REG, &reg) < 0 ? -errno : 0;
}

static int init_pmu(struct hv_vcpu *vcpu)
{
	int irq = PPI_PMU;
	int code = kvm_set_attr(
		vcpu->fd, KVM_ARM_VCPU_PMU_V3_CTRL, KVM_ARM_VCPU_PMU_V3_IRQ, &irq);

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

struct reg_value {
	uint64_t id;
	uint64_t value;
};

static int set_regs(int fd, const struct reg_value *regs, unsigned int count)
{
	int code = 0;

	for (unsigned int i = 0; i < count && !code; i++)
		code = set_reg(fd, regs[i].id, regs[i].value);
	return code;
}

static int enter_64bit(int fd, const struct board_plan *plan)
{
	const struct reg_value regs[] = {
		{CORE_REG(regs.pstate), PSTATE_EL1H_MASKED},
		{CORE_REG(regs.pc), plan->entry_gpa},
		{CORE_REG(regs.regs[0]), plan->tables.gpa},
	};

	return set_regs(fd, regs, ARRAY_SIZE(regs));
}

/* A machine number of ones says that there is a tree. */
static int enter_32bit(int fd, const struct board_plan *plan)
{
	const struct reg_value regs[] = {
		{CORE_REG(regs.pstate), PSTATE_SVC_MASKED},
		{CORE_REG(regs.pc), plan->entry_gpa},
		{CORE_REG(regs.regs[0]), 0},
		{CORE_REG(regs.regs[1]), UINT32_MAX},
		{CORE_REG(regs.regs[2]), plan->tables.gpa},
	};

	return set_regs(fd, regs, ARRAY_SIZE(regs));
}

int kvm_arch_vcpu_finish(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	int code;

	if (plan->pmu && (code = init_pmu(vcpu)))
		return error_set(err, code, NULL, "KVM gives vCPU %u no PMU: %s",
			vcpu->index, strerror(-code));
	if (plan->steal_time.bytes && (code = init_steal_time(vcpu, plan)))
		return error_set(err, code, NULL, "KVM gives vCPU %u no stolen time: %s",
			vcpu->index, strerror(-code));
	if (vcpu->index)
		return 0;
	code = plan->arch == CONFIG_ARCH_ARMV7 ? enter_32bit(vcpu->fd, plan)
					       : enter_64bit(vcpu->fd, plan);
	if (code)
		return error_set(
			err, code, NULL, "KVM sets no registers: %s", strerror(-code));
	if (kvm_cap(vcpu->hv, KVM_CAP_ARM_NISV_TO_USER)) {
		struct kvm_enable_cap cap = {.cap = KVM_CAP_ARM_NISV_TO_USER};

		if (ioctl(vcpu->hv->vm_fd, KVM_ENABLE_CAP, &cap) < 0)
			log_host("KVM does not report undecoded accesses: %s",
				strerror(errno));
	}
	return 0;
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

struct named_reg {
	const char *name;
	uint64_t id;
};

#define NAMED_X(n)                                                                       \
	{                                                                                \
		"x" #n, CORE_REG(regs.regs[n])                                           \
	}

static const struct named_reg regs_64bit[] = {
	NAMED_X(0),
	NAMED_X(1),
	NAMED_X(2),
	NAMED_X(3),
	NAMED_X(4),
	NAMED_X(5),
	NAMED_X(6),
	NAMED_X(7),
	NAMED_X(8),
	NAMED_X(9),
	NAMED_X(10),
	NAMED_X(11),
	NAMED_X(12),
	NAMED_X(13),
	NAMED_X(14),
	NAMED_X(15),
	NAMED_X(16),
	NAMED_X(17),
	NAMED_X(18),
	NAMED_X(19),
	NAMED_X(20),
	NAMED_X(21),
	NAMED_X(22),
	NAMED_X(23),
	NAMED_X(24),
	NAMED_X(25),
	NAMED_X(26),
	NAMED_X(27),
	NAMED_X(28),
	NAMED_X(29),
	NAMED_X(30),
	{"sp", CORE_REG(sp_el1)},
	{"pc", CORE_REG(regs.pc)},
	{"pstate", CORE_REG(regs.pstate)},
	{"elr_el1", CORE_REG(elr_el1)},
	{"esr_el1", ARM64_SYS_REG(3, 0, 5, 2, 0)},
	{"far_el1", ARM64_SYS_REG(3, 0, 6, 0, 0)},
};

#define NAMED_R(n)                                                                       \
	{                                                                                \
		"r" #n, CORE_REG(regs.regs[n])                                           \
	}

static const struct named_reg regs_32bit[] = {
	NAMED_R(0), NAMED_R(1), NAMED_R(2), NAMED_R(3), NAMED_R(4), NAMED_R(5),
	NAMED_R(6), NAMED_R(7), NAMED_R(8), NAMED_R(9), NAMED_R(10), NAMED_R(11),
	NAMED_R(12), {"sp_usr", CORE_REG(regs.regs[13])},
	{"lr_usr", CORE_REG(regs.regs[14])}, {"lr_svc", CORE_REG(regs.regs[18])},
	{"sp_svc", CORE_REG(regs.regs[19])}, {"lr_abt", CORE_REG(regs.regs[20])},
	{"sp_abt", CORE_REG(regs.regs[21])}, {"pc", CORE_REG(regs.pc)},
	{"cpsr", CORE_REG(regs.pstate)}, {"dfsr", ARM64_SYS_REG(3, 0, 5, 2, 0)},
	{"far", ARM64_SYS_REG(3, 0, 6, 0, 0)}, /* IFAR above DFAR */
};

static bool get_reg(const struct hv_vcpu *vcpu, uint64_t id, uint64_t *ret)
{
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)ret};

	return ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) == 0;
}

void hv_vcpu_dump(struct hv_vcpu *vcpu, FILE *out)
{
	const struct named_reg *regs = regs_64bit;
	unsigned int count = ARRAY_SIZE(regs_64bit);
	unsigned int shown = 0;
	uint64_t value;

	if (get_reg(vcpu, CORE_REG(regs.pstate), &value) && value & PSTATE_32BIT) {
		regs = regs_32bit;
		count = ARRAY_SIZE(regs_32bit);
	}
	for (unsigned int i = 0; i < count; i++)
		if (get_reg(vcpu, regs[i].id, &value))
			fprintf(out, "%-8s %016" PRIx64 "%s", regs[i].name, value,
				++shown % 3 == 0 ? "\n" : "  ");
	if (shown % 3)
		fprintf(out, "\n");
}

uint32_t kvm_arch_line_number(unsigned int irq)
{
	return (KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT) | irq;
}

uint32_t kvm_arch_gsi(unsigned int irq)
{
	return irq - 32; /* KVM counts shared interrupts from 0 */
}

bool kvm_arch_line_routed(const struct hv *hv, unsigned int irq)
{
	return false;
}
