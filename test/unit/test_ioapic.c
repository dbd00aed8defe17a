/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/ioapic.h"

#include <errno.h>
#include <string.h>

#include "src/bus.h"
#include "src/container_of.h"
#include "test/unit/test.h"

#define GPA 0xfec10000u

#define MASKED 0x10000u
#define LEVEL 0x8000u
#define LOGICAL 0x800u

struct pin {
	bool routed;
	uint64_t address;
	uint32_t data;
};

struct bench {
	struct ioapic *ioapic;
	struct bus bus;
	struct pin pins[IOAPIC_PINS];
	unsigned int changes;
	int code; /* what routing ends with */
};

static int route(void *user, unsigned int pin, uint64_t address, uint32_t data)
{
	struct bench *bench = user;

	bench->changes++;
	if (!bench->code)
		bench->pins[pin] = (struct pin){true, address, data};
	return bench->code;
}

static void unroute(void *user, unsigned int pin)
{
	struct bench *bench = user;

	CHECK(bench->pins[pin].routed);
	bench->changes++;
	bench->pins[pin].routed = false;
}

static const struct ioapic_ops ops = {.route = route, .unroute = unroute};

static void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	CHECK_EQ(ioapic_create(NULL, GPA, &ops, bench, &bench->ioapic, NULL), 0);
	CHECK_EQ(bus_add(&bench->bus, ioapic_region(bench->ioapic), NULL), 0);
}

static uint32_t get(struct bench *bench, unsigned int index)
{
	uint64_t value;

	CHECK(bus_write(&bench->bus, GPA + IOAPIC_SELECT, 4, index));
	CHECK(bus_read(&bench->bus, GPA + IOAPIC_WINDOW, 4, &value));
	return (uint32_t)value;
}

static void put(struct bench *bench, unsigned int index, uint32_t value)
{
	CHECK(bus_write(&bench->bus, GPA + IOAPIC_SELECT, 4, index));
	CHECK(bus_write(&bench->bus, GPA + IOAPIC_WINDOW, 4, value));
}

static void put_entry(struct bench *bench, unsigned int pin, uint64_t entry)
{
	put(bench, IOAPIC_ENTRY_HIGH + 2 * pin, (uint32_t)(entry >> 32));
	put(bench, IOAPIC_ENTRY_LOW + 2 * pin, (uint32_t)entry);
}

TEST(has_the_documented_registers)
{
	static const struct {
		unsigned int index;
		uint32_t reset;
		uint32_t read; /* after ones were written */
	} registers[] = {
		{IOAPIC_ID, 0, 0x0f000000},
		{IOAPIC_VERSION, 0x00170011, 0x00170011},
		{IOAPIC_ARBITRATION, 0, 0},
		{0x03, 0, 0},
		{0x0f, 0, 0},
		{IOAPIC_ENTRY_LOW, MASKED, 0x0001afff},
		{IOAPIC_ENTRY_HIGH, 0, 0xff000000},
		{IOAPIC_ENTRY_LOW + 2 * 23, MASKED, 0x0001afff},
		{IOAPIC_ENTRY_HIGH + 2 * 23, 0, 0xff000000},
		{0x40, 0, 0},
		{0xff, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		struct bench bench;

		bench_init(&bench);
		CHECK_EQ(get(&bench, registers[i].index), registers[i].reset);
		put(&bench, registers[i].index, 0xffffffff);
		CHECK_EQ(get(&bench, registers[i].index), registers[i].read);
		ioapic_reset(bench.ioapic);
		CHECK_EQ(get(&bench, registers[i].index), registers[i].reset);
		CHECK_EQ(bench.changes, 0);
		ioapic_destroy(bench.ioapic);
	}
}

TEST(an_unmasked_entry_becomes_a_message)
{
	static const struct {
		uint64_t entry;
		uint64_t address;
		uint32_t data;
	} entries[] = {
		{0x30, 0xfee00000, 0x30}, {0x03000000000000efull, 0xfee03000, 0xef},
		{0xff00000000000000ull | LOGICAL | 0x130, 0xfeeff004, 0x130},
		{0x0100000000000000ull | 0x400, 0xfee01000, 0x400}, /* an NMI */
		{0x200, 0xfee00000, 0x200}, {0x500, 0xfee00000, 0x500},
		{LEVEL | 0x2000 | 0x41, 0xfee00000, 0x41}, /* an edge all the same */
		{0xf000 | 0x10, 0xfee00000, 0x10},         /* read-only bits */
	};

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		struct bench bench;
		const struct pin *pin = &bench.pins[i + 7];

		bench_init(&bench);
		put_entry(&bench, i + 7, entries[i].entry);
		CHECK(pin->routed);
		CHECK_EQ(pin->address, entries[i].address);
		CHECK_EQ(pin->data, entries[i].data);
		CHECK_EQ(bench.changes, 1);
		put_entry(&bench, i + 7, entries[i].entry | MASKED);
		CHECK(!pin->routed);
		CHECK_EQ(bench.changes, 2);
		ioapic_destroy(bench.ioapic);
	}
}

