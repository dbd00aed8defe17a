/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/serial16550.h"

#include <string.h>

#include "arch/x86/serial16550_regs.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_line.h"
#include "test/unit/fake_terminal.h"
#include "test/unit/test.h"

#define PORT 0x3f8u
#define READY (MSR_CTS | MSR_DSR | MSR_DCD)
#define EMPTY (LSR_THRE | LSR_TEMT)
#define FIFOS (FCR_ENABLE)

#define CHARACTERS_NS 1000000u /* more than it takes for characters to time out */

static const char forty[] = "0123456789abcdefghijABCDEFGHIJ9876543210";

struct bench {
	struct terminal terminal;
	struct fake_line irq;
	struct serial16550 *serial;
	struct bus ports;
};

static void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	fake_clock = (struct loop){0};
	fake_line_init(&bench->irq);
	bench->terminal.room = sizeof(bench->terminal.output);
	CHECK_EQ(serial16550_create(
			 &fake_clock, PORT, &bench->terminal, &bench->serial, NULL),
		0);
	CHECK_EQ(bus_add(&bench->ports, serial16550_region(bench->serial), NULL), 0);
	serial16550_set_irq(bench->serial, &bench->irq.line);
}

static void bench_finish(struct bench *bench)
{
	CHECK_EQ(bench->irq.idle, 0); /* told of changes alone */
	serial16550_destroy(bench->serial);
	CHECK(!bench->terminal.user);
	CHECK(!fake_clock.timers);
}

static uint8_t get(struct bench *bench, unsigned int offset)
{
	uint64_t value;

	CHECK(bus_read(&bench->ports, PORT + offset, 1, &value));
	return (uint8_t)value;
}

static void put(struct bench *bench, unsigned int offset, uint8_t value)
{
	CHECK(bus_write(&bench->ports, PORT + offset, 1, value));
}

static void put_text(struct bench *bench, const char *text)
{
	while (*text)
		put(bench, SERIAL_DATA, (uint8_t)*text++);
}

/* As a driver opens it: FIFOs with a trigger level, interrupts through OUT2. */
static void open_port(struct bench *bench, uint8_t fcr, uint8_t ier)
{
	put(bench, SERIAL_FCR, fcr);
	put(bench, SERIAL_MCR, MCR_DTR | MCR_RTS | MCR_OUT2);
	put(bench, SERIAL_IER, ier);
}

TEST(has_the_documented_registers)
{
	static const struct {
		uint8_t lcr;
		uint8_t offset;
		uint8_t reset;
		uint8_t write;
		uint8_t read;
	} registers[] = {
		{0, SERIAL_IER, 0, 0xf5, 0x05},
		{0, SERIAL_IIR, IIR_NONE, 0x00, IIR_NONE},
		{0, SERIAL_IIR, IIR_NONE, 0xff, IIR_NONE | IIR_FIFOS},
		{0, SERIAL_IIR, IIR_NONE, 0xfe, IIR_NONE},
		{0, SERIAL_LCR, 0, 0x7f, 0x7f},
		{0, SERIAL_MCR, 0, 0xef, 0x0f},
		{0, SERIAL_LSR, EMPTY, 0xff, EMPTY},
		{0, SERIAL_MSR, READY, 0xff, READY},
		{0, SERIAL_SCR, 0, 0xa5, 0xa5},
		{LCR_DLAB, SERIAL_DATA, 12, 0x34, 0x34},
		{LCR_DLAB, SERIAL_IER, 0, 0x12, 0x12},
	};

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		struct bench bench;

		bench_init(&bench);
		put(&bench, SERIAL_LCR, registers[i].lcr);
		if (get(&bench, registers[i].offset) != registers[i].reset)
			test_fail(__FILE__, __LINE__, "reset value, row %zu", i);
		put(&bench, registers[i].offset, registers[i].write);
		if (get(&bench, registers[i].offset) != registers[i].read)
			test_fail(__FILE__, __LINE__, "value kept, row %zu", i);
		serial16550_reset(bench.serial);
		put(&bench, SERIAL_LCR, registers[i].lcr);
		if (get(&bench, registers[i].offset) != registers[i].reset)
			test_fail(__FILE__, __LINE__, "value after reset, row %zu", i);
		bench_finish(&bench);
	}
}

