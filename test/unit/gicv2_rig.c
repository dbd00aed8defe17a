/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/gicv2_rig.h"

#include <string.h>

#include "src/container_of.h"
#include "src/irq.h"
#include "vgic/gicv2_regs.h"

static void cpu_line(void *user, unsigned int cpu, bool irq, bool fiq)
{
	struct gicv2_rig *rig = user;

	if (rig->irq[cpu] == irq && rig->fiq[cpu] == fiq)
		rig->wrong = "a CPU was told of what it knew";
	rig->irq[cpu] = irq;
	rig->fiq[cpu] = fiq;
}

static const struct gicv2_ops ops = {.cpu_line = cpu_line};

int rig_init(struct gicv2_rig *rig, unsigned int cpu_count, unsigned int spi_count)
{
	memset(rig, 0, sizeof(*rig));
	model_init(&rig->model, cpu_count, spi_count);
	return gicv2_create(cpu_count, spi_count, &ops, rig, &rig->gic, NULL);
}

void rig_finish(struct gicv2_rig *rig)
{
	gicv2_destroy(rig->gic);
}

/* ---- accesses ---------------------------------------------------------------------- */

static uint32_t cpu_read(
	struct gicv2_rig *rig, unsigned int cpu, uint64_t offset, unsigned int bytes)
{
	uint32_t value = gicv2_cpu_read(rig->gic, cpu, offset, bytes);

	if (value != model_cpu_read(&rig->model, cpu, offset, bytes))
		rig->wrong = "a register of the CPU interface reads differently";
	return value;
}

static void dist_read(
	struct gicv2_rig *rig, unsigned int cpu, uint64_t offset, unsigned int bytes)
{
	if (gicv2_dist_read(rig->gic, cpu, offset, bytes) !=
		model_dist_read(&rig->model, cpu, offset, bytes))
		rig->wrong = "a register of the distributor reads differently";
}

static void cpu_write(struct gicv2_rig *rig, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint32_t value)
{
	gicv2_cpu_write(rig->gic, cpu, offset, bytes, value);
	model_cpu_write(&rig->model, cpu, offset, bytes, value);
}

static void dist_write(struct gicv2_rig *rig, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint32_t value)
{
	gicv2_dist_write(rig->gic, cpu, offset, bytes, value);
	model_dist_write(&rig->model, cpu, offset, bytes, value);
}

/* ---- steps ------------------------------------------------------------------------- */

/* A few interrupts that meet often, and now and then any. */
static unsigned int some_spi(struct gicv2_rig *rig, uint16_t where)
{
	unsigned int count = rig->model.spi_count;

	if (count > 988)
		count = 988;
	if (where & 0x8000)
		return 32 + where % count;
	return where & 0x4000 ? 31 + count - where % 3u : 32 + where % 5u;
}

static unsigned int some_intid(struct gicv2_rig *rig, uint16_t where)
{
	if (where & 1)
		return some_spi(rig, where >> 1 | (where & 0x8000));
	return (where >> 1) % 32;
}

static void take(struct gicv2_rig *rig, unsigned int cpu, bool aliased)
{
	uint32_t value = cpu_read(rig, cpu, aliased ? GICC_AIAR : GICC_IAR, 4);

	if ((value & GIC_INTID_BITS) < GICV2_IRQS_MAX)
		rig->taken[cpu][rig->taken_count[cpu]++ % 4] = value;
}

/* Ends what was acknowledged last, as a well-behaved guest would. */
static void finish(struct gicv2_rig *rig, unsigned int cpu, uint64_t offset)
{
	if (!rig->taken_count[cpu])
		return;
	cpu_write(rig, cpu, offset, 4, rig->taken[cpu][--rig->taken_count[cpu] % 4]);
}

