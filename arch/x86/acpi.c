/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/acpi.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "arch/x86/acpi_dsdt.h"
#include "arch/x86/blob.h"
#include "arch/x86/ged.h"
#include "arch/x86/layout.h"
#include "src/error.h"
#include "src/le.h"
#include "src/plan.h"

#define OEM_ID "BONSAI"
#define OEM_TABLE_ID "BONSAIVM"
#define CREATOR_ID "BNSI"

/* 5.2.6: the header that all tables share. */
enum {
	HEADER_LENGTH = 4,
	HEADER_CHECKSUM = 9,
	HEADER_BYTES = 36,
};

/* 5.2.5.3. */
enum {
	RSDP_CHECKSUM = 8,
	RSDP_FIRST_BYTES = 20, /* that ACPI 1.0 knew */
	RSDP_XSDT = 24,
	RSDP_EXTENDED_CHECKSUM = 32,
};

/* 5.2.9, of revision 6. What is not named here is zero. */
enum {
	FADT_DSDT = 40,
	FADT_SCI = 46,
	FADT_C2_LATENCY = 96,
	FADT_C3_LATENCY = 98,
	FADT_CENTURY = 108,
	FADT_BOOT_ARCH = 109,
	FADT_FLAGS = 112,
	FADT_RESET_REGISTER = 116,
	FADT_RESET_VALUE = 128,
	FADT_MINOR = 131,
	FADT_X_DSDT = 140,
	FADT_SLEEP_CONTROL = 244,
	FADT_SLEEP_STATUS = 256,
	FADT_BYTES = 276,
};

#define FADT_REVISION 6
#define FADT_MINOR_REVISION 3

#define FADT_WBINVD (1u << 0)
#define FADT_PROC_C1 (1u << 2)
#define FADT_PWR_BUTTON (1u << 4) /* not a fixed one */
#define FADT_SLP_BUTTON (1u << 5) /* likewise */
#define FADT_RESET_REG_SUP (1u << 10)
#define FADT_HW_REDUCED (1u << 20)

#define BOOT_LEGACY_DEVICES (1u << 0)
#define BOOT_8042 (1u << 1)
#define BOOT_NO_VGA (1u << 2)
#define BOOT_NO_RTC (1u << 5)

#define RTC_CENTURY_REGISTER 0x32

/* Longer than the 100 and 1000 us from which on there is no such state. */
#define NO_C2_LATENCY_US 101
#define NO_C3_LATENCY_US 1001

/* 5.2.12. */
enum {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_NMI = 4,
};

#define MADT_PCAT_COMPAT 1u
#define MADT_CPU_ENABLED 1u
#define MADT_ALL_CPUS 0xff
#define MADT_EDGE_HIGH 0x5
#define NMI_LINT 1
#define PIT_IRQ 0
#define PIT_GSI 2

struct build {
	struct blob blob;
	struct x86_acpi *acpi;
};

static void add_fixup(struct build *build, struct x86_acpi_fixup fixup)
{
	assert(build->acpi->fixup_count < X86_ACPI_FIXUPS_MAX);
	build->acpi->fixups[build->acpi->fixup_count++] = fixup;
}

static void point(
	struct build *build, enum x86_acpi_blob blob, size_t offset, unsigned int width)
{
	add_fixup(build, (struct x86_acpi_fixup){
				 .kind = X86_ACPI_POINTER,
				 .blob = blob,
				 .offset = (uint32_t)offset,
				 .bytes = (uint8_t)width,
			 });
}

static void sum(struct build *build, enum x86_acpi_blob blob, size_t offset, size_t start,
	size_t bytes)
{
	add_fixup(build, (struct x86_acpi_fixup){
				 .kind = X86_ACPI_CHECKSUM,
				 .blob = blob,
				 .offset = (uint32_t)offset,
				 .bytes = 1,
				 .range_offset = (uint32_t)start,
				 .range_bytes = (uint32_t)bytes,
			 });
}

static size_t begin_table(struct build *build, const char *signature, uint8_t revision)
{
	struct blob *blob = &build->blob;
	size_t start;

	blob_align(blob, 8);
	start = blob->bytes;
	blob_text(blob, signature, 4);
	blob_zero(blob, 4);
	blob_number(blob, revision, 1);
	blob_zero(blob, 1);
	blob_text(blob, OEM_ID, 6);
	blob_text(blob, OEM_TABLE_ID, 8);
	blob_number(blob, 1, 4);
	blob_text(blob, CREATOR_ID, 4);
	blob_number(blob, 1, 4);
	return start;
}

static void end_table(struct build *build, size_t start)
{
	size_t bytes = build->blob.bytes - start;

	blob_set(&build->blob, start + HEADER_LENGTH, bytes, 4);
	sum(build, X86_ACPI_TABLES, start + HEADER_CHECKSUM, start, bytes);
}

/* --- the tables --------------------------------------------------------------------- */

