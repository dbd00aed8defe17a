/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupts of the PL011, of every kind. */
#include "arch/arm/pl011.h"

#include "test/unit/pl011_bench.h"

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
	CHECK_EQ(bench.irq.edges, 3);
	CHECK_EQ(bench.irq.idle, 0); /* told of changes alone */
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
	struct fake_line other;

	fake_line_init(&other);
	bench_init(&bench);
	put(&bench, REG_IMSC, INT_TX);
	put(&bench, REG_DR, 'a');
	primecell_set_irq(bench.cell, &other.line);
	CHECK(other.level);
	primecell_reset(bench.cell);
	CHECK(!other.level);
	CHECK_EQ(bench.irq.edges, 1);
	CHECK(bench.irq.level); /* gone with its VM */
	bench_finish(&bench);
}

TEST_MAIN(CASE(transmit_interrupt_tells_of_falling_to_the_level),
	CASE(transmit_interrupt_follows_each_character_that_left_at_once),
	CASE(receive_interrupt_follows_the_fill_level),
	CASE(receive_timeout_tells_of_what_is_below_the_level),
	CASE(receive_timeout_comes_after_exactly_one_full_fifo),
	CASE(loopback_feeds_output_to_input_and_overruns),
	CASE(modem_lines_move_in_loopback_alone),
	CASE(drives_a_new_line_with_the_present_level))
