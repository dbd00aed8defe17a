/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACPI tables for a firmware to place: as items of fw_cfg with a script for QEMU's table
 * loader (hw/acpi/bios-linker-loader.c describes its commands), which qboot and SeaBIOS
 * carry out.
 */
#ifndef ARCH_X86_FIRMWARE_ACPI_H
#define ARCH_X86_FIRMWARE_ACPI_H

struct board_plan;
struct error;
struct fw_cfg;

int x86_firmware_put_acpi(
	const struct board_plan *plan, struct fw_cfg *fw_cfg, struct error *err);

#endif
