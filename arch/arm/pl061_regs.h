/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers of the ARM PrimeCell PL061, ARM DDI 0190, chapter 3: a bit for each line. For
 * the GPIO and its tests.
 */
#ifndef ARCH_ARM_PL061_REGS_H
#define ARCH_ARM_PL061_REGS_H

enum pl061_register {
	GPIO_DATA = 0x000, /* 256 words: bits 9 to 2 of the address are a mask */
	GPIO_DIR = 0x400,  /* set: an output */
	GPIO_IS = 0x404,   /* set: levels interrupt, else edges */
	GPIO_IBE = 0x408,  /* set: both edges */
	GPIO_IEV = 0x40c,  /* else set: the high level or the rising edge */
	GPIO_IE = 0x410,
	GPIO_RIS = 0x414,
	GPIO_MIS = 0x418,
	GPIO_IC = 0x41c,
	GPIO_AFSEL = 0x420,
};

#endif
