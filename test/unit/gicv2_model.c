/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/gicv2_model.h"

#include <string.h>

#define NOTHING 1023
#define OTHER_GROUP 1022

static unsigned int irq_count(const struct gicv2_model *model)
{
	unsigned int count = 32 + model->spi_count;

	return count > 1020 ? 1020 : count;
}

static bool exists(const struct gicv2_model *model, unsigned int intid)
{
	return intid < irq_count(model);
}

static struct model_irq *irq_of(
	struct gicv2_model *model, unsigned int cpu, unsigned int intid)
{
	return intid < 32 ? &model->cpus[cpu].own[intid] : &model->irqs[intid];
}

static void reset_irq(struct gicv2_model *model, unsigned int cpu, unsigned int intid)
{
	struct model_irq *irq = irq_of(model, cpu, intid);
	bool line = irq->line;

	memset(irq, 0, sizeof(*irq));
	irq->line = line;
	if (intid < 16) {
		irq->enabled = true;
		irq->edge = true;
	}
	if (intid < 32 || model->cpu_count == 1)
		irq->targets = (uint8_t)(1u << cpu);
}

void model_reset(struct gicv2_model *model)
{
	model->forward[0] = false;
	model->forward[1] = false;
	for (unsigned int cpu = 0; cpu < model->cpu_count; cpu++) {
		struct model_cpu *self = &model->cpus[cpu];

		self->ctlr = 0;
		self->pmr = 0;
		self->bpr = 2;
		self->abpr = 3;
		memset(self->active, 0, sizeof(self->active));
		for (unsigned int intid = 0; intid < 32; intid++)
			reset_irq(model, cpu, intid);
	}
	for (unsigned int intid = 32; exists(model, intid); intid++)
		reset_irq(model, 0, intid);
}

void model_init(struct gicv2_model *model, unsigned int cpu_count, unsigned int spi_count)
{
	memset(model, 0, sizeof(*model));
	model->cpu_count = cpu_count;
	model->spi_count = spi_count;
	model_reset(model);
}

/* ---- the life of an interrupt ------------------------------------------------------ */

static bool is_pending(const struct model_irq *irq)
{
	if (irq->sources || irq->latched)
		return true;
	return irq->line && !irq->edge;
}

void model_set(
	struct gicv2_model *model, unsigned int cpu, unsigned int intid, bool level)
{
	struct model_irq *irq = irq_of(model, cpu, intid);

	if (irq->edge && level && !irq->line)
		irq->latched = true;
	irq->line = level;
}

void model_pulse(struct gicv2_model *model, unsigned int intid)
{
	model_set(model, 0, intid, true);
	model_set(model, 0, intid, false);
}

/* ---- who is next ------------------------------------------------------------------- */

static unsigned int highest_pending(struct gicv2_model *model, unsigned int cpu)
{
	unsigned int best = NOTHING;

	for (unsigned int intid = 0; exists(model, intid); intid++) {
		struct model_irq *irq = irq_of(model, cpu, intid);

		if (!is_pending(irq) || !irq->enabled || irq->active ||
			!(irq->targets >> cpu & 1))
			continue;
		if (!model->forward[irq->group1])
			continue;
		if (best == NOTHING || irq->priority < irq_of(model, cpu, best)->priority)
			best = intid;
	}
	return best;
}

static unsigned int running(const struct model_cpu *self)
{
	for (unsigned int i = 0; i < 32; i++) {
		if (self->active[i])
			return i * 8;
	}
	return 0xff;
}

/* Table 3-2: the binary point of group 1 is one further. */
static unsigned int preemption_level(
	const struct model_cpu *self, const struct model_irq *irq)
{
	static const unsigned int masks[8] = {
		0xfe, 0xfc, 0xf8, 0xf0, 0xe0, 0xc0, 0x80, 0x00};
	bool common = self->ctlr & 0x10;

	if (irq->group1 && !common)
		return irq->priority & masks[self->abpr - 1];
	return irq->priority & masks[self->bpr];
}

static bool takes_group(const struct model_cpu *self, const struct model_irq *irq)
{
	return irq->group1 ? self->ctlr & 2 : self->ctlr & 1;
}

/* What the CPU is told of, given the highest pending one. */
static unsigned int signalled(
	struct gicv2_model *model, unsigned int cpu, unsigned int intid)
{
	struct model_cpu *self = &model->cpus[cpu];
	struct model_irq *irq;

