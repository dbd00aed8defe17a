/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The zero page (Linux, Documentation/arch/x86/zero-page.rst and boot.rst, "32-bit Boot
 * Protocol", "64-bit Boot Protocol"), the start info of a PVH entry (Xen,
 * xen/include/public/arch-x86/hvm/start_info.h), and the segment descriptors and page
 * tables that a CPU in those modes needs (Intel SDM volume 3, 3.4.5 and 4.5).
 */
#include "arch/x86/load.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "arch/x86/acpi.h"
#include "arch/x86/layout.h"
#include "arch/x86/mptable.h"
#include "src/board.h"
#include "src/error.h"
#include "src/guest_mem.h"
#include "src/le.h"

#define PAGE_BYTES 4096u

/* Offsets in the zero page. */
#define ZERO_ACPI_RSDP 0x070
#define ZERO_E820_COUNT 0x1e8
#define ZERO_SETUP_HEADER X86_SETUP_HEADER_OFFSET
#define ZERO_BOOT_FLAG 0x1fe
#define ZERO_MAGIC 0x202
#define ZERO_VERSION 0x206
#define ZERO_TYPE_OF_LOADER 0x210
#define ZERO_LOADFLAGS 0x211
#define ZERO_INITRD_GPA 0x218
#define ZERO_INITRD_BYTES 0x21c
#define ZERO_CMDLINE_GPA 0x228
#define ZERO_CMDLINE_BYTES_MAX 0x238
#define ZERO_SETUP_DATA 0x250
#define ZERO_E820 0x2d0
#define E820_ENTRY_BYTES 20

#define BOOT_FLAG 0xaa55
#define LOADER_UNDEFINED 0xff
#define LOADFLAGS_HIGH 1u
/* What a kernel without a setup header is told: as of 64-bit entries. */
#define VERSION_2_12 0x020c
/* From this on there is setup data. */
#define VERSION_2_09 0x0209

#define SETUP_DTB 2
#define SETUP_RNG_SEED 9

#define PVH_MAGIC 0x336ec578
#define PVH_MODULES_OFFSET 0x40
#define PVH_MAP_OFFSET 0x80
#define PVH_MAP_ENTRY_BYTES 24

#define PTE_TABLE 0x3 /* present, writable */
#define PTE_LARGE 0x83
#define PTES 512u
#define LARGE_PAGE_BYTES (2ull << 20)
#define IDENTITY_GIB 4u

#define FIRMWARE_COPY_BYTES_MAX (128u << 10)

static int ram_at(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes,
	uint8_t **ret, struct error *err)
{
	*ret = guest_mem_range(mem, gpa, bytes);
	return *ret ? 0
		    : error_set(err, -EFAULT, NULL,
			      "0x%" PRIx64 " bytes at 0x%" PRIx64
			      " for the guest's start are not in its RAM",
			      bytes, gpa);
}

/* --- CPU ---------------------------------------------------------------------------- */

/* Flat segments, as kvm_vcpu.c has loaded them; a TSS is there because a CPU needs one.
 */
static int load_gdt(const struct guest_mem *mem, bool is_long, struct error *err)
{
	uint8_t *gdt;
	int rc = ram_at(mem, X86_GDT_GPA, X86_GDT_BYTES, &gdt, err);

	if (rc)
		return rc;
	le64_put(gdt + X86_BOOT_CS, is_long ? 0x00af9b000000ffff : 0x00cf9b000000ffff);
	le64_put(gdt + X86_BOOT_DS, 0x00cf93000000ffff);
	le64_put(gdt + X86_BOOT_TSS, 0x00008b0000000067);
	return 0;
}

static int load_page_tables(const struct guest_mem *mem, struct error *err)
{
	uint8_t *pml4;
	uint8_t *directories;
	int rc = ram_at(
		mem, X86_PAGE_TABLES_GPA, (2 + IDENTITY_GIB) * PAGE_BYTES, &pml4, err);

	if (rc)
		return rc;
	le64_put(pml4, (X86_PAGE_TABLES_GPA + PAGE_BYTES) | PTE_TABLE);
	for (unsigned int i = 0; i < IDENTITY_GIB; i++)
		le64_put(pml4 + PAGE_BYTES + 8 * i,
			(X86_PAGE_TABLES_GPA + (2 + i) * PAGE_BYTES) | PTE_TABLE);
	directories = pml4 + 2 * PAGE_BYTES;
	for (unsigned int i = 0; i < IDENTITY_GIB * PTES; i++)
		le64_put(directories + 8 * i, i * LARGE_PAGE_BYTES | PTE_LARGE);
	return 0;
}

/* --- command line ------------------------------------------------------------------- */

