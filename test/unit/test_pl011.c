/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/pl011.h"

#include <stdlib.h>
#include <string.h>

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

/* The linker's seam: a terminal of the test's own behind the verbs that the UART uses. */
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

TEST(has_the_documented_registers)
{
	static const struct {
		uint64_t offset;
		uint32_t reset;
		uint32_t write;
		uint32_t read;
	} registers[] = {
		{REG_RSR, 0, 0xffffffff, 0},
		{REG_FR, FR_TXFE | FR_RXFE | MODEM_READY, 0xffffffff,
			FR_TXFE | FR_RXFE | MODEM_READY},
		{REG_ILPR, 0, 0x1a5, 0xa5},
		{REG_IBRD, 0, 0xffffffff, 0xffff},
		{REG_FBRD, 0, 0xffffffff, 0x3f},
		{REG_LCR_H, 0, 0xffffff70, 0x70},
		{REG_CR, 0x300, 0xffff0f01, 0x0f01},
		{REG_IFLS, 0x12, 0xffffffe4, 0x24},
		{REG_IMSC, 0, 0xffffffff, 0x7ff},
		{REG_RIS, 0, 0xffffffff, 0},
		{REG_MIS, 0, 0xffffffff, 0},
		{REG_ICR, 0, 0xffffffff, 0},
		{REG_DMACR, 0, 0xfffffffd, 0x5},
		{0x00c, 0, 0xffffffff, 0}, /* reserved */
		{0x080, 0, 0xffffffff, 0}, /* test registers: not there */
		{0xfdc, 0, 0xffffffff, 0},
		{0xfe0, 0x11, 0, 0x11},
		{0xfe4, 0x10, 0, 0x10},
		{0xfe8, 0x34, 0, 0x34}, /* revision 3: FIFOs of 32 */
		{0xfec, 0x00, 0xff, 0x00},
		{0xff0, 0x0d, 0, 0x0d},
		{0xff4, 0xf0, 0, 0xf0},
		{0xff8, 0x05, 0, 0x05},
		{0xffc, 0xb1, 0, 0xb1},
	};

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		struct bench bench;

		bench_init(&bench);
		if (get(&bench, registers[i].offset) != registers[i].reset)
			test_fail(__FILE__, __LINE__, "reset value at 0x%x",
				(unsigned int)registers[i].offset);
		put(&bench, registers[i].offset, registers[i].write);
		if (get(&bench, registers[i].offset) != registers[i].read)
			test_fail(__FILE__, __LINE__, "value kept at 0x%x",
				(unsigned int)registers[i].offset);
		pl011_reset(bench.pl011);
		if (get(&bench, registers[i].offset) != registers[i].reset)
			test_fail(__FILE__, __LINE__, "value after reset at 0x%x",
				(unsigned int)registers[i].offset);
		bench_finish(&bench);
	}
}

TEST(takes_accesses_of_every_size)
{
	static const struct {
		unsigned int bytes;
		uint64_t read_back;
	} sizes[] = {{1, 0x34}, {2, 0x1234}, {4, 0x1234}, {8, 0x1234}};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bench bench;
		uint64_t value;

		bench_init(&bench);
		CHECK(bus_write(&bench.bus, GPA + REG_IBRD, sizes[i].bytes, 0xabcd1234));
		CHECK_EQ(get(&bench, REG_IBRD), sizes[i].read_back);
		CHECK(bus_read(&bench.bus, GPA + REG_IBRD, sizes[i].bytes, &value));
		CHECK_EQ(value, sizes[i].read_back);
		CHECK(bus_read(&bench.bus, GPA + 0xfe1, sizes[i].bytes, &value));
		CHECK_EQ(value, 0);
		CHECK(bus_write(&bench.bus, GPA + REG_DR, sizes[i].bytes, 0x41));
		CHECK_EQ(bench.terminal.output_bytes, 1);
		bench_finish(&bench);
	}
}

TEST(reads_the_upper_byte_of_a_register_alone)
{
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	put(&bench, REG_IBRD, 0x1234);
	CHECK(bus_read(&bench.bus, GPA + REG_IBRD + 1, 1, &value));
	CHECK_EQ(value, 0x12);
	CHECK(bus_write(&bench.bus, GPA + REG_IBRD + 1, 1, 0xff));
	CHECK_EQ(get(&bench, REG_IBRD), 0x1234);
	bench_finish(&bench);
}

