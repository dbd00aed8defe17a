/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GIC in KVM: GICv2 (Linux, Documentation/virt/kvm/devices/arm-vgic.rst) and GICv3
 * (arm-vgic-v3.rst). Set-up only; interrupts go through hv_irq_line(). Where the host
 * has none that fits, the GICv2 is our own (kvm_gicv2.c).
 */
#include "src/kvm.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "src/error.h"
#include "src/plan.h"
#include "vgic/kvm_gicv2.h"

#define INTID_SPI_FIRST 32
#define IRQS_MIN 64
#define IRQS_STEP 32
#define REDIST_BYTES 0x20000

static int failed(int code, unsigned int version, const char *what, struct error *err)
{
	return error_set(
		err, code, NULL, "KVM's GICv%u: %s: %s", version, what, strerror(-code));
}

int kvm_irqchip_create(struct hv *hv, const struct board_plan *plan, struct error *err)
{
	struct kvm_create_device device = {
		.type = plan->gic.version == 2 ? KVM_DEV_TYPE_ARM_VGIC_V2
					       : KVM_DEV_TYPE_ARM_VGIC_V3,
	};

	if (plan->gic.software)
		return kvm_gicv2_create(hv, plan, err);
	if (ioctl(hv->vm_fd, KVM_CREATE_DEVICE, &device) < 0)
		return failed(-errno, plan->gic.version, "not created", err);
	hv->irqchip_fd = (int)device.fd;
	return 0;
}

static int place_v2(const struct hv *hv, const struct plan_gic *gic)
{
	uint64_t dist = gic->dist.gpa;
	uint64_t cpu = gic->cpu_interface.gpa;
	int code = kvm_set_attr(hv->irqchip_fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		KVM_VGIC_V2_ADDR_TYPE_DIST, &dist);

	if (code)
		return code;
	return kvm_set_attr(hv->irqchip_fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		KVM_VGIC_V2_ADDR_TYPE_CPU, &cpu);
}

static int place_v3(const struct hv *hv, const struct plan_gic *gic)
{
	uint64_t dist = gic->dist.gpa;
	int code = kvm_set_attr(hv->irqchip_fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
		KVM_VGIC_V3_ADDR_TYPE_DIST, &dist);

	for (uint64_t i = 0; i < gic->redist_count && !code; i++) {
		/* count << 52 | base | index */
		uint64_t region = (gic->redist[i].bytes / REDIST_BYTES) << 52 |
				  gic->redist[i].gpa | i;

		code = kvm_set_attr(hv->irqchip_fd, KVM_DEV_ARM_VGIC_GRP_ADDR,
			KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, &region);
	}
	return code;
}

int kvm_irqchip_init(struct hv *hv, const struct board_plan *plan, struct error *err)
{
	const struct plan_gic *gic = &plan->gic;
	uint32_t irqs = INTID_SPI_FIRST + gic->spi_count;
	int code;

	if (gic->software)
		return 0;
	irqs = (irqs + IRQS_STEP - 1) / IRQS_STEP * IRQS_STEP;
	if (irqs < IRQS_MIN)
		irqs = IRQS_MIN;
	code = gic->version == 2 ? place_v2(hv, gic) : place_v3(hv, gic);
	if (code)
		return failed(code, gic->version, "addresses", err);
	code = kvm_set_attr(hv->irqchip_fd, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs);
	if (code)
		return failed(code, gic->version, "number of interrupts", err);
	code = kvm_set_attr(hv->irqchip_fd, KVM_DEV_ARM_VGIC_GRP_CTRL,
		KVM_DEV_ARM_VGIC_CTRL_INIT, NULL);
	if (code)
		return failed(code, gic->version, "start", err);
	return 0;
}
