/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 16550A, data sheet of the PC16550D: registers of section 8, FIFO operation of 8.4 and
 * 8.5. Threads: vCPUs and the loop's, under the loop's lock.
 *
 * What differs from silicon, on purpose:
 * - There is no time on the wire, and the divisor is only kept. New characters count as
 *   timed out when the terminal has given what it had; what a reader leaves in the FIFO
 *   does so a little later, for an interrupt controller that wants an edge.
 * - A full receive FIFO leaves the input with the terminal, so nothing from outside is
 *   overrun; only loopback can. A guest that does not listen, by interrupt or by polling,
 *   leaves it there too: drivers empty the FIFO several times while they open a port, and
 *   would lose some of what was typed before, but not all.
 * - Nothing empties the transmit FIFO but the terminal: what was written has been sent.
 *   The receive FIFO is emptied when that is asked for, not by turning FIFOs on or off,
 *   which Linux does after it has enabled the interrupt.
 */
#include "arch/x86/serial16550.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arch/x86/isa.h"
#include "arch/x86/serial16550_regs.h"
#include "host/terminal.h"
#include "src/byte_fifo.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/irq.h"
#include "src/log.h"
#include "src/loop.h"

#define FIFO_DEPTH 16u

/* Four characters of ten bits at 115200 baud. */
#define TIMEOUT_NS 350000u

/*
 * So many reads of LSR without a write of anything, though there was room to send: the
 * guest is waiting for input. Drivers that probe, or send, read it but a few times.
 */
#define POLLS_LISTENING 16u

/* 9600 baud, which a PC's firmware leaves behind. */
#define DIVISOR_DEFAULT 12u

struct serial16550 {
	struct isa_ports ports;
	struct terminal_user user;
	struct terminal *terminal;
	struct irq_line *irq;
	bool irq_level;
	struct loop_timer timeout_timer;
	struct guest_log log;

	struct byte_fifo rx;
	struct byte_fifo tx;
	bool overrun;    /* LSR's */
	bool rx_timeout; /* characters wait, fewer than the trigger level */
	unsigned int polls;
	bool tx_emptied; /* since the last write of THR, and not yet told by IIR */

	uint8_t ier;
	uint8_t fcr;
	uint8_t lcr;
	uint8_t mcr;
	uint8_t msr_deltas;
	uint8_t scr;
	uint16_t divisor;
};

/* ---- levels and the interrupt ----------------------------------------------------- */

static unsigned int rx_depth(const struct serial16550 *serial)
{
	return serial->fcr & FCR_ENABLE ? FIFO_DEPTH : 1;
}

static unsigned int rx_trigger(const struct serial16550 *serial)
{
	static const unsigned int levels[4] = {1, 4, 8, 14};

	return serial->fcr & FCR_ENABLE ? levels[serial->fcr >> 6] : 1;
}

/* The source of the highest priority, as IIR names it. */
static uint8_t pending(const struct serial16550 *serial)
{
	if ((serial->ier & IER_LINE) && serial->overrun)
		return IIR_LINE;
	if ((serial->ier & IER_RX) && serial->rx.count >= rx_trigger(serial))
		return IIR_RX;
	if ((serial->ier & IER_RX) && serial->rx_timeout)
		return IIR_TIMEOUT;
	if ((serial->ier & IER_TX) && serial->tx_emptied)
		return IIR_TX;
	if ((serial->ier & IER_MODEM) && serial->msr_deltas)
		return IIR_MODEM;
	return IIR_NONE;
}

