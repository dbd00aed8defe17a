/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one door to a hypervisor. kvm.c implements it together with the board's
 * kvm_vcpu.c and the interrupt controller's kvm_gic.c; the tests have their own.
 *
 * Set-up (everything but run, kick and the irq lines) happens on one thread before the
 * first vCPU runs. A vCPU is created, run and destroyed on its own thread's behalf but
 * may be kicked from any.
 */
#ifndef SRC_HV_H
#define SRC_HV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "src/host_caps.h"

struct board_plan;
struct error;
struct guest_mem;
struct hv;
struct hv_vcpu;
struct irq_line;

/*
 * Opens the hypervisor with an empty VM and asks what the host offers. -ENOENT (no
 * /dev/kvm), -EACCES, -ENODEV (no hardware virtualization behind it): err says what to
 * do about it.
 */
int hv_open(struct hv **ret, struct host_caps *ret_caps, struct error *err);

/*
 * Throws the VM away and puts a fresh one in its place, without opening anything. *hv is
 * NULL on failure. As for hv_destroy(), no vCPU may be running.
 */
int hv_renew(struct hv **hv, struct error *err);

/*
 * Gives the VM the plan's RAM, vCPUs and interrupt controller: afterwards vCPUs are in
 * their reset state, the first at the plan's entry, the others waiting for it to start
 * them. Once per hv; a rebooting guest gets a fresh one.
 */
int hv_setup(struct hv *hv, const struct board_plan *plan, const struct guest_mem *mem,
	struct error *err);

/* No vCPU may be running. NULL is fine. */
void hv_destroy(struct hv *hv);

/*
 * A line to the interrupt controller by the board's number. Valid until hv_destroy().
 * edge: pulsed through an irqfd; level: set. The line is the hv's.
 */
int hv_irq_line(struct hv *hv, unsigned int irq, bool edge, struct irq_line **ret,
	struct error *err);

/*
 * A 32-bit write of value to gpa writes event_fd instead of leaving the guest. Ends with
 * hv_destroy().
 */
int hv_ioeventfd(
	struct hv *hv, uint64_t gpa, uint32_t value, int event_fd, struct error *err);

/*
 * Interrupt lines that no in-kernel controller has (x86: GSIs of our own IOAPIC) are sent
 * as messages. Until it is routed, and after hv_unroute(), a line keeps one edge for
 * later. Any thread, one at a time.
 */
int hv_route_msi(struct hv *hv, unsigned int irq, uint64_t address, uint32_t data);
void hv_unroute(struct hv *hv, unsigned int irq);

enum hv_exit_kind {
	HV_EXIT_NONE,     /* kicked, or nothing to do: look at requests, run again */
	HV_EXIT_MMIO,     /* read: put the answer into mmio.value before the next run */
	HV_EXIT_PORT,     /* the same of an I/O port: mmio.gpa is its number */
	HV_EXIT_SHUTDOWN, /* the guest powered itself off */
	HV_EXIT_RESET,    /* the guest reboots */
	HV_EXIT_CRASH,    /* the guest reported a crash */
	HV_EXIT_STUCK,    /* the host cannot run this vCPU on: text says why */
};

struct hv_exit {
	enum hv_exit_kind kind;
	struct {
		uint64_t gpa;
		uint64_t value;
		unsigned int bytes;
		bool write;
	} mmio;
	char text[160]; /* HV_EXIT_STUCK */
};

struct hv_vcpu *hv_vcpu(struct hv *hv, unsigned int index);

/*
 * Runs until the next exit. The exit struct is the caller's and passed again unchanged
 * (but for a read's value) to the next run.
 */
void hv_vcpu_run(struct hv_vcpu *vcpu, struct hv_exit *exit);

/* Makes a running or the next hv_vcpu_run() return HV_EXIT_NONE soon. Any thread. */
void hv_vcpu_kick(struct hv_vcpu *vcpu);

/* It did not run for some time and will now: for the guest's watchdogs. On its thread. */
void hv_vcpu_paused(struct hv_vcpu *vcpu);

/* Registers for a person: after HV_EXIT_STUCK or HV_EXIT_CRASH, on the vCPU's thread. */
void hv_vcpu_dump(struct hv_vcpu *vcpu, FILE *out);

#endif
