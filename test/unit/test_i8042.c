/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/i8042.h"

#include <string.h>

#include "src/container_of.h"
#include "test/unit/fake_board.h"
#include "test/unit/fake_line.h"
#include "test/unit/test.h"

#define PORT 0x60u

#define COMMAND_BYTE_AT_RESET                                                            \
	(I8042_INTERRUPT | I8042_PASSED | I8042_MOUSE_OFF | I8042_TRANSLATE)

struct bench {
	struct fake_board board;
	struct fake_line irq;
	struct i8042 *i8042;
};

static void bench_init(struct bench *bench)
{
	fake_board_init(&bench->board);
	fake_line_init(&bench->irq);
	CHECK_EQ(i8042_create(&bench->board.host, PORT, &bench->i8042, NULL), 0);
	CHECK_EQ(bus_add(&bench->board.ports, i8042_region(bench->i8042), NULL), 0);
	i8042_set_irq(bench->i8042, &bench->irq.line);
}

static void bench_finish(struct bench *bench)
{
	CHECK_EQ(bench->irq.idle, 0); /* told of changes alone */
	i8042_destroy(bench->i8042);
}

static uint8_t status(struct bench *bench)
{
	return (uint8_t)fake_board_in(&bench->board, PORT + I8042_STATUS, 1);
}

static bool full(struct bench *bench)
{
	return status(bench) & I8042_STATUS_FULL;
}

static uint8_t data(struct bench *bench)
{
	CHECK(full(bench));
	return (uint8_t)fake_board_in(&bench->board, PORT + I8042_DATA, 1);
}

static void command(struct bench *bench, uint8_t value)
{
	fake_board_out(&bench->board, PORT + I8042_COMMAND, 1, value);
}

static void parameter(struct bench *bench, uint8_t value)
{
	fake_board_out(&bench->board, PORT + I8042_DATA, 1, value);
}

static void check_bytes(int line, struct bench *bench, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t got = data(bench);

		if (got != bytes[i])
			test_fail(__FILE__, line, "byte %zu is 0x%02x, not 0x%02x", i,
				got, bytes[i]);
	}
	if (full(bench))
		test_fail(__FILE__, line, "there is more than %zu bytes", count);
}

#define CHECK_BYTES(bench, ...)                                                          \
	check_bytes(__LINE__, bench, (const uint8_t[]){__VA_ARGS__},                     \
		sizeof((const uint8_t[]){__VA_ARGS__}))

TEST(answers_the_commands_that_drivers_probe_with)
{
	static const struct {
		uint8_t command;
		uint8_t reply;
	} commands[] = {{0x20, COMMAND_BYTE_AT_RESET}, {0xa9, 0x01}, {0xaa, 0x55},
		{0xab, 0x00}, {0xc0, 0x80}, {0xd0, 0x03}};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct bench bench;

		bench_init(&bench);
		CHECK_EQ(status(&bench), I8042_STATUS_UNLOCKED | I8042_STATUS_PASSED);
		command(&bench, commands[i].command);
		CHECK(status(&bench) & I8042_STATUS_COMMAND);
		CHECK(bench.irq.level);
		CHECK_EQ(data(&bench), commands[i].reply);
		CHECK(!full(&bench));
		CHECK(!bench.irq.level);
		bench_finish(&bench);
	}
}

