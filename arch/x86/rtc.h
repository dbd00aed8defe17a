/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PC's real-time clock: Motorola MC146818 (its data sheet) with 128 bytes of CMOS
 * behind an index and a data port. It shows the host's time as UTC, shifted by what the
 * guest has set; the shift lasts as long as the process.
 *
 * Registers are accessed by vCPU threads, the timer expires on the loop's thread; all
 * hold the loop's lock.
 */
#ifndef ARCH_X86_RTC_H
#define ARCH_X86_RTC_H

#include <stdint.h>

struct error;
struct irq_line;
struct loop;
struct mmio_region;
struct rtc;

#define RTC_PORTS 2

/* What is given when it is made. */
struct rtc_setup {
	uint16_t port;
	uint64_t low_bytes;  /* RAM below 4 GiB, for a firmware that looks into CMOS */
	uint64_t high_bytes; /* RAM above */
	/* The host's time: nanoseconds since 1970 in UTC; it may jump either way. */
	uint64_t (*utc_ns)(void);
};

/* No interrupt line yet. */
int rtc_create(struct loop *loop, const struct rtc_setup *setup, struct rtc **ret,
	struct error *err);
void rtc_destroy(struct rtc *rtc);

/* For bus_add() on the bus of ports; the clock's. */
struct mmio_region *rtc_region(struct rtc *rtc);

/*
 * As after power-on with a good battery: time runs on, CMOS is kept but for the memory
 * sizes, no interrupt is enabled, the line low.
 */
void rtc_reset(struct rtc *rtc);

/* Drives this line from now on, which is low so far. NULL: there is none. */
void rtc_set_irq(struct rtc *rtc, struct irq_line *irq);

#endif