TEST(takes_a_wide_access_as_one_of_each_port)
{
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	CHECK(bus_write(&bench.ports, PORT + SERIAL_LCR, 4, 0x00000a03));
	CHECK_EQ(get(&bench, SERIAL_LCR), 0x03);
	CHECK_EQ(get(&bench, SERIAL_MCR), 0x0a);
	CHECK(bus_read(&bench.ports, PORT + SERIAL_LCR, 2, &value));
	CHECK_EQ(value, 0x0a03);
	CHECK(!bus_read(&bench.ports, PORT + SERIAL_SCR, 2, &value));
	bench_finish(&bench);
}

/* The questions that drivers ask to tell the 16550A from its ancestors and offspring. */
TEST(is_a_16550a_to_a_driver_that_probes)
{
	struct bench bench;
	unsigned int depth = 0;

	bench_init(&bench);
	put(&bench, SERIAL_MCR, MCR_LOOP | 0x0a); /* 8250: loopback of modem lines */
	CHECK_EQ(get(&bench, SERIAL_MSR) & 0xf0, MSR_CTS | MSR_DCD);
	put(&bench, SERIAL_MCR, 0);
	put(&bench, SERIAL_FCR, FCR_ENABLE); /* 16550A: both FIFO bits */
	CHECK_EQ(get(&bench, SERIAL_IIR) >> 6, 3);
	put(&bench, SERIAL_LCR, 0xbf); /* 16650: another register beside FCR */
	CHECK(get(&bench, SERIAL_FCR));
	put(&bench, SERIAL_LCR, LCR_DLAB);
	put(&bench, SERIAL_FCR, 0x21); /* 16750: FIFOs of 64 */
	CHECK_EQ(get(&bench, SERIAL_IIR) >> 5, 6);
	put(&bench, SERIAL_LCR, 0);
	put(&bench, SERIAL_IER, 0x40); /* XScale: a unit enable */
	CHECK_EQ(get(&bench, SERIAL_IER), 0);
	put(&bench, SERIAL_FCR, 0x07);
	put(&bench, SERIAL_MCR, MCR_LOOP);
	for (unsigned int i = 0; i < 256; i++)
		put(&bench, SERIAL_DATA, (uint8_t)i);
	for (; get(&bench, SERIAL_LSR) & LSR_DR; depth++)
		CHECK_EQ(get(&bench, SERIAL_DATA), depth);
	CHECK_EQ(depth, 16);
	CHECK_EQ(bench.terminal.output_bytes, 0);
	bench_finish(&bench);
}

TEST(tells_of_an_empty_transmitter_whenever_that_is_enabled)
{
	struct bench bench;

	bench_init(&bench);
	open_port(&bench, FIFOS, IER_TX);
	for (int i = 0; i < 2; i++) {
		CHECK(bench.irq.level);
		CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_TX);
		CHECK(!bench.irq.level);
		CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_NONE);
		put(&bench, SERIAL_IER, IER_TX); /* it was enabled already */
		CHECK(!bench.irq.level);
		put(&bench, SERIAL_IER, 0);
		put(&bench, SERIAL_IER, IER_TX);
	}
	bench_finish(&bench);
}

TEST(transmit_interrupt_follows_what_left_at_once)
{
	struct bench bench;

	bench_init(&bench);
	open_port(&bench, FIFOS, IER_TX);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_TX);
	put_text(&bench, "hello");
	CHECK_STR(bench.terminal.output, "hello");
	CHECK(bench.irq.level);
	CHECK_EQ(bench.irq.edges, 2);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_TX);
	CHECK(!bench.irq.level);
	bench_finish(&bench);
}