static void write_irq_bit(struct gicv2_rig *rig, const struct gicv2_step *step)
{
	unsigned int intid = some_intid(rig, step->where);
	uint64_t bank = GICD_IGROUPR + (step->value >> 24) % 7 * 0x80;

	dist_write(rig, step->cpu, bank + intid / 32 * 4, 4,
		1u << intid % 32 | (step->value & step->value >> 8 & 0xff) << intid % 24);
}

static void write_irq_byte(struct gicv2_rig *rig, const struct gicv2_step *step)
{
	unsigned int intid = some_intid(rig, step->where);
	uint64_t bank = step->value >> 31 ? GICD_ITARGETSR : GICD_IPRIORITYR;

	dist_write(rig, step->cpu, bank + intid, 1, step->value);
}

/*
 * The registers that decide for all interrupts: mostly so that some come through, or the
 * program would meet a closed door for good.
 */
static void configure(struct gicv2_rig *rig, const struct gicv2_step *step)
{
	unsigned int intid = some_intid(rig, step->where);
	uint32_t value = step->value & 0xfffffff;
	bool open = step->where % 4;

	switch (step->value >> 28 & 7) {
	case 0:
		dist_write(rig, step->cpu, GICD_CTLR, 4, open ? value | 3 : value);
		break;
	case 1:
		dist_write(rig, step->cpu, GICD_ICFGR + intid / 16 * 4, 4, value);
		break;
	case 2:
		cpu_write(rig, step->cpu, GICC_PMR, 4, open ? value | 0xc0 : value);
		break;
	case 3:
		cpu_write(rig, step->cpu, GICC_BPR, 4, value);
		break;
	case 4:
		cpu_write(rig, step->cpu, GICC_ABPR, 4, value);
		break;
	case 5:
		cpu_write(rig, step->cpu, GICC_APR0, 4, open ? 0 : value << 4);
		break;
	default:
		cpu_write(rig, step->cpu, GICC_CTLR, 4, open ? value | 3 : value);
		break;
	}
}

static void stray(struct gicv2_rig *rig, const struct gicv2_step *step)
{
	static const unsigned int sizes[8] = {1, 2, 4, 4, 4, 8, 3, 0};
	unsigned int bytes = sizes[step->value >> 24 & 7];
	uint64_t offset = step->where & 0x3fff;

	if (step->value & 0x40000000 && bytes == 4)
		offset &= ~3ull;
	if (step->value >> 31)
		dist_read(rig, step->cpu, offset, bytes);
	else
		dist_write(rig, step->cpu, offset, bytes, step->value);
	if (step->where & 0x4000)
		cpu_read(rig, step->cpu, offset, bytes);
	else
		cpu_write(rig, step->cpu, offset, bytes, step->value);
}

static void set_line(struct gicv2_rig *rig, const struct gicv2_step *step, bool ppi)
{
	unsigned int intid = ppi ? 16 + step->where % 16u : some_spi(rig, step->where);
	bool level = step->value & 1;

	if (ppi)
		gicv2_set_ppi(rig->gic, step->cpu, intid, level);
	else
		irq_line_set(gicv2_spi_line(rig->gic, intid), level);
	model_set(&rig->model, step->cpu, intid, level);
}

static void pulse_line(struct gicv2_rig *rig, const struct gicv2_step *step)
{
	unsigned int intid = some_spi(rig, step->where);

	irq_line_pulse(gicv2_spi_line(rig->gic, intid));
	model_pulse(&rig->model, intid);
}

/* Another GIC goes on from the state of the first; the CPUs notice nothing. */
static void move(struct gicv2_rig *rig)
{
	bool irq[GICV2_CPUS_MAX];
	bool fiq[GICV2_CPUS_MAX];
	struct gicv2_state state;
	struct gicv2 *other;

	gicv2_save(rig->gic, &state);
	memcpy(irq, rig->irq, sizeof(irq));
	memcpy(fiq, rig->fiq, sizeof(fiq));
	memset(rig->irq, 0, sizeof(rig->irq));
	memset(rig->fiq, 0, sizeof(rig->fiq));
	if (gicv2_create(
		    rig->model.cpu_count, rig->model.spi_count, &ops, rig, &other, NULL))
		return;
	if (gicv2_load(other, &state, NULL))
		rig->wrong = "a saved state does not load";
	if (memcmp(irq, rig->irq, sizeof(irq)) != 0 ||
		memcmp(fiq, rig->fiq, sizeof(fiq)) != 0)
		rig->wrong = "a loaded state drives other lines";
	gicv2_destroy(rig->gic);
	rig->gic = other;
}

