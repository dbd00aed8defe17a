/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the software GICv2 share, and nobody else. */
#ifndef VGIC_GICV2_INTERNAL_H
#define VGIC_GICV2_INTERNAL_H

#include <pthread.h>

#include "src/irq.h"
#include "vgic/gicv2.h"
#include "vgic/gicv2_regs.h"

#define PRIORITIES 32u
#define IRQ_WORDS 32u

/*
 * The interrupts that a CPU may be given: pending, enabled, not active, of a group that
 * is enabled, and for this CPU. Three levels of bits, so that the first of them is three
 * counts of zeros away, however many interrupts there are.
 */
struct gicv2_queue {
	uint32_t priorities;        /* bit n: words[n] is not zero */
	uint32_t words[PRIORITIES]; /* bit n: irqs[][n] is not zero */
	uint32_t irqs[PRIORITIES][IRQ_WORDS];
};

struct gicv2_cpu {
	struct gicv2_queue queue;
	uint8_t offered[GICV2_SPI_FIRST];
	bool irq;
	bool fiq;
};

struct gicv2_spi {
	struct irq_line line;
	struct gicv2 *gic;
	unsigned int intid;
	uint8_t offered;
};

struct gicv2 {
	pthread_mutex_t lock;
	const struct gicv2_ops *ops;
	void *user;
	unsigned int irq_count; /* INTIDs from here on do not exist */
	uint8_t cpu_mask;
	uint8_t touched; /* CPUs whose inputs are to be decided anew before unlocking */
	struct gicv2_state state;
	struct gicv2_cpu cpus[GICV2_CPUS_MAX];
	struct gicv2_spi spis[GICV2_IRQS_MAX - GICV2_SPI_FIRST];
};

static inline struct gicv2_irq_state *gicv2_irq(
	struct gicv2 *gic, unsigned int cpu, unsigned int intid)
{
	return intid < GICV2_SPI_FIRST ? &gic->state.cpus[cpu].irqs[intid]
				       : &gic->state.spis[intid - GICV2_SPI_FIRST];
}

/* Of an interrupt that is not an SGI. */
static inline bool gicv2_is_latched_or_high(const struct gicv2_irq_state *irq)
{
	return irq->flags & GICV2_LATCHED ||
	       (irq->flags & (GICV2_LINE | GICV2_EDGE)) == GICV2_LINE;
}

/* sources is zero for all but SGIs, which have neither latch nor line. */
static inline bool gicv2_is_pending(const struct gicv2_irq_state *irq)
{
	return irq->sources || gicv2_is_latched_or_high(irq);
}

void gicv2_lock(struct gicv2 *gic);
/* Tells the CPUs that were touched first. */
void gicv2_unlock(struct gicv2 *gic);

/* ---- gicv2_queue.c: the lock is held ---- */

/* Puts an interrupt whose state has changed into the queues where it belongs, or out. */
void gicv2_offer(struct gicv2 *gic, unsigned int cpu, unsigned int intid);
/* Takes it out of all of them: before its priority or group changes. */
void gicv2_withdraw(struct gicv2 *gic, unsigned int cpu, unsigned int intid);
/* Every interrupt, from scratch: after a change that concerns all. */
void gicv2_offer_all(struct gicv2 *gic);

/* The first of a CPU's queue, GIC_INTID_NONE where it is empty. */
unsigned int gicv2_first(const struct gicv2 *gic, unsigned int cpu);
/* The part of a priority that decides about preemption (GICC_BPR, GICC_ABPR). */
uint32_t gicv2_group_priority(
	const struct gicv2_cpu_state *cpu, const struct gicv2_irq_state *irq);
/* GICC_RPR. */
uint32_t gicv2_running_priority(const struct gicv2_cpu_state *cpu);
/* Whether its group is enabled in the CPU interface. */
bool gicv2_is_group_enabled(
	const struct gicv2_cpu_state *cpu, const struct gicv2_irq_state *irq);
/* Whether the first of the queue is of an enabled group, above the mask and preempts. */
bool gicv2_is_signalled(
	const struct gicv2_cpu_state *cpu, const struct gicv2_irq_state *irq);
void gicv2_tell_cpus(struct gicv2 *gic);

#endif
