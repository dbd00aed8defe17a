/* SPDX-License-Identifier: Apache-2.0 */
/* The definitions of the x86 board's DSDT: its devices and how it is switched off. */
#ifndef ARCH_X86_ACPI_DSDT_H
#define ARCH_X86_ACPI_DSDT_H

struct blob;
struct board_plan;

/* Appends the AML that follows the table's header. */
void x86_dsdt_write(struct blob *blob, const struct board_plan *plan);

#endif
