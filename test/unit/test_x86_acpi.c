/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/acpi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"
#include "test/unit/x86_fixture.h"

#define GPA X86_ACPI_GPA

static struct x86_fixture f;
static uint8_t buf[X86_ACPI_BYTES];
static size_t buf_bytes;

static const uint8_t *at(uint64_t gpa)
{
	CHECK(gpa >= GPA && gpa < GPA + buf_bytes);
	return gpa >= GPA && gpa < GPA + buf_bytes ? buf + (gpa - GPA) : buf;
}

static void check_table(const uint8_t *table, const char *signature)
{
	uint64_t bytes = x86_read(table + 4, 4);

	CHECK_EQ(memcmp(table, signature, 4), 0);
	CHECK(bytes >= 36 && table + bytes <= buf + buf_bytes);
	CHECK_EQ(x86_sum(table, bytes), 0);
	CHECK_EQ(memcmp(table + 10, "BONSAI", 6), 0);
}

/* Writes the tables, and goes from the RSDP to the one of this name. */
static const uint8_t *table(const char *signature)
{
	struct error err;
	const uint8_t *xsdt, *found = NULL;

	CHECK_EQ(x86_acpi_write(&f.plan, GPA, buf, sizeof(buf), &buf_bytes, &err), 0);
	CHECK_EQ(memcmp(buf, "RSD PTR ", 8), 0);
	CHECK_EQ(buf[15], 2);
	CHECK_EQ(x86_sum(buf, 20), 0);
	CHECK_EQ(x86_sum(buf, 36), 0);
	CHECK_EQ(x86_read(buf + 20, 4), 36);
	xsdt = at(x86_read(buf + 24, 8));
	check_table(xsdt, "XSDT");
	CHECK_EQ(x86_read(xsdt + 4, 4), 36 + 2 * 8);
	for (unsigned int i = 0; i < 2; i++) {
		const uint8_t *one = at(x86_read(xsdt + 36 + 8 * i, 8));

		check_table(one, i ? "APIC" : "FACP");
		if (memcmp(one, "FACP", 4) == 0) {
			const uint8_t *dsdt = at(x86_read(one + 140, 8));

			CHECK_EQ(x86_read(one + 40, 4), x86_read(one + 140, 8));
			check_table(dsdt, "DSDT");
			if (memcmp(signature, "DSDT", 4) == 0)
				found = dsdt;
		}
		if (memcmp(one, signature, 4) == 0)
			found = one;
	}
	return found;
}

/* Of the MADT: how many entries of this type; the last one is in *ret. */
static unsigned int entries(const uint8_t *madt, unsigned int type, const uint8_t **ret)
{
	const uint8_t *end = madt + x86_read(madt + 4, 4);
	unsigned int count = 0;

	for (const uint8_t *entry = madt + 44; entry < end && entry[1]; entry += entry[1])
		if (entry[0] == type) {
			*ret = entry;
			count++;
		}
	return count;
}

/* How often the DSDT has these characters. */
static unsigned int mentions(const uint8_t *dsdt, const void *what, size_t count)
{
	size_t bytes = x86_read(dsdt + 4, 4);
	unsigned int found = 0;

	for (size_t i = 0; i + count <= bytes; i++)
		found += memcmp(dsdt + i, what, count) == 0;
	return found;
}

#define MENTIONS(dsdt, text) mentions(dsdt, text, sizeof(text) - 1)

TEST(the_model_is_the_hardware_reduced_one)
{
	const uint8_t *fadt;

	x86_fixture_init(&f);
	fadt = table("FACP");
	CHECK_EQ(fadt[8], 6);
	CHECK_EQ(x86_read(fadt + 4, 4), 276);
	CHECK_EQ(x86_read(fadt + 112, 4), 1 << 20 | 1 << 10 | 1 << 5 | 1 << 4 | 5);
	CHECK_EQ(x86_read(fadt + 46, 2), 9);
	CHECK(x86_read(fadt + 96, 2) > 100);
	CHECK(x86_read(fadt + 98, 2) > 1000);
}