static size_t write_dsdt(struct build *build, const struct board_plan *plan)
{
	size_t start = begin_table(build, "DSDT", 2);

	x86_dsdt_write(&build->blob, plan);
	end_table(build, start);
	return start;
}

static unsigned int boot_arch(const struct plan_x86 *x86)
{
	return BOOT_NO_VGA | (x86->serial.count ? BOOT_LEGACY_DEVICES : 0) |
	       (x86->i8042.count ? BOOT_8042 : 0) | (x86->rtc.count ? 0 : BOOT_NO_RTC);
}

/* 5.2.3.2: a register of one byte in memory. */
static void set_register(struct blob *blob, size_t offset, uint64_t gpa)
{
	blob_set(blob, offset, 0, 1);     /* memory */
	blob_set(blob, offset + 1, 8, 1); /* bits, */
	blob_set(blob, offset + 2, 0, 1); /* from the first one on, */
	blob_set(blob, offset + 3, 1, 1); /* a byte at a time */
	blob_set(blob, offset + 4, gpa, 8);
}

/* 4.8.3.7: without the registers of the full model, power is the board's own. */
static void set_power(struct blob *blob, size_t start, uint64_t ged_gpa)
{
	set_register(blob, start + FADT_SLEEP_CONTROL, ged_gpa + GED_SLEEP_CONTROL);
	set_register(blob, start + FADT_SLEEP_STATUS, ged_gpa + GED_SLEEP_STATUS);
	set_register(blob, start + FADT_RESET_REGISTER, ged_gpa + GED_RESET);
	blob_set(blob, start + FADT_RESET_VALUE, GED_RESET_VALUE, 1);
}

static size_t write_fadt(struct build *build, const struct board_plan *plan, size_t dsdt)
{
	const struct plan_x86 *x86 = &plan->x86;
	struct blob *blob = &build->blob;
	size_t start = begin_table(build, "FACP", FADT_REVISION);
	uint32_t flags = FADT_WBINVD | FADT_PROC_C1 | FADT_PWR_BUTTON | FADT_SLP_BUTTON |
			 FADT_HW_REDUCED;

	blob_zero(blob, FADT_BYTES - HEADER_BYTES);
	blob_set(blob, start + FADT_DSDT, dsdt, 4);
	blob_set(blob, start + FADT_X_DSDT, dsdt, 8);
	/*
	 * This model has no SCI, but some read the field nevertheless, and take the
	 * line for a level-triggered one: not with write_madt()'s word on this one.
	 */
	blob_set(blob, start + FADT_SCI, X86_GED_IRQ, 2);
	blob_set(blob, start + FADT_C2_LATENCY, NO_C2_LATENCY_US, 2);
	blob_set(blob, start + FADT_C3_LATENCY, NO_C3_LATENCY_US, 2);
	if (x86->rtc.count)
		blob_set(blob, start + FADT_CENTURY, RTC_CENTURY_REGISTER, 1);
	blob_set(blob, start + FADT_BOOT_ARCH, boot_arch(x86), 2);
	blob_set(blob, start + FADT_MINOR, FADT_MINOR_REVISION, 1);
	if (x86->ged.bytes) {
		flags |= FADT_RESET_REG_SUP;
		set_power(blob, start, x86->ged.gpa);
	}
	blob_set(blob, start + FADT_FLAGS, flags, 4);
	point(build, X86_ACPI_TABLES, start + FADT_DSDT, 4);
	point(build, X86_ACPI_TABLES, start + FADT_X_DSDT, 8);
	end_table(build, start);
	return start;
}

static void begin_entry(struct blob *blob, unsigned int type, unsigned int bytes)
{
	blob_number(blob, type, 1);
	blob_number(blob, bytes, 1);
}

static void write_override(struct blob *blob, unsigned int irq, unsigned int gsi)
{
	begin_entry(blob, MADT_OVERRIDE, 10);
	blob_number(blob, 0, 1); /* ISA */
	blob_number(blob, irq, 1);
	blob_number(blob, gsi, 4);
	blob_number(blob, MADT_EDGE_HIGH, 2);
}

static void write_processors(struct blob *blob, const struct board_plan *plan)
{
	for (unsigned int i = 0; i < plan->cpu_count; i++) {
		begin_entry(blob, MADT_LAPIC, 8);
		blob_number(blob, i, 1);
		blob_number(blob, plan->cpu_ids[i], 1);
		blob_number(blob, MADT_CPU_ENABLED, 4);
	}
	begin_entry(blob, MADT_LAPIC_NMI, 6);
	blob_number(blob, MADT_ALL_CPUS, 1);
	blob_number(blob, MADT_EDGE_HIGH, 2);
	blob_number(blob, NMI_LINT, 1);
}

static void write_ioapics(struct blob *blob, const struct plan_x86 *x86)
{
	for (unsigned int i = 0; i < x86->ioapic_count; i++) {
		begin_entry(blob, MADT_IOAPIC, 12);
		blob_number(blob, i, 1);
		blob_number(blob, 0, 1);
		blob_number(blob, x86->ioapics[i].gpa, 4);
		blob_number(blob, i * X86_IOAPIC_PINS, 4);
	}
}