TEST(sends_at_once_even_before_it_is_enabled)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_CR, 0);
	put_text(&bench, "early");
	CHECK_STR(bench.terminal.output, "early");
	CHECK(get(&bench, REG_FR) & FR_TXFE);
	bench_finish(&bench);
}

TEST(keeps_output_while_the_terminal_is_slow)
{
	struct bench bench;
	size_t sent = 0;

	bench_init(&bench);
	put(&bench, REG_LCR_H, LCR_H_FEN);
	bench.terminal.room = 3;
	while (!(get(&bench, REG_FR) & FR_TXFF))
		put(&bench, REG_DR, (uint8_t)forty[sent++]);
	CHECK_EQ(sent, 3 + 32);
	CHECK_EQ(get(&bench, REG_FR) & (FR_TXFE | FR_BUSY), FR_BUSY);
	CHECK_EQ(bench.terminal.output_bytes, 3);
	make_room(&bench, 10);
	CHECK(!(get(&bench, REG_FR) & FR_TXFF));
	while (!(get(&bench, REG_FR) & FR_TXFF) && forty[sent])
		put(&bench, REG_DR, (uint8_t)forty[sent++]);
	make_room(&bench, 100);
	CHECK_EQ(sent, 40);
	CHECK_STR(bench.terminal.output, forty);
	CHECK_EQ(get(&bench, REG_FR) & (FR_TXFE | FR_BUSY), FR_TXFE);
	bench_finish(&bench);
}

TEST(without_fifos_is_full_with_one_character)
{
	struct bench bench;

	bench_init(&bench);
	bench.terminal.room = 0;
	put(&bench, REG_DR, 'a');
	CHECK(get(&bench, REG_FR) & FR_TXFF);
	put(&bench, REG_DR, 'b'); /* a guest that does not look is kept whole still */
	make_room(&bench, 9);
	CHECK_STR(bench.terminal.output, "ab");

	put(&bench, REG_CR, ENABLE);
	type(&bench, "xy");
	CHECK_EQ(bench.terminal.input_bytes, 1);
	CHECK(get(&bench, REG_FR) & FR_RXFF);
	CHECK_EQ(get(&bench, REG_RIS) & (INT_RX | INT_RT), INT_RX);
	CHECK_EQ(get(&bench, REG_DR), 'x');
	CHECK_EQ(get(&bench, REG_DR), 'y');
	CHECK_EQ(get(&bench, REG_RIS) & (INT_RX | INT_RT), 0);
	bench_finish(&bench);
}

TEST(loses_nothing_when_reset_or_reconfigured_with_output_waiting)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_LCR_H, LCR_H_FEN);
	bench.terminal.room = 0;
	put_text(&bench, "waiting");
	put(&bench, REG_LCR_H, 0);
	pl011_reset(bench.pl011);
	CHECK(get(&bench, REG_FR) & FR_BUSY);
	make_room(&bench, 100);
	CHECK_STR(bench.terminal.output, "waiting");
	bench_finish(&bench);
}

TEST(drops_what_a_guest_writes_into_a_full_fifo)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_LCR_H, LCR_H_FEN);
	bench.terminal.room = 0;
	for (int i = 0; i < 40; i++)
		put(&bench, REG_DR, (uint8_t)forty[i]);
	make_room(&bench, 100);
	CHECK_EQ(bench.terminal.output_bytes, 32);
	CHECK(memcmp(bench.terminal.output, forty, 32) == 0);
	bench_finish(&bench);
}

TEST(transmit_interrupt_tells_of_falling_to_the_level)
{
	static const struct {
		uint32_t ifls;
		unsigned int level;
	} levels[] = {{0, 4}, {1, 8}, {2, 16}, {3, 24}, {4, 28}, {7, 28}};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct bench bench;

		bench_init(&bench);
		put(&bench, REG_LCR_H, LCR_H_FEN);
		put(&bench, REG_IFLS, levels[i].ifls);
		put(&bench, REG_IMSC, INT_TX);
		CHECK(!bench.irq.level);
		bench.terminal.room = 0;
		for (unsigned int n = 0; n < 32; n++)
			put(&bench, REG_DR, 'x');
		CHECK(!bench.irq.level);
		make_room(&bench, 32 - levels[i].level - 1);
		CHECK_EQ(get(&bench, REG_RIS), 0);
		make_room(&bench, 1);
		CHECK_EQ(get(&bench, REG_MIS), INT_TX);
		CHECK(bench.irq.level);
		put(&bench, REG_ICR, INT_TX);
		CHECK(!bench.irq.level);
		make_room(&bench, 1); /* below already: no new transition */
		CHECK(!bench.irq.level);
		bench_finish(&bench);
	}
}

