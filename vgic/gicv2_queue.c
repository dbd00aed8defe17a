/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prioritization (Arm IHI 0048B, section 3.3): which interrupt each CPU is to get next,
 * and whether it is told of it. With the GIC's lock held.
 */
#include <string.h>

#include "vgic/gicv2_internal.h"

static unsigned int lowest_bit(uint32_t bits)
{
	return (unsigned int)__builtin_ctz(bits);
}

static void queue_put(
	struct gicv2_queue *queue, unsigned int priority, unsigned int intid)
{
	unsigned int word = intid / 32;

	queue->irqs[priority][word] |= 1u << intid % 32;
	queue->words[priority] |= 1u << word;
	queue->priorities |= 1u << priority;
}

static void queue_take(
	struct gicv2_queue *queue, unsigned int priority, unsigned int intid)
{
	unsigned int word = intid / 32;

	queue->irqs[priority][word] &= ~(1u << intid % 32);
	if (queue->irqs[priority][word])
		return;
	queue->words[priority] &= ~(1u << word);
	if (!queue->words[priority])
		queue->priorities &= ~(1u << priority);
}

/* The CPUs in whose queues an interrupt is. */
static uint8_t *offered_to(struct gicv2 *gic, unsigned int cpu, unsigned int intid)
{
	return intid < GICV2_SPI_FIRST ? &gic->cpus[cpu].offered[intid]
				       : &gic->spis[intid - GICV2_SPI_FIRST].offered;
}

static void requeue(struct gicv2 *gic, unsigned int cpu, unsigned int intid, uint8_t to)
{
	unsigned int priority = gicv2_irq(gic, cpu, intid)->priority / 8;
	uint8_t *offered = offered_to(gic, cpu, intid);
	uint8_t changed = *offered ^ to;

	*offered = to;
	gic->touched |= changed;
	for (uint32_t rest = changed; rest; rest &= rest - 1) {
		unsigned int target = lowest_bit(rest);

		if (to >> target & 1)
			queue_put(&gic->cpus[target].queue, priority, intid);
		else
			queue_take(&gic->cpus[target].queue, priority, intid);
	}
}

void gicv2_offer(struct gicv2 *gic, unsigned int cpu, unsigned int intid)
{
	const struct gicv2_irq_state *irq = gicv2_irq(gic, cpu, intid);
	uint32_t group = irq->flags & GICV2_GROUP1 ? 2 : 1;
	bool ready = (irq->flags & (GICV2_ENABLED | GICV2_ACTIVE)) == GICV2_ENABLED &&
		     gicv2_is_pending(irq) && gic->state.dist_ctlr & group;

	requeue(gic, cpu, intid, ready ? irq->targets : 0);
}

void gicv2_withdraw(struct gicv2 *gic, unsigned int cpu, unsigned int intid)
{
	requeue(gic, cpu, intid, 0);
}

void gicv2_offer_all(struct gicv2 *gic)
{
	for (unsigned int cpu = 0; cpu < gic->state.cpu_count; cpu++) {
		memset(&gic->cpus[cpu].queue, 0, sizeof(gic->cpus[cpu].queue));
		for (unsigned int intid = 0; intid < GICV2_SPI_FIRST; intid++) {
			gic->cpus[cpu].offered[intid] = 0;
			gicv2_offer(gic, cpu, intid);
		}
	}
	for (unsigned int intid = GICV2_SPI_FIRST; intid < gic->irq_count; intid++) {
		gic->spis[intid - GICV2_SPI_FIRST].offered = 0;
		gicv2_offer(gic, 0, intid);
	}
	gic->touched = gic->cpu_mask;
}

unsigned int gicv2_first(const struct gicv2 *gic, unsigned int cpu)
{
	const struct gicv2_queue *queue = &gic->cpus[cpu].queue;
	unsigned int priority;
	unsigned int word;

	if (!queue->priorities)
		return GIC_INTID_NONE;
	priority = lowest_bit(queue->priorities);
	word = lowest_bit(queue->words[priority]);
	return word * 32 + lowest_bit(queue->irqs[priority][word]);
}

uint32_t gicv2_group_priority(
	const struct gicv2_cpu_state *cpu, const struct gicv2_irq_state *irq)
{
	uint32_t point = cpu->bpr;

	if (irq->flags & GICV2_GROUP1 && !(cpu->ctlr & GICC_CTLR_CBPR))
		point = cpu->abpr - 1;
	return irq->priority & 0xffu << (point + 1);
}

uint32_t gicv2_running_priority(const struct gicv2_cpu_state *cpu)
{
	return cpu->apr ? lowest_bit(cpu->apr) * 8 : GICC_RPR_IDLE;
}

bool gicv2_is_group_enabled(
	const struct gicv2_cpu_state *cpu, const struct gicv2_irq_state *irq)
{
	return cpu->ctlr &
	       (irq->flags & GICV2_GROUP1 ? GICC_CTLR_ENABLE1 : GICC_CTLR_ENABLE0);
}

bool gicv2_is_signalled(
	const struct gicv2_cpu_state *cpu, const struct gicv2_irq_state *irq)
{
	return gicv2_is_group_enabled(cpu, irq) && irq->priority < cpu->pmr &&
	       gicv2_group_priority(cpu, irq) < gicv2_running_priority(cpu);
}

static void tell_cpu(struct gicv2 *gic, unsigned int index)
{
	const struct gicv2_cpu_state *state = &gic->state.cpus[index];
	struct gicv2_cpu *cpu = &gic->cpus[index];
	unsigned int intid = gicv2_first(gic, index);
	bool irq = false;
	bool fiq = false;

	if (intid != GIC_INTID_NONE) {
		const struct gicv2_irq_state *first = gicv2_irq(gic, index, intid);
		bool as_fiq =
			state->ctlr & GICC_CTLR_FIQEN && !(first->flags & GICV2_GROUP1);
		bool signalled = gicv2_is_signalled(state, first);

		irq = signalled && !as_fiq;
		fiq = signalled && as_fiq;
	}
	if (irq == cpu->irq && fiq == cpu->fiq)
		return;
	cpu->irq = irq;
	cpu->fiq = fiq;
	gic->ops->cpu_line(gic->user, index, irq, fiq);
}

void gicv2_tell_cpus(struct gicv2 *gic)
{
	for (uint32_t rest = gic->touched; rest; rest &= rest - 1)
		tell_cpu(gic, lowest_bit(rest));
	gic->touched = 0;
}
