/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers and bits of the ARM PrimeCell PL011, ARM DDI 0183, chapter 3. For the UART
 * and its tests.
 */
#ifndef ARCH_ARM_PL011_REGS_H
#define ARCH_ARM_PL011_REGS_H

enum pl011_register {
	REG_DR = 0x000,
	REG_RSR = 0x004, /* written as ECR */
	REG_FR = 0x018,
	REG_ILPR = 0x020,
	REG_IBRD = 0x024,
	REG_FBRD = 0x028,
	REG_LCR_H = 0x02c,
	REG_CR = 0x030,
	REG_IFLS = 0x034,
	REG_IMSC = 0x038,
	REG_RIS = 0x03c,
	REG_MIS = 0x040,
	REG_ICR = 0x044,
	REG_DMACR = 0x048,
};

#define DR_OE 0x800u
#define RSR_OE 0x8u

#define FR_CTS 0x001u
#define FR_DSR 0x002u
#define FR_DCD 0x004u
#define FR_BUSY 0x008u
#define FR_RXFE 0x010u
#define FR_TXFF 0x020u
#define FR_RXFF 0x040u
#define FR_TXFE 0x080u
#define FR_RI 0x100u

#define LCR_H_FEN 0x10u

#define CR_UARTEN 0x0001u
#define CR_LBE 0x0080u
#define CR_TXE 0x0100u
#define CR_RXE 0x0200u
#define CR_DTR 0x0400u
#define CR_RTS 0x0800u
#define CR_OUT1 0x1000u
#define CR_OUT2 0x2000u

#define INT_RI 0x001u
#define INT_CTS 0x002u
#define INT_DCD 0x004u
#define INT_DSR 0x008u
#define INT_RX 0x010u
#define INT_TX 0x020u
#define INT_RT 0x040u
#define INT_OE 0x400u

#endif
