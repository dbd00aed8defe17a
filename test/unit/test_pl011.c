/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/pl011.h"

#include "test/unit/pl011_bench.h"

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
		primecell_reset(bench.cell);
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
	primecell_reset(bench.cell);
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

TEST_MAIN(CASE(has_the_documented_registers), CASE(takes_accesses_of_every_size),
	CASE(reads_the_upper_byte_of_a_register_alone),
	CASE(sends_at_once_even_before_it_is_enabled),
	CASE(keeps_output_while_the_terminal_is_slow),
	CASE(without_fifos_is_full_with_one_character),
	CASE(loses_nothing_when_reset_or_reconfigured_with_output_waiting),
	CASE(drops_what_a_guest_writes_into_a_full_fifo),
	CASE(takes_input_only_as_far_as_there_is_room),
	CASE(loopback_leaves_input_with_the_terminal))
