/* SPDX-License-Identifier: Apache-2.0 */
/* CPU interface of the software GICv2: Arm IHI 0048B, section 4.4. Any thread. */
#include <assert.h>

#include "vgic/gicv2_internal.h"

/* What GICC_IAR and the others show of an interrupt: an SGI with its first source. */
static uint32_t named(const struct gicv2_irq_state *irq, unsigned int intid)
{
	if (!irq->sources)
		return intid;
	return intid | (uint32_t)__builtin_ctz(irq->sources) << 10;
}

/* Which special number a register shows instead, 0 for none: section 3.2.5. */
static uint32_t hidden_as(const struct gicv2_cpu_state *cpu,
	const struct gicv2_irq_state *irq, bool aliased)
{
	if (aliased)
		return irq->flags & GICV2_GROUP1 ? 0 : GIC_INTID_NONE;
	if (irq->flags & GICV2_GROUP1 && !(cpu->ctlr & GICC_CTLR_ACKCTL))
		return GIC_INTID_GROUP1;
	return 0;
}

static uint32_t highest_pending(struct gicv2 *gic, unsigned int cpu, bool aliased)
{
	const struct gicv2_cpu_state *state = &gic->state.cpus[cpu];
	unsigned int intid = gicv2_first(gic, cpu);
	const struct gicv2_irq_state *irq;
	uint32_t hidden;

	if (intid == GIC_INTID_NONE)
		return intid;
	irq = gicv2_irq(gic, cpu, intid);
	if (!gicv2_is_group_enabled(state, irq))
		return GIC_INTID_NONE;
	hidden = hidden_as(state, irq, aliased);
	return hidden ? hidden : named(irq, intid);
}

static uint32_t acknowledge(struct gicv2 *gic, unsigned int cpu, bool aliased)
{
	struct gicv2_cpu_state *state = &gic->state.cpus[cpu];
	unsigned int intid = gicv2_first(gic, cpu);
	struct gicv2_irq_state *irq;
	uint32_t value;

	if (intid == GIC_INTID_NONE)
		return intid;
	irq = gicv2_irq(gic, cpu, intid);
	if (!gicv2_is_signalled(state, irq))
		return GIC_INTID_NONE;
	value = hidden_as(state, irq, aliased);
	if (value)
		return value;
	value = named(irq, intid);
	irq->sources &= irq->sources - 1;
	irq->flags &= (uint8_t)~GICV2_LATCHED;
	irq->flags |= GICV2_ACTIVE;
	state->apr |= 1u << gicv2_group_priority(state, irq) / 8;
	gicv2_offer(gic, cpu, intid);
	gic->touched |= (uint8_t)(1u << cpu);
	return value;
}

static void deactivate(struct gicv2 *gic, unsigned int cpu, unsigned int intid)
{
	gicv2_irq(gic, cpu, intid)->flags &= (uint8_t)~GICV2_ACTIVE;
	gicv2_offer(gic, cpu, intid);
}

static void end(struct gicv2 *gic, unsigned int cpu, uint32_t value, bool aliased)
{
	struct gicv2_cpu_state *state = &gic->state.cpus[cpu];
	unsigned int intid = value & GIC_INTID_BITS;

	if (intid >= gic->irq_count)
		return;
	if (aliased && !(gicv2_irq(gic, cpu, intid)->flags & GICV2_GROUP1))
		return;
	state->apr &= state->apr - 1;
	if (!(state->ctlr & GICC_CTLR_EOIMODE))
		deactivate(gic, cpu, intid);
}

static void separate_deactivate(struct gicv2 *gic, unsigned int cpu, uint32_t value)
{
	unsigned int intid = value & GIC_INTID_BITS;

	if (gic->state.cpus[cpu].ctlr & GICC_CTLR_EOIMODE && intid < gic->irq_count)
		deactivate(gic, cpu, intid);
}

static uint32_t binary_point(uint32_t value, uint32_t min)
{
	value &= GICC_BPR_MAX;
	return value < min ? min : value;
}

static uint32_t read_register(struct gicv2 *gic, unsigned int cpu, uint64_t offset)
{
	const struct gicv2_cpu_state *state = &gic->state.cpus[cpu];

	switch (offset) {
	case GICC_CTLR:
		return state->ctlr;
	case GICC_PMR:
		return state->pmr;
	case GICC_BPR:
		return state->bpr;
	case GICC_IAR:
		return acknowledge(gic, cpu, false);
	case GICC_RPR:
		return gicv2_running_priority(state);
	case GICC_HPPIR:
		return highest_pending(gic, cpu, false);
	case GICC_ABPR:
		return state->abpr;
	case GICC_AIAR:
		return acknowledge(gic, cpu, true);
	case GICC_AHPPIR:
		return highest_pending(gic, cpu, true);
	case GICC_APR0:
		return state->apr;
	case GICC_IIDR:
		return GICC_IIDR_VALUE;
	default:
		return 0;
	}
}

static void write_register(
	struct gicv2 *gic, unsigned int cpu, uint64_t offset, uint32_t value)
{
	struct gicv2_cpu_state *state = &gic->state.cpus[cpu];

	switch (offset) {
	case GICC_CTLR:
		state->ctlr = value & GICC_CTLR_BITS;
		break;
	case GICC_PMR:
		state->pmr = value & GIC_PRIORITY_BITS;
		break;
	case GICC_BPR:
		state->bpr = binary_point(value, GICC_BPR_MIN);
		break;
	case GICC_ABPR:
		state->abpr = binary_point(value, GICC_ABPR_MIN);
		break;
	case GICC_EOIR:
		end(gic, cpu, value, false);
		break;
	case GICC_AEOIR:
		end(gic, cpu, value, true);
		break;
	case GICC_APR0:
		state->apr = value;
		break;
	case GICC_DIR:
		separate_deactivate(gic, cpu, value);
		break;
	default:
		return;
	}
	gic->touched |= (uint8_t)(1u << cpu);
}

uint32_t gicv2_cpu_read(
	struct gicv2 *gic, unsigned int cpu, uint64_t offset, unsigned int bytes)
{
	uint32_t value;

	assert(cpu < gic->state.cpu_count);
	if (bytes != 4)
		return 0;
	gicv2_lock(gic);
	value = read_register(gic, cpu, offset);
	gicv2_unlock(gic);
	return value;
}

void gicv2_cpu_write(struct gicv2 *gic, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value)
{
	assert(cpu < gic->state.cpu_count);
	if (bytes != 4)
		return;
	gicv2_lock(gic);
	write_register(gic, cpu, offset, (uint32_t)value);
	gicv2_unlock(gic);
}
