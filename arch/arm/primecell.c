/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/primecell.h"

#include <inttypes.h>

#include "src/container_of.h"
#include "src/irq.h"

/* PCellID0 to PCellID3, the same in every PrimeCell. */
#define CELL_ID 0xb105f00du

static uint32_t read_register(struct primecell *cell, uint64_t offset)
{
	uint64_t index = (offset - PRIMECELL_ID) / 4;

	if (offset < PRIMECELL_ID)
		return cell->ops->read(cell, offset);
	return (index < 4 ? cell->id : CELL_ID) >> 8 * (index & 3) & 0xff;
}

/*
 * Every register is one aligned word. A narrow read takes its bytes out of the word; a
 * narrow write is the word without its upper bytes, and goes nowhere beside the lowest.
 */
static uint64_t region_read(
	struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	struct primecell *cell = container_of(region, struct primecell, region);
	uint64_t value = read_register(cell, offset & ~3ull) >> 8 * (offset & 3);

	primecell_update(cell);
	return bytes < 4 ? value & ((1u << 8 * bytes) - 1) : value;
}

static void region_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct primecell *cell = container_of(region, struct primecell, region);

	if (offset & 3)
		return;
	if (bytes < 4)
		value &= (1u << 8 * bytes) - 1;
	cell->ops->write(cell, offset, (uint32_t)value);
	primecell_update(cell);
}

static const struct mmio_ops region_ops = {.read = region_read, .write = region_write};

void primecell_init(struct primecell *cell, const struct primecell_ops *ops,
	struct loop *loop, uint64_t gpa, uint32_t id, const char *name)
{
	*cell = (struct primecell){
		.region = {.ops = &region_ops,
			.gpa = gpa,
			.bytes = PRIMECELL_BYTES,
			.loop = loop,
			.name = name},
		.ops = ops,
		.id = id,
		.log = {.source = name},
	};
}

void primecell_update(struct primecell *cell)
{
	bool level = cell->ops->interrupts(cell);

	if (level == cell->irq_level)
		return;
	cell->irq_level = level;
	if (cell->irq)
		irq_line_set(cell->irq, level);
}

void primecell_reset(struct primecell *cell)
{
	cell->ops->reset(cell);
	primecell_update(cell);
}

void primecell_set_irq(struct primecell *cell, struct irq_line *irq)
{
	cell->irq = irq;
	cell->irq_level = false;
	primecell_update(cell);
}

uint32_t primecell_stray_read(struct primecell *cell, uint64_t offset)
{
	guest_log(&cell->log, "read of 0x%" PRIx64 ", no register", offset);
	return 0;
}

void primecell_stray_write(struct primecell *cell, uint64_t offset, uint32_t value)
{
	guest_log(&cell->log, "write of 0x%" PRIx32 " to 0x%" PRIx64, value, offset);
}
