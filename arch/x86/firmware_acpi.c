/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/firmware_acpi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86/acpi.h"
#include "arch/x86/blob.h"
#include "arch/x86/layout.h"
#include "src/error.h"
#include "src/fw_cfg.h"

#define COMMAND_BYTES 128
#define COMMAND_ALLOCATE 1
#define COMMAND_ADD_POINTER 2
#define COMMAND_ADD_CHECKSUM 3

#define ZONE_HIGH 1
#define ZONE_F_SEGMENT 2 /* where a kernel looks for the RSDP */

static const char *const files[] = {
	[X86_ACPI_RSDP] = "etc/acpi/rsdp",
	[X86_ACPI_TABLES] = "etc/acpi/tables",
};

static void put_name(struct blob *script, enum x86_acpi_blob file)
{
	blob_put(script, files[file], strlen(files[file]));
	blob_zero(script, FW_CFG_NAME_BYTES - strlen(files[file]));
}

static void put_allocate(
	struct blob *script, enum x86_acpi_blob file, uint32_t align, uint8_t zone)
{
	blob_number(script, COMMAND_ALLOCATE, 4);
	put_name(script, file);
	blob_number(script, align, 4);
	blob_number(script, zone, 1);
	blob_align(script, COMMAND_BYTES);
}

static void put_fixup(struct blob *script, const struct x86_acpi_fixup *fixup)
{
	bool pointer = fixup->kind == X86_ACPI_POINTER;

	blob_number(script, pointer ? COMMAND_ADD_POINTER : COMMAND_ADD_CHECKSUM, 4);
	put_name(script, fixup->blob);
	if (pointer) {
		put_name(script, X86_ACPI_TABLES);
		blob_number(script, fixup->offset, 4);
		blob_number(script, fixup->bytes, 1);
	} else {
		blob_number(script, fixup->offset, 4);
		blob_number(script, fixup->range_offset, 4);
		blob_number(script, fixup->range_bytes, 4);
	}
	blob_align(script, COMMAND_BYTES);
}

static int put_file(
	struct fw_cfg *fw_cfg, const char *name, const uint8_t *bytes, size_t count)
{
	return fw_cfg_append(fw_cfg_file(fw_cfg, name), bytes, count);
}

int x86_firmware_put_acpi(
	const struct board_plan *plan, struct fw_cfg *fw_cfg, struct error *err)
{
	uint8_t commands[(2 + X86_ACPI_FIXUPS_MAX) * COMMAND_BYTES];
	struct blob script = {.buf = commands, .room = sizeof(commands)};
	uint8_t *tables = malloc(X86_ACPI_BYTES);
	struct x86_acpi acpi;
	int rc;

	if (!tables)
		return error_set(err, -ENOMEM, NULL, "no memory for the ACPI tables");
	rc = x86_acpi_build(plan, tables, X86_ACPI_BYTES, &acpi, err);
	if (rc)
		goto out;
	put_allocate(&script, X86_ACPI_RSDP, X86_ACPI_RSDP_ALIGN, ZONE_F_SEGMENT);
	put_allocate(&script, X86_ACPI_TABLES, X86_ACPI_TABLES_ALIGN, ZONE_HIGH);
	for (unsigned int i = 0; i < acpi.fixup_count; i++)
		put_fixup(&script, &acpi.fixups[i]);
	rc = put_file(fw_cfg, files[X86_ACPI_RSDP], acpi.rsdp, sizeof(acpi.rsdp));
	if (!rc)
		rc = put_file(fw_cfg, files[X86_ACPI_TABLES], tables, acpi.tables_bytes);
	if (!rc)
		rc = put_file(fw_cfg, "etc/table-loader", script.buf, script.bytes);
	if (rc)
		error_set(err, rc, NULL, "ACPI tables as items of fw_cfg: %s",
			strerror(-rc));
out:
	free(tables);
	return rc;
}