TEST(commands_without_an_answer_change_the_command_byte)
{
	static const struct {
		uint8_t command;
		uint8_t clear;
		uint8_t set;
	} commands[] = {{0xad, 0, I8042_KEYBOARD_OFF}, {0xa8, I8042_MOUSE_OFF, 0},
		{0xa7, 0, I8042_MOUSE_OFF}, {0xff, 0, 0}, {0x99, 0, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		struct bench bench;

		bench_init(&bench);
		command(&bench, commands[i].command);
		CHECK(!full(&bench));
		command(&bench, 0x20);
		CHECK_EQ(data(&bench),
			(COMMAND_BYTE_AT_RESET & ~commands[i].clear) | commands[i].set);
		CHECK_EQ(bench.board.requests, 0);
		bench_finish(&bench);
	}
}

TEST(keeps_the_command_byte_and_the_a20_line)
{
	struct bench bench;

	bench_init(&bench);
	command(&bench, 0x60);
	parameter(&bench, 0x30);
	CHECK_EQ(status(&bench), I8042_STATUS_UNLOCKED);
	command(&bench, 0x20);
	CHECK_EQ(data(&bench), 0x30);
	CHECK_EQ(bench.irq.edges, 0); /* not enabled */
	command(&bench, 0xae);
	command(&bench, 0xdd);
	command(&bench, 0xd0);
	CHECK_EQ(data(&bench), 0x01);
	command(&bench, 0xdf);
	command(&bench, 0xd0);
	CHECK_EQ(data(&bench), 0x03);
	command(&bench, 0xd1);
	parameter(&bench, 0xdd);
	command(&bench, 0xd0);
	CHECK_EQ(data(&bench), 0xdd);
	CHECK_EQ(bench.board.requests, 0);
	bench_finish(&bench);
}

TEST(pulls_the_reset_line)
{
	static const struct {
		uint8_t command;
		int parameter; /* -1: none */
		unsigned int requests;
	} cases[] = {{0xfe, -1, 1}, {0xf0, -1, 1}, {0xff, -1, 0}, {0xfd, -1, 0},
		{0xd1, 0x02, 1}, {0xd1, 0x03, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;

		bench_init(&bench);
		command(&bench, cases[i].command);
		if (cases[i].parameter >= 0)
			parameter(&bench, (uint8_t)cases[i].parameter);
		CHECK_EQ(bench.board.requests, cases[i].requests);
		if (bench.board.requests)
			CHECK_EQ(bench.board.last, BOARD_RESET);
		bench_finish(&bench);
	}
}

TEST(has_no_mouse_and_says_so_at_once)
{
	struct bench bench;

	bench_init(&bench);
	command(&bench, 0xd3);
	parameter(&bench, 0x5a);
	CHECK_EQ(status(&bench) & 0x20, 0); /* not from a mouse */
	CHECK_BYTES(&bench, 0x5a);
	command(&bench, 0xd4);
	parameter(&bench, 0xff);
	CHECK(!full(&bench));
	command(&bench, 0xd2);
	parameter(&bench, 0x1c);
	CHECK_BYTES(&bench, 0x1c);
	bench_finish(&bench);
}

TEST(the_keyboard_answers_what_its_driver_asks)
{
	struct bench bench;

	bench_init(&bench);
	parameter(&bench, 0xf2);
	CHECK_BYTES(&bench, 0xfa, 0xab, 0x41);
	parameter(&bench, 0xf5);
	CHECK_BYTES(&bench, 0xfa);
	parameter(&bench, 0xff);
	CHECK_BYTES(&bench, 0xfa, 0xaa);
	parameter(&bench, 0xed);
	CHECK_BYTES(&bench, 0xfa);
	parameter(&bench, 0x00);
	CHECK_BYTES(&bench, 0xfa);
	parameter(&bench, 0xf3);
	parameter(&bench, 0x20);
	CHECK_BYTES(&bench, 0xfa, 0xfa);
	parameter(&bench, 0xf0);
	parameter(&bench, 0x00);
	CHECK_BYTES(&bench, 0xfa, 0xfa, 0x41);
	parameter(&bench, 0xf4);
	parameter(&bench, 0xf6);
	CHECK_BYTES(&bench, 0xfa, 0xfa);
	parameter(&bench, 0xee);
	CHECK_BYTES(&bench, 0xee);
	parameter(&bench, 0x12);
	parameter(&bench, 0xf8);
	CHECK_BYTES(&bench, 0xfe, 0xfe);
	bench_finish(&bench);
}

TEST(an_untranslated_keyboard_speaks_set_2)
{
	struct bench bench;

	bench_init(&bench);
	command(&bench, 0x60);
	parameter(&bench, I8042_INTERRUPT);
	parameter(&bench, 0xf2);
	CHECK_BYTES(&bench, 0xfa, 0xab, 0x83);
	i8042_press_ctrl_alt_del(bench.i8042);
	CHECK_BYTES(
		&bench, 0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14);
	bench_finish(&bench);
}

TEST(ctrl_alt_del_is_a_byte_an_edge)
{
	static const uint8_t codes[] = {0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d};
	struct bench bench;

	bench_init(&bench);
	i8042_press_ctrl_alt_del(bench.i8042);
	for (unsigned int i = 0; i < sizeof(codes); i++) {
		CHECK(bench.irq.level);
		CHECK_EQ(bench.irq.edges, i + 1);
		CHECK_EQ(data(&bench), codes[i]);
	}
	CHECK(!bench.irq.level);
	CHECK(!full(&bench));
	bench_finish(&bench);
}

TEST(a_guest_that_turned_the_keys_off_gets_none)
{
	struct bench bench;

	bench_init(&bench);
	parameter(&bench, 0xf5);
	CHECK_BYTES(&bench, 0xfa);
	i8042_press_ctrl_alt_del(bench.i8042);
	CHECK(!full(&bench));
	parameter(&bench, 0xf4);
	CHECK_BYTES(&bench, 0xfa);
	command(&bench, 0xad); /* the controller's side: they wait */
	i8042_press_ctrl_alt_del(bench.i8042);
	CHECK(!full(&bench));
	command(&bench, 0x20);
	CHECK_EQ(data(&bench) & I8042_KEYBOARD_OFF, I8042_KEYBOARD_OFF);
	CHECK(!full(&bench));
	command(&bench, 0xae);
	CHECK_EQ(data(&bench), 0x1d);
	bench_finish(&bench);
}

TEST(keys_that_nobody_reads_are_dropped_whole)
{
	struct bench bench;

	bench_init(&bench);
	for (int i = 0; i < 10; i++)
		i8042_press_ctrl_alt_del(bench.i8042);
	for (int i = 0; i < 3 * 8; i++)
		data(&bench);
	CHECK(!full(&bench));
	for (int i = 0; i < 100; i++)
		parameter(&bench, 0xf6);
	for (int i = 0; i < 32; i++)
		CHECK_EQ(data(&bench), 0xfa);
	CHECK(!full(&bench));
	CHECK_EQ(fake_board_in(&bench.board, PORT, 1), 0);
	bench_finish(&bench);
}

TEST(the_ports_between_are_not_its)
{
	struct bench bench;

	bench_init(&bench);
	fake_board_out(&bench.board, PORT + 1, 1, 0xfe);
	CHECK_EQ(fake_board_in(&bench.board, PORT + 1, 1), 0xff);
	CHECK_EQ(bench.board.requests, 0);
	bench_finish(&bench);
}

TEST(a_new_line_starts_low)
{
	struct fake_line next;
	struct bench bench;

	bench_init(&bench);
	fake_line_init(&next);
	i8042_press_ctrl_alt_del(bench.i8042);
	parameter(&bench, 0xed);
	i8042_set_irq(bench.i8042, NULL);
	i8042_reset(bench.i8042);
	i8042_set_irq(bench.i8042, &next.line);
	CHECK(bench.irq.level); /* gone with its VM */
	CHECK(!next.level);
	CHECK(!full(&bench));
	parameter(&bench, 0xee);
	CHECK(next.level);
	CHECK_BYTES(&bench, 0xee);
	i8042_destroy(NULL);
	bench_finish(&bench);
}

TEST_MAIN(CASE(answers_the_commands_that_drivers_probe_with),
	CASE(commands_without_an_answer_change_the_command_byte),
	CASE(keeps_the_command_byte_and_the_a20_line), CASE(pulls_the_reset_line),
	CASE(has_no_mouse_and_says_so_at_once),
	CASE(the_keyboard_answers_what_its_driver_asks),
	CASE(an_untranslated_keyboard_speaks_set_2), CASE(ctrl_alt_del_is_a_byte_an_edge),
	CASE(a_guest_that_turned_the_keys_off_gets_none),
	CASE(keys_that_nobody_reads_are_dropped_whole),
	CASE(the_ports_between_are_not_its), CASE(a_new_line_starts_low))
