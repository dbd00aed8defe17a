/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARM PrimeCell General Purpose Input/Output (PL061), ARM DDI 0190: registers of chapter
 * 3, interrupts of section 2.3. Threads: vCPUs and the loop's, under the loop's lock.
 *
 * What the manual leaves open: a line that is an output does not interrupt, and what a
 * change of the interrupt registers or of the direction looks like on a line is no edge.
 */
#include "arch/arm/pl061.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "arch/arm/pl061_regs.h"
#include "arch/arm/primecell.h"
#include "src/container_of.h"
#include "src/error.h"

/* GPIOPeriphID: part 0x061, ARM, revision 0. */
#define PERIPHERAL_ID 0x00041061u

struct pl061 {
	struct primecell cell;
	uint8_t input; /* from outside */
	uint8_t output;
	uint8_t dir;
	uint8_t is;
	uint8_t ibe;
	uint8_t iev;
	uint8_t ie;
	uint8_t edges; /* seen, and not cleared yet */
	uint8_t afsel;
};

static uint8_t raw_interrupts(const struct pl061 *pl061)
{
	uint8_t levels = (uint8_t) ~(pl061->input ^ pl061->iev) & ~pl061->dir;

	return (pl061->edges & ~pl061->is) | (levels & pl061->is);
}

static bool interrupts(struct primecell *cell)
{
	struct pl061 *pl061 = container_of(cell, struct pl061, cell);

	return raw_interrupts(pl061) & pl061->ie;
}

void pl061_set_input(struct pl061 *pl061, unsigned int line, bool level)
{
	uint8_t mask = (uint8_t)(1u << line);

	assert(line < PL061_LINES);
	if (level == !!(pl061->input & mask))
		return;
	pl061->input ^= mask;
	if (!(pl061->dir & mask) &&
		((pl061->ibe & mask) || level == !!(pl061->iev & mask)))
		pl061->edges |= mask & ~pl061->is;
	primecell_update(&pl061->cell);
}

/* ---- registers -------------------------------------------------------------------- */

static uint32_t read_register(struct primecell *cell, uint64_t offset)
{
	struct pl061 *pl061 = container_of(cell, struct pl061, cell);

	if (offset < GPIO_DIR)
		return ((pl061->output & pl061->dir) | (pl061->input & ~pl061->dir)) &
		       (offset >> 2);
	switch (offset) {
	case GPIO_DIR:
		return pl061->dir;
	case GPIO_IS:
		return pl061->is;
	case GPIO_IBE:
		return pl061->ibe;
	case GPIO_IEV:
		return pl061->iev;
	case GPIO_IE:
		return pl061->ie;
	case GPIO_RIS:
		return raw_interrupts(pl061);
	case GPIO_MIS:
		return raw_interrupts(pl061) & pl061->ie;
	case GPIO_IC:
		return 0;
	case GPIO_AFSEL:
		return pl061->afsel;
	default:
		return primecell_stray_read(cell, offset);
	}
}

static void write_register(struct primecell *cell, uint64_t offset, uint32_t word)
{
	struct pl061 *pl061 = container_of(cell, struct pl061, cell);
	uint8_t value = (uint8_t)word;

	if (offset < GPIO_DIR) {
		uint8_t mask = (uint8_t)(offset >> 2) & pl061->dir;

		pl061->output = (pl061->output & ~mask) | (value & mask);
		return;
	}
	switch (offset) {
	case GPIO_DIR:
		pl061->dir = value;
		break;
	case GPIO_IS:
		pl061->is = value;
		pl061->edges &= ~value;
		break;
	case GPIO_IBE:
		pl061->ibe = value;
		break;
	case GPIO_IEV:
		pl061->iev = value;
		break;
	case GPIO_IE:
		pl061->ie = value;
		break;
	case GPIO_IC:
		pl061->edges &= ~value;
		break;
	case GPIO_AFSEL:
		pl061->afsel = value;
		break;
	default:
		primecell_stray_write(cell, offset, word);
		break;
	}
}

/* ---- life ------------------------------------------------------------------------- */

static void reset(struct primecell *cell)
{
	struct pl061 *pl061 = container_of(cell, struct pl061, cell);

	pl061->output = 0;
	pl061->dir = 0;
	pl061->is = 0;
	pl061->ibe = 0;
	pl061->iev = 0;
	pl061->ie = 0;
	pl061->edges = 0;
	pl061->afsel = 0;
}

static const struct primecell_ops ops = {.read = read_register,
	.write = write_register,
	.interrupts = interrupts,
	.reset = reset};

int pl061_create(struct loop *loop, uint64_t gpa, struct pl061 **ret, struct error *err)
{
	struct pl061 *pl061 = calloc(1, sizeof(*pl061));

	if (!pl061)
		return error_set(err, -ENOMEM, NULL, "no memory for the GPIO");
	primecell_init(&pl061->cell, &ops, loop, gpa, PERIPHERAL_ID, "gpio");
	*ret = pl061;
	return 0;
}

void pl061_destroy(struct pl061 *pl061)
{
	free(pl061);
}

struct primecell *pl061_cell(struct pl061 *pl061)
{
	return &pl061->cell;
}
