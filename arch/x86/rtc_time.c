/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/rtc_time.h"

#include <time.h>

#include "arch/x86/rtc_regs.h"

#define HOUR_S 3600
#define DAY_S 86400

/*
 * Of a search that skips an hour, a minute or a second at a time: past the minutes and
 * seconds left, to the hour, and there again.
 */
#define ALARM_STEPS_MAX (24 + 2 * 60 + 2 * 60)

static int decode(const uint8_t *cmos, uint8_t value)
{
	return cmos[RTC_B] & B_BINARY ? value : (value >> 4) * 10 + (value & 0xf);
}

static uint8_t encode(const uint8_t *cmos, int value)
{
	return (uint8_t)(cmos[RTC_B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

static int decode_hour(const uint8_t *cmos, uint8_t value)
{
	if (cmos[RTC_B] & B_24_HOURS)
		return decode(cmos, value);
	return decode(cmos, value & 0x7f) % 12 + (value & RTC_HOUR_PM ? 12 : 0);
}

static uint8_t encode_hour(const uint8_t *cmos, int value)
{
	if (cmos[RTC_B] & B_24_HOURS)
		return encode(cmos, value);
	return encode(cmos, value % 12 ? value % 12 : 12) |
	       (value >= 12 ? RTC_HOUR_PM : 0);
}

bool rtc_time_has(uint8_t index)
{
	switch (index) {
	case RTC_SECOND:
	case RTC_MINUTE:
	case RTC_HOUR:
	case RTC_WEEKDAY:
	case RTC_DAY:
	case RTC_MONTH:
	case RTC_YEAR:
	case RTC_CENTURY:
		return true;
	default:
		return false;
	}
}

int64_t rtc_time_get(const uint8_t *cmos)
{
	struct tm tm = {
		.tm_sec = decode(cmos, cmos[RTC_SECOND]),
		.tm_min = decode(cmos, cmos[RTC_MINUTE]),
		.tm_hour = decode_hour(cmos, cmos[RTC_HOUR]),
		.tm_mday = decode(cmos, cmos[RTC_DAY]),
		.tm_mon = decode(cmos, cmos[RTC_MONTH]) - 1,
		.tm_year = decode(cmos, cmos[RTC_CENTURY]) * 100 +
			   decode(cmos, cmos[RTC_YEAR]) - 1900,
	};

	return timegm(&tm);
}

void rtc_time_set(uint8_t *cmos, int64_t seconds)
{
	time_t time = seconds;
	struct tm tm;
	int year;

	gmtime_r(&time, &tm);
	/* A guest that sets nonsense can get beyond four digits, or before the year 0. */
	year = (tm.tm_year + 1900) % 10000;
	if (year < 0)
		year += 10000;
	cmos[RTC_SECOND] = encode(cmos, tm.tm_sec);
	cmos[RTC_MINUTE] = encode(cmos, tm.tm_min);
	cmos[RTC_HOUR] = encode_hour(cmos, tm.tm_hour);
	cmos[RTC_WEEKDAY] = encode(cmos, tm.tm_wday + 1);
	cmos[RTC_DAY] = encode(cmos, tm.tm_mday);
	cmos[RTC_MONTH] = encode(cmos, tm.tm_mon + 1);
	cmos[RTC_YEAR] = encode(cmos, year % 100);
	cmos[RTC_CENTURY] = encode(cmos, year / 100);
}

static bool any(uint8_t value)
{
	return (value & RTC_ALARM_ANY) == RTC_ALARM_ANY;
}

int64_t rtc_time_next_alarm(const uint8_t *cmos, int64_t seconds)
{
	uint8_t hour = cmos[RTC_HOUR_ALARM];
	uint8_t minute = cmos[RTC_MINUTE_ALARM];
	uint8_t second = cmos[RTC_SECOND_ALARM];
	int64_t at = seconds + 1;

	for (int i = 0; i < ALARM_STEPS_MAX; i++) {
		int of_day = (int)((at % DAY_S + DAY_S) % DAY_S);

		if (!any(hour) && decode_hour(cmos, hour) != of_day / HOUR_S)
			at += HOUR_S - of_day % HOUR_S;
		else if (!any(minute) && decode(cmos, minute) != of_day / 60 % 60)
			at += 60 - of_day % 60;
		else if (!any(second) && decode(cmos, second) != of_day % 60)
			at++;
		else
			return at;
	}
	return RTC_NEVER;
}