static int load_bootargs(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	size_t bytes = plan->bootargs ? strlen(plan->bootargs) + 1 : 0;
	uint8_t *at;
	int rc;

	if (!bytes)
		return 0;
	if (bytes > X86_CMDLINE_BYTES)
		return error_set(err, -E2BIG, &plan->config->pos,
			"bootargs has %zu characters, there is room for %llu", bytes - 1,
			X86_CMDLINE_BYTES - 1);
	rc = ram_at(mem, X86_CMDLINE_GPA, bytes, &at, err);
	if (!rc)
		memcpy(at, plan->bootargs, bytes);
	return rc;
}

/* As both protocols have it at the start of an entry. */
static void put_range(uint8_t *at, const struct x86_e820 *range)
{
	le64_put(at, range->gpa);
	le64_put(at + 8, range->bytes);
	le32_put(at + 16, range->type);
}

/* --- zero page ---------------------------------------------------------------------- */

/* Puts one in front of the list, whose first one is at *first. Its data follow. */
static void link_setup_data(
	uint8_t *header, uint64_t gpa, uint32_t type, size_t bytes, uint64_t *first)
{
	le64_put(header, *first);
	le32_put(header + 8, type);
	le32_put(header + 12, (uint32_t)bytes);
	*first = gpa;
}

static int load_setup_data(const struct board_plan *plan, const struct guest_mem *mem,
	size_t tree_bytes, const struct boot_seed *seed, uint64_t *first,
	struct error *err)
{
	uint64_t tree_gpa = plan->tables.gpa - X86_SETUP_DATA_HEADER_BYTES;
	uint8_t *at;
	int rc = 0;

	*first = 0;
	if (seed) {
		rc = ram_at(mem, X86_SETUP_DATA_GPA,
			X86_SETUP_DATA_HEADER_BYTES + sizeof(seed->rng), &at, err);
		if (rc)
			return rc;
		link_setup_data(
			at, X86_SETUP_DATA_GPA, SETUP_RNG_SEED, sizeof(seed->rng), first);
		memcpy(at + X86_SETUP_DATA_HEADER_BYTES, seed->rng, sizeof(seed->rng));
	}
	if (plan->x86.tree && tree_bytes) {
		rc = ram_at(mem, tree_gpa, X86_SETUP_DATA_HEADER_BYTES, &at, err);
		if (!rc)
			link_setup_data(at, tree_gpa, SETUP_DTB, tree_bytes, first);
	}
	return rc;
}

static void fill_setup_header(const struct board_plan *plan, uint8_t *zero)
{
	const struct x86_kernel *kernel = &plan->files.kernel.x86;

	if (kernel->header_bytes) {
		memcpy(zero + ZERO_SETUP_HEADER, kernel->header, kernel->header_bytes);
	} else {
		le16_put(zero + ZERO_BOOT_FLAG, BOOT_FLAG);
		memcpy(zero + ZERO_MAGIC, "HdrS", 4);
		le16_put(zero + ZERO_VERSION, VERSION_2_12);
		zero[ZERO_LOADFLAGS] = LOADFLAGS_HIGH;
		le32_put(zero + ZERO_CMDLINE_BYTES_MAX, kernel->bootargs_max);
	}
	zero[ZERO_TYPE_OF_LOADER] = LOADER_UNDEFINED;
	le32_put(zero + ZERO_CMDLINE_GPA, X86_CMDLINE_GPA);
	le32_put(zero + ZERO_INITRD_GPA, (uint32_t)plan->initrd.gpa);
	le32_put(zero + ZERO_INITRD_BYTES, (uint32_t)plan->initrd.bytes);
}

static int load_zero_page(const struct board_plan *plan, const struct guest_mem *mem,
	size_t tree_bytes, const struct boot_seed *seed, struct error *err)
{
	uint64_t setup_data;
	uint8_t *zero;
	int rc = ram_at(mem, X86_ZERO_PAGE_GPA, PAGE_BYTES, &zero, err);

	if (rc)
		return rc;
	fill_setup_header(plan, zero);
	if (le16_at(zero + ZERO_VERSION) >= VERSION_2_09) {
		rc = load_setup_data(plan, mem, tree_bytes, seed, &setup_data, err);
		if (rc)
			return rc;
		le64_put(zero + ZERO_SETUP_DATA, setup_data);
	}
	if (plan->x86.acpi)
		le64_put(zero + ZERO_ACPI_RSDP, X86_ACPI_GPA);
	zero[ZERO_E820_COUNT] = (uint8_t)plan->x86.e820_count;
	for (unsigned int i = 0; i < plan->x86.e820_count; i++)
		put_range(zero + ZERO_E820 + i * E820_ENTRY_BYTES, &plan->x86.e820[i]);
	return 0;
}

