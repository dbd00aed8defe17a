/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's watchdog: ARM SP805 (ARM DDI 0270), a counter of 32 bits that interrupts
 * when it comes to its end, and has the VM ended when it comes there a second time.
 *
 * Registers are accessed by vCPU threads, the timer expires on the loop's thread; all
 * hold the loop's lock.
 */
#ifndef ARCH_ARM_SP805_H
#define ARCH_ARM_SP805_H

#include <stdbool.h>
#include <stdint.h>

struct board_host;
struct error;
struct primecell;
struct sp805;

/* Counts at clock_hz while it is enabled. host outlives it. */
int sp805_create(const struct board_host *host, uint64_t gpa, uint32_t clock_hz,
	struct sp805 **ret, struct error *err);
void sp805_destroy(struct sp805 *sp805);

/* The watchdog's; its registers and its interrupt. */
struct primecell *sp805_cell(struct sp805 *sp805);

/* Counts no further while the guest does not run. */
void sp805_hold(struct sp805 *sp805, bool hold);

#endif
