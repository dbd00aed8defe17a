/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers of the ARM PrimeCell PL031, ARM DDI 0224, chapter 3. For the clock and its
 * tests.
 */
#ifndef ARCH_ARM_PL031_REGS_H
#define ARCH_ARM_PL031_REGS_H

enum pl031_register {
	RTC_DR = 0x000, /* the time */
	RTC_MR = 0x004, /* the alarm */
	RTC_LR = 0x008, /* sets the time */
	RTC_CR = 0x00c,
	RTC_IMSC = 0x010,
	RTC_RIS = 0x014,
	RTC_MIS = 0x018,
	RTC_ICR = 0x01c,
};

#define RTC_CR_RUNS 0x1u

#endif
