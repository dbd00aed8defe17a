/* SPDX-License-Identifier: Apache-2.0 */
#include "src/bus.h"

#include <errno.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

struct fake {
	struct mmio_region region;
	uint64_t last_offset;
	uint64_t last_value;
};

static uint64_t fake_read(struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	return 0x100 + offset + bytes;
}

static void fake_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct fake *fake = container_of(region, struct fake, region);

	fake->last_offset = offset;
	fake->last_value = value;
}

static const struct mmio_ops fake_ops = {.read = fake_read, .write = fake_write};

static struct fake fake_at(uint64_t gpa, uint64_t bytes)
{
	return (struct fake){
		.region = {.ops = &fake_ops, .gpa = gpa, .bytes = bytes, .name = "fake"}};
}

TEST(finds_a_device_whatever_the_order_of_adding)
{
	struct bus bus = {0};
	struct fake c = fake_at(0x3000, 0x100);
	struct fake a = fake_at(0x1000, 0x100);
	struct fake b = fake_at(0x1100, 0x100);
	uint64_t value;

	CHECK_EQ(bus_add(&bus, &c.region, NULL), 0);
	CHECK_EQ(bus_add(&bus, &a.region, NULL), 0);
	CHECK_EQ(bus_add(&bus, &b.region, NULL), 0);
	CHECK(bus_read(&bus, 0x1000, 4, &value));
	CHECK_EQ(value, 0x104);
	CHECK(bus_write(&bus, 0x11fe, 2, 7));
	CHECK_EQ(b.last_offset, 0xfe);
	CHECK_EQ(b.last_value, 7);
	CHECK(bus_write(&bus, 0x30ff, 1, 9));
	CHECK_EQ(c.last_offset, 0xff);
}

TEST(rejects_overlapping_empty_and_wrapping_regions)
{
	static const struct {
		uint64_t gpa;
		uint64_t bytes;
		int want;
	} table[] = {
		{0x0f01, 0x100, -EEXIST}, /* its last byte is the other's first */
		{0x10ff, 0x100, -EEXIST},
		{0x1010, 0x10, -EEXIST},
		{0x0800, 0x1000, -EEXIST},
		{0x2000, 0, -EINVAL},
		{UINT64_MAX - 1, 4, -EINVAL},
		{0x0f00, 0x100, 0},
		{0x1100, 0x100, 0},
	};
	struct bus bus = {0};
	struct fake first = fake_at(0x1000, 0x100);
	struct fake others[ARRAY_SIZE(table)];

	CHECK_EQ(bus_add(&bus, &first.region, NULL), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		others[i] = fake_at(table[i].gpa, table[i].bytes);
		CHECK_EQ(bus_add(&bus, &others[i].region, NULL), table[i].want);
	}
}

TEST(stray_accesses_hit_nothing_and_read_zero)
{
	struct bus bus = {0};
	struct fake fake = fake_at(0x1000, 0x100);
	uint64_t value = 5;

	CHECK_EQ(bus_add(&bus, &fake.region, NULL), 0);
	CHECK(!bus_read(&bus, 0xfff, 1, &value));
	CHECK_EQ(value, 0);
	CHECK(!bus_read(&bus, 0x10fe, 4, &value)); /* half inside */
	CHECK(!bus_read(&bus, 0x1100, 1, &value));
	CHECK(!bus_write(&bus, UINT64_MAX, 8, 1));
}

TEST_MAIN(CASE(finds_a_device_whatever_the_order_of_adding),
	CASE(rejects_overlapping_empty_and_wrapping_regions),
	CASE(stray_accesses_hit_nothing_and_read_zero))
