/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/mptable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/error.h"
#include "test/unit/test.h"
#include "test/unit/x86_fixture.h"

#define LINES_MAX 64

/* An interrupt entry's source and destination. */
struct line {
	unsigned int type, flags, irq, id, pin;
};

/* The table as a kernel reads it. */
struct seen {
	unsigned int cpus, boot_cpus, cpu_ids_in_order;
	unsigned int buses;
	unsigned int ioapic_count;
	struct {
		unsigned int id, flags;
		uint64_t gpa;
	} ioapics[X86_IOAPICS_MAX];
	unsigned int line_count, local_count;
	struct line lines[LINES_MAX], locals[4];
	size_t bytes;
};

static struct x86_fixture f;
static struct seen seen;
static uint8_t buf[X86_MP_BYTES];

static struct line read_line(const uint8_t *at)
{
	CHECK_EQ(at[4], 0); /* the ISA bus */
	return (struct line){
		at[1], (unsigned int)x86_read(at + 2, 2), at[5], at[6], at[7]};
}

static size_t read_entry(const uint8_t *at)
{
	switch (at[0]) {
	case 0:
		CHECK_EQ(at[3] & 1, 1);
		seen.boot_cpus += at[3] >> 1 & 1;
		seen.cpu_ids_in_order += at[1] == seen.cpus;
		seen.cpus++;
		return 20;
	case 1:
		CHECK_EQ(memcmp(at + 2, "ISA   ", 6), 0);
		seen.buses++;
		return 8;
	case 2:
		seen.ioapics[seen.ioapic_count].id = at[1];
		seen.ioapics[seen.ioapic_count].flags = at[3];
		seen.ioapics[seen.ioapic_count++].gpa = x86_read(at + 4, 4);
		return 8;
	case 3:
		seen.lines[seen.line_count++] = read_line(at);
		return 8;
	case 4:
		seen.locals[seen.local_count++] = read_line(at);
		return 8;
	}
	test_fail(__FILE__, __LINE__, "an entry of type %u", at[0]);
	return 8;
}

static void read_table(void)
{
	const uint8_t *table = buf + 16;
	size_t bytes = x86_read(table + 4, 2);
	size_t at = 44;
	unsigned int entries = 0;

	CHECK_EQ(memcmp(buf, "_MP_", 4), 0);
	CHECK_EQ(x86_read(buf + 4, 4), X86_MP_GPA + 16);
	CHECK_EQ(buf[8], 1);
	CHECK_EQ(buf[9], 4);
	CHECK_EQ(x86_read(buf + 11, 5), 0);
	CHECK_EQ(x86_sum(buf, 16), 0);
	CHECK_EQ(memcmp(table, "PCMP", 4), 0);
	CHECK_EQ(table[6], 4);
	CHECK_EQ(x86_sum(table, bytes), 0);
	CHECK_EQ(x86_read(table + 36, 4), X86_LAPIC_GPA);
	for (; at < bytes; entries++)
		at += read_entry(table + at);
	CHECK_EQ(at, bytes);
	CHECK_EQ(16 + bytes, seen.bytes);
	CHECK_EQ(entries, x86_read(table + 34, 2));
}

static void write_and_read(void)
{
	struct error err;

	seen = (struct seen){0};
	CHECK_EQ(x86_mp_write(&f.plan, X86_MP_GPA, buf, sizeof(buf), &seen.bytes, &err),
		0);
	read_table();
}

static void check_line(
	unsigned int i, unsigned int irq, unsigned int id, unsigned int pin)
{
	CHECK_EQ(seen.lines[i].type, 0);
	CHECK_EQ(seen.lines[i].flags, 5); /* edge, active high */
	CHECK_EQ(seen.lines[i].irq, irq);
	CHECK_EQ(seen.lines[i].id, id);
	CHECK_EQ(seen.lines[i].pin, pin);
}

TEST(a_machine_without_virtio_has_its_isa_lines)
{
	x86_fixture_init(&f);
	write_and_read();
	CHECK_EQ(seen.cpus, 1);
	CHECK_EQ(seen.boot_cpus, 1);
	CHECK_EQ(seen.buses, 1);
	CHECK_EQ(seen.ioapic_count, 1);
	CHECK_EQ(seen.ioapics[0].flags, 1);
	CHECK_EQ(seen.ioapics[0].gpa, 0xfec00000);
	CHECK_EQ(seen.line_count, 4);
	check_line(0, 1, seen.ioapics[0].id, 1);
	check_line(1, 0, seen.ioapics[0].id, 2); /* the PIT */
	check_line(2, 4, seen.ioapics[0].id, 4);
	check_line(3, 8, seen.ioapics[0].id, 8);
	CHECK_EQ(seen.local_count, 2);
	CHECK_EQ(seen.locals[0].type, 3); /* the PIC at LINT0 of the first CPU */
	CHECK_EQ(seen.locals[0].id, 0);
	CHECK_EQ(seen.locals[0].pin, 0);
	CHECK_EQ(seen.locals[1].type, 1); /* NMI at LINT1 of all */
	CHECK_EQ(seen.locals[1].id, 0xff);
	CHECK_EQ(seen.locals[1].pin, 1);
}

