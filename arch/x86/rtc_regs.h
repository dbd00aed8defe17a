/* SPDX-License-Identifier: Apache-2.0 */
/* Registers and bits of the MC146818 and a PC's CMOS, for the clock and its tests. */
#ifndef ARCH_X86_RTC_REGS_H
#define ARCH_X86_RTC_REGS_H

/* Ports from the first; the index's bit 7 masks NMIs, which there are none of. */
#define RTC_INDEX 0u
#define RTC_DATA 1u

enum rtc_register {
	RTC_SECOND = 0x00,
	RTC_SECOND_ALARM = 0x01,
	RTC_MINUTE = 0x02,
	RTC_MINUTE_ALARM = 0x03,
	RTC_HOUR = 0x04,
	RTC_HOUR_ALARM = 0x05,
	RTC_WEEKDAY = 0x06, /* Sunday is 1 */
	RTC_DAY = 0x07,
	RTC_MONTH = 0x08,
	RTC_YEAR = 0x09,
	RTC_A = 0x0a,
	RTC_B = 0x0b,
	RTC_C = 0x0c,
	RTC_D = 0x0d,
	RTC_CENTURY = 0x32,
};

#define RTC_HOUR_PM 0x80u
#define RTC_ALARM_ANY 0xc0u /* both bits: this field of the alarm always matches */

#define A_UIP 0x80u
#define A_DIVIDER 0x70u
#define A_DIVIDER_RUN 0x20u   /* on a crystal of 32768 Hz */
#define A_DIVIDER_RESET 0x60u /* both bits */
#define A_RATE 0x0fu

#define B_SET 0x80u
#define B_PIE 0x40u
#define B_AIE 0x20u
#define B_UIE 0x10u
#define B_BINARY 0x04u
#define B_24_HOURS 0x02u

#define C_IRQF 0x80u
#define C_PF 0x40u
#define C_AF 0x20u
#define C_UF 0x10u

#define D_VRT 0x80u

/* Memory sizes, each of two or three bytes, the lowest first. */
#define CMOS_BASE_KIB 0x15u
#define CMOS_EXTENDED_KIB 0x17u
#define CMOS_EXTENDED_KIB_AGAIN 0x30u
#define CMOS_ABOVE_16_MIB 0x34u /* in units of 64 KiB */
#define CMOS_ABOVE_4_GIB 0x5bu  /* likewise */

#endif
