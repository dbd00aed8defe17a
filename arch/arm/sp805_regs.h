/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers of the ARM watchdog SP805, ARM DDI 0270, chapter 3. For the watchdog and its
 * tests.
 */
#ifndef ARCH_ARM_SP805_REGS_H
#define ARCH_ARM_SP805_REGS_H

enum sp805_register {
	WDOG_LOAD = 0x000,
	WDOG_VALUE = 0x004,
	WDOG_CONTROL = 0x008,
	WDOG_INTCLR = 0x00c,
	WDOG_RIS = 0x010,
	WDOG_MIS = 0x014,
	WDOG_LOCK = 0xc00,
};

#define WDOG_INTEN 0x1u /* counts and interrupts */
#define WDOG_RESEN 0x2u /* the second time is the end */

#define WDOG_UNLOCK 0x1acce551u
#define WDOG_LOCKED 0x1u

#endif