static size_t write_madt(struct build *build, const struct board_plan *plan)
{
	const struct plan_x86 *x86 = &plan->x86;
	struct blob *blob = &build->blob;
	size_t start = begin_table(build, "APIC", 5);

	blob_number(blob, x86->lapic.gpa, 4);
	blob_number(blob, x86->pic ? MADT_PCAT_COMPAT : 0, 4);
	write_processors(blob, plan);
	write_ioapics(blob, x86);
	if (x86->pit)
		write_override(blob, PIT_IRQ, PIT_GSI);
	write_override(blob, X86_GED_IRQ, X86_GED_IRQ);
	end_table(build, start);
	return start;
}

static size_t write_xsdt(struct build *build, size_t fadt, size_t madt)
{
	const size_t tables[] = {fadt, madt};
	size_t start = begin_table(build, "XSDT", 1);

	for (unsigned int i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		point(build, X86_ACPI_TABLES, build->blob.bytes, 8);
		blob_number(&build->blob, tables[i], 8);
	}
	end_table(build, start);
	return start;
}

static void write_rsdp(struct build *build, size_t xsdt)
{
	struct blob blob = {.buf = build->acpi->rsdp, .room = X86_ACPI_RSDP_BYTES};

	blob_text(&blob, "RSD PTR ", 8);
	blob_zero(&blob, 1);
	blob_text(&blob, OEM_ID, 6);
	blob_number(&blob, 2, 1);
	blob_zero(&blob, 4); /* no RSDT */
	blob_number(&blob, X86_ACPI_RSDP_BYTES, 4);
	blob_number(&blob, xsdt, 8);
	blob_zero(&blob, 4);
	assert(!blob.full && blob.bytes == X86_ACPI_RSDP_BYTES);
	point(build, X86_ACPI_RSDP, RSDP_XSDT, 8);
	sum(build, X86_ACPI_RSDP, RSDP_CHECKSUM, 0, RSDP_FIRST_BYTES);
	sum(build, X86_ACPI_RSDP, RSDP_EXTENDED_CHECKSUM, 0, X86_ACPI_RSDP_BYTES);
}

int x86_acpi_build(const struct board_plan *plan, uint8_t *tables, size_t room,
	struct x86_acpi *ret, struct error *err)
{
	struct x86_acpi acpi = {0};
	struct build build = {.blob = {.buf = tables, .room = room}, .acpi = &acpi};
	size_t dsdt = write_dsdt(&build, plan);
	size_t fadt = write_fadt(&build, plan, dsdt);
	size_t madt = write_madt(&build, plan);

	write_rsdp(&build, write_xsdt(&build, fadt, madt));
	if (build.blob.full)
		return error_set(err, -ENOSPC, NULL,
			"the ACPI tables do not fit into their %zu bytes", room);
	acpi.tables_bytes = build.blob.bytes;
	*ret = acpi;
	return 0;
}

/* --- in their place ----------------------------------------------------------------- */

static void apply(const struct x86_acpi_fixup *fixup, uint8_t *blob, uint64_t gpa)
{
	uint8_t *place = blob + fixup->offset;

	if (fixup->kind == X86_ACPI_CHECKSUM)
		*place = blob_checksum(blob + fixup->range_offset, fixup->range_bytes);
	else if (fixup->bytes == 4)
		le32_put(place, (uint32_t)(le32_at(place) + gpa));
	else
		le64_put(place, le64_at(place) + gpa);
}

int x86_acpi_write(const struct board_plan *plan, uint64_t gpa, uint8_t *buf, size_t room,
	size_t *ret_bytes, struct error *err)
{
	struct x86_acpi acpi;
	uint8_t *blobs[2] = {acpi.rsdp};
	int rc;

	assert(gpa % X86_ACPI_TABLES_ALIGN == 0);
	if (room < X86_ACPI_TABLES_ALIGN)
		return error_set(err, -ENOSPC, NULL,
			"the ACPI tables do not fit into their %zu bytes", room);
	blobs[X86_ACPI_TABLES] = buf + X86_ACPI_TABLES_ALIGN;
	rc = x86_acpi_build(
		plan, blobs[X86_ACPI_TABLES], room - X86_ACPI_TABLES_ALIGN, &acpi, err);
	if (rc)
		return rc;
	for (unsigned int i = 0; i < acpi.fixup_count; i++)
		apply(&acpi.fixups[i], blobs[acpi.fixups[i].blob],
			gpa + X86_ACPI_TABLES_ALIGN);
	memset(buf, 0, X86_ACPI_TABLES_ALIGN);
	memcpy(buf, acpi.rsdp, X86_ACPI_RSDP_BYTES);
	*ret_bytes = X86_ACPI_TABLES_ALIGN + acpi.tables_bytes;
	return 0;
}
