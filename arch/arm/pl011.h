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
struct loop;
struct pl011;
struct primecell;
struct terminal;

/* The terminal stays the caller's and outlives the UART. */
int pl011_create(struct loop *loop, uint64_t gpa, struct terminal *terminal,
	struct pl011 **ret, struct error *err);
void pl011_destroy(struct pl011 *pl011);

/*
 * The UART's; its registers and its interrupt. Output that waits for a slow terminal was
 * sent before a reset and still gets there.
 */
struct primecell *pl011_cell(struct pl011 *pl011);

#endif
