/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86 board's device tree: for a firmware, and for a kernel without ACPI. Its virtio
 * nodes are disabled where the command line names the devices already.
 *
 * Where an overlay is configured, the tree carries labels that it can refer to: &lapic,
 * &ioapic0, &ioapic1, &isa, &pic, &pit, &uart0, &rtc, &memory, &cpu0 and so on, &virtio0
 * and &shared0 and so on in the order of the XML.
 */
#ifndef ARCH_X86_FDT_H
#define ARCH_X86_FDT_H

#include <stddef.h>
#include <stdint.h>

struct board_plan;
struct boot_seed;
struct error;

/* Room enough for the plan's tree: CPUs, devices, bootargs and overlay. */
uint64_t x86_fdt_room(const struct board_plan *plan);

/* As struct board's write_tables() (src/board.h). */
int x86_fdt_write(const struct board_plan *plan, const struct boot_seed *seed,
	const void *overlay, size_t overlay_bytes, void *buf, size_t room,
	size_t *ret_bytes, struct error *err);

#endif
