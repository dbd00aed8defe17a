/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/kvm_arm.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arch/arm/layout.h"
#include "src/error.h"
#include "src/kvm.h"
#include "src/plan.h"

void kvm_arm_cpu_compatible(char *ret, size_t room)
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

int kvm_arm_vcpu_init(struct hv_vcpu *vcpu, const struct board_plan *plan,
	uint32_t features, struct error *err)
{
	struct kvm_vcpu_init init = {0};

	if (ioctl(vcpu->hv->vm_fd, KVM_ARM_PREFERRED_TARGET, &init) < 0)
		return error_set(err, -errno, &plan->config->pos,
			"KVM has no vCPU for this host's CPU: %s", strerror(errno));
	vcpu->log.source = "vcpu";
	init.features[0] |= features | 1u << KVM_ARM_VCPU_PSCI_0_2;
	if (vcpu->index)
		init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
	if (ioctl(vcpu->fd, KVM_ARM_VCPU_INIT, &init) < 0)
		return error_set(err, -errno, &plan->config->pos,
			"KVM does not initialize vCPU %u: %s", vcpu->index,
			strerror(errno));
	return 0;
}

int kvm_arm_set(const struct hv_vcpu *vcpu, const struct kvm_arm_value *values,
	unsigned int count, struct error *err)
{
	for (unsigned int i = 0; i < count; i++) {
		struct kvm_one_reg reg = {
			.id = values[i].id, .addr = (uintptr_t)&values[i].value};

		if (ioctl(vcpu->fd, KVM_SET_ONE_REG, &reg) < 0)
			return error_set(err, -errno, NULL, "KVM sets no registers: %s",
				strerror(errno));
	}
	return 0;
}

bool kvm_arm_get(const struct hv_vcpu *vcpu, uint64_t id, uint64_t *ret)
{
	uint64_t value = 0;
	struct kvm_one_reg reg = {.id = id, .addr = (uintptr_t)&value};

	if (ioctl(vcpu->fd, KVM_GET_ONE_REG, &reg) < 0)
		return false;
	*ret = value;
	return true;
}

/* Returns how many have been shown by now. */
static unsigned int dump(const struct hv_vcpu *vcpu, const struct kvm_arm_name *reg,
	int digits, unsigned int shown, FILE *out)
{
	uint64_t value;

	if (!kvm_arm_get(vcpu, reg->id, &value))
		return shown;
	fprintf(out, "%-8s %0*" PRIx64 "%s", reg->name, digits, value,
		shown % 3 == 2 ? "\n" : "  ");
	return shown + 1;
}

void kvm_arm_dump(const struct hv_vcpu *vcpu, const struct kvm_arm_regs *regs, FILE *out)
{
	unsigned int shown = 0;
	char name[16];

	for (unsigned int i = 0; i < regs->count; i++) {
		struct kvm_arm_name reg = {name, regs->first + i * regs->step};

		snprintf(name, sizeof(name), "%c%u", regs->letter, i);
		shown = dump(vcpu, &reg, regs->digits, shown, out);
	}
	for (unsigned int i = 0; i < regs->other_count; i++)
		shown = dump(vcpu, &regs->others[i], regs->digits, shown, out);
	if (shown % 3)
		fprintf(out, "\n");
}

uint32_t kvm_arch_line_number(unsigned int irq)
{
	return (KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT) | irq;
}

uint32_t kvm_arch_gsi(unsigned int irq)
{
	return irq - ARM_SPI_BASE; /* KVM counts shared interrupts from 0 */
}

bool kvm_arch_line_routed(const struct hv *hv, unsigned int irq)
{
	return false;
}