TEST(power_registers_are_bytes_of_the_event_device)
{
	static const struct {
		unsigned int offset;
		uint64_t gpa;
	} table_of[] = {{116, 0xfea00202}, {244, 0xfea00200}, {256, 0xfea00201}};
	const uint8_t *fadt;

	x86_fixture_init(&f);
	fadt = table("FACP");
	for (unsigned int i = 0; i < ARRAY_SIZE(table_of); i++) {
		CHECK_EQ(x86_read(fadt + table_of[i].offset, 4), 0x01000800);
		CHECK_EQ(x86_read(fadt + table_of[i].offset + 4, 8), table_of[i].gpa);
	}
	CHECK_EQ(fadt[128], 0x42);
	f.plan.x86.ged.bytes = 0;
	fadt = table("FACP");
	CHECK_EQ(x86_read(fadt + 112, 4) & 1 << 10, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(table_of); i++)
		CHECK_EQ(x86_read(fadt + table_of[i].offset + 4, 8), 0);
}

TEST(the_boot_flags_say_which_legacy_parts_are_there)
{
	const uint8_t *fadt;

	x86_fixture_init(&f);
	fadt = table("FACP");
	CHECK_EQ(x86_read(fadt + 109, 2), 0x07); /* no VGA; ISA, 8042, RTC */
	CHECK_EQ(fadt[108], 0x32);
	f.plan.x86.rtc.count = 0;
	fadt = table("FACP");
	CHECK_EQ(x86_read(fadt + 109, 2), 0x27);
	CHECK_EQ(fadt[108], 0);
	f.plan.x86.i8042.count = 0;
	CHECK_EQ(x86_read(table("FACP") + 109, 2), 0x25);
	f.plan.x86.serial.count = 0;
	CHECK_EQ(x86_read(table("FACP") + 109, 2), 0x24);
}

TEST(every_cpu_has_its_local_apic)
{
	static const unsigned int counts[] = {1, 2, 255};
	const uint8_t *entry = NULL;

	for (unsigned int i = 0; i < ARRAY_SIZE(counts); i++) {
		const uint8_t *madt;

		x86_fixture_init(&f);
		x86_fixture_cpus(&f, counts[i]);
		madt = table("APIC");
		CHECK_EQ(x86_read(madt + 36, 4), X86_LAPIC_GPA);
		CHECK_EQ(x86_read(madt + 40, 4), 1);
		CHECK_EQ(entries(madt, 0, &entry), counts[i]);
		CHECK_EQ(entry[2], counts[i] - 1);
		CHECK_EQ(entry[3], counts[i] - 1);
		CHECK_EQ(x86_read(entry + 4, 4), 1);
		CHECK_EQ(entries(madt, 4, &entry), 1);
		CHECK_EQ(entry[2], 0xff);
		CHECK_EQ(entry[5], 1);
	}
}

TEST(the_second_ioapic_begins_where_the_first_one_ends)
{
	const uint8_t *madt, *entry = NULL;

	x86_fixture_init(&f);
	CHECK_EQ(entries(table("APIC"), 1, &entry), 1);
	CHECK_EQ(x86_read(entry + 4, 4), 0xfec00000);
	CHECK_EQ(x86_read(entry + 8, 4), 0);
	x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
	madt = table("APIC");
	CHECK_EQ(entries(madt, 1, &entry), 2);
	CHECK_EQ(entry[2], 1);
	CHECK_EQ(x86_read(entry + 4, 4), 0xfec10000);
	CHECK_EQ(x86_read(entry + 8, 4), 24);
}

TEST(the_pit_is_on_pin_two_where_there_is_one)
{
	const uint8_t *entry = NULL, *madt;

	x86_fixture_init(&f);
	f.plan.x86.pic = false;
	f.plan.x86.pit = false;
	madt = table("APIC");
	CHECK_EQ(x86_read(madt + 40, 4), 0); /* no PIC either */
	CHECK_EQ(entries(madt, 2, &entry), 1);
	CHECK_EQ(entry[3], 9);
	CHECK_EQ(x86_read(entry + 4, 4), 9);
	CHECK_EQ(x86_read(entry + 8, 2), 5);
	f.plan.x86.pit = true;
	madt = table("APIC");
	CHECK_EQ(entries(madt, 2, &entry), 2);
	entry -= 10;
	CHECK_EQ(entry[3], 0);
	CHECK_EQ(x86_read(entry + 4, 4), 2);
	CHECK_EQ(x86_read(entry + 8, 2), 5);
}