TEST(transmit_interrupt_follows_each_character_that_left_at_once)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_IMSC, INT_TX);
	put(&bench, REG_DR, 'a');
	CHECK(bench.irq.level);
	put(&bench, REG_ICR, INT_TX);
	CHECK(!bench.irq.level);
	put(&bench, REG_DR, 'b');
	CHECK(bench.irq.level);
	bench.terminal.room = 0;
	put(&bench, REG_DR, 'c');
	CHECK(!bench.irq.level);
	make_room(&bench, 1);
	CHECK(bench.irq.level);
	CHECK_EQ(bench.irq.changes, 5); /* told of changes alone */
	bench_finish(&bench);
}

TEST(receive_interrupt_follows_the_fill_level)
{
	static const struct {
		uint32_t ifls;
		unsigned int level;
	} levels[] = {{0, 4}, {1, 8}, {2, 16}, {3, 24}, {4, 28}, {6, 28}};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct bench bench;
		char text[33] = {0};

		bench_init(&bench);
		put(&bench, REG_LCR_H, LCR_H_FEN);
		put(&bench, REG_CR, ENABLE);
		put(&bench, REG_IFLS, levels[i].ifls << 3);
		put(&bench, REG_IMSC, INT_RX);
		memset(text, 'x', levels[i].level - 1);
		type(&bench, text);
		CHECK(!bench.irq.level);
		type(&bench, "y");
		CHECK(bench.irq.level);
		CHECK_EQ(get(&bench, REG_MIS), INT_RX);
		CHECK_EQ(get(&bench, REG_DR), 'x');
		CHECK(!bench.irq.level);
		type(&bench, "z");
		CHECK(bench.irq.level);
		put(&bench, REG_ICR, INT_RX);
		CHECK(!bench.irq.level);
		bench_finish(&bench);
	}
}

TEST(receive_timeout_tells_of_what_is_below_the_level)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_LCR_H, LCR_H_FEN);
	put(&bench, REG_CR, ENABLE);
	put(&bench, REG_IMSC, INT_RX | INT_RT);
	type(&bench, "ab");
	CHECK_EQ(get(&bench, REG_MIS), INT_RT);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, REG_DR), 'a');
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, REG_DR), 'b');
	CHECK(!bench.irq.level);
	type(&bench, "c");
	put(&bench, REG_ICR, INT_RT);
	CHECK(!bench.irq.level);
	type(&bench, "d");
	CHECK(bench.irq.level);
	bench_finish(&bench);
}

TEST(receive_timeout_comes_after_exactly_one_full_fifo)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_LCR_H, LCR_H_FEN);
	put(&bench, REG_CR, ENABLE);
	put(&bench, REG_IMSC, INT_RX | INT_RT);
	type(&bench, "0123456789abcdef0123456789abcdef");
	CHECK_EQ(get(&bench, REG_MIS), INT_RX);
	while (get(&bench, REG_MIS) & INT_RX)
		get(&bench, REG_DR);
	CHECK_EQ(get(&bench, REG_FR) & FR_RXFE, 0);
	CHECK_EQ(get(&bench, REG_MIS), INT_RT);
	bench_finish(&bench);
}

TEST(takes_input_only_as_far_as_there_is_room)
{
	struct bench bench;
	char got[41] = {0};

	bench_init(&bench);
	put(&bench, REG_LCR_H, LCR_H_FEN);
	type(&bench, forty);
	CHECK_EQ(bench.terminal.input_bytes, 40); /* not enabled */
	put(&bench, REG_CR, ENABLE);
	CHECK_EQ(bench.terminal.input_bytes, 8);
	CHECK(get(&bench, REG_FR) & FR_RXFF);
	for (int i = 0; i < 40; i++)
		got[i] = (char)get(&bench, REG_DR);
	CHECK_STR(got, forty);
	CHECK_EQ(get(&bench, REG_FR) & (FR_RXFE | FR_RXFF), FR_RXFE);
	CHECK_EQ(get(&bench, REG_DR), 0);
	bench_finish(&bench);
}

