/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARM PrimeCell UART (PL011) r1p5, ARM DDI 0183: registers of chapter 3, interrupts of
 * section 2.8. Threads: vCPUs and the loop's, under the loop's lock.
 *
 * What differs from silicon, on purpose:
 * - There is no time on the wire. The receive timeout (32 bit periods without a new
 *   character) is over as soon as the terminal has given all that it had.
 * - A full receive FIFO leaves the input with the terminal, so nothing from outside is
 *   overrun; only loopback can.
 * - Characters are sent even while UARTEN or TXE is clear: early boot code writes
 *   without setting anything up. Receiving needs UARTEN and RXE.
 * - Clearing FEN does not empty the FIFOs: neither output nor typed input is lost.
 */
#include "arch/arm/pl011.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/pl011_regs.h"
#include "arch/arm/primecell.h"
#include "host/terminal.h"
#include "src/byte_fifo.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

#define FIFO_DEPTH BYTE_FIFO_BYTES

/* UARTPeriphID: part 0x011, ARM, revision 3: r1p5. */
#define PERIPHERAL_ID 0x00341011u

struct pl011 {
	struct primecell cell;
	struct terminal_user user;
	struct terminal *terminal;

	struct byte_fifo rx;
	struct byte_fifo tx;
	bool overrun; /* a character was lost since the last read of UARTDR */

	uint32_t rsr;
	uint32_t ilpr;
	uint32_t ibrd;
	uint32_t fbrd;
	uint32_t lcr_h;
	uint32_t cr;
	uint32_t ifls;
	uint32_t imsc;
	uint32_t ris;
	uint32_t dmacr;
};

/* ---- levels and the interrupt ----------------------------------------------------- */

static unsigned int depth(const struct pl011 *pl011)
{
	return pl011->lcr_h & LCR_H_FEN ? FIFO_DEPTH : 1;
}

/* The fill level that a three-bit field of UARTIFLS stands for. */
static unsigned int trigger(const struct pl011 *pl011, unsigned int shift)
{
	static const unsigned int eighths[8] = {1, 2, 4, 6, 7, 7, 7, 7};

	return eighths[(pl011->ifls >> shift) & 7] * FIFO_DEPTH / 8;
}

static unsigned int rx_trigger(const struct pl011 *pl011)
{
	return pl011->lcr_h & LCR_H_FEN ? trigger(pl011, 3) : 1;
}

static unsigned int tx_trigger(const struct pl011 *pl011)
{
	return pl011->lcr_h & LCR_H_FEN ? trigger(pl011, 0) : 0;
}

static bool interrupts(struct primecell *cell)
{
	struct pl011 *pl011 = container_of(cell, struct pl011, cell);

	return pl011->ris & pl011->imsc;
}

/*
 * The modem lines as UARTFR shows them. Outside of loopback the far end is always
 * there and ready, or a guest with hardware flow control would wait for good.
 */
static uint32_t modem_lines(const struct pl011 *pl011)
{
	if (!(pl011->cr & CR_LBE))
		return FR_CTS | FR_DSR | FR_DCD;
	return (pl011->cr & CR_RTS ? FR_CTS : 0) | (pl011->cr & CR_DTR ? FR_DSR : 0) |
	       (pl011->cr & CR_OUT1 ? FR_DCD : 0) | (pl011->cr & CR_OUT2 ? FR_RI : 0);
}

static void modem_changed(struct pl011 *pl011, uint32_t before)
{
	uint32_t changed = before ^ modem_lines(pl011);

	pl011->ris |= (changed & FR_RI ? INT_RI : 0) | (changed & FR_CTS ? INT_CTS : 0) |
		      (changed & FR_DCD ? INT_DCD : 0) | (changed & FR_DSR ? INT_DSR : 0);
}

/* ---- receiving -------------------------------------------------------------------- */

static void received(struct pl011 *pl011)
{
	if (pl011->rx.count >= rx_trigger(pl011))
		pl011->ris |= INT_RX;
}

