/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ARM part of KVM's interface on 32-bit hosts, Linux 3.9 to 5.6, as far as it is used
 * here. Later kernels' headers have none, so this stands in for the <asm/kvm.h> that
 * <linux/kvm.h> includes. test/unit/test_arm_kvm32.c holds it to the kernel's layout.
 */
#ifndef ARCH_ARM_ABI32_ASM_KVM_H
#define ARCH_ARM_ABI32_ASM_KVM_H

#include <linux/types.h>

struct kvm_vcpu_init {
	__u32 target;
	__u32 features[7];
};

#define KVM_ARM_VCPU_POWER_OFF 0
#define KVM_ARM_VCPU_PSCI_0_2 1

/* In KVM_[GS]ET_ONE_REG a register's number is its place in here, in words. */
struct kvm_regs {
	__u32 usr[15]; /* r0 to r14 of user mode */
	__u32 pc;
	__u32 cpsr;
	__u32 unused;
	__u32 svc[3]; /* sp, lr, spsr */
	__u32 abt[3];
	__u32 und[3];
	__u32 irq[3];
	__u32 fiq[8]; /* r8 to r14, spsr */
};

#define KVM_REG_ARM_COPROC_SHIFT 16
#define KVM_REG_ARM_CORE (0x0010 << KVM_REG_ARM_COPROC_SHIFT)
#define KVM_REG_ARM_CORE_REG(name) (__builtin_offsetof(struct kvm_regs, name) / 4)

/* mrc p15, op1, rN, crn, crm, op2 */
#define ARM_CP15_REG32(op1, crn, crm, op2)                                               \
	(KVM_REG_ARM | KVM_REG_SIZE_U32 | (15 << KVM_REG_ARM_COPROC_SHIFT) |             \
		(op1) << 3 | (crn) << 11 | (crm) << 7 | (op2))

#define KVM_DEV_ARM_VGIC_GRP_ADDR 0
#define KVM_VGIC_V2_ADDR_TYPE_DIST 0
#define KVM_VGIC_V2_ADDR_TYPE_CPU 1
#define KVM_VGIC_V3_ADDR_TYPE_DIST 2
#define KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION 5
#define KVM_DEV_ARM_VGIC_GRP_NR_IRQS 3
#define KVM_DEV_ARM_VGIC_GRP_CTRL 4
#define KVM_DEV_ARM_VGIC_CTRL_INIT 0

#define KVM_ARM_IRQ_TYPE_SHIFT 24
#define KVM_ARM_IRQ_TYPE_CPU 0
#define KVM_ARM_IRQ_TYPE_SPI 1
#define KVM_ARM_IRQ_VCPU_SHIFT 16
#define KVM_ARM_IRQ_CPU_IRQ 0
#define KVM_ARM_IRQ_CPU_FIQ 1

/* Parts of <linux/kvm.h>'s structures. */
struct kvm_guest_debug_arch {
};

struct kvm_debug_exit_arch {
};

struct kvm_sync_regs {
	__u64 device_irq_level;
};

#endif