/* In loopback the pin of OUT2 is inactive, whatever its bit says. */
static void update_irq(struct serial16550 *serial)
{
	bool level = pending(serial) != IIR_NONE &&
		     (serial->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;

	if (level == serial->irq_level)
		return;
	serial->irq_level = level;
	if (serial->irq)
		irq_line_set(serial->irq, level);
}

/*
 * The modem lines as MSR shows them. Outside of loopback the far end is always there and
 * ready, or a guest with hardware flow control would wait for good.
 */
static uint8_t modem_lines(const struct serial16550 *serial)
{
	if (!(serial->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	return (serial->mcr & MCR_RTS ? MSR_CTS : 0) |
	       (serial->mcr & MCR_DTR ? MSR_DSR : 0) |
	       (serial->mcr & MCR_OUT1 ? MSR_RI : 0) |
	       (serial->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* ---- receiving -------------------------------------------------------------------- */

/* A driver that tries what IER keeps has not opened the port: OUT2 is off still. */
static bool listening(const struct serial16550 *serial)
{
	return ((serial->ier & IER_RX) && (serial->mcr & MCR_OUT2)) ||
	       serial->polls >= POLLS_LISTENING;
}

/* What is in the FIFO now is to be told of, should nobody read it. */
static void expect_timeout(struct serial16550 *serial)
{
	if (serial->rx.count && (serial->fcr & FCR_ENABLE) && (serial->ier & IER_RX) &&
		!serial->timeout_timer.loop)
		loop_timer_arm(
			serial->ports.region.loop, &serial->timeout_timer, TIMEOUT_NS);
}

static void timed_out(struct loop_timer *timer)
{
	struct serial16550 *serial =
		container_of(timer, struct serial16550, timeout_timer);

	serial->rx_timeout = serial->rx.count && (serial->fcr & FCR_ENABLE);
	update_irq(serial);
}

/* Takes what the terminal has as far as there is room. */
static void pull_input(struct serial16550 *serial)
{
	uint8_t bytes[FIFO_DEPTH];
	size_t got;

	if (!listening(serial) || (serial->mcr & MCR_LOOP) ||
		serial->rx.count >= rx_depth(serial))
		return;
	got = terminal_read(serial->terminal, bytes, rx_depth(serial) - serial->rx.count);
	for (size_t i = 0; i < got; i++)
		byte_fifo_put(&serial->rx, bytes[i]);
}

/* With FIFOs what finds no room is lost; without, it takes the place of what is there. */
static void loop_back(struct serial16550 *serial, uint8_t byte)
{
	if (serial->rx.count >= rx_depth(serial)) {
		serial->overrun = true;
		if (serial->fcr & FCR_ENABLE)
			return;
		byte_fifo_take(&serial->rx);
	}
	byte_fifo_put(&serial->rx, byte);
	expect_timeout(serial);
}

static uint8_t read_data(struct serial16550 *serial)
{
	uint8_t value = serial->rx.count ? byte_fifo_take(&serial->rx) : 0;

	serial->rx_timeout = false;
	pull_input(serial);
	expect_timeout(serial);
	return value;
}

/* ---- sending ---------------------------------------------------------------------- */

/*
 * There is room for twice the FIFO: a guest that fills it without FIFOs enabled, or
 * without looking, is kept whole.
 */
static void write_data(struct serial16550 *serial, uint8_t byte)
{
	if (serial->mcr & MCR_LOOP) {
		loop_back(serial, byte);
	} else if (serial->tx.count == BYTE_FIFO_BYTES) {
		guest_log(&serial->log, "written while full, a character is lost");
	} else {
		byte_fifo_put(&serial->tx, byte);
		byte_fifo_send(&serial->tx, serial->terminal);
	}
	serial->tx_emptied = !serial->tx.count;
}

/* ---- registers -------------------------------------------------------------------- */

static uint8_t read_iir(struct serial16550 *serial)
{
	uint8_t value = pending(serial);

	if (value == IIR_TX)
		serial->tx_emptied = false;
	return value | (serial->fcr & FCR_ENABLE ? IIR_FIFOS : 0);
}

static uint8_t read_lsr(struct serial16550 *serial)
{
	uint8_t value = serial->tx.count ? 0 : LSR_THRE | LSR_TEMT;

	if (value && serial->polls < POLLS_LISTENING)
		serial->polls++;
	pull_input(serial);
	if (serial->rx.count)
		value |= LSR_DR;
	if (serial->overrun)
		value |= LSR_OE;
	serial->overrun = false;
	return value;
}

static uint8_t read_msr(struct serial16550 *serial)
{
	uint8_t value = modem_lines(serial) | serial->msr_deltas;

	serial->msr_deltas = 0;
	return value;
}

static uint8_t read_register(struct serial16550 *serial, uint64_t offset)
{
	bool divisor = serial->lcr & LCR_DLAB;

	switch (offset) {
	case SERIAL_DATA:
		return divisor ? serial->divisor & 0xff : read_data(serial);
	case SERIAL_IER:
		return divisor ? serial->divisor >> 8 : serial->ier;
	case SERIAL_IIR:
		return read_iir(serial);
	case SERIAL_LCR:
		return serial->lcr;
	case SERIAL_MCR:
		return serial->mcr;
	case SERIAL_LSR:
		return read_lsr(serial);
	case SERIAL_MSR:
		return read_msr(serial);
	default:
		return serial->scr;
	}
}

/*
 * To let the interrupt of the empty transmitter through tells of it again, though IIR
 * had: drivers start their output so.
 */
static void write_ier(struct serial16550 *serial, uint8_t value)
{
	if ((value & ~serial->ier & IER_TX) && !serial->tx.count)
		serial->tx_emptied = true;
	serial->ier = value & 0x0f;
	pull_input(serial);
	expect_timeout(serial);
}

/* Other bits hold only with FCR_ENABLE. */
static void write_fcr(struct serial16550 *serial, uint8_t value)
{
	if ((value & FCR_ENABLE) && (value & FCR_CLEAR_RX)) {
		serial->rx.count = 0;
		serial->rx_timeout = false;
	}
	serial->fcr = value & FCR_ENABLE ? value & 0xc1 : 0;
	pull_input(serial);
	expect_timeout(serial);
}

static void write_mcr(struct serial16550 *serial, uint8_t value)
{
	uint8_t before = modem_lines(serial);
	uint8_t changed;

	serial->mcr = value & 0x1f;
	changed = before ^ modem_lines(serial);
	serial->msr_deltas |= (changed & MSR_CTS ? MSR_DCTS : 0) |
			      (changed & MSR_DSR ? MSR_DDSR : 0) |
			      (changed & before & MSR_RI ? MSR_TERI : 0) |
			      (changed & MSR_DCD ? MSR_DDCD : 0);
	pull_input(serial);
	expect_timeout(serial);
}

static void write_register(struct serial16550 *serial, uint64_t offset, uint8_t value)
{
	bool divisor = serial->lcr & LCR_DLAB;

	switch (offset) {
	case SERIAL_DATA:
		if (divisor)
			serial->divisor = (serial->divisor & 0xff00) | value;
		else
			write_data(serial, value);
		break;
	case SERIAL_IER:
		if (divisor)
			serial->divisor =
				(uint16_t)(value << 8 | (serial->divisor & 0xff));
		else
			write_ier(serial, value);
		break;
	case SERIAL_FCR:
		write_fcr(serial, value);
		break;
	case SERIAL_LCR:
		serial->lcr = value;
		break;
	case SERIAL_MCR:
		write_mcr(serial, value);
		break;
	case SERIAL_SCR:
		serial->scr = value;
		break;
	default: /* LSR and MSR are for a factory's tests */
		break;
	}
}

static uint8_t port_read(struct isa_ports *ports, uint64_t offset)
{
	struct serial16550 *serial = container_of(ports, struct serial16550, ports);
	uint8_t value = read_register(serial, offset);

	update_irq(serial);
	return value;
}

static void port_write(struct isa_ports *ports, uint64_t offset, uint8_t value)
{
	struct serial16550 *serial = container_of(ports, struct serial16550, ports);

	serial->polls = 0;
	write_register(serial, offset, value);
	update_irq(serial);
}

static const struct isa_ops ops = {.read = port_read, .write = port_write};

/* ---- the terminal's events -------------------------------------------------------- */

static void terminal_readable(struct terminal_user *user)
{
	struct serial16550 *serial = container_of(user, struct serial16550, user);

	pull_input(serial);
	serial->rx_timeout = serial->rx.count && (serial->fcr & FCR_ENABLE);
	update_irq(serial);
}

static void terminal_writable(struct terminal_user *user)
{
	struct serial16550 *serial = container_of(user, struct serial16550, user);
	bool waited = serial->tx.count;

	byte_fifo_send(&serial->tx, serial->terminal);
	if (waited && !serial->tx.count)
		serial->tx_emptied = true;
	update_irq(serial);
}

/* A serial port knows no size, and its far end is always there. */
static void terminal_changed(struct terminal_user *user)
{
}

static const struct terminal_events terminal_events = {
	.readable = terminal_readable,
	.writable = terminal_writable,
	.resized = terminal_changed,
	.attached = terminal_changed,
};

/* ---- life ------------------------------------------------------------------------- */

int serial16550_create(struct loop *loop, uint16_t port, struct terminal *terminal,
	struct serial16550 **ret, struct error *err)
{
	struct serial16550 *serial = calloc(1, sizeof(*serial));

	if (!serial)
		return error_set(err, -ENOMEM, NULL, "no memory for the serial port");
	isa_ports_init(&serial->ports, &ops, loop, port, SERIAL16550_PORTS, "serial");
	serial->user.events = &terminal_events;
	serial->terminal = terminal;
	serial->timeout_timer.expired = timed_out;
	serial->log.source = "serial";
	terminal_set_user(terminal, &serial->user);
	serial16550_reset(serial);
	*ret = serial;
	return 0;
}

void serial16550_destroy(struct serial16550 *serial)
{
	if (!serial)
		return;
	loop_timer_cancel(&serial->timeout_timer);
	terminal_set_user(serial->terminal, NULL);
	free(serial);
}

struct mmio_region *serial16550_region(struct serial16550 *serial)
{
	return &serial->ports.region;
}

void serial16550_reset(struct serial16550 *serial)
{
	serial->rx.count = 0;
	serial->overrun = false;
	serial->rx_timeout = false;
	serial->tx_emptied = false;
	serial->ier = 0;
	serial->fcr = 0;
	serial->lcr = 0;
	serial->mcr = 0;
	serial->msr_deltas = 0;
	serial->scr = 0;
	serial->divisor = DIVISOR_DEFAULT;
	serial->polls = 0;
	update_irq(serial);
}

void serial16550_set_irq(struct serial16550 *serial, struct irq_line *irq)
{
	serial->irq = irq;
	serial->irq_level = false;
	update_irq(serial);
}
