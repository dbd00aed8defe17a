/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PrimeCell on a bus, with its interrupt line and the time in the test's hand: for the
 * tests of the ARM board's small devices.
 */
#ifndef TEST_UNIT_ARM_DEVICE_BENCH_H
#define TEST_UNIT_ARM_DEVICE_BENCH_H

#include "arch/arm/primecell.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_line.h"
#include "test/unit/test.h"

#define GPA 0x09010000u
#define SECOND 1000000000ull
#define MILLISECOND 1000000ull

struct bench {
	struct fake_line irq;
	struct bus bus;
	struct primecell *cell;
};

/* Before the device is made. */
static inline void bench_init(struct bench *bench)
{
	*bench = (struct bench){0};
	fake_clock = (struct loop){0};
	fake_line_init(&bench->irq);
}

static inline void bench_add(struct bench *bench, struct primecell *cell)
{
	bench->cell = cell;
	primecell_set_irq(cell, &bench->irq.line);
	CHECK_EQ(bus_add(&bench->bus, &cell->region, NULL), 0);
}

/* Behind the device's end. */
static inline void bench_check(struct bench *bench)
{
	CHECK_EQ(bench->irq.idle, 0); /* told of changes alone */
	CHECK(!fake_clock.timers);
}

static inline uint32_t get(struct bench *bench, uint64_t offset)
{
	uint64_t value;

	CHECK(bus_read(&bench->bus, GPA + offset, 4, &value));
	return (uint32_t)value;
}

static inline void put(struct bench *bench, uint64_t offset, uint32_t value)
{
	CHECK(bus_write(&bench->bus, GPA + offset, 4, value));
}

/* What a register is after a reset, and what is left of a write of write. */
struct register_claim {
	uint16_t offset;
	uint32_t reset;
	uint32_t write;
	uint32_t read;
};

/* Each for itself, after a reset and before the next. */
static inline void check_registers(
	struct bench *bench, const struct register_claim *claims, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint16_t offset = claims[i].offset;

		if (get(bench, offset) != claims[i].reset)
			test_fail(__FILE__, __LINE__, "reset value at 0x%x", offset);
		put(bench, offset, claims[i].write);
		if (get(bench, offset) != claims[i].read)
			test_fail(__FILE__, __LINE__, "value kept at 0x%x", offset);
		primecell_reset(bench->cell);
		if (get(bench, offset) != claims[i].reset)
			test_fail(
				__FILE__, __LINE__, "value after reset at 0x%x", offset);
	}
}

/* That its identification, to the end of the page, is id and the PrimeCell's own. */
static inline void check_id(struct bench *bench, uint32_t id)
{
	static const uint8_t cell[] = {0x0d, 0xf0, 0x05, 0xb1};

	for (unsigned int i = 0; i < 4; i++) {
		CHECK_EQ(get(bench, PRIMECELL_ID + 4 * i), id >> 8 * i & 0xff);
		CHECK_EQ(get(bench, PRIMECELL_ID + 16 + 4 * i), cell[i]);
	}
}

#endif