TEST(keeps_output_while_the_terminal_is_slow)
{
	struct bench bench;

	bench_init(&bench);
	open_port(&bench, FIFOS, IER_TX);
	bench.terminal.room = 3;
	put_text(&bench, "0123456789abcdef");
	CHECK_STR(bench.terminal.output, "012");
	CHECK_EQ(get(&bench, SERIAL_LSR), 0);
	CHECK(!bench.irq.level);
	put(&bench, SERIAL_IER, 0);
	put(&bench, SERIAL_IER, IER_TX); /* not empty: nothing to tell */
	CHECK(!bench.irq.level);
	fake_terminal_make_room(&bench.terminal, 12);
	CHECK(!bench.irq.level);
	put(&bench, SERIAL_FCR, 0x07);
	put(&bench, SERIAL_FCR, 0);
	serial16550_reset(bench.serial);
	open_port(&bench, FIFOS, IER_TX);
	CHECK_EQ(get(&bench, SERIAL_LSR), 0);
	fake_terminal_make_room(&bench.terminal, 100);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, SERIAL_LSR), EMPTY);
	CHECK_STR(bench.terminal.output, "0123456789abcdef");
	bench_finish(&bench);
}

TEST(drops_what_a_guest_writes_beyond_any_room)
{
	struct bench bench;

	bench_init(&bench);
	bench.terminal.room = 0;
	put_text(&bench, forty);
	fake_terminal_make_room(&bench.terminal, 100);
	CHECK_EQ(bench.terminal.output_bytes, 32);
	CHECK(memcmp(bench.terminal.output, forty, 32) == 0);
	bench_finish(&bench);
}

TEST(takes_input_only_as_far_as_there_is_room)
{
	static const struct {
		uint8_t fcr;
		unsigned int depth;
	} modes[] = {{0, 1}, {FIFOS, 16}};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct bench bench;
		char got[41] = {0};

		bench_init(&bench);
		open_port(&bench, modes[i].fcr, IER_RX);
		fake_terminal_type(&bench.terminal, forty);
		CHECK_EQ(bench.terminal.input_bytes, 40 - modes[i].depth);
		for (int n = 0; n < 40; n++) {
			CHECK(get(&bench, SERIAL_LSR) & LSR_DR);
			got[n] = (char)get(&bench, SERIAL_DATA);
		}
		CHECK_STR(got, forty);
		CHECK_EQ(get(&bench, SERIAL_LSR), EMPTY);
		CHECK_EQ(get(&bench, SERIAL_DATA), 0);
		bench_finish(&bench);
	}
}

/* Probing, printing and clearing, as a driver does before somebody reads. */
static void boot(struct bench *bench)
{
	for (int i = 0; i < 100; i++) {
		while (!(get(bench, SERIAL_LSR) & LSR_THRE))
			;
		put(bench, SERIAL_DATA, '.');
	}
	put(bench, SERIAL_MCR, MCR_DTR);
	put(bench, SERIAL_IER, 0x0f); /* which of it are there? */
	CHECK_EQ(get(bench, SERIAL_IER), 0x0f);
	put(bench, SERIAL_IER, 0);
	put(bench, SERIAL_MCR, MCR_LOOP);
	for (int i = 0; i < 20; i++)
		put(bench, SERIAL_DATA, 'x');
	while (get(bench, SERIAL_LSR) & LSR_DR)
		get(bench, SERIAL_DATA);
	put(bench, SERIAL_MCR, 0);
	for (int i = 0; i < 3; i++) {
		put(bench, SERIAL_FCR, 0x07);
		put(bench, SERIAL_FCR, 0);
		get(bench, SERIAL_LSR);
		get(bench, SERIAL_DATA);
		get(bench, SERIAL_IIR);
		get(bench, SERIAL_MSR);
	}
}

TEST(keeps_what_was_typed_before_the_port_is_open)
{
	struct bench bench;
	char got[41] = {0};

	bench_init(&bench);
	fake_terminal_type(&bench.terminal, forty);
	boot(&bench);
	open_port(&bench, 0, IER_RX);
	put(&bench, SERIAL_FCR, FIFOS);
	CHECK(bench.irq.level);
	for (int i = 0; i < 40; i++)
		got[i] = (char)get(&bench, SERIAL_DATA);
	CHECK_STR(got, forty);
	bench_finish(&bench);
}