TEST(loopback_feeds_output_to_input_and_overruns)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_LCR_H, LCR_H_FEN);
	put(&bench, REG_CR, LOOPBACK);
	put(&bench, REG_IMSC, INT_OE);
	put_text(&bench, forty);
	CHECK_EQ(bench.terminal.output_bytes, 0);
	CHECK_EQ(get(&bench, REG_RIS) & 0x7f0, INT_RX | INT_TX | INT_RT | INT_OE);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, REG_RSR), 0x8);
	CHECK_EQ(get(&bench, REG_DR), 0x800 | '0');
	CHECK_EQ(get(&bench, REG_RSR), 0x8);
	put(&bench, REG_RSR, 0);
	CHECK_EQ(get(&bench, REG_RSR), 0);
	CHECK_EQ(get(&bench, REG_DR), '1');
	put(&bench, REG_ICR, INT_OE);
	CHECK(!bench.irq.level);
	bench_finish(&bench);
}

TEST(loopback_leaves_input_with_the_terminal)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, REG_CR, LOOPBACK);
	type(&bench, "later");
	CHECK_EQ(bench.terminal.input_bytes, 5);
	CHECK(get(&bench, REG_FR) & FR_RXFE);
	put(&bench, REG_CR, ENABLE);
	CHECK_EQ(get(&bench, REG_DR), 'l');
	bench_finish(&bench);
}

TEST(modem_lines_move_in_loopback_alone)
{
	static const struct {
		uint32_t output; /* in UARTCR */
		uint32_t input;  /* in UARTFR */
		uint32_t interrupt;
	} lines[] = {{0x800, 0x001, 0x2}, {0x400, 0x002, 0x8}, {0x1000, 0x004, 0x4},
		{0x2000, 0x100, 0x1}};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct bench bench;

		bench_init(&bench);
		put(&bench, REG_CR, ENABLE | lines[i].output);
		CHECK_EQ(get(&bench, REG_FR) & 0x107, MODEM_READY);
		CHECK_EQ(get(&bench, REG_RIS), 0);
		put(&bench, REG_CR, LOOPBACK);
		CHECK_EQ(get(&bench, REG_FR) & 0x107, 0);
		put(&bench, REG_ICR, 0x7ff);
		put(&bench, REG_IMSC, lines[i].interrupt);
		put(&bench, REG_CR, LOOPBACK | lines[i].output);
		CHECK_EQ(get(&bench, REG_FR) & 0x107, lines[i].input);
		CHECK_EQ(get(&bench, REG_RIS), lines[i].interrupt);
		CHECK(bench.irq.level);
		bench_finish(&bench);
	}
}

TEST(drives_a_new_line_with_the_present_level)
{
	struct bench bench;
	struct line other = {.line = {.ops = &line_ops}};

	bench_init(&bench);
	put(&bench, REG_IMSC, INT_TX);
	put(&bench, REG_DR, 'a');
	pl011_set_irq(bench.pl011, &other.line);
	CHECK(other.level);
	pl011_reset(bench.pl011);
	CHECK(!other.level);
	CHECK_EQ(bench.irq.changes, 1);
	bench_finish(&bench);
}

TEST_MAIN(CASE(has_the_documented_registers), CASE(takes_accesses_of_every_size),
	CASE(reads_the_upper_byte_of_a_register_alone),
	CASE(sends_at_once_even_before_it_is_enabled),
	CASE(keeps_output_while_the_terminal_is_slow),
	CASE(without_fifos_is_full_with_one_character),
	CASE(loses_nothing_when_reset_or_reconfigured_with_output_waiting),
	CASE(drops_what_a_guest_writes_into_a_full_fifo),
	CASE(transmit_interrupt_tells_of_falling_to_the_level),
	CASE(transmit_interrupt_follows_each_character_that_left_at_once),
	CASE(receive_interrupt_follows_the_fill_level),
	CASE(receive_timeout_tells_of_what_is_below_the_level),
	CASE(receive_timeout_comes_after_exactly_one_full_fifo),
	CASE(takes_input_only_as_far_as_there_is_room),
	CASE(loopback_feeds_output_to_input_and_overruns),
	CASE(loopback_leaves_input_with_the_terminal),
	CASE(modem_lines_move_in_loopback_alone),
	CASE(drives_a_new_line_with_the_present_level))
