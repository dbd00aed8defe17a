/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with time that passes, a host clock that jumps and
 * resets. Beyond the sanitizers: a guest does not make the host spin, as no timer expires
 * more often than the fastest interrupt comes, and time that is shown is a time.
 */
#include "arch/x86/rtc.h"

#include <stdlib.h>

#include "arch/x86/rtc_regs.h"
#include "src/bus.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_clock.h"

static uint64_t ahead_ns;

static uint64_t utc_ns(void)
{
	return ahead_ns + fake_clock.now_ns;
}

static uint8_t get(struct mmio_region *region, uint8_t index)
{
	region->ops->write(region, RTC_INDEX, 1, index);
	return (uint8_t)region->ops->read(region, RTC_DATA, 1);
}

static void put(struct mmio_region *region, uint8_t index, uint8_t value)
{
	region->ops->write(region, RTC_INDEX, 1, index);
	region->ops->write(region, RTC_DATA, 1, value);
}

static void pass_time(uint64_t ns)
{
	unsigned int before = fake_clock.expired;

	fake_clock_advance(ns);
	if (fake_clock.expired - before > ns / 122070 + 2)
		abort();
}

/* Binary, 24 hours, updates running: whatever was set, this is a time of day. */
static void check_time(struct mmio_region *region)
{
	put(region, RTC_A, 0x26);
	put(region, RTC_B, B_BINARY | B_24_HOURS);
	if (get(region, RTC_SECOND) > 60 || get(region, RTC_MINUTE) > 59 ||
		get(region, RTC_HOUR) > 23 || get(region, RTC_DAY) > 31 ||
		get(region, RTC_MONTH) > 12 || get(region, RTC_YEAR) > 99 ||
		get(region, RTC_CENTURY) > 99)
		abort();
}

static void step(struct rtc *rtc, const uint8_t *data)
{
	struct mmio_region *region = rtc_region(rtc);

	switch (data[0] & 7) {
	case 0:
		fuzz_access(region, data[1] & 1, data);
		break;
	case 1:
	case 2: /* where there is more than memory */
		put(region, data[1] & 15 ? data[1] & 15 : RTC_CENTURY, data[2]);
		break;
	case 3:
		get(region, data[1]);
		break;
	case 4:
		pass_time((data[1] | data[2] << 8) * 4096ull);
		break;
	case 5:
		pass_time((data[1] | data[2] << 8) * 1000000000ull);
		break;
	case 6: /* up to an hour, either way */
		ahead_ns += ((int16_t)(data[1] | data[2] << 8)) * 100000000ll;
		break;
	case 7:
		if (data[1] == 0xff)
			rtc_reset(rtc);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const struct rtc_setup setup = {.port = 0x70, .utc_ns = utc_ns};
	struct fake_line irq;
	struct rtc *rtc;

	fake_clock = (struct loop){0};
	ahead_ns = 1700000000000000000;
	fake_line_init(&irq);
	if (rtc_create(&fake_clock, &setup, &rtc, NULL))
		return 0;
	rtc_set_irq(rtc, &irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(rtc, data);
	check_time(rtc_region(rtc));
	fuzz_check_line(&irq);
	rtc_destroy(rtc);
	return 0;
}