/* --- PVH start info ----------------------------------------------------------------- */

static int load_start_info(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	uint8_t *info;
	int rc = ram_at(mem, X86_PVH_GPA, PAGE_BYTES, &info, err);

	if (rc)
		return rc;
	le32_put(info, PVH_MAGIC);
	le32_put(info + 4, 1); /* version: with a memory map */
	if (plan->initrd.bytes) {
		le32_put(info + 12, 1);
		le64_put(info + 16, X86_PVH_GPA + PVH_MODULES_OFFSET);
		le64_put(info + PVH_MODULES_OFFSET, plan->initrd.gpa);
		le64_put(info + PVH_MODULES_OFFSET + 8, plan->initrd.bytes);
	}
	le64_put(info + 24, X86_CMDLINE_GPA);
	if (plan->x86.acpi)
		le64_put(info + 32, X86_ACPI_GPA);
	le64_put(info + 40, X86_PVH_GPA + PVH_MAP_OFFSET);
	le32_put(info + 48, plan->x86.e820_count);
	for (unsigned int i = 0; i < plan->x86.e820_count; i++)
		put_range(info + PVH_MAP_OFFSET + i * PVH_MAP_ENTRY_BYTES,
			&plan->x86.e820[i]);
	return 0;
}

/* --- tables ------------------------------------------------------------------------- */

static int load_acpi(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	size_t bytes;
	uint8_t *at;
	int rc = ram_at(mem, X86_ACPI_GPA, X86_ACPI_BYTES, &at, err);

	return rc ? rc
		  : x86_acpi_write(plan, X86_ACPI_GPA, at, X86_ACPI_BYTES, &bytes, err);
}

static int load_mp_table(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	size_t bytes;
	uint8_t *at;
	int rc = ram_at(mem, X86_MP_GPA, X86_MP_BYTES, &at, err);

	return rc ? rc : x86_mp_write(plan, X86_MP_GPA, at, X86_MP_BYTES, &bytes, err);
}

/*
 * Linux with hardware-reduced ACPI reboots a machine without EFI by a jump to its BIOS:
 * where there is none, it meets the reset control register.
 */
static int load_bios_entry(const struct guest_mem *mem, struct error *err)
{
	static const uint8_t code[] = {
		0xba, X86_RESET_CONTROL_PORT & 0xff,
		X86_RESET_CONTROL_PORT >> 8, /* mov dx */
		0xb0, 0x06,                  /* mov al, hard reset */
		0xee,                        /* out dx, al */
		0xf4,                        /* hlt */
		0xeb, 0xfd,                  /* jmp to the hlt */
	};
	uint8_t *at;
	int rc = ram_at(mem, X86_BIOS_ENTRY_GPA, X86_BIOS_ENTRY_BYTES, &at, err);

	if (!rc)
		memcpy(at, code, sizeof(code));
	return rc;
}

/* --- firmware ----------------------------------------------------------------------- */

/* Where real mode reaches it; the firmware writes to its variables there. */
static int copy_firmware(
	const struct board_plan *plan, const struct guest_mem *mem, struct error *err)
{
	uint64_t bytes = plan->files.firmware_bytes;
	const struct plan_range *firmware = &plan->firmware;
	uint8_t *from;
	uint8_t *to;
	int rc;

	if (bytes > FIRMWARE_COPY_BYTES_MAX)
		bytes = FIRMWARE_COPY_BYTES_MAX;
	rc = ram_at(mem, firmware->gpa + firmware->bytes - bytes, bytes, &from, err);
	if (!rc)
		rc = ram_at(mem, X86_HIGH_RAM_GPA - bytes, bytes, &to, err);
	if (!rc)
		memcpy(to, from, (size_t)bytes);
	return rc;
}

int x86_load(const struct board_plan *plan, const struct guest_mem *mem,
	size_t tree_bytes, const struct boot_seed *seed, struct error *err)
{
	enum x86_entry entry = plan->files.kernel.x86.entry;
	int rc;

	if (plan->firmware.bytes)
		return copy_firmware(plan, mem, err);
	rc = load_gdt(mem, entry == X86_ENTRY_LONG, err);
	if (!rc && entry == X86_ENTRY_LONG)
		rc = load_page_tables(mem, err);
	if (!rc)
		rc = load_bootargs(plan, mem, err);
	if (!rc && plan->x86.acpi)
		rc = load_acpi(plan, mem, err);
	if (!rc && plan->x86.mp_table)
		rc = load_mp_table(plan, mem, err);
	if (!rc)
		rc = load_bios_entry(mem, err);
	if (rc)
		return rc;
	return entry == X86_ENTRY_PVH ? load_start_info(plan, mem, err)
				      : load_zero_page(plan, mem, tree_bytes, seed, err);
}