	if (intid == NOTHING)
		return NOTHING;
	irq = irq_of(model, cpu, intid);
	if (!takes_group(self, irq) || irq->priority >= self->pmr)
		return NOTHING;
	return preemption_level(self, irq) < running(self) ? intid : NOTHING;
}

/* ---- the CPU interface ------------------------------------------------------------- */

static uint32_t show(struct gicv2_model *model, unsigned int cpu, unsigned int intid,
	bool aliased, struct model_irq **ret)
{
	struct model_irq *irq;

	*ret = NULL;
	if (intid == NOTHING)
		return NOTHING;
	irq = irq_of(model, cpu, intid);
	if (aliased && !irq->group1)
		return NOTHING;
	if (!aliased && irq->group1 && !(model->cpus[cpu].ctlr & 4))
		return OTHER_GROUP;
	*ret = irq;
	for (unsigned int source = 0; source < 8; source++) {
		if (irq->sources >> source & 1)
			return intid | source << 10;
	}
	return intid;
}

static uint32_t acknowledge(struct gicv2_model *model, unsigned int cpu, bool aliased)
{
	unsigned int intid = signalled(model, cpu, highest_pending(model, cpu));
	struct model_irq *irq;
	uint32_t value = show(model, cpu, intid, aliased, &irq);

	if (!irq)
		return value;
	irq->sources &= (uint8_t) ~(1u << (value >> 10));
	irq->latched = false;
	irq->active = true;
	model->cpus[cpu].active[preemption_level(&model->cpus[cpu], irq) / 8] = true;
	return value;
}

static uint32_t pending_number(
	struct gicv2_model *model, unsigned int cpu, unsigned int intid, bool aliased)
{
	struct model_irq *irq;

	if (intid != NOTHING &&
		!takes_group(&model->cpus[cpu], irq_of(model, cpu, intid)))
		return NOTHING;
	return show(model, cpu, intid, aliased, &irq);
}

void model_look(struct gicv2_model *model, unsigned int cpu, struct model_view *ret)
{
	unsigned int highest = highest_pending(model, cpu);
	unsigned int intid = signalled(model, cpu, highest);
	bool fiq = false;

	if (intid != NOTHING)
		fiq = model->cpus[cpu].ctlr & 8 && !irq_of(model, cpu, intid)->group1;
	ret->irq = intid != NOTHING && !fiq;
	ret->fiq = fiq;
	ret->hppir = pending_number(model, cpu, highest, false);
	ret->ahppir = pending_number(model, cpu, highest, true);
	ret->rpr = running(&model->cpus[cpu]);
}

static void end(struct gicv2_model *model, unsigned int cpu, uint32_t value, bool aliased)
{
	struct model_cpu *self = &model->cpus[cpu];
	unsigned int intid = value & 0x3ff;

	if (!exists(model, intid))
		return;
	if (aliased && !irq_of(model, cpu, intid)->group1)
		return;
	if (running(self) != 0xff)
		self->active[running(self) / 8] = false;
	if (!(self->ctlr & 0x200))
		irq_of(model, cpu, intid)->active = false;
}

static uint32_t active_priorities(const struct model_cpu *self)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 32; i++)
		value |= (uint32_t)self->active[i] << i;
	return value;
}

uint32_t model_cpu_read(
	struct gicv2_model *model, unsigned int cpu, uint64_t offset, unsigned int bytes)
{
	struct model_cpu *self = &model->cpus[cpu];

	if (bytes != 4)
		return 0;
	switch (offset) {
	case 0x00:
		return self->ctlr;
	case 0x04:
		return self->pmr;
	case 0x08:
		return self->bpr;
	case 0x0c:
		return acknowledge(model, cpu, false);
	case 0x14:
		return running(self);
	case 0x18:
		return pending_number(model, cpu, highest_pending(model, cpu), false);
	case 0x1c:
		return self->abpr;
	case 0x20:
		return acknowledge(model, cpu, true);
	case 0x28:
		return pending_number(model, cpu, highest_pending(model, cpu), true);
	case 0xd0:
		return active_priorities(self);
	case 0xfc:
		return 0x0202143b;
	default:
		return 0;
	}
}

