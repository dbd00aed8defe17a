/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's UART: ARM PrimeCell PL011, revision r1p5 (ARM DDI 0183), with FIFOs of 32
 * characters. Its wire is a host terminal that is infinitely fast where it has room: a
 * character leaves with the write of UARTDR, and arrives as soon as there is room.
 *
 * Registers are accessed by vCPU threads, terminal events come on the loop's thread;
 * both hold the loop's lock.
 */
#ifndef ARCH_ARM_PL011_H
#define ARCH_ARM_PL011_H

#include <stdint.h>

struct error;
struct irq_line;
struct loop;
struct mmio_region;
struct pl011;
struct terminal;

#define PL011_REGION_BYTES 0x1000

/* The interrupt line and the terminal stay the caller's and outlive the UART. */
int pl011_create(struct loop *loop, uint64_t gpa, struct irq_line *irq,
	struct terminal *terminal, struct pl011 **ret, struct error *err);
void pl011_destroy(struct pl011 *pl011);

/* For bus_add(); the UART's. */
struct mmio_region *pl011_region(struct pl011 *pl011);

/*
 * Registers as after power-on, interrupt low. Output that waits for a slow terminal was
 * sent before the reset and still gets there.
 */
void pl011_reset(struct pl011 *pl011);

/*
 * Drives another line from now on, which is low so far: a new VM after a reboot. NULL:
 * there is none for the moment.
 */
void pl011_set_irq(struct pl011 *pl011, struct irq_line *irq);

#endif
