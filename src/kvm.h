/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kvm.c shares with the board's kvm_vcpu.c and the controller's kvm_gic.c, and with
 * nobody else: those two are its link-time seams.
 */
#ifndef SRC_KVM_H
#define SRC_KVM_H

#include <linux/kvm.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/hv.h"
#include "src/irq.h"
#include "src/log.h"

struct hv_vcpu {
	struct hv *hv;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	unsigned int port_element; /* of a string access to a port */
	_Atomic pid_t thread;      /* that runs it; 0 before the first run */
	struct guest_log log;
};

struct kvm_line {
	struct irq_line line;
	struct hv *hv;
	unsigned int irq;
	int event_fd; /* irqfd, or -1 */
	bool routed;  /* sent as a message: an irqfd while it is attached */
	bool attached;
	bool level; /* of a routed line: a rising one is its edge */
};

/* An interrupt controller of ours, where the VM has none in the kernel. */
struct kvm_user_irqchip;

struct kvm_user_irqchip_ops {
	/* After each KVM_RUN, on the vCPU's thread: what the kernel's devices drive. */
	void (*ran)(struct kvm_user_irqchip *irqchip, struct hv_vcpu *vcpu);
	/* True where an HV_EXIT_MMIO is of its registers; it is done with then. */
	bool (*access)(struct kvm_user_irqchip *irqchip, struct hv_vcpu *vcpu,
		struct hv_exit *exit);
	struct irq_line *(*line)(struct kvm_user_irqchip *irqchip, unsigned int irq);
	void (*destroy)(struct kvm_user_irqchip *irqchip);
};

struct kvm_user_irqchip {
	const struct kvm_user_irqchip_ops *ops;
};

struct kvm_routes; /* of a board that has any */

struct hv {
	int kvm_fd;
	int vm_fd;
	pid_t process; /* of the threads that run vCPUs */
	int irqchip_fd;
	unsigned int vm_ipa_bits;
	size_t run_bytes;
	unsigned int slot_count;
	unsigned int vcpu_count;
	struct hv_vcpu *vcpus;
	unsigned int line_count;
	struct kvm_line **lines;
	struct kvm_user_irqchip *user_irqchip; /* or NULL */
	struct kvm_routes *routes;             /* or NULL */
	void *steal_time;                      /* shared with the guest, or NULL */
	size_t steal_time_bytes;
};

/* Value of a KVM_CAP_*: 0 where the host does not know it. */
int kvm_cap(const struct hv *hv, unsigned int cap);

/* KVM_SET_DEVICE_ATTR on any descriptor that takes attributes: 0 or -errno. */
int kvm_set_attr(int fd, uint32_t group, uint64_t attr, const void *value);

/* Lets KVM raise the line when its event_fd is written; and not any more. 0 or -errno. */
int kvm_line_attach(struct kvm_line *line);
void kvm_line_detach(struct kvm_line *line);

/* ---- kvm_run.c ---- */

/* Once, before the first vCPU runs. */
void kvm_catch_kicks(void);

/* ---- arch/<arch>/kvm_vcpu.c ---- */

/* The machine type for KVM_CREATE_VM with these address bits. */
unsigned long kvm_arch_vm_type(const struct hv *hv, unsigned int ipa_bits);
/* Fills the host's facts; the VM exists. */
void kvm_arch_caps(const struct hv *hv, struct host_caps *ret);
/* Initializes a vCPU that was just created. */
int kvm_arch_vcpu_init(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err);
/* Sets what needs the interrupt controller to be there: PMU, entry state. */
int kvm_arch_vcpu_finish(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err);
/* An exit that kvm.c does not know. */
void kvm_arch_exit(struct hv_vcpu *vcpu, struct hv_exit *exit);
/* The kvm_irq_level.irq, and the irqfd GSI, of the board's interrupt number. */
uint32_t kvm_arch_line_number(unsigned int irq);
uint32_t kvm_arch_gsi(unsigned int irq);
/* Whether the line is sent as a message, once hv_route_msi() has said which. */
bool kvm_arch_line_routed(const struct hv *hv, unsigned int irq);

/* ---- the interrupt controller's kvm_*.c ---- */

/* Makes the controller before (create) and after (init) the vCPUs exist. */
int kvm_irqchip_create(struct hv *hv, const struct board_plan *plan, struct error *err);
int kvm_irqchip_init(struct hv *hv, const struct board_plan *plan, struct error *err);
/* Whether a device type (KVM_DEV_TYPE_*) can be made in this VM. */
bool kvm_device_offered(const struct hv *hv, uint32_t type);

#endif