void model_cpu_write(struct gicv2_model *model, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value)
{
	struct model_cpu *self = &model->cpus[cpu];
	unsigned int point = value & 7;

	if (bytes != 4)
		return;
	switch (offset) {
	case 0x00:
		self->ctlr = value & 0x21f;
		break;
	case 0x04:
		self->pmr = value & 0xf8;
		break;
	case 0x08:
		self->bpr = point > 2 ? point : 2;
		break;
	case 0x10:
		end(model, cpu, (uint32_t)value, false);
		break;
	case 0x1c:
		self->abpr = point > 3 ? point : 3;
		break;
	case 0x24:
		end(model, cpu, (uint32_t)value, true);
		break;
	case 0xd0:
		for (unsigned int i = 0; i < 32; i++)
			self->active[i] = value >> i & 1;
		break;
	case 0x1000:
		if (self->ctlr & 0x200 && exists(model, value & 0x3ff))
			irq_of(model, cpu, value & 0x3ff)->active = false;
		break;
	}
}

/* ---- the distributor: one bit at a time -------------------------------------------- */

static bool within(uint64_t offset, uint64_t first, uint64_t last)
{
	return offset >= first && offset <= last;
}

static bool read_bit(struct gicv2_model *model, unsigned int cpu, unsigned int bit)
{
	unsigned int bank = bit / 1024;
	unsigned int intid = bit % 1024;
	struct model_irq *irq = irq_of(model, cpu, intid);

	if (!exists(model, intid))
		return false;
	if (bank == 0)
		return irq->group1;
	if (bank <= 2)
		return irq->enabled;
	return bank <= 4 ? is_pending(irq) : irq->active;
}

static void write_bit(
	struct gicv2_model *model, unsigned int cpu, unsigned int bit, bool one)
{
	unsigned int bank = bit / 1024;
	unsigned int intid = bit % 1024;
	struct model_irq *irq = irq_of(model, cpu, intid);

	if (!exists(model, intid))
		return;
	if (bank == 0)
		irq->group1 = one;
	if (!one)
		return;
	if (bank == 1)
		irq->enabled = true;
	if (bank == 2 && intid >= 16)
		irq->enabled = false;
	if (bank == 3 && intid >= 16)
		irq->latched = true;
	if (bank == 4 && intid >= 16)
		irq->latched = false;
	if (bank == 5)
		irq->active = true;
	if (bank == 6)
		irq->active = false;
}

static uint8_t read_byte(struct gicv2_model *model, unsigned int cpu, uint64_t offset)
{
	unsigned int intid = offset & 0x3ff;

	if (within(offset, 0xf10, 0xf2f))
		return model->cpus[cpu].own[offset & 15].sources;
	if (!exists(model, intid))
		return 0;
	if (within(offset, 0x400, 0x7ff))
		return irq_of(model, cpu, intid)->priority;
	return model->cpu_count == 1 ? 0 : irq_of(model, cpu, intid)->targets;
}

static void write_byte(
	struct gicv2_model *model, unsigned int cpu, uint64_t offset, uint8_t value)
{
	unsigned int intid = offset & 0x3ff;
	uint8_t cpus = (uint8_t)(value & ((1u << model->cpu_count) - 1));

	if (within(offset, 0xf10, 0xf1f))
		model->cpus[cpu].own[offset & 15].sources &= (uint8_t)~cpus;
	if (within(offset, 0xf20, 0xf2f))
		model->cpus[cpu].own[offset & 15].sources |= cpus;
	if (within(offset, 0x820, 0xbff) && exists(model, intid) && model->cpu_count > 1)
		model->irqs[intid].targets = cpus;
	if (within(offset, 0x400, 0x7ff) && exists(model, intid))
		irq_of(model, cpu, intid)->priority = value & 0xf8;
}

static void send_sgi(struct gicv2_model *model, unsigned int cpu, uint32_t value)
{
	unsigned int filter = value >> 24 & 3;

	for (unsigned int target = 0; target < model->cpu_count; target++) {
		bool listed = value >> (16 + target) & 1;

		if ((filter == 0 && listed) || (filter == 1 && target != cpu) ||
			(filter == 2 && target == cpu))
			model->cpus[target].own[value & 15].sources |=
				(uint8_t)(1u << cpu);
	}
}

static bool is_edge_bit(struct gicv2_model *model, unsigned int intid, unsigned int bit)
{
	return bit % 2 && exists(model, intid);
}

