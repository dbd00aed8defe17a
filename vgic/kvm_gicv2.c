/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM without an in-kernel GIC (Linux, Documentation/virt/kvm/api.rst:
 * KVM_CAP_ARM_USER_IRQ, KVM_IRQ_LINE): KVM tells the levels of its timers and PMU with
 * each exit, takes each vCPU's IRQ and FIQ inputs, and leaves the GIC's registers to us.
 * vCPU threads access registers, any thread moves lines; the GIC has its own lock.
 */
#include "vgic/kvm_gicv2.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/kvm.h"
#include "src/plan.h"
#include "vgic/gicv2.h"

struct kvm_gicv2 {
	struct kvm_user_irqchip irqchip;
	struct hv *hv;
	struct gicv2 *gic;
	struct plan_range dist;
	struct plan_range cpu_interface;
	struct {
		uint32_t bit; /* of kvm_sync_regs.device_irq_level */
		unsigned int intid;
	} sources[3];
	/* What KVM was told last (with the GIC's lock), and told last (its vCPU's). */
	bool irq[GICV2_CPUS_MAX];
	bool fiq[GICV2_CPUS_MAX];
	uint32_t levels[GICV2_CPUS_MAX];
	atomic_bool doubtful[GICV2_CPUS_MAX]; /* whether KVM took its inputs */
};

/* The vCPU that runs on this thread, if one does. */
static _Thread_local const struct hv_vcpu *this_threads;

static void set_input(
	const struct kvm_gicv2 *own, unsigned int cpu, uint32_t input, bool level)
{
	struct kvm_irq_level irq_level = {
		.irq = KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT |
		       cpu << KVM_ARM_IRQ_VCPU_SHIFT | input,
		.level = level,
	};

	if (ioctl(own->hv->vm_fd, KVM_IRQ_LINE, &irq_level) < 0)
		log_host("vCPU %u takes no interrupt: %s", cpu, strerror(errno));
}

/*
 * KVM keeps an input as a bit of the vCPU's HCR_EL2, which the vCPU's thread reads,
 * changes and writes back whenever it enters KVM_RUN or is scheduled again (Linux,
 * vcpu_clear_wfx_traps()): what another thread sets meanwhile may be lost, and the guest
 * with it, for it is told of changes alone. So the vCPU's thread says it again.
 */
static void cpu_line(void *user, unsigned int cpu, bool irq, bool fiq)
{
	struct kvm_gicv2 *own = user;
	bool again = irq == own->irq[cpu] && fiq == own->fiq[cpu];

	if (again || irq != own->irq[cpu])
		set_input(own, cpu, KVM_ARM_IRQ_CPU_IRQ, irq);
	if (again || fiq != own->fiq[cpu])
		set_input(own, cpu, KVM_ARM_IRQ_CPU_FIQ, fiq);
	own->irq[cpu] = irq;
	own->fiq[cpu] = fiq;
	if (this_threads != &own->hv->vcpus[cpu])
		own->doubtful[cpu] = true;
}

static const struct gicv2_ops gic_ops = {.cpu_line = cpu_line};

/* ---- what kvm_run.c asks of it ---------------------------------------------------- */

static void ran(struct kvm_user_irqchip *irqchip, struct hv_vcpu *vcpu)
{
	struct kvm_gicv2 *own = container_of(irqchip, struct kvm_gicv2, irqchip);
	uint32_t levels = (uint32_t)vcpu->run->s.regs.device_irq_level;
	uint32_t changed = levels ^ own->levels[vcpu->index];

	this_threads = vcpu;
	if (atomic_exchange(&own->doubtful[vcpu->index], false))
		gicv2_tell_again(own->gic, vcpu->index);
	if (!changed)
		return;
	own->levels[vcpu->index] = levels;
	for (unsigned int i = 0; i < ARRAY_SIZE(own->sources); i++)
		if (changed & own->sources[i].bit)
			gicv2_set_ppi(own->gic, vcpu->index, own->sources[i].intid,
				levels & own->sources[i].bit);
}

static bool holds(const struct plan_range *range, uint64_t gpa)
{
	return gpa - range->gpa < range->bytes;
}

static bool access_registers(
	struct kvm_user_irqchip *irqchip, struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	struct kvm_gicv2 *own = container_of(irqchip, struct kvm_gicv2, irqchip);
	uint64_t dist = exit->mmio.gpa - own->dist.gpa;
	uint64_t cpu = exit->mmio.gpa - own->cpu_interface.gpa;
	unsigned int bytes = exit->mmio.bytes;

	if (holds(&own->cpu_interface, exit->mmio.gpa)) {
		if (exit->mmio.write)
			gicv2_cpu_write(
				own->gic, vcpu->index, cpu, bytes, exit->mmio.value);
		else
			exit->mmio.value =
				gicv2_cpu_read(own->gic, vcpu->index, cpu, bytes);
		return true;
	}
	if (!holds(&own->dist, exit->mmio.gpa))
		return false;
	if (exit->mmio.write)
		gicv2_dist_write(own->gic, vcpu->index, dist, bytes, exit->mmio.value);
	else
		exit->mmio.value = gicv2_dist_read(own->gic, vcpu->index, dist, bytes);
	return true;
}

static struct irq_line *line(struct kvm_user_irqchip *irqchip, unsigned int irq)
{
	return gicv2_spi_line(container_of(irqchip, struct kvm_gicv2, irqchip)->gic, irq);
}

static void destroy(struct kvm_user_irqchip *irqchip)
{
	struct kvm_gicv2 *own = container_of(irqchip, struct kvm_gicv2, irqchip);

	gicv2_destroy(own->gic);
	free(own);
}

static const struct kvm_user_irqchip_ops irqchip_ops = {
	.ran = ran,
	.access = access_registers,
	.line = line,
	.destroy = destroy,
};

int kvm_gicv2_create(struct hv *hv, const struct board_plan *plan, struct error *err)
{
	struct kvm_gicv2 *own = calloc(1, sizeof(*own));
	int code;

	if (!own)
		return error_set(err, -ENOMEM, NULL, "no memory for a GICv2");
	*own = (struct kvm_gicv2){
		.irqchip = {&irqchip_ops},
		.hv = hv,
		.dist = plan->gic.dist,
		.cpu_interface = plan->gic.cpu_interface,
		.sources =
			{
				{KVM_ARM_DEV_EL1_VTIMER, plan->timer_irqs[2]},
				{KVM_ARM_DEV_EL1_PTIMER, plan->timer_irqs[1]},
				{KVM_ARM_DEV_PMU, plan->pmu_irq},
			},
	};
	code = gicv2_create(
		plan->cpu_count, plan->gic.spi_count, &gic_ops, own, &own->gic, err);
	if (code) {
		free(own);
		return code;
	}
	hv->user_irqchip = &own->irqchip;
	return 0;
}