/* Each part's hardware id, as the DSDT has it. */
static const struct part {
	size_t offset; /* of its struct x86_port in the plan */
	const char *id;
	size_t id_bytes;
} parts[] = {
	{offsetof(struct plan_x86, serial), "\x41\xd0\x05\x01", 4},
	{offsetof(struct plan_x86, rtc), "\x41\xd0\x0b\x00", 4},
	{offsetof(struct plan_x86, i8042), "\x41\xd0\x03\x03", 4},
	{offsetof(struct plan_x86, fw_cfg), "QEMU0002", 9},
	{offsetof(struct plan_x86, pvpanic), "QEMU0001", 9},
};

TEST(the_dsdt_names_each_part_that_is_there_and_no_other)
{
	const uint8_t *dsdt;

	for (unsigned int off = 0; off <= ARRAY_SIZE(parts); off++) {
		x86_fixture_init(&f);
		if (off < ARRAY_SIZE(parts))
			memset((uint8_t *)&f.plan.x86 + parts[off].offset, 0,
				sizeof(struct x86_port));
		dsdt = table("DSDT");
		for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++)
			CHECK_EQ(
				mentions(dsdt, parts[i].id, parts[i].id_bytes), i != off);
	}
	x86_fixture_bare(&f);
	dsdt = table("DSDT");
	CHECK_EQ(x86_read(dsdt + 4, 4), 36 + 6); /* an empty \_SB */
}

TEST(the_button_and_the_way_off_come_with_the_event_device)
{
	const uint8_t *dsdt;

	x86_fixture_init(&f);
	dsdt = table("DSDT");
	CHECK_EQ(MENTIONS(dsdt, "ACPI0013"), 1);
	CHECK_EQ(MENTIONS(dsdt, "\x41\xd0\x0c\x0c"), 1);
	CHECK_EQ(MENTIONS(dsdt, "\x08_S5_\x12\x07\x04\x0a\x05\x00\x00\x00"), 1);
	CHECK_EQ(MENTIONS(dsdt, "_EVT\x09"), 1);
	CHECK_EQ(MENTIONS(dsdt, "EREG\x00\x0c\x00\x00\xa0\xfe\x0a\x04"), 1);
	CHECK_EQ(MENTIONS(dsdt, "\x89\x06\x00\x03\x01\x09\x00\x00\x00"), 1);
	f.plan.x86.ged.bytes = 0;
	dsdt = table("DSDT");
	CHECK_EQ(MENTIONS(dsdt, "ACPI0013"), 0);
	CHECK_EQ(MENTIONS(dsdt, "PWRB"), 0);
	CHECK_EQ(MENTIONS(dsdt, "_S5_"), 0);
}

TEST(each_virtio_device_has_its_window_and_an_edge_interrupt)
{
	const uint8_t *dsdt;

	x86_fixture_init(&f);
	CHECK_EQ(MENTIONS(table("DSDT"), "LNRO0005"), 0);
	x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
	dsdt = table("DSDT");
	CHECK_EQ(MENTIONS(dsdt, "LNRO0005"), 24);
	CHECK_EQ(MENTIONS(dsdt, "_CCA\x01"), 24);
	CHECK_EQ(MENTIONS(dsdt, "VR00\x08_HID\x0dLNRO0005\0\x08_UID\x00"), 1);
	CHECK_EQ(MENTIONS(dsdt, "VR23\x08_HID\x0dLNRO0005\0\x08_UID\x0a\x17"), 1);
	CHECK_EQ(MENTIONS(dsdt, "\x86\x09\x00\x01\x00\x2e\xb0\xfe\x00\x02\x00\x00"
				"\x89\x06\x00\x03\x01\x27\x00\x00\x00"),
		1);
}

