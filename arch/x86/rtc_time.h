/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time as the registers of an MC146818 hold it: BCD or binary, 12 or 24 hours, as
 * register B among them says. Pure functions over RTC_CMOS_BYTES of cmos; seconds count
 * from 1970 in UTC. Whatever a guest wrote has a meaning: what exceeds its field carries.
 */
#ifndef ARCH_X86_RTC_TIME_H
#define ARCH_X86_RTC_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define RTC_CMOS_BYTES 128

#define RTC_NEVER INT64_MAX

/* Whether the register of this index holds a part of the time. */
bool rtc_time_has(uint8_t index);

int64_t rtc_time_get(const uint8_t *cmos);
void rtc_time_set(uint8_t *cmos, int64_t seconds);

/* The first second after this one that the alarm matches, or RTC_NEVER. */
int64_t rtc_time_next_alarm(const uint8_t *cmos, int64_t seconds);

#endif
