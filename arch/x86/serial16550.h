/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PC's serial port: 16550A (data sheet of the PC16550D) with FIFOs of 16 characters, as
 * a PC wires it: OUT2 lets its interrupt through. Its wire is a host terminal that is
 * infinitely fast where it has room: a character leaves with the write of THR, and
 * arrives as soon as there is room.
 *
 * Registers are accessed by vCPU threads, terminal events and timers come on the loop's
 * thread; all hold the loop's lock.
 */
#ifndef ARCH_X86_SERIAL16550_H
#define ARCH_X86_SERIAL16550_H

#include <stdint.h>

struct error;
struct irq_line;
struct loop;
struct mmio_region;
struct serial16550;
struct terminal;

#define SERIAL16550_PORTS 8

/* The terminal stays the caller's and outlives the port. No interrupt line yet. */
int serial16550_create(struct loop *loop, uint16_t port, struct terminal *terminal,
	struct serial16550 **ret, struct error *err);
void serial16550_destroy(struct serial16550 *serial);

/* For bus_add() on the bus of ports; the serial port's. */
struct mmio_region *serial16550_region(struct serial16550 *serial);

/*
 * Registers as after power-on, interrupt low. Output that waits for a slow terminal was
 * sent before the reset and still gets there.
 */
void serial16550_reset(struct serial16550 *serial);

/* Drives this line from now on, which is low so far. NULL: there is none. */
void serial16550_set_irq(struct serial16550 *serial, struct irq_line *irq);

#endif
