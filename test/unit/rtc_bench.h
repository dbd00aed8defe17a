/* SPDX-License-Identifier: Apache-2.0 */
/* A clock on a host whose time the test winds, for the tests of the clock. */
#ifndef TEST_UNIT_RTC_BENCH_H
#define TEST_UNIT_RTC_BENCH_H

#include <stdlib.h>

#include "arch/x86/rtc.h"
#include "arch/x86/rtc_regs.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_line.h"
#include "test/unit/test.h"

#define PORT 0x70u
#define SECOND 1000000000ull

/* 2026-03-01 13:59:58 UTC, a Sunday. */
#define START_S 1772373598ull

/* What the host's clock is ahead of the one that timers know. */
static uint64_t ahead_ns;

static uint64_t utc_ns(void)
{
	return ahead_ns + fake_clock.now_ns;
}

struct bench {
	struct fake_line irq;
	struct rtc *rtc;
	struct bus ports;
};

static void bench_init_ram(struct bench *bench, uint64_t low_bytes, uint64_t high_bytes)
{
	const struct rtc_setup setup = {.port = PORT,
		.low_bytes = low_bytes,
		.high_bytes = high_bytes,
		.utc_ns = utc_ns};

	*bench = (struct bench){0};
	fake_clock = (struct loop){0};
	ahead_ns = START_S * SECOND;
	fake_line_init(&bench->irq);
	CHECK_EQ(rtc_create(&fake_clock, &setup, &bench->rtc, NULL), 0);
	CHECK_EQ(bus_add(&bench->ports, rtc_region(bench->rtc), NULL), 0);
	rtc_set_irq(bench->rtc, &bench->irq.line);
}

static inline void bench_init(struct bench *bench)
{
	bench_init_ram(bench, 0, 0);
}

static void bench_finish(struct bench *bench)
{
	CHECK_EQ(bench->irq.idle, 0); /* told of changes alone */
	rtc_destroy(bench->rtc);
	CHECK(!fake_clock.timers);
}

static uint8_t get(struct bench *bench, uint8_t index)
{
	uint64_t value;

	CHECK(bus_write(&bench->ports, PORT + RTC_INDEX, 1, index));
	CHECK(bus_read(&bench->ports, PORT + RTC_DATA, 1, &value));
	return (uint8_t)value;
}

static void put(struct bench *bench, uint8_t index, uint8_t value)
{
	CHECK(bus_write(&bench->ports, PORT + RTC_INDEX, 1, index));
	CHECK(bus_write(&bench->ports, PORT + RTC_DATA, 1, value));
}

#endif