static void rare(struct gicv2_rig *rig, const struct gicv2_step *step)
{
	if (step->value & 0x100) {
		move(rig);
	} else if ((step->value & 0xff) == 0) {
		gicv2_reset(rig->gic);
		model_reset(&rig->model);
	} else {
		stray(rig, step);
	}
}

static void compare(struct gicv2_rig *rig)
{
	struct gicv2_state state;
	struct gicv2_state model_state;

	gicv2_save(rig->gic, &state);
	model_save(&rig->model, &model_state);
	if (memcmp(&state, &model_state, sizeof(state)) != 0)
		rig->wrong = "the states differ";
	for (unsigned int cpu = 0; cpu < rig->model.cpu_count; cpu++) {
		struct model_view view;

		model_look(&rig->model, cpu, &view);
		if (view.irq != rig->irq[cpu] || view.fiq != rig->fiq[cpu])
			rig->wrong = "a CPU's inputs differ";
		if (view.hppir != gicv2_cpu_read(rig->gic, cpu, GICC_HPPIR, 4) ||
			view.ahppir != gicv2_cpu_read(rig->gic, cpu, GICC_AHPPIR, 4))
			rig->wrong = "the highest pending interrupts differ";
		if (view.rpr != gicv2_cpu_read(rig->gic, cpu, GICC_RPR, 4))
			rig->wrong = "the running priorities differ";
	}
}

void rig_step(struct gicv2_rig *rig, const struct gicv2_step *given)
{
	struct gicv2_step step = *given;

	step.cpu %= rig->model.cpu_count;
	switch (step.kind % 16) {
	case 0:
	case 1:
		take(rig, step.cpu, step.value & 1);
		break;
	case 2:
		finish(rig, step.cpu, step.value % 8 ? GICC_EOIR : GICC_AEOIR);
		break;
	case 3:
		finish(rig, step.cpu, step.value % 2 ? GICC_DIR : GICC_EOIR);
		rig->taken_count[step.cpu] += step.value >> 8 & 1;
		break;
	case 4:
	case 5:
		set_line(rig, &step, false);
		break;
	case 6:
		set_line(rig, &step, true);
		break;
	case 7:
		pulse_line(rig, &step);
		break;
	case 8:
		dist_write(rig, step.cpu, GICD_SGIR, 4, step.value);
		break;
	case 9:
		dist_write(
			rig, step.cpu, GICD_CPENDSGIR + step.where % 32, 1, step.value);
		break;
	case 10:
	case 11:
		write_irq_bit(rig, &step);
		break;
	case 12:
		write_irq_byte(rig, &step);
		break;
	case 13:
		configure(rig, &step);
		break;
	case 14:
		stray(rig, &step);
		break;
	default:
		rare(rig, &step);
		break;
	}
	compare(rig);
}

void rig_compare_registers(struct gicv2_rig *rig)
{
	static const uint16_t cpu_registers[] = {
		GICC_CTLR, GICC_PMR, GICC_BPR, GICC_ABPR, GICC_APR0, GICC_IIDR};

	for (unsigned int cpu = 0; cpu < rig->model.cpu_count; cpu++) {
		for (unsigned int offset = 0; offset < GICV2_DIST_BYTES; offset += 4)
			dist_read(rig, cpu, offset, 4);
		for (unsigned int i = 0; i < ARRAY_SIZE(cpu_registers); i++)
			cpu_read(rig, cpu, cpu_registers[i], 4);
	}
}
