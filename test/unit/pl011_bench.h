/* SPDX-License-Identifier: Apache-2.0 */
/* A PL011 between a terminal and an interrupt line in the test's hand. */
#ifndef TEST_UNIT_PL011_BENCH_H
#define TEST_UNIT_PL011_BENCH_H

#include <stdlib.h>
#include <string.h>

#include "arch/arm/pl011.h"
#include "arch/arm/pl011_regs.h"
#include "arch/arm/primecell.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "test/unit/fake_line.h"
#include "test/unit/fake_terminal.h"
#include "test/unit/test.h"

#define GPA 0x09000000u

#define MODEM_READY (FR_CTS | FR_DSR | FR_DCD)
#define ENABLE (CR_UARTEN | CR_TXE | CR_RXE)
#define LOOPBACK (ENABLE | CR_LBE)

struct bench {
	struct terminal terminal;
	struct fake_line irq;
	struct pl011 *pl011;
	struct primecell *cell;
	struct bus bus;
};

static void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	fake_line_init(&bench->irq);
	bench->terminal.room = sizeof(bench->terminal.output);
	CHECK_EQ(pl011_create(NULL, GPA, &bench->terminal, &bench->pl011, NULL), 0);
	bench->cell = pl011_cell(bench->pl011);
	primecell_set_irq(bench->cell, &bench->irq.line);
	CHECK_EQ(bus_add(&bench->bus, &bench->cell->region, NULL), 0);
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
	fake_terminal_type(&bench->terminal, text);
}

static void make_room(struct bench *bench, size_t room)
{
	fake_terminal_make_room(&bench->terminal, room);
}

static const char forty[] = "0123456789abcdefghijABCDEFGHIJ9876543210";

#endif