TEST(a_guest_that_polls_gets_its_input)
{
	struct bench bench;

	bench_init(&bench);
	fake_terminal_type(&bench.terminal, "ab");
	for (const char *next = "ab"; *next; next++) {
		unsigned int polls = 0;

		while (!(get(&bench, SERIAL_LSR) & LSR_DR))
			CHECK(polls++ < 20);
		CHECK_EQ(get(&bench, SERIAL_DATA), (uint8_t)*next);
		put(&bench, SERIAL_DATA, (uint8_t)*next); /* the echo */
	}
	CHECK_STR(bench.terminal.output, "ab");
	CHECK(!fake_clock.timers);
	bench_finish(&bench);
}

TEST(waiting_for_room_is_not_waiting_for_input)
{
	struct bench bench;

	bench_init(&bench);
	bench.terminal.room = 0;
	put(&bench, SERIAL_DATA, 'a');
	fake_terminal_type(&bench.terminal, "later");
	for (int i = 0; i < 1000; i++)
		CHECK_EQ(get(&bench, SERIAL_LSR), 0);
	CHECK_EQ(bench.terminal.input_bytes, 5);
	bench_finish(&bench);
}

TEST(receive_interrupt_follows_the_fill_level)
{
	static const struct {
		uint8_t fcr;
		unsigned int level;
	} levels[] = {{0, 1}, {0x01, 1}, {0x41, 4}, {0x81, 8}, {0xc1, 14}};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct bench bench;
		char text[17] = {0};
		uint8_t fifos = levels[i].fcr ? IIR_FIFOS : 0;

		bench_init(&bench);
		open_port(&bench, levels[i].fcr, IER_RX);
		memset(text, 'x', levels[i].level - 1);
		fake_terminal_type(&bench.terminal, text);
		CHECK_EQ(get(&bench, SERIAL_IIR),
			levels[i].level > 1 ? IIR_FIFOS | IIR_TIMEOUT : fifos | IIR_NONE);
		fake_terminal_type(&bench.terminal, "y");
		CHECK_EQ(get(&bench, SERIAL_IIR), fifos | IIR_RX);
		CHECK(bench.irq.level);
		get(&bench, SERIAL_DATA);
		CHECK_EQ(get(&bench, SERIAL_IIR), fifos | IIR_NONE);
		CHECK(!bench.irq.level);
		bench_finish(&bench);
	}
}

TEST(what_is_left_in_the_fifo_times_out_with_an_edge_each_time)
{
	struct bench bench;

	bench_init(&bench);
	open_port(&bench, 0xc1, IER_RX);
	fake_terminal_type(&bench.terminal, "abc");
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQ(bench.irq.edges, i + 1);
		CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_TIMEOUT);
		CHECK_EQ(get(&bench, SERIAL_DATA), 'a' + i);
		CHECK(!bench.irq.level);
		fake_clock_advance(CHARACTERS_NS);
	}
	CHECK(!bench.irq.level);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_NONE);
	bench_finish(&bench);
}

TEST(a_reader_of_many_characters_costs_one_timer)
{
	struct bench bench;

	bench_init(&bench);
	open_port(&bench, 0xc1, IER_RX);
	fake_terminal_type(&bench.terminal, "0123456789abc");
	while (get(&bench, SERIAL_LSR) & LSR_DR)
		get(&bench, SERIAL_DATA);
	fake_clock_advance(CHARACTERS_NS);
	CHECK_EQ(fake_clock.expired, 1);
	CHECK_EQ(bench.irq.edges, 1);
	bench_finish(&bench);
}

