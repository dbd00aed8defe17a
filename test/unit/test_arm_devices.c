/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "arch/arm/layout.h"
#include "arch/arm/pl011_regs.h"
#include "host/terminal.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/irq.h"
#include "src/loop.h"
#include "test/unit/arm_fixture.h"
#include "test/unit/test.h"

struct line {
	struct irq_line line;
	bool level;
	unsigned int changes;
};

static void line_set(struct irq_line *line, bool level)
{
	struct line *own = container_of(line, struct line, line);

	own->level = level;
	own->changes++;
}

static const struct irq_line_ops line_ops = {.set = line_set};

struct bench {
	struct board_plan *plan;
	struct loop *loop;
	struct bus bus;
	struct line irq;
	struct line next_irq;
	struct terminal *terminal;
};

static struct arm_fixture f;

static void bench_init(struct bench *bench)
{
	*bench = (struct bench){.irq = {{&line_ops}}, .next_irq = {{&line_ops}}};
	arm_fixture_init(&f);
	bench->plan = arm_fixture_plan(&f);
	CHECK(bench->plan);
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
	CHECK_EQ(terminal_null_create(&bench->terminal, NULL), 0);
}

static void bench_finish(struct bench *bench)
{
	terminal_destroy(bench->terminal);
	loop_destroy(bench->loop);
	board_plan_destroy(bench->plan);
}

static int create(struct bench *bench, struct board_devices **ret, struct error *err)
{
	return arm_board.create_devices(bench->plan, bench->loop, &bench->bus,
		&bench->irq.line, bench->terminal, ret, err);
}

TEST(the_uart_answers_where_the_plan_puts_it)
{
	struct board_devices *devices;
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	CHECK(bus_read(&bench.bus, ARM_UART_GPA + 0xfe0, 4, &value));
	CHECK_EQ(value, 0x11); /* the PL011's part number */
	arm_board.destroy_devices(devices);
	bench_finish(&bench);
}

TEST(a_reset_moves_the_uart_to_the_next_vms_line)
{
	struct board_devices *devices;
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	/* The transmit interrupt, unmasked after a character has left. */
	CHECK(bus_write(&bench.bus, ARM_UART_GPA + REG_CR, 4, CR_UARTEN | CR_TXE));
	CHECK(bus_write(&bench.bus, ARM_UART_GPA + REG_IMSC, 4, INT_TX));
	CHECK(bus_write(&bench.bus, ARM_UART_GPA + REG_DR, 4, 'a'));
	CHECK(bench.irq.level);
	CHECK_EQ(bench.irq.changes, 1);
	arm_board.reset_devices(devices, &bench.next_irq.line);
	CHECK_EQ(bench.irq.changes, 1); /* it may be gone */
	CHECK_EQ(bench.next_irq.changes, 0);
	CHECK(bus_write(&bench.bus, ARM_UART_GPA + REG_CR, 4, CR_UARTEN | CR_TXE));
	CHECK(bus_write(&bench.bus, ARM_UART_GPA + REG_IMSC, 4, INT_TX));
	CHECK(bus_write(&bench.bus, ARM_UART_GPA + REG_DR, 4, 'a'));
	CHECK(bench.next_irq.level);
	arm_board.destroy_devices(devices);
	bench_finish(&bench);
}

TEST(a_place_that_is_taken_fails_and_leaves_nothing)
{
	struct board_devices *devices;
	struct board_devices *second = NULL;
	struct bench bench;
	struct error err;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	CHECK_EQ(create(&bench, &second, &err), -EEXIST);
	CHECK(!second);
	CHECK_EQ(bench.bus.count, 1);
	arm_board.destroy_devices(devices);
	arm_board.destroy_devices(NULL);
	bench_finish(&bench);
}

TEST_MAIN(CASE(the_uart_answers_where_the_plan_puts_it),
	CASE(a_reset_moves_the_uart_to_the_next_vms_line),
	CASE(a_place_that_is_taken_fails_and_leaves_nothing))