/* What a firmware does that is handed the blobs: places them and obeys. */
static void relocate(struct x86_acpi *acpi, uint8_t *tables, uint32_t gpa)
{
	for (unsigned int i = 0; i < acpi->fixup_count; i++) {
		const struct x86_acpi_fixup *fixup = &acpi->fixups[i];
		uint8_t *blob = fixup->blob == X86_ACPI_RSDP ? acpi->rsdp : tables;
		uint8_t *place = blob + fixup->offset;
		uint64_t value = x86_read(place, fixup->bytes);

		if (fixup->kind == X86_ACPI_POINTER) {
			CHECK(value < acpi->tables_bytes);
			CHECK(fixup->bytes == 4 || fixup->bytes == 8);
			value += gpa;
		} else {
			CHECK_EQ(value, 0);
			CHECK_EQ(fixup->bytes, 1);
			value = (uint8_t)-x86_sum(
				blob + fixup->range_offset, fixup->range_bytes);
		}
		for (unsigned int j = 0; j < fixup->bytes; j++)
			place[j] = (uint8_t)(value >> (8 * j));
	}
}

TEST(a_firmware_that_obeys_the_fixups_gets_the_same_tables)
{
	static uint8_t tables[X86_ACPI_BYTES];
	struct x86_acpi acpi;
	struct error err;

	x86_fixture_init(&f);
	x86_fixture_devices(&f, 5);
	x86_fixture_cpus(&f, 3);
	CHECK(table("DSDT"));
	CHECK_EQ(x86_acpi_build(&f.plan, tables, sizeof(tables), &acpi, &err), 0);
	CHECK_EQ(acpi.tables_bytes, buf_bytes - X86_ACPI_TABLES_ALIGN);
	relocate(&acpi, tables, GPA + X86_ACPI_TABLES_ALIGN);
	CHECK_EQ(memcmp(acpi.rsdp, buf, sizeof(acpi.rsdp)), 0);
	CHECK_EQ(memcmp(tables, buf + X86_ACPI_TABLES_ALIGN, acpi.tables_bytes), 0);
}

TEST(too_little_room_is_an_error_and_no_overrun)
{
	struct error err;
	size_t need, bytes = 0;

	x86_fixture_init(&f);
	x86_fixture_devices(&f, 2);
	CHECK_EQ(x86_acpi_write(&f.plan, GPA, buf, sizeof(buf), &need, &err), 0);
	for (size_t room = 0; room < need; room++) {
		uint8_t *small = malloc(room ? room : 1);

		CHECK_EQ(
			x86_acpi_write(&f.plan, GPA, small, room, &bytes, &err), -ENOSPC);
		free(small);
	}
	CHECK_EQ(bytes, 0);
	CHECK_HAS(err.text, "do not fit");
}

TEST(the_largest_machine_fits)
{
	x86_fixture_init(&f);
	x86_fixture_devices(&f, X86_VIRTIO_COUNT_MAX);
	x86_fixture_cpus(&f, X86_CPUS_MAX);
	CHECK(table("DSDT"));
	CHECK(buf_bytes < X86_ACPI_BYTES / 2);
}

TEST_MAIN(CASE(the_model_is_the_hardware_reduced_one),
	CASE(power_registers_are_bytes_of_the_event_device),
	CASE(the_boot_flags_say_which_legacy_parts_are_there),
	CASE(every_cpu_has_its_local_apic),
	CASE(the_second_ioapic_begins_where_the_first_one_ends),
	CASE(the_pit_is_on_pin_two_where_there_is_one),
	CASE(the_dsdt_names_each_part_that_is_there_and_no_other),
	CASE(the_button_and_the_way_off_come_with_the_event_device),
	CASE(each_virtio_device_has_its_window_and_an_edge_interrupt),
	CASE(a_firmware_that_obeys_the_fixups_gets_the_same_tables),
	CASE(too_little_room_is_an_error_and_no_overrun), CASE(the_largest_machine_fits))
