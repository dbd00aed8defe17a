/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/i8042.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arch/x86/isa.h"
#include "src/board.h"
#include "src/byte_fifo.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/irq.h"
#include "src/log.h"

/* Commands of the controller. */
#define READ_COMMAND_BYTE 0x20u
#define WRITE_COMMAND_BYTE 0x60u
#define MOUSE_DISABLE 0xa7u
#define MOUSE_ENABLE 0xa8u
#define MOUSE_TEST 0xa9u
#define SELF_TEST 0xaau
#define KEYBOARD_TEST 0xabu
#define KEYBOARD_DISABLE 0xadu
#define KEYBOARD_ENABLE 0xaeu
#define READ_INPUT_PORT 0xc0u
#define READ_OUTPUT_PORT 0xd0u
#define WRITE_OUTPUT_PORT 0xd1u
#define WRITE_KEYBOARD_BUFFER 0xd2u
#define WRITE_MOUSE_BUFFER 0xd3u
#define WRITE_MOUSE 0xd4u
#define A20_OFF 0xddu
#define A20_ON 0xdfu
#define PULSE 0xf0u /* of the output port's lower lines, those whose bits are 0 */

#define SELF_TEST_PASSED 0x55u
#define TEST_PASSED 0x00u
#define TEST_CLOCK_LOW 0x01u /* nothing is plugged in */

/* The output port. A20 is kept, but addresses never wrap. */
#define OUTPUT_NOT_RESET 0x01u
#define OUTPUT_A20 0x02u

#define INPUT_UNLOCKED 0x80u

/* Commands of the keyboard, and what it sends. */
#define KEYBOARD_LEDS 0xedu
#define KEYBOARD_ECHO 0xeeu
#define KEYBOARD_SCAN_SET 0xf0u
#define KEYBOARD_IDENTIFY 0xf2u
#define KEYBOARD_RATE 0xf3u
#define KEYBOARD_SCAN 0xf4u
#define KEYBOARD_NO_SCAN 0xf5u
#define KEYBOARD_DEFAULTS 0xf6u
#define KEYBOARD_RESET 0xffu
#define KEYBOARD_ACK 0xfau
#define KEYBOARD_PASSED 0xaau
#define KEYBOARD_WHAT 0xfeu
#define KEYBOARD_RELEASED 0xf0u
#define SCAN_SET 2u

struct i8042 {
	struct isa_ports ports;
	const struct board_host *host;
	struct irq_line *irq;
	bool irq_level;
	struct guest_log log;

	uint8_t command_byte;
	uint8_t output_port;
	uint8_t command; /* whose parameter comes with the next data, or 0 */
	bool last_command;
	bool replies;
	uint8_t reply; /* the controller's own, before the keyboard's */

	struct byte_fifo keyboard;
	uint8_t keyboard_command; /* likewise */
	bool scanning;
	bool released; /* the next scan code is of a key that was */
};

/* ---- the byte to read, and its interrupt ------------------------------------------ */

static bool full(const struct i8042 *i8042)
{
	return i8042->replies ||
	       (i8042->keyboard.count && !(i8042->command_byte & I8042_KEYBOARD_OFF));
}

static void set_level(struct i8042 *i8042, bool level)
{
	if (level == i8042->irq_level)
		return;
	i8042->irq_level = level;
	if (i8042->irq)
		irq_line_set(i8042->irq, level);
}

static void update_irq(struct i8042 *i8042)
{
	set_level(i8042, full(i8042) && (i8042->command_byte & I8042_INTERRUPT));
}

/* The line falls with each byte that is read: the next one is an edge of its own. */
static uint8_t read_data(struct i8042 *i8042)
{
	uint8_t value = 0;

	if (i8042->replies)
		value = i8042->reply;
	else if (full(i8042))
		value = byte_fifo_take(&i8042->keyboard);
	i8042->replies = false;
	set_level(i8042, false);
	return value;
}

static void reply(struct i8042 *i8042, uint8_t value)
{
	i8042->replies = true;
	i8042->reply = value;
}

/* ---- the keyboard ----------------------------------------------------------------- */