TEST(what_no_local_apic_takes_is_not_routed)
{
	static const uint64_t entries[] = {0x00, 0x0f, 0x10f, 0x730, 0x330, 0x630};

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
		struct bench bench;

		bench_init(&bench);
		put_entry(&bench, 3, 0x31);
		put_entry(&bench, 3, entries[i]);
		CHECK(!bench.pins[3].routed);
		CHECK_EQ(bench.changes, 2);
		ioapic_destroy(bench.ioapic);
	}
}

TEST(tells_of_changes_alone)
{
	struct bench bench;

	bench_init(&bench);
	put_entry(&bench, 0, MASKED | 0x31);
	put_entry(&bench, 0, MASKED | 0x32);
	CHECK_EQ(bench.changes, 0);
	put_entry(&bench, 0, 0x32);
	put_entry(&bench, 0, 0x32);
	CHECK_EQ(bench.changes, 1);
	put(&bench, IOAPIC_ENTRY_HIGH, 0x02000000); /* to another CPU */
	CHECK_EQ(bench.changes, 2);
	CHECK_EQ(bench.pins[0].address, 0xfee02000);
	ioapic_destroy(bench.ioapic);
}

TEST(a_route_that_failed_is_tried_again)
{
	struct bench bench;

	bench_init(&bench);
	bench.code = -ENOSPC;
	put_entry(&bench, 0, 0x32);
	put_entry(&bench, 0, MASKED | 0x32); /* there is none to take back */
	bench.code = 0;
	put_entry(&bench, 0, 0x32);
	CHECK(bench.pins[0].routed);
	ioapic_destroy(bench.ioapic);
}

TEST(a_reset_forgets_routes_without_a_word)
{
	struct bench bench;

	bench_init(&bench);
	put_entry(&bench, 5, 0x32);
	ioapic_reset(bench.ioapic);
	CHECK_EQ(bench.changes, 1);
	put_entry(&bench, 5, 0x32);
	CHECK_EQ(bench.changes, 2);
	ioapic_destroy(bench.ioapic);
	ioapic_destroy(NULL);
}

TEST(registers_are_words)
{
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	CHECK(bus_write(&bench.bus, GPA + IOAPIC_SELECT, 1, IOAPIC_VERSION));
	CHECK(bus_read(&bench.bus, GPA + IOAPIC_SELECT, 4, &value));
	CHECK_EQ(value, IOAPIC_VERSION);
	CHECK(bus_read(&bench.bus, GPA + IOAPIC_WINDOW, 1, &value));
	CHECK_EQ(value, 0xff);
	CHECK(bus_read(&bench.bus, GPA + 0x40, 4, &value));
	CHECK_EQ(value, 0xffffffff);
	CHECK(bus_write(&bench.bus, GPA + 0x40, 4, 0));
	ioapic_destroy(bench.ioapic);
}

TEST_MAIN(CASE(has_the_documented_registers), CASE(an_unmasked_entry_becomes_a_message),
	CASE(what_no_local_apic_takes_is_not_routed), CASE(tells_of_changes_alone),
	CASE(a_route_that_failed_is_tried_again),
	CASE(a_reset_forgets_routes_without_a_word), CASE(registers_are_words))
