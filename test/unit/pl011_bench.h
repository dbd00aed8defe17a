/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PL011 between a terminal and an interrupt line of the test's own, for the tests of
 * the UART. Each program that includes it has its own terminal verbs: the linker's seam.
 */
#ifndef TEST_UNIT_PL011_BENCH_H
#define TEST_UNIT_PL011_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "arch/arm/pl011.h"
#include "arch/arm/pl011_regs.h"
#include "host/terminal.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/irq.h"
#include "test/unit/test.h"

#define GPA 0x09000000u

#define MODEM_READY (FR_CTS | FR_DSR | FR_DCD)
#define ENABLE (CR_UARTEN | CR_TXE | CR_RXE)
#define LOOPBACK (ENABLE | CR_LBE)

/* Behind the verbs that the UART uses. */
struct terminal {
	struct terminal_user *user;
	const char *input;
	size_t input_bytes;
	size_t room; /* what it still takes */
	char output[256];
	size_t output_bytes;
};

void terminal_set_user(struct terminal *terminal, struct terminal_user *user)
{
	terminal->user = user;
}

size_t terminal_read(struct terminal *terminal, void *buf, size_t room)
{
	size_t bytes = terminal->input_bytes < room ? terminal->input_bytes : room;

	if (!bytes)
		return 0;
	memcpy(buf, terminal->input, bytes);
	terminal->input += bytes;
	terminal->input_bytes -= bytes;
	return bytes;
}

size_t terminal_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	if (bytes > terminal->room)
		bytes = terminal->room;
	memcpy(terminal->output + terminal->output_bytes, buf, bytes);
	terminal->output_bytes += bytes;
	terminal->room -= bytes;
	return bytes;
}

struct line {
	struct irq_line line;
	bool level;
	unsigned int changes;
};

static void line_set(struct irq_line *line, bool level)
{
	struct line *self = container_of(line, struct line, line);

	self->level = level;
	self->changes++;
}

static const struct irq_line_ops line_ops = {.set = line_set};

struct bench {
	struct terminal terminal;
	struct line irq;
	struct pl011 *pl011;
	struct bus bus;
};

static void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	bench->irq.line.ops = &line_ops;
	bench->terminal.room = sizeof(bench->terminal.output);
	CHECK_EQ(pl011_create(NULL, GPA, &bench->irq.line, &bench->terminal,
			 &bench->pl011, NULL),
		0);
	CHECK_EQ(bus_add(&bench->bus, pl011_region(bench->pl011), NULL), 0);
}

static void bench_finish(struct bench *bench)
{
	pl011_destroy(bench->pl011);
	CHECK(!bench->terminal.user);
}

static uint32_t get(struct bench *bench, uint64_t offset)
{
	uint64_t value;

	CHECK(bus_read(&bench->bus, GPA + offset, 4, &value));
	return (uint32_t)value;
}

static void put(struct bench *bench, uint64_t offset, uint32_t value)
{
	CHECK(bus_write(&bench->bus, GPA + offset, 4, value));
}

static void put_text(struct bench *bench, const char *text)
{
	while (*text)
		put(bench, REG_DR, (uint8_t)*text++);
}

static void type(struct bench *bench, const char *text)
{
	bench->terminal.input = text;
	bench->terminal.input_bytes = strlen(text);
	bench->terminal.user->events->readable(bench->terminal.user);
}

static void make_room(struct bench *bench, size_t room)
{
	bench->terminal.room = room;
	bench->terminal.user->events->writable(bench->terminal.user);
}

static const char forty[] = "0123456789abcdefghijABCDEFGHIJ9876543210";

#endif