/* Takes what the terminal has as far as there is room, and raises what follows. */
static void pull_input(struct pl011 *pl011)
{
	uint8_t bytes[FIFO_DEPTH];
	size_t room;
	size_t got;

	if ((pl011->cr & (CR_UARTEN | CR_RXE | CR_LBE)) != (CR_UARTEN | CR_RXE))
		return;
	if (pl011->rx.count >= depth(pl011))
		return;
	room = depth(pl011) - pl011->rx.count;
	got = terminal_read(pl011->terminal, bytes, room);
	for (size_t i = 0; i < got; i++)
		byte_fifo_put(&pl011->rx, bytes[i]);
	if (got)
		received(pl011);
	if (got < room && pl011->rx.count && (pl011->lcr_h & LCR_H_FEN))
		pl011->ris |= INT_RT;
}

static void loop_back(struct pl011 *pl011, uint8_t byte)
{
	if ((pl011->cr & (CR_UARTEN | CR_RXE)) != (CR_UARTEN | CR_RXE))
		return;
	if (pl011->rx.count >= depth(pl011)) {
		pl011->overrun = true;
		pl011->rsr |= RSR_OE;
		pl011->ris |= INT_OE;
		return;
	}
	byte_fifo_put(&pl011->rx, byte);
	received(pl011);
	if (pl011->lcr_h & LCR_H_FEN)
		pl011->ris |= INT_RT;
}

static uint32_t read_data(struct pl011 *pl011)
{
	uint32_t value = 0;

	if (pl011->rx.count)
		value = byte_fifo_take(&pl011->rx);
	if (pl011->overrun)
		value |= DR_OE;
	pl011->overrun = false;
	pl011->rsr = value >> 8;

	if (pl011->rx.count < rx_trigger(pl011))
		pl011->ris &= ~INT_RX;
	if (!pl011->rx.count)
		pl011->ris &= ~INT_RT;
	pull_input(pl011);
	return value;
}

/* ---- sending ---------------------------------------------------------------------- */

/*
 * The interrupt tells of the FIFO falling to its level. As a character may leave at
 * once, each write counts as having been above it.
 */
static void update_tx(struct pl011 *pl011)
{
	if (pl011->tx.count <= tx_trigger(pl011))
		pl011->ris |= INT_TX;
	else
		pl011->ris &= ~INT_TX;
}

static void write_data(struct pl011 *pl011, uint8_t byte)
{
	if (pl011->cr & CR_LBE) {
		loop_back(pl011, byte);
	} else if (pl011->tx.count == FIFO_DEPTH) {
		guest_log(&pl011->cell.log, "written while full, a character is lost");
	} else {
		byte_fifo_put(&pl011->tx, byte);
		byte_fifo_send(&pl011->tx, pl011->terminal);
	}
	update_tx(pl011);
}

/* ---- registers -------------------------------------------------------------------- */

static uint32_t flags(const struct pl011 *pl011)
{
	uint32_t value = modem_lines(pl011);

	if (!pl011->tx.count)
		value |= FR_TXFE;
	else
		value |= FR_BUSY;
	if (pl011->tx.count >= depth(pl011))
		value |= FR_TXFF;
	if (!pl011->rx.count)
		value |= FR_RXFE;
	if (pl011->rx.count >= depth(pl011))
		value |= FR_RXFF;
	return value;
}

static uint32_t read_register(struct primecell *cell, uint64_t offset)
{
	struct pl011 *pl011 = container_of(cell, struct pl011, cell);

	switch (offset) {
	case REG_DR:
		return read_data(pl011);
	case REG_RSR:
		return pl011->rsr;
	case REG_FR:
		return flags(pl011);
	case REG_ILPR:
		return pl011->ilpr;
	case REG_IBRD:
		return pl011->ibrd;
	case REG_FBRD:
		return pl011->fbrd;
	case REG_LCR_H:
		return pl011->lcr_h;
	case REG_CR:
		return pl011->cr;
	case REG_IFLS:
		return pl011->ifls;
	case REG_IMSC:
		return pl011->imsc;
	case REG_RIS:
		return pl011->ris;
	case REG_MIS:
		return pl011->ris & pl011->imsc;
	case REG_ICR:
		return 0;
	case REG_DMACR:
		return pl011->dmacr;
	default:
		return primecell_stray_read(cell, offset);
	}
}

