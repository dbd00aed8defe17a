/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's real-time clock: ARM PrimeCell PL031 (ARM DDI 0224), a counter of seconds
 * with an alarm. It shows the host's time as seconds since 1970 in UTC, shifted by what
 * the guest has set; the shift lasts as long as the process.
 *
 * Registers are accessed by vCPU threads, the timer expires on the loop's thread; all
 * hold the loop's lock.
 */
#ifndef ARCH_ARM_PL031_H
#define ARCH_ARM_PL031_H

#include <stdint.h>

struct error;
struct loop;
struct pl031;
struct primecell;

/* utc_ns: the host's time, nanoseconds since 1970 in UTC; it may jump either way. */
int pl031_create(struct loop *loop, uint64_t gpa, uint64_t (*utc_ns)(void),
	struct pl031 **ret, struct error *err);
void pl031_destroy(struct pl031 *pl031);

/* The clock's; its registers and its interrupt. Time runs on through a reset. */
struct primecell *pl031_cell(struct pl031 *pl031);

#endif
