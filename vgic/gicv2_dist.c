/* SPDX-License-Identifier: Apache-2.0 */
/* Distributor of the software GICv2: Arm IHI 0048B, section 4.3. Any thread. */
#include <assert.h>

#include "vgic/gicv2_internal.h"

/* PIDR4 to 7, PIDR0 to 3 (part 0x490, Arm, architecture 2: GIC-400), CIDR0 to 3. */
static const uint8_t id_registers[12] = {
	0x04, 0x00, 0x00, 0x00, 0x90, 0xb4, 0x2b, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

static uint32_t typer(const struct gicv2 *gic)
{
	return (gic->state.cpu_count - 1) << 5 | gic->state.spi_count / GICV2_SPIS_STEP;
}

/* ---- a bit an interrupt ------------------------------------------------------------ */

static bool bit_of(const struct gicv2_irq_state *irq, uint64_t bank)
{
	switch (bank) {
	case GICD_IGROUPR:
		return irq->flags & GICV2_GROUP1;
	case GICD_ISENABLER:
	case GICD_ICENABLER:
		return irq->flags & GICV2_ENABLED;
	case GICD_ISPENDR:
	case GICD_ICPENDR:
		return gicv2_is_pending(irq);
	default: /* GICD_ISACTIVER, GICD_ICACTIVER */
		return irq->flags & GICV2_ACTIVE;
	}
}

static uint32_t read_bits(
	struct gicv2 *gic, unsigned int cpu, uint64_t bank, unsigned int first)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 32 && first + i < gic->irq_count; i++) {
		if (bit_of(gicv2_irq(gic, cpu, first + i), bank))
			value |= 1u << i;
	}
	return value;
}

/*
 * An SGI is enabled for good, and pending by its sources, which GICD_SGIR and its
 * GICD_SPENDSGIR and GICD_CPENDSGIR alone change.
 */
static void set_flag(struct gicv2 *gic, unsigned int cpu, unsigned int intid,
	enum gicv2_irq_flags flag, bool on)
{
	struct gicv2_irq_state *irq = gicv2_irq(gic, cpu, intid);

	if (intid < GIC_SGIS && flag & (GICV2_ENABLED | GICV2_LATCHED))
		return;
	if (flag & GICV2_GROUP1)
		gicv2_withdraw(gic, cpu, intid);
	irq->flags = (uint8_t)(on ? irq->flags | flag : irq->flags & ~flag);
	gicv2_offer(gic, cpu, intid);
}

static void write_bits(struct gicv2 *gic, unsigned int cpu, uint64_t bank,
	unsigned int first, uint32_t value)
{
	static const enum gicv2_irq_flags flags[] = {
		GICV2_GROUP1, GICV2_ENABLED, GICV2_LATCHED, GICV2_ACTIVE};
	enum gicv2_irq_flags flag = flags[bank / 0x100];
	uint32_t rest = bank == GICD_IGROUPR ? ~0u : value;

	for (; rest; rest &= rest - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(rest);

		if (first + i >= gic->irq_count)
			break;
		set_flag(gic, cpu, first + i, flag,
			bank == GICD_IGROUPR ? value >> i & 1 : !(bank & 0x80));
	}
}

/* ---- two bits an interrupt --------------------------------------------------------- */

static uint32_t read_config(struct gicv2 *gic, unsigned int cpu, unsigned int first)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 16 && first + i < gic->irq_count; i++) {
		if (gicv2_irq(gic, cpu, first + i)->flags & GICV2_EDGE)
			value |= 2u << 2 * i;
	}
	return value;
}

static void write_config(struct gicv2 *gic, unsigned int first, uint32_t value)
{
	if (first < GICV2_SPI_FIRST)
		return;
	for (unsigned int i = 0; i < 16 && first + i < gic->irq_count; i++)
		set_flag(gic, 0, first + i, GICV2_EDGE, value >> 2 * i & 2);
}

/* ---- a byte an interrupt or an SGI ------------------------------------------------- */

static bool has_bytes(uint64_t offset)
{
	return (offset >= GICD_IPRIORITYR && offset < GICD_ICFGR) ||
	       (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR_END);
}

static uint8_t read_byte(struct gicv2 *gic, unsigned int cpu, uint64_t offset)
{
	unsigned int intid = offset & GIC_INTID_BITS;

	if (offset >= GICD_CPENDSGIR)
		return gicv2_irq(gic, cpu, offset % GIC_SGIS)->sources;
	if (intid >= gic->irq_count)
		return 0;
	if (offset < GICD_ITARGETSR)
		return gicv2_irq(gic, cpu, intid)->priority;
	return gic->state.cpu_count > 1 ? gicv2_irq(gic, cpu, intid)->targets : 0;
}

static void write_sources(
	struct gicv2 *gic, unsigned int cpu, unsigned int sgi, uint8_t set, uint8_t clear)
{
	struct gicv2_irq_state *irq = gicv2_irq(gic, cpu, sgi);