TEST(each_virtio_device_has_the_pin_of_its_gsi)
{
	x86_fixture_init(&f);
	x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
	write_and_read();
	CHECK_EQ(seen.ioapic_count, 2);
	CHECK_EQ(seen.ioapics[1].gpa, 0xfec10000);
	CHECK(seen.ioapics[0].id != seen.ioapics[1].id);
	CHECK_EQ(seen.line_count, 4 + 24);
	for (unsigned int i = 0; i < 24; i++)
		check_line(4 + i, 16 + i, seen.ioapics[i >= 8].id, (16 + i) % 24);
}

TEST(a_device_on_a_free_isa_pin_stands_between_the_others)
{
	x86_fixture_init(&f);
	x86_fixture_devices(&f, 1);
	f.devices[0].irq = 5;
	write_and_read();
	CHECK_EQ(seen.line_count, 5);
	check_line(3, 5, seen.ioapics[0].id, 5);
}

TEST(a_part_that_is_not_there_has_no_line)
{
	static const struct {
		size_t offset; /* of the part in the plan */
		unsigned int irq;
	} table[] = {
		{offsetof(struct plan_x86, serial), 4},
		{offsetof(struct plan_x86, rtc), 8},
		{offsetof(struct plan_x86, i8042), 1},
	};

	for (unsigned int i = 0; i < 3; i++) {
		x86_fixture_init(&f);
		memset((uint8_t *)&f.plan.x86 + table[i].offset, 0,
			sizeof(struct x86_port));
		write_and_read();
		CHECK_EQ(seen.line_count, 3);
		for (unsigned int j = 0; j < 3; j++)
			CHECK(seen.lines[j].irq != table[i].irq);
	}
	x86_fixture_init(&f);
	x86_fixture_bare(&f);
	write_and_read();
	CHECK_EQ(seen.line_count, 0);
	CHECK_EQ(seen.local_count, 1);
}

TEST(all_cpus_are_listed_and_the_first_one_boots)
{
	static const unsigned int counts[] = {1, 2, 4, 254, 255};

	for (unsigned int i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		x86_fixture_init(&f);
		x86_fixture_cpus(&f, counts[i]);
		write_and_read();
		CHECK_EQ(seen.cpus, counts[i]);
		CHECK_EQ(seen.cpu_ids_in_order, counts[i]);
		CHECK_EQ(seen.boot_cpus, 1);
	}
}

TEST(no_ioapic_has_an_id_that_linux_gives_to_those_of_a_tree)
{
	x86_fixture_init(&f);
	x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
	write_and_read();
	for (unsigned int i = 0; i < 2; i++)
		CHECK(seen.ioapics[i].id > 2 && seen.ioapics[i].id < 15);
}

TEST(too_little_room_is_an_error_and_no_overrun)
{
	struct error err;
	size_t need, bytes = 0;

	x86_fixture_init(&f);
	x86_fixture_devices(&f, 3);
	CHECK_EQ(x86_mp_write(&f.plan, X86_MP_GPA, buf, sizeof(buf), &need, &err), 0);
	for (size_t room = 0; room < need; room++) {
		uint8_t *small = malloc(room ? room : 1);

		CHECK_EQ(x86_mp_write(&f.plan, X86_MP_GPA, small, room, &bytes, &err),
			-ENOSPC);
		free(small);
	}
	CHECK_EQ(bytes, 0);
	CHECK_HAS(err.text, "does not fit");
}

TEST_MAIN(CASE(a_machine_without_virtio_has_its_isa_lines),
	CASE(each_virtio_device_has_the_pin_of_its_gsi),
	CASE(a_device_on_a_free_isa_pin_stands_between_the_others),
	CASE(a_part_that_is_not_there_has_no_line),
	CASE(all_cpus_are_listed_and_the_first_one_boots),
	CASE(no_ioapic_has_an_id_that_linux_gives_to_those_of_a_tree),
	CASE(too_little_room_is_an_error_and_no_overrun))
