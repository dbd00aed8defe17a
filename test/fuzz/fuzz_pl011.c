/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with input, room and resets. Beyond the sanitizers
 * it holds the UART to its promise: what it sends is what was written, in order, unless
 * the guest wrote into a full FIFO or looped back.
 */
#include <stdlib.h>
#include <string.h>

#include "arch/arm/pl011.h"
#include "host/terminal.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/irq.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct terminal {
	struct terminal_user *user;
	size_t input_bytes;
	size_t room;
	uint64_t taken;
	bool out_of_order;
};

void terminal_set_user(struct terminal *terminal, struct terminal_user *user)
{
	terminal->user = user;
}

size_t terminal_read(struct terminal *terminal, void *buf, size_t room)
{
	size_t bytes = terminal->input_bytes < room ? terminal->input_bytes : room;

	memset(buf, 'i', bytes);
	terminal->input_bytes -= bytes;
	return bytes;
}

/* Every character written is one more than the last: see write_next(). */
size_t terminal_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	const uint8_t *from = buf;

	if (bytes > terminal->room)
		bytes = terminal->room;
	for (size_t i = 0; i < bytes; i++) {
		if (from[i] != (uint8_t)terminal->taken++)
			terminal->out_of_order = true;
	}
	terminal->room -= bytes;
	return bytes;
}

struct fuzz_line {
	struct irq_line line;
	bool level;
};

static void line_set(struct irq_line *line, bool level)
{
	/* A line told of its present level again would be a storm for the host. */
	struct fuzz_line *self = container_of(line, struct fuzz_line, line);

	if (self->level == level)
		abort();
	self->level = level;
}

static const struct irq_line_ops line_ops = {.set = line_set};

struct run {
	struct terminal terminal;
	struct fuzz_line irq;
	struct fuzz_line other_irq;
	struct pl011 *pl011;
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
	struct fuzz_line *line = &run->other_irq;

	if (run->irq.level || line->level)
		return; /* a new line is low */
	pl011_set_irq(run->pl011, &line->line);
}

static void step(struct run *run, const uint8_t *data)
{
	static const uint16_t offsets[] = {0x00, 0x04, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30,
		0x34, 0x38, 0x3c, 0x40, 0x44, 0x48, 0xfe8, 0xffc};
	uint64_t offset = offsets[data[1] & 15];
	unsigned int bytes = 1u << (data[1] >> 4 & 3);
	uint64_t value = data[2] | (uint64_t)data[3] << 8;

	if (data[1] & 0x80)
		offset = (offset + data[3]) & 0xff8;
	switch (data[0] & 7) {
	case 0:
	case 1:
		run->region->ops->read(run->region, offset, bytes);
		break;
	case 2:
	case 3:
		if (offset >= 4)
			run->region->ops->write(run->region, offset, bytes, value);
		break;
	case 4:
		run->terminal.input_bytes += data[2];
		run->terminal.user->events->readable(run->terminal.user);
		break;
	case 5:
		run->terminal.room += data[2];
		run->terminal.user->events->writable(run->terminal.user);
		break;
	case 6:
		write_next(run);
		break;
	case 7:
		if (data[1] & 1)
			pl011_reset(run->pl011);
		else
			change_line(run);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {.irq.line.ops = &line_ops, .other_irq.line.ops = &line_ops};

	if (pl011_create(NULL, 0, &run.irq.line, &run.terminal, &run.pl011, NULL))
		return 0;
	run.region = pl011_region(run.pl011);
	for (; bytes >= 4; bytes -= 4, data += 4)
		step(&run, data);
	run.terminal.room = 64;
	run.terminal.user->events->writable(run.terminal.user);
	if (run.terminal.out_of_order || run.terminal.taken != run.written)
		abort();
	pl011_destroy(run.pl011);
	return 0;
}
