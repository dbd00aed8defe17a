/* SPDX-License-Identifier: Apache-2.0 */
/* Life, lines and state of the software GICv2: Arm IHI 0048B. Any thread. */
#include "vgic/gicv2.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "vgic/gicv2_internal.h"

void gicv2_lock(struct gicv2 *gic)
{
	pthread_mutex_lock(&gic->lock);
}

void gicv2_unlock(struct gicv2 *gic)
{
	gicv2_tell_cpus(gic);
	pthread_mutex_unlock(&gic->lock);
}

/* ---- lines ------------------------------------------------------------------------- */

static void set_line(struct gicv2 *gic, unsigned int cpu, unsigned int intid, bool level)
{
	struct gicv2_irq_state *irq = gicv2_irq(gic, cpu, intid);

	if (level == !!(irq->flags & GICV2_LINE))
		return;
	irq->flags ^= GICV2_LINE;
	if (level && irq->flags & GICV2_EDGE)
		irq->flags |= GICV2_LATCHED;
	gicv2_offer(gic, cpu, intid);
}

void gicv2_set_ppi(struct gicv2 *gic, unsigned int cpu, unsigned int intid, bool level)
{
	assert(cpu < gic->state.cpu_count);
	assert(intid >= GIC_SGIS && intid < GICV2_SPI_FIRST);
	gicv2_lock(gic);
	set_line(gic, cpu, intid, level);
	gicv2_unlock(gic);
}

void gicv2_tell_again(struct gicv2 *gic, unsigned int cpu)
{
	assert(cpu < gic->state.cpu_count);
	gicv2_lock(gic);
	gic->ops->cpu_line(gic->user, cpu, gic->cpus[cpu].irq, gic->cpus[cpu].fiq);
	gicv2_unlock(gic);
}

static void spi_set(struct irq_line *line, bool level)
{
	struct gicv2_spi *spi = container_of(line, struct gicv2_spi, line);

	gicv2_lock(spi->gic);
	set_line(spi->gic, 0, spi->intid, level);
	gicv2_unlock(spi->gic);
}

/* Up and down before any CPU is told, so that no CPU sees a level that came and went. */
static void spi_pulse(struct irq_line *line)
{
	struct gicv2_spi *spi = container_of(line, struct gicv2_spi, line);

	gicv2_lock(spi->gic);
	set_line(spi->gic, 0, spi->intid, true);
	set_line(spi->gic, 0, spi->intid, false);
	gicv2_unlock(spi->gic);
}

static const struct irq_line_ops spi_ops = {.set = spi_set, .pulse = spi_pulse};

struct irq_line *gicv2_spi_line(struct gicv2 *gic, unsigned int intid)
{
	if (intid < GICV2_SPI_FIRST || intid >= gic->irq_count)
		return NULL;
	return &gic->spis[intid - GICV2_SPI_FIRST].line;
}

/* ---- life -------------------------------------------------------------------------- */

static void reset_irq(struct gicv2_irq_state *irq, uint8_t flags, uint8_t targets)
{
	*irq = (struct gicv2_irq_state){
		.flags = flags | (irq->flags & GICV2_LINE), .targets = targets};
}

static void reset_cpu(struct gicv2_cpu_state *cpu, uint8_t mask)
{
	cpu->ctlr = 0;
	cpu->pmr = 0;
	cpu->bpr = GICC_BPR_MIN;
	cpu->abpr = GICC_ABPR_MIN;
	cpu->apr = 0;
	for (unsigned int intid = 0; intid < GICV2_SPI_FIRST; intid++)
		reset_irq(&cpu->irqs[intid],
			intid < GIC_SGIS ? GICV2_ENABLED | GICV2_EDGE : 0, mask);
}

void gicv2_reset(struct gicv2 *gic)
{
	gicv2_lock(gic);
	gic->state.dist_ctlr = 0;
	for (unsigned int cpu = 0; cpu < gic->state.cpu_count; cpu++)
		reset_cpu(&gic->state.cpus[cpu], (uint8_t)(1u << cpu));
	/* A single CPU is the target of all, though it reads no register that says so. */
	for (unsigned int i = 0; i < gic->irq_count - GICV2_SPI_FIRST; i++)
		reset_irq(&gic->state.spis[i], 0, gic->state.cpu_count == 1);
	gicv2_offer_all(gic);
	gicv2_unlock(gic);
}