TEST(only_clearing_the_fifo_drops_what_was_received)
{
	static const struct {
		uint8_t fcr;
		const char *next;
	} writes[] = {{0x03, "q"}, {0x02, "0"}, {0x00, "0"}, {0x05, "0"}, {0xc1, "0"}};

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct bench bench;

		bench_init(&bench);
		open_port(&bench, FIFOS, IER_RX);
		fake_terminal_type(&bench.terminal, "0123456789abcdefq");
		put(&bench, SERIAL_FCR, writes[i].fcr);
		put(&bench, SERIAL_FCR, FIFOS);
		CHECK_EQ(get(&bench, SERIAL_DATA), writes[i].next[0]);
		bench_finish(&bench);
	}
}

TEST(loopback_feeds_output_to_input_and_leaves_input_with_the_terminal)
{
	struct bench bench;

	bench_init(&bench);
	open_port(&bench, FIFOS, IER_RX);
	put(&bench, SERIAL_MCR, MCR_LOOP | MCR_OUT2);
	fake_terminal_type(&bench.terminal, "later");
	put_text(&bench, "ab");
	CHECK_EQ(bench.terminal.output_bytes, 0);
	CHECK_EQ(bench.terminal.input_bytes, 5);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_RX);
	CHECK(!bench.irq.level); /* its pin is inactive */
	CHECK_EQ(get(&bench, SERIAL_DATA), 'a');
	CHECK_EQ(get(&bench, SERIAL_DATA), 'b');
	CHECK_EQ(get(&bench, SERIAL_LSR), EMPTY);
	put(&bench, SERIAL_MCR, MCR_OUT2);
	CHECK(bench.irq.level);
	CHECK_EQ(get(&bench, SERIAL_DATA), 'l');
	bench_finish(&bench);
}

TEST(overrun_is_told_once_and_keeps_what_the_mode_says)
{
	static const struct {
		uint8_t fcr;
		const char *text;
		uint8_t first;
	} modes[] = {{0, "ab", 'b'}, {FIFOS, "0123456789abcdefg", '0'}};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct bench bench;
		uint8_t fifos = modes[i].fcr ? IIR_FIFOS : 0;

		bench_init(&bench);
		open_port(&bench, modes[i].fcr, IER_LINE);
		put(&bench, SERIAL_MCR, MCR_LOOP);
		put_text(&bench, modes[i].text);
		put(&bench, SERIAL_MCR, MCR_OUT2);
		CHECK(bench.irq.level);
		CHECK_EQ(get(&bench, SERIAL_IIR), fifos | IIR_LINE);
		CHECK_EQ(get(&bench, SERIAL_LSR), EMPTY | LSR_OE | LSR_DR);
		CHECK(!bench.irq.level);
		CHECK_EQ(get(&bench, SERIAL_LSR), EMPTY | LSR_DR);
		CHECK_EQ(get(&bench, SERIAL_DATA), modes[i].first);
		bench_finish(&bench);
	}
}

TEST(modem_lines_move_in_loopback_alone)
{
	static const struct {
		uint8_t output; /* in MCR */
		uint8_t input;  /* in MSR */
		uint8_t rises;
		uint8_t falls;
	} lines[] = {{MCR_RTS, MSR_CTS, MSR_DCTS, MSR_DCTS},
		{MCR_DTR, MSR_DSR, MSR_DDSR, MSR_DDSR}, {MCR_OUT1, MSR_RI, 0, MSR_TERI},
		{MCR_OUT2, MSR_DCD, MSR_DDCD, MSR_DDCD}};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct bench bench;

		bench_init(&bench);
		put(&bench, SERIAL_MCR, lines[i].output);
		CHECK_EQ(get(&bench, SERIAL_MSR), READY);
		put(&bench, SERIAL_MCR, MCR_LOOP);
		get(&bench, SERIAL_MSR);
		put(&bench, SERIAL_IER, IER_MODEM);
		put(&bench, SERIAL_MCR, MCR_LOOP | lines[i].output);
		CHECK_EQ(get(&bench, SERIAL_IIR), lines[i].rises ? IIR_MODEM : IIR_NONE);
		CHECK_EQ(get(&bench, SERIAL_MSR), lines[i].input | lines[i].rises);
		CHECK_EQ(get(&bench, SERIAL_MSR), lines[i].input);
		put(&bench, SERIAL_MCR, MCR_LOOP);
		CHECK_EQ(get(&bench, SERIAL_IIR), IIR_MODEM);
		CHECK_EQ(get(&bench, SERIAL_MSR), lines[i].falls);
		CHECK_EQ(get(&bench, SERIAL_IIR), IIR_NONE);
		bench_finish(&bench);
	}
}

