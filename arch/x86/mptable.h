/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MP table (Intel MultiProcessor Specification 1.4, chapter 4): CPUs and interrupt
 * lines for a kernel with neither ACPI nor a device tree. Every line that the plan gives
 * to somebody is an ISA one, edge-triggered and active high.
 *
 * Linux makes an interrupt of each listed pin of the first IOAPIC while it boots, with
 * the GSI as its number; those of a second one it leaves to ACPI and the device tree.
 */
#ifndef ARCH_X86_MPTABLE_H
#define ARCH_X86_MPTABLE_H

#include <stddef.h>
#include <stdint.h>

struct board_plan;
struct error;

/*
 * Writes the floating pointer and the table after it into room bytes at buf, which the
 * guest finds at gpa, a multiple of 16 below 1 MiB. X86_MP_BYTES (arch/x86/layout.h) are
 * enough for every plan. -ENOSPC.
 */
int x86_mp_write(const struct board_plan *plan, uint64_t gpa, uint8_t *buf, size_t room,
	size_t *ret_bytes, struct error *err);

#endif