int gicv2_create(unsigned int cpu_count, unsigned int spi_count,
	const struct gicv2_ops *ops, void *user, struct gicv2 **ret, struct error *err)
{
	struct gicv2 *gic;
	unsigned int irq_count = GICV2_SPI_FIRST + spi_count;

	if (!cpu_count || cpu_count > GICV2_CPUS_MAX)
		return error_set(err, -EINVAL, NULL, "%u CPUs, a GICv2 serves 1 to %u",
			cpu_count, GICV2_CPUS_MAX);
	if (!spi_count || spi_count > GICV2_SPIS_MAX || spi_count % GICV2_SPIS_STEP)
		return error_set(err, -EINVAL, NULL,
			"%u SPIs, a GICv2 has 32 to %u in steps of %u", spi_count,
			GICV2_SPIS_MAX, GICV2_SPIS_STEP);
	gic = calloc(1, sizeof(*gic));
	if (!gic)
		return error_set(err, -ENOMEM, NULL, "no memory for the GIC");
	pthread_mutex_init(&gic->lock, NULL);
	gic->ops = ops;
	gic->user = user;
	gic->irq_count = irq_count < GICV2_IRQS_MAX ? irq_count : GICV2_IRQS_MAX;
	gic->cpu_mask = (uint8_t)((1u << cpu_count) - 1);
	gic->state.version = GICV2_STATE_VERSION;
	gic->state.cpu_count = cpu_count;
	gic->state.spi_count = spi_count;
	for (unsigned int i = 0; i < gic->irq_count - GICV2_SPI_FIRST; i++)
		gic->spis[i] = (struct gicv2_spi){
			.line.ops = &spi_ops, .gic = gic, .intid = GICV2_SPI_FIRST + i};
	gicv2_reset(gic);
	*ret = gic;
	return 0;
}

void gicv2_destroy(struct gicv2 *gic)
{
	if (!gic)
		return;
	pthread_mutex_destroy(&gic->lock);
	free(gic);
}

/* ---- all of its state -------------------------------------------------------------- */

void gicv2_save(struct gicv2 *gic, struct gicv2_state *ret)
{
	gicv2_lock(gic);
	*ret = gic->state;
	gicv2_unlock(gic);
}

static bool is_private_possible(
	const struct gicv2_irq_state *irq, unsigned int intid, uint8_t self, uint8_t cpus)
{
	const uint8_t fixed = GICV2_ENABLED | GICV2_EDGE;

	if (irq->targets != self)
		return false;
	if (intid >= GIC_SGIS)
		return !irq->sources && !(irq->flags & GICV2_EDGE);
	return !(irq->sources & ~cpus) && (irq->flags & fixed) == fixed &&
	       !(irq->flags & (GICV2_LATCHED | GICV2_LINE));
}

static bool is_irq_possible(const struct gicv2_irq_state *irq)
{
	const unsigned int flags = GICV2_ENABLED | GICV2_LATCHED | GICV2_LINE |
				   GICV2_ACTIVE | GICV2_EDGE | GICV2_GROUP1;

	return !(irq->flags & ~flags) && !(irq->priority & ~GIC_PRIORITY_BITS);
}

static bool is_cpu_possible(const struct gicv2_cpu_state *cpu, uint8_t self, uint8_t cpus)
{
	if (cpu->ctlr & ~GICC_CTLR_BITS || cpu->pmr & ~GIC_PRIORITY_BITS ||
		cpu->bpr < GICC_BPR_MIN || cpu->bpr > GICC_BPR_MAX ||
		cpu->abpr < GICC_ABPR_MIN || cpu->abpr > GICC_BPR_MAX)
		return false;
	for (unsigned int intid = 0; intid < GICV2_SPI_FIRST; intid++) {
		if (!is_irq_possible(&cpu->irqs[intid]) ||
			!is_private_possible(&cpu->irqs[intid], intid, self, cpus))
			return false;
	}
	return true;
}

static bool is_spi_possible(const struct gicv2 *gic, const struct gicv2_irq_state *irq)
{
	if (irq->sources || irq->targets & ~gic->cpu_mask || !is_irq_possible(irq))
		return false;
	return gic->state.cpu_count > 1 || irq->targets == 1;
}

static bool is_possible(const struct gicv2 *gic, const struct gicv2_state *state)
{
	if (state->dist_ctlr & ~GICD_CTLR_GROUPS)
		return false;
	for (unsigned int cpu = 0; cpu < state->cpu_count; cpu++) {
		if (!is_cpu_possible(
			    &state->cpus[cpu], (uint8_t)(1u << cpu), gic->cpu_mask))
			return false;
	}
	for (unsigned int i = 0; i < gic->irq_count - GICV2_SPI_FIRST; i++) {
		if (!is_spi_possible(gic, &state->spis[i]))
			return false;
	}
	return true;
}

int gicv2_load(struct gicv2 *gic, const struct gicv2_state *state, struct error *err)
{
	struct gicv2_state *mine = &gic->state;

	if (state->version != GICV2_STATE_VERSION)
		return error_set(err, -EINVAL, NULL,
			"the GIC's state is of version %u, version %u is known",
			state->version, GICV2_STATE_VERSION);
	if (state->cpu_count != mine->cpu_count || state->spi_count != mine->spi_count)
		return error_set(err, -EINVAL, NULL,
			"the GIC's state is for %u CPUs and %u SPIs, this GIC has %u and "
			"%u",
			state->cpu_count, state->spi_count, mine->cpu_count,
			mine->spi_count);
	if (!is_possible(gic, state))
		return error_set(err, -EINVAL, NULL, "the GIC's state is damaged");
	gicv2_lock(gic);
	mine->dist_ctlr = state->dist_ctlr;
	memcpy(mine->cpus, state->cpus, mine->cpu_count * sizeof(mine->cpus[0]));
	memcpy(mine->spis, state->spis,
		(gic->irq_count - GICV2_SPI_FIRST) * sizeof(mine->spis[0]));
	gicv2_offer_all(gic);
	gicv2_unlock(gic);
	return 0;
}