TEST(interrupts_are_told_by_rank)
{
	struct bench bench;

	bench_init(&bench);
	open_port(&bench, FIFOS, 0);
	put(&bench, SERIAL_MCR, MCR_LOOP | MCR_OUT2); /* CTS and DSR fall */
	put_text(&bench, "0123456789abcdefg");
	put(&bench, SERIAL_IER, 0xf);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_LINE);
	get(&bench, SERIAL_LSR);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_RX);
	while (get(&bench, SERIAL_LSR) & LSR_DR)
		get(&bench, SERIAL_DATA);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_TX);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_MODEM);
	get(&bench, SERIAL_MSR);
	CHECK_EQ(get(&bench, SERIAL_IIR), IIR_FIFOS | IIR_NONE);
	fake_clock_advance(CHARACTERS_NS);
	bench_finish(&bench);
}

TEST(out2_lets_the_interrupt_through)
{
	struct bench bench;

	bench_init(&bench);
	put(&bench, SERIAL_IER, IER_TX);
	CHECK(!bench.irq.level);
	put(&bench, SERIAL_MCR, MCR_OUT2);
	CHECK(bench.irq.level);
	put(&bench, SERIAL_MCR, MCR_OUT2 | MCR_LOOP);
	CHECK(!bench.irq.level);
	bench_finish(&bench);
}

TEST(a_new_line_starts_low_and_input_survives_the_reboot)
{
	struct bench bench;
	struct fake_line next;

	bench_init(&bench);
	fake_line_init(&next);
	open_port(&bench, FIFOS, IER_TX | IER_RX);
	fake_terminal_type(&bench.terminal, "0123456789abcdefq");
	CHECK(bench.irq.level);
	serial16550_set_irq(bench.serial, NULL);
	serial16550_reset(bench.serial);
	serial16550_set_irq(bench.serial, &next.line);
	CHECK(bench.irq.level); /* gone with its VM */
	CHECK(!next.level);
	open_port(&bench, FIFOS, IER_RX);
	CHECK(next.level);
	CHECK_EQ(get(&bench, SERIAL_DATA), 'q');
	bench_finish(&bench);
}

TEST_MAIN(CASE(has_the_documented_registers),
	CASE(takes_a_wide_access_as_one_of_each_port),
	CASE(is_a_16550a_to_a_driver_that_probes),
	CASE(tells_of_an_empty_transmitter_whenever_that_is_enabled),
	CASE(transmit_interrupt_follows_what_left_at_once),
	CASE(keeps_output_while_the_terminal_is_slow),
	CASE(drops_what_a_guest_writes_beyond_any_room),
	CASE(takes_input_only_as_far_as_there_is_room),
	CASE(keeps_what_was_typed_before_the_port_is_open),
	CASE(a_guest_that_polls_gets_its_input),
	CASE(waiting_for_room_is_not_waiting_for_input),
	CASE(receive_interrupt_follows_the_fill_level),
	CASE(what_is_left_in_the_fifo_times_out_with_an_edge_each_time),
	CASE(a_reader_of_many_characters_costs_one_timer),
	CASE(only_clearing_the_fifo_drops_what_was_received),
	CASE(loopback_feeds_output_to_input_and_leaves_input_with_the_terminal),
	CASE(overrun_is_told_once_and_keeps_what_the_mode_says),
	CASE(modem_lines_move_in_loopback_alone), CASE(interrupts_are_told_by_rank),
	CASE(out2_lets_the_interrupt_through),
	CASE(a_new_line_starts_low_and_input_survives_the_reboot))