/* The registers that decide about FIFOs, levels and the wire. */
static void write_control(struct pl011 *pl011, uint64_t offset, uint32_t value)
{
	uint32_t lines = modem_lines(pl011);

	if (offset == REG_LCR_H)
		pl011->lcr_h = value & 0xff;
	else if (offset == REG_CR)
		pl011->cr = value & 0xff87;
	else
		pl011->ifls = value & 0x3f;
	modem_changed(pl011, lines);
	if (pl011->rx.count < rx_trigger(pl011))
		pl011->ris &= ~INT_RX;
	else
		received(pl011);
	pull_input(pl011);
}

static void write_register(struct primecell *cell, uint64_t offset, uint32_t value)
{
	struct pl011 *pl011 = container_of(cell, struct pl011, cell);

	switch (offset) {
	case REG_DR:
		write_data(pl011, (uint8_t)value);
		break;
	case REG_RSR: /* ECR: any value clears */
		pl011->rsr = 0;
		pl011->overrun = false;
		break;
	case REG_ILPR:
		pl011->ilpr = value & 0xff;
		break;
	case REG_IBRD:
		pl011->ibrd = value & 0xffff;
		break;
	case REG_FBRD:
		pl011->fbrd = value & 0x3f;
		break;
	case REG_LCR_H:
	case REG_CR:
	case REG_IFLS:
		write_control(pl011, offset, value);
		break;
	case REG_IMSC:
		pl011->imsc = value & 0x7ff;
		break;
	case REG_ICR:
		pl011->ris &= ~value;
		break;
	case REG_DMACR:
		pl011->dmacr = value & 0x7;
		break;
	default:
		primecell_stray_write(cell, offset, value);
		break;
	}
}

/* ---- the terminal's events -------------------------------------------------------- */

static void terminal_readable(struct terminal_user *user)
{
	struct pl011 *pl011 = container_of(user, struct pl011, user);

	pull_input(pl011);
	primecell_update(&pl011->cell);
}

static void terminal_writable(struct terminal_user *user)
{
	struct pl011 *pl011 = container_of(user, struct pl011, user);
	bool above = pl011->tx.count > tx_trigger(pl011);

	byte_fifo_send(&pl011->tx, pl011->terminal);
	if (above)
		update_tx(pl011);
	primecell_update(&pl011->cell);
}

/* A UART knows no size, and its far end is always there. */
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

static void reset(struct primecell *cell)
{
	struct pl011 *pl011 = container_of(cell, struct pl011, cell);

	pl011->rx.count = 0;
	pl011->overrun = false;
	pl011->rsr = 0;
	pl011->ilpr = 0;
	pl011->ibrd = 0;
	pl011->fbrd = 0;
	pl011->lcr_h = 0;
	pl011->cr = CR_TXE | CR_RXE;
	pl011->ifls = 0x12;
	pl011->imsc = 0;
	pl011->ris = 0;
	pl011->dmacr = 0;
}

static const struct primecell_ops ops = {.read = read_register,
	.write = write_register,
	.interrupts = interrupts,
	.reset = reset};

int pl011_create(struct loop *loop, uint64_t gpa, struct terminal *terminal,
	struct pl011 **ret, struct error *err)
{
	struct pl011 *pl011 = calloc(1, sizeof(*pl011));

	if (!pl011)
		return error_set(err, -ENOMEM, NULL, "no memory for the UART");
	primecell_init(&pl011->cell, &ops, loop, gpa, PERIPHERAL_ID, "uart");
	pl011->user.events = &terminal_events;
	pl011->terminal = terminal;
	reset(&pl011->cell);
	terminal_set_user(terminal, &pl011->user);
	*ret = pl011;
	return 0;
}

void pl011_destroy(struct pl011 *pl011)
{
	if (!pl011)
		return;
	terminal_set_user(pl011->terminal, NULL);
	free(pl011);
}

struct primecell *pl011_cell(struct pl011 *pl011)
{
	return &pl011->cell;
}
