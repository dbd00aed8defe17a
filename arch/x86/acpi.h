/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86 board's ACPI tables (ACPI 6.3): RSDP, XSDT, FADT of the hardware-reduced
 * model, MADT, DSDT. Each names only what the plan has. Pure data in and out.
 *
 * They come in one of two ways: in their place (x86_acpi_write), or as two relocatable
 * blobs, for a firmware that places them itself (x86_acpi_build) and then does in this
 * order what the fixups say.
 */
#ifndef ARCH_X86_ACPI_H
#define ARCH_X86_ACPI_H

#include <stddef.h>
#include <stdint.h>

struct board_plan;
struct error;

#define X86_ACPI_RSDP_BYTES 36
#define X86_ACPI_RSDP_ALIGN 16
#define X86_ACPI_TABLES_ALIGN 64
#define X86_ACPI_FIXUPS_MAX 12

enum x86_acpi_blob { X86_ACPI_RSDP, X86_ACPI_TABLES };

enum x86_acpi_fixup_kind {
	/* The place holds an offset into the tables: add their address. */
	X86_ACPI_POINTER,
	/* The place holds zero: make the sum of the range's bytes zero. */
	X86_ACPI_CHECKSUM,
};

struct x86_acpi_fixup {
	enum x86_acpi_fixup_kind kind;
	enum x86_acpi_blob blob; /* that holds place and range */
	uint32_t offset;         /* of the place, little-endian */
	uint8_t bytes;           /* its width: 4 or 8; 1 for a checksum */
	uint32_t range_offset;   /* of a checksum */
	uint32_t range_bytes;
};

struct x86_acpi {
	uint8_t rsdp[X86_ACPI_RSDP_BYTES];
	size_t tables_bytes;
	unsigned int fixup_count;
	struct x86_acpi_fixup fixups[X86_ACPI_FIXUPS_MAX];
};

/*
 * Writes the tables but the RSDP, which goes into *ret, into room bytes at tables.
 * X86_ACPI_BYTES of room (arch/x86/layout.h) are enough for every plan. -ENOSPC.
 */
int x86_acpi_build(const struct board_plan *plan, uint8_t *tables, size_t room,
	struct x86_acpi *ret, struct error *err);

/*
 * Writes all tables into room bytes at buf, which the guest finds at gpa, a multiple of
 * X86_ACPI_TABLES_ALIGN below 4 GiB. The RSDP comes first. -ENOSPC.
 */
int x86_acpi_write(const struct board_plan *plan, uint64_t gpa, uint8_t *buf, size_t room,
	size_t *ret_bytes, struct error *err);

#endif