	irq->sources = (uint8_t)((irq->sources | (set & gic->cpu_mask)) & ~clear);
	gicv2_offer(gic, cpu, sgi);
}

static void write_priority(
	struct gicv2 *gic, unsigned int cpu, unsigned int intid, uint8_t value)
{
	gicv2_withdraw(gic, cpu, intid);
	gicv2_irq(gic, cpu, intid)->priority = value & GIC_PRIORITY_BITS;
	gicv2_offer(gic, cpu, intid);
}

static void write_targets(struct gicv2 *gic, unsigned int intid, uint8_t value)
{
	if (intid < GICV2_SPI_FIRST || gic->state.cpu_count == 1)
		return;
	gicv2_irq(gic, 0, intid)->targets = value & gic->cpu_mask;
	gicv2_offer(gic, 0, intid);
}

static void write_byte(
	struct gicv2 *gic, unsigned int cpu, uint64_t offset, uint8_t value)
{
	unsigned int intid = offset & GIC_INTID_BITS;

	if (offset >= GICD_SPENDSGIR)
		write_sources(gic, cpu, offset % GIC_SGIS, value, 0);
	else if (offset >= GICD_CPENDSGIR)
		write_sources(gic, cpu, offset % GIC_SGIS, 0, value);
	else if (intid >= gic->irq_count)
		return;
	else if (offset < GICD_ITARGETSR)
		write_priority(gic, cpu, intid, value);
	else
		write_targets(gic, intid, value);
}

/* ---- words ------------------------------------------------------------------------- */

static void send_sgi(struct gicv2 *gic, unsigned int cpu, uint32_t value)
{
	uint8_t self = (uint8_t)(1u << cpu);
	uint8_t targets[4] = {(uint8_t)(value >> 16), (uint8_t)~self, self, 0};
	uint32_t rest = targets[value >> 24 & 3] & gic->cpu_mask;

	for (; rest; rest &= rest - 1)
		write_sources(gic, (unsigned int)__builtin_ctz(rest), value % GIC_SGIS,
			self, 0);
}

static uint32_t read_word(struct gicv2 *gic, unsigned int cpu, uint64_t offset)
{
	if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR)
		return read_bits(gic, cpu, offset & ~0x7full, (offset & 0x7f) * 8);
	if (offset >= GICD_ICFGR && offset < GICD_ICFGR_END)
		return read_config(gic, cpu, (offset - GICD_ICFGR) * 4);
	if (offset >= GICD_PIDR4)
		return id_registers[(offset - GICD_PIDR4) / 4];
	switch (offset) {
	case GICD_CTLR:
		return gic->state.dist_ctlr;
	case GICD_TYPER:
		return typer(gic);
	case GICD_IIDR:
		return GICD_IIDR_VALUE;
	default:
		return 0;
	}
}

static void write_word(
	struct gicv2 *gic, unsigned int cpu, uint64_t offset, uint32_t value)
{
	if (offset >= GICD_IGROUPR && offset < GICD_IPRIORITYR) {
		write_bits(gic, cpu, offset & ~0x7full, (offset & 0x7f) * 8, value);
	} else if (offset >= GICD_ICFGR && offset < GICD_ICFGR_END) {
		write_config(gic, (offset - GICD_ICFGR) * 4, value);
	} else if (offset == GICD_SGIR) {
		send_sgi(gic, cpu, value);
	} else if (offset == GICD_CTLR &&
		   (value & GICD_CTLR_GROUPS) != gic->state.dist_ctlr) {
		gic->state.dist_ctlr = value & GICD_CTLR_GROUPS;
		gicv2_offer_all(gic);
	}
}

static bool is_register(uint64_t offset, unsigned int bytes)
{
	if (offset >= GICV2_DIST_BYTES)
		return false;
	return bytes == 4 ? offset % 4 == 0 : bytes == 1 && has_bytes(offset);
}

uint32_t gicv2_dist_read(
	struct gicv2 *gic, unsigned int cpu, uint64_t offset, unsigned int bytes)
{
	uint32_t value = 0;

	assert(cpu < gic->state.cpu_count);
	if (!is_register(offset, bytes))
		return 0;
	gicv2_lock(gic);
	if (has_bytes(offset)) {
		for (unsigned int i = 0; i < bytes; i++)
			value |= (uint32_t)read_byte(gic, cpu, offset + i) << 8 * i;
	} else {
		value = read_word(gic, cpu, offset);
	}
	gicv2_unlock(gic);
	return value;
}

void gicv2_dist_write(struct gicv2 *gic, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value)
{
	assert(cpu < gic->state.cpu_count);
	if (!is_register(offset, bytes))
		return;
	gicv2_lock(gic);
	if (has_bytes(offset)) {
		for (unsigned int i = 0; i < bytes; i++)
			write_byte(gic, cpu, offset + i, (uint8_t)(value >> 8 * i));
	} else {
		write_word(gic, cpu, offset, (uint32_t)value);
	}
	gicv2_unlock(gic);
}
