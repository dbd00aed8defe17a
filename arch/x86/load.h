/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the first vCPU of an x86 guest finds in RAM beside kernel, initrd and tree:
 * Linux's zero page or the PVH start info, command line, tables, GDT and page tables, at
 * the addresses of arch/x86/layout.h.
 */
#ifndef ARCH_X86_LOAD_H
#define ARCH_X86_LOAD_H

#include <stddef.h>

struct board_plan;
struct boot_seed;
struct error;
struct guest_mem;

/*
 * Of Linux's setup data. Where a plan hands the tree over (plan->x86.tree) so much in
 * front of it is free, for this header.
 */
#define X86_SETUP_DATA_HEADER_BYTES 16

/*
 * As struct board's load() (src/board.h). RAM reads as zero where this writes. With a
 * firmware, which finds everything else through fw_cfg, it only copies the end of that
 * below 1 MiB. A PVH entry takes neither tree nor seed.
 */
int x86_load(const struct board_plan *plan, const struct guest_mem *mem,
	size_t tree_bytes, const struct boot_seed *seed, struct error *err);

#endif