static uint32_t read_word(struct gicv2_model *model, unsigned int cpu, uint64_t offset)
{
	static const uint8_t ids[12] = {
		4, 0, 0, 0, 0x90, 0xb4, 0x2b, 0, 0x0d, 0xf0, 5, 0xb1};
	uint32_t value = 0;

	if (offset == 0)
		return model->forward[0] + 2u * model->forward[1];
	if (offset == 4)
		return model->spi_count / 32 + 32 * (model->cpu_count - 1);
	if (offset == 8)
		return 0x0200143b;
	if (offset >= 0xfd0)
		return ids[(offset - 0xfd0) / 4];
	for (unsigned int i = 0; i < 32; i++) {
		unsigned int intid = (unsigned int)(offset - 0xc00) * 4 + i / 2;

		if (within(offset, 0x80, 0x3ff))
			value |= (uint32_t)read_bit(model, cpu,
					 (unsigned int)(offset - 0x80) * 8 + i)
				 << i;
		if (within(offset, 0xc00, 0xcff) && is_edge_bit(model, intid, i))
			value |= (uint32_t)irq_of(model, cpu, intid)->edge << i;
	}
	return value;
}

static void write_word(
	struct gicv2_model *model, unsigned int cpu, uint64_t offset, uint32_t value)
{
	if (offset == 0) {
		model->forward[0] = value & 1;
		model->forward[1] = value & 2;
	}
	if (offset == 0xf00)
		send_sgi(model, cpu, value);
	for (unsigned int i = 0; i < 32; i++) {
		unsigned int intid = (unsigned int)(offset - 0xc00) * 4 + i / 2;

		if (within(offset, 0x80, 0x3ff))
			write_bit(model, cpu, (unsigned int)(offset - 0x80) * 8 + i,
				value >> i & 1);
		if (within(offset, 0xc08, 0xcff) && is_edge_bit(model, intid, i))
			model->irqs[intid].edge = value >> i & 1;
	}
}

static bool in_bytes(uint64_t offset)
{
	return within(offset, 0x400, 0xbff) || within(offset, 0xf10, 0xf2f);
}

uint32_t model_dist_read(
	struct gicv2_model *model, unsigned int cpu, uint64_t offset, unsigned int bytes)
{
	if (offset > 0xfff)
		return 0;
	if (bytes == 1)
		return in_bytes(offset) ? read_byte(model, cpu, offset) : 0;
	if (bytes != 4 || offset & 3)
		return 0;
	if (!in_bytes(offset))
		return read_word(model, cpu, offset);
	return read_byte(model, cpu, offset) |
	       (uint32_t)read_byte(model, cpu, offset + 1) << 8 |
	       (uint32_t)read_byte(model, cpu, offset + 2) << 16 |
	       (uint32_t)read_byte(model, cpu, offset + 3) << 24;
}

void model_dist_write(struct gicv2_model *model, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value)
{
	if (offset > 0xfff || (bytes != 1 && bytes != 4))
		return;
	if (in_bytes(offset) && (bytes == 1 || !(offset & 3))) {
		for (unsigned int i = 0; i < bytes; i++)
			write_byte(model, cpu, offset + i, (uint8_t)(value >> (8 * i)));
	} else if (bytes == 4 && !(offset & 3)) {
		write_word(model, cpu, offset, (uint32_t)value);
	}
}

/* ---- the format of the state ------------------------------------------------------- */

static void save_irq(const struct model_irq *irq, struct gicv2_irq_state *ret)
{
	ret->flags = (uint8_t)(irq->enabled | irq->latched << 1 | irq->line << 2 |
			       irq->active << 3 | irq->edge << 4 | irq->group1 << 5);
	ret->priority = irq->priority;
	ret->targets = irq->targets;
	ret->sources = irq->sources;
}

void model_save(const struct gicv2_model *model, struct gicv2_state *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->version = GICV2_STATE_VERSION;
	ret->cpu_count = model->cpu_count;
	ret->spi_count = model->spi_count;
	ret->dist_ctlr = model->forward[0] + 2u * model->forward[1];
	for (unsigned int cpu = 0; cpu < model->cpu_count; cpu++) {
		const struct model_cpu *from = &model->cpus[cpu];
		struct gicv2_cpu_state *to = &ret->cpus[cpu];

		to->ctlr = from->ctlr;
		to->pmr = from->pmr;
		to->bpr = from->bpr;
		to->abpr = from->abpr;
		to->apr = active_priorities(from);
		for (unsigned int intid = 0; intid < 32; intid++)
			save_irq(&from->own[intid], &to->irqs[intid]);
	}
	for (unsigned int intid = 32; intid < irq_count(model); intid++)
		save_irq(&model->irqs[intid], &ret->spis[intid - 32]);
}