/* What the keyboard sends as a PC of the first hour knows it. */
static uint8_t translate(uint8_t code)
{
	static const uint8_t table[][2] = {
		{0x02, 0x41}, /* the scan code set's number */
		{0x11, 0x38}, /* Alt */
		{0x14, 0x1d}, /* Ctrl */
		{0x71, 0x53}, /* Del */
		{0x83, 0x41}, /* of the keyboard's identity */
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (table[i][0] == code)
			return table[i][1];
	return code;
}

/* A guest that commands on without reading loses answers. */
static void send(struct i8042 *i8042, uint8_t code)
{
	if (i8042->command_byte & I8042_TRANSLATE) {
		if (code == KEYBOARD_RELEASED) {
			i8042->released = true;
			return;
		}
		code = translate(code) | (i8042->released ? 0x80 : 0);
		i8042->released = false;
	}
	if (i8042->keyboard.count < BYTE_FIFO_BYTES)
		byte_fifo_put(&i8042->keyboard, code);
}

static void command_keyboard(struct i8042 *i8042, uint8_t value)
{
	uint8_t command = i8042->keyboard_command;

	i8042->keyboard_command = 0;
	if (command) {
		send(i8042, KEYBOARD_ACK);
		if (command == KEYBOARD_SCAN_SET && !value)
			send(i8042, SCAN_SET);
		return;
	}
	switch (value) {
	case KEYBOARD_LEDS:
	case KEYBOARD_SCAN_SET:
	case KEYBOARD_RATE:
		i8042->keyboard_command = value;
		send(i8042, KEYBOARD_ACK);
		break;
	case KEYBOARD_IDENTIFY:
		send(i8042, KEYBOARD_ACK);
		send(i8042, 0xab);
		send(i8042, 0x83);
		break;
	case KEYBOARD_SCAN:
	case KEYBOARD_NO_SCAN:
		i8042->scanning = value == KEYBOARD_SCAN;
		send(i8042, KEYBOARD_ACK);
		break;
	case KEYBOARD_DEFAULTS:
		send(i8042, KEYBOARD_ACK);
		break;
	case KEYBOARD_RESET:
		i8042->keyboard.count = 0;
		i8042->scanning = true;
		send(i8042, KEYBOARD_ACK);
		send(i8042, KEYBOARD_PASSED);
		break;
	case KEYBOARD_ECHO:
		send(i8042, KEYBOARD_ECHO);
		break;
	default:
		send(i8042, KEYBOARD_WHAT);
		break;
	}
}

/* ---- the controller --------------------------------------------------------------- */

static void write_output_port(struct i8042 *i8042, uint8_t value)
{
	i8042->output_port = value | OUTPUT_NOT_RESET;
	if (!(value & OUTPUT_NOT_RESET))
		i8042->host->request(i8042->host->user, BOARD_RESET);
}

static void write_command(struct i8042 *i8042, uint8_t value)
{
	i8042->command = 0;
	switch (value) {
	case WRITE_COMMAND_BYTE:
	case WRITE_OUTPUT_PORT:
	case WRITE_KEYBOARD_BUFFER:
	case WRITE_MOUSE_BUFFER:
	case WRITE_MOUSE:
		i8042->command = value;
		break;
	case READ_COMMAND_BYTE:
		reply(i8042, i8042->command_byte);
		break;
	case MOUSE_DISABLE:
		i8042->command_byte |= I8042_MOUSE_OFF;
		break;
	case MOUSE_ENABLE:
		i8042->command_byte &= ~I8042_MOUSE_OFF;
		break;
	case MOUSE_TEST:
		reply(i8042, TEST_CLOCK_LOW);
		break;
	case SELF_TEST:
		i8042->command_byte |= I8042_PASSED;
		reply(i8042, SELF_TEST_PASSED);
		break;
	case KEYBOARD_TEST:
		reply(i8042, TEST_PASSED);
		break;
	case KEYBOARD_DISABLE:
		i8042->command_byte |= I8042_KEYBOARD_OFF;
		break;
	case KEYBOARD_ENABLE:
		i8042->command_byte &= ~I8042_KEYBOARD_OFF;
		break;
	case READ_INPUT_PORT:
		reply(i8042, INPUT_UNLOCKED);
		break;
	case READ_OUTPUT_PORT:
		reply(i8042, i8042->output_port);
		break;
	case A20_OFF:
		i8042->output_port &= ~OUTPUT_A20;
		break;
	case A20_ON:
		i8042->output_port |= OUTPUT_A20;
		break;
	default:
		if (value < PULSE)
			guest_log(&i8042->log, "there is no command 0x%02x", value);
		else if (!(value & OUTPUT_NOT_RESET))
			i8042->host->request(i8042->host->user, BOARD_RESET);
		break;
	}
}

/*
 * A mouse buffer's byte comes back as if it were the keyboard's: so drivers tell, without
 * waiting, that there is no mouse.
 */
static void write_data(struct i8042 *i8042, uint8_t value)
{
	uint8_t command = i8042->command;

	i8042->command = 0;
	switch (command) {
	case WRITE_COMMAND_BYTE:
		i8042->command_byte = value;
		break;
	case WRITE_OUTPUT_PORT:
		write_output_port(i8042, value);
		break;
	case WRITE_KEYBOARD_BUFFER:
	case WRITE_MOUSE_BUFFER:
		reply(i8042, value);
		break;
	case WRITE_MOUSE:
		break;
	default:
		i8042->command_byte &= ~I8042_KEYBOARD_OFF;
		command_keyboard(i8042, value);
		break;
	}
}

static uint8_t read_status(const struct i8042 *i8042)
{
	return I8042_STATUS_UNLOCKED | (i8042->command_byte & I8042_PASSED) |
	       (i8042->last_command ? I8042_STATUS_COMMAND : 0) |
	       (full(i8042) ? I8042_STATUS_FULL : 0);
}

static uint8_t port_read(struct isa_ports *ports, uint64_t offset)
{
	struct i8042 *i8042 = container_of(ports, struct i8042, ports);
	uint8_t value = 0xff;

	if (offset == I8042_DATA)
		value = read_data(i8042);
	else if (offset == I8042_STATUS)
		value = read_status(i8042);
	update_irq(i8042);
	return value;
}

static void port_write(struct isa_ports *ports, uint64_t offset, uint8_t value)
{
	struct i8042 *i8042 = container_of(ports, struct i8042, ports);

	if (offset == I8042_DATA)
		write_data(i8042, value);
	else if (offset == I8042_COMMAND)
		write_command(i8042, value);
	else
		return;
	i8042->last_command = offset == I8042_COMMAND;
	update_irq(i8042);
}

static const struct isa_ops ops = {.read = port_read, .write = port_write};

/* ---- life ------------------------------------------------------------------------- */

int i8042_create(const struct board_host *host, uint16_t port, struct i8042 **ret,
	struct error *err)
{
	struct i8042 *i8042 = calloc(1, sizeof(*i8042));

	if (!i8042)
		return error_set(
			err, -ENOMEM, NULL, "no memory for the keyboard controller");
	isa_ports_init(&i8042->ports, &ops, host->loop, port, I8042_PORTS, "i8042");
	i8042->host = host;
	i8042->log.source = "i8042";
	i8042_reset(i8042);
	*ret = i8042;
	return 0;
}

void i8042_destroy(struct i8042 *i8042)
{
	free(i8042);
}

struct mmio_region *i8042_region(struct i8042 *i8042)
{
	return &i8042->ports.region;
}

void i8042_reset(struct i8042 *i8042)
{
	i8042->command_byte =
		I8042_INTERRUPT | I8042_PASSED | I8042_MOUSE_OFF | I8042_TRANSLATE;
	i8042->output_port = OUTPUT_NOT_RESET | OUTPUT_A20;
	i8042->command = 0;
	i8042->last_command = false;
	i8042->replies = false;
	i8042->keyboard.count = 0;
	i8042->keyboard_command = 0;
	i8042->scanning = true;
	i8042->released = false;
	update_irq(i8042);
}

void i8042_set_irq(struct i8042 *i8042, struct irq_line *irq)
{
	i8042->irq = irq;
	i8042->irq_level = false;
	update_irq(i8042);
}

void i8042_press_ctrl_alt_del(struct i8042 *i8042)
{
	static const uint8_t codes[] = {
		0x14, 0x11, 0xe0, 0x71, 0xe0, 0xf0, 0x71, 0xf0, 0x11, 0xf0, 0x14};

	/* Half of it would leave keys pressed. */
	if (!i8042->scanning || i8042->keyboard.count + sizeof(codes) > BYTE_FIFO_BYTES)
		return;
	for (size_t i = 0; i < sizeof(codes); i++)
		send(i8042, codes[i]);
	update_irq(i8042);
}
