/* SPDX-License-Identifier: Apache-2.0 */
/* The software GICv2 (vgic/gicv2.h) in front of vCPUs of KVM. For vgic/kvm_gic.c. */
#ifndef VGIC_KVM_GICV2_H
#define VGIC_KVM_GICV2_H

struct board_plan;
struct error;
struct hv;

/* Sets hv->user_irqchip, which hv_destroy() takes down. */
int kvm_gicv2_create(struct hv *hv, const struct board_plan *plan, struct error *err);

#endif
