/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with input, room and resets. Beyond the sanitizers
 * it holds the UART to its promise: what it sends is what was written, in order, unless
 * the guest wrote into a full FIFO or looped back.
 */
#include <stdlib.h>

#include "arch/arm/pl011.h"
#include "arch/arm/primecell.h"
#include "src/bus.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_terminal.h"

struct run {
	struct terminal terminal;
	struct fake_line irq;
	struct fake_line other_irq;
	struct pl011 *pl011;
	struct primecell *cell;
	struct mmio_region *region;
	uint64_t written;
};

static void write_next(struct run *run)
{
	uint64_t flags = run->region->ops->read(run->region, 0x18, 4);
	uint64_t control = run->region->ops->read(run->region, 0x30, 4);

	if ((flags & 0x20) || (control & 0x80))
		return;
	run->region->ops->write(run->region, 0, 1, (uint8_t)run->written++);
}

static void change_line(struct run *run)
{
	struct fake_line *line = &run->other_irq;

	if (run->irq.level || line->level)
		return; /* a new line is low */
	primecell_set_irq(run->cell, &line->line);
}

static void step(struct run *run, const uint8_t *data)
{
	static const uint16_t offsets[] = {0x00, 0x04, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30,
		0x34, 0x38, 0x3c, 0x40, 0x44, 0x48, 0xfe8, 0xffc};
	uint64_t offset = offsets[data[1] & 15];

	if (data[1] & 0x80)
		offset = (offset + data[3]) & 0xff8;
	switch (data[0] & 7) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (offset >= 4 || !(data[0] & 0x20))
			fuzz_access(run->region, offset, data);
		break;
	case 4:
		run->terminal.input_bytes += data[2];
		run->terminal.user->events->readable(run->terminal.user);
		break;
	case 5:
		fake_terminal_make_room(&run->terminal, run->terminal.room + data[2]);
		break;
	case 6:
		write_next(run);
		break;
	case 7:
		if (data[1] & 1)
			primecell_reset(run->cell);
		else
			change_line(run);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {0};

	fake_line_init(&run.irq);
	fake_line_init(&run.other_irq);
	if (pl011_create(NULL, 0, &run.terminal, &run.pl011, NULL))
		return 0;
	run.cell = pl011_cell(run.pl011);
	run.region = &run.cell->region;
	primecell_set_irq(run.cell, &run.irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	fake_terminal_make_room(&run.terminal, 64);
	if (run.terminal.out_of_order || run.terminal.output_bytes != run.written)
		abort();
	fuzz_check_line(&run.irq);
	fuzz_check_line(&run.other_irq);
	pl011_destroy(run.pl011);
	return 0;
}
