/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with input, room, time and resets. Beyond the
 * sanitizers it holds the serial port to its promise: what it sends is what was written,
 * in order, unless the guest wrote into a full FIFO or looped back.
 */
#include <stdlib.h>

#include "arch/x86/serial16550.h"
#include "arch/x86/serial16550_regs.h"
#include "src/bus.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_terminal.h"

struct run {
	struct terminal terminal;
	struct fake_line irq;
	struct serial16550 *serial;
	struct mmio_region *region;
	uint64_t written;
};

/* The next character, where it is one and nothing is in its way. */
static void write_next(struct run *run)
{
	const struct mmio_ops *ops = run->region->ops;

	if (!(ops->read(run->region, SERIAL_LSR, 1) & LSR_THRE) ||
		(ops->read(run->region, SERIAL_MCR, 1) & MCR_LOOP) ||
		(ops->read(run->region, SERIAL_LCR, 1) & LCR_DLAB))
		return;
	ops->write(run->region, SERIAL_DATA, 1, (uint8_t)run->written++);
}

static void step(struct run *run, const uint8_t *data)
{
	switch (data[0] & 7) {
	case 0:
	case 1:
	case 2:
		if ((data[1] & 7) != SERIAL_DATA || !(data[0] & 0x20))
			fuzz_access(run->region, data[1] & 7, data);
		break;
	case 3:
		run->terminal.input_bytes += data[2];
		run->terminal.user->events->readable(run->terminal.user);
		break;
	case 4:
		fake_terminal_make_room(&run->terminal, run->terminal.room + data[2]);
		break;
	case 5:
		fake_clock_advance(data[1] * 4096u);
		break;
	case 6:
		write_next(run);
		break;
	case 7:
		if (data[1] == 0xff)
			serial16550_reset(run->serial);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {0};

	fake_clock = (struct loop){0};
	fake_line_init(&run.irq);
	if (serial16550_create(&fake_clock, 0x3f8, &run.terminal, &run.serial, NULL))
		return 0;
	run.region = serial16550_region(run.serial);
	serial16550_set_irq(run.serial, &run.irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	fake_terminal_make_room(&run.terminal, 64);
	if (run.terminal.out_of_order || run.terminal.output_bytes != run.written)
		abort();
	fuzz_check_line(&run.irq);
	serial16550_destroy(run.serial);
	return 0;
}
