/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a configuration to a planned machine, and from a plan to loaded guest RAM: the
 * steps that run, plan, dtb and check share. Set-up thread.
 */
#ifndef SRC_BOOT_H
#define SRC_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct board;
struct board_plan;
struct boot_files;
struct boot_seed;
struct error;
struct guest_mem;
struct host_caps;
struct problems;

/* Linux wants each archive of an initramfs to begin on a multiple of four. */
#define BOOT_INITRD_ALIGN_BYTES 4

/*
 * Whose guest this is: the configuration's arch; where that is left open, the arch whose
 * board reads the kernel's first bytes, host's board before the others. -ENOEXEC where
 * none does, or the kernel cannot be read: boot_plan() then says why.
 */
int boot_arch(
	const struct vm_config *config, enum config_arch host, enum config_arch *ret);

/*
 * Opens and measures what the VM boots from, without loading it. With -EINVAL *ret has
 * what could be measured, zeroes for the rest.
 */
int boot_measure(const struct board *board, const struct vm_config *config,
	struct boot_files *ret, struct problems *problems);

/*
 * Chooses the board (boot_arch(), else the host's), measures the files, plans, tries the
 * overlay: all problems in one go. *ret is for board_plan_destroy(); config must outlive
 * it.
 */
int boot_plan(const struct vm_config *config, const struct host_caps *caps,
	struct board_plan **ret, struct problems *problems);

/*
 * The guest's tables, the configured overlay applied, into room bytes at buf; room for
 * plan->tables.bytes is enough. seed NULL: none.
 */
int boot_tables(const struct board_plan *plan, const struct boot_seed *seed, void *buf,
	size_t room, size_t *ret_bytes, struct error *err);

/*
 * Firmware, kernel, initrds, tables with a fresh seed and what else the board wants, into
 * guest RAM that reads as zero.
 */
int boot_load(const struct board_plan *plan, struct guest_mem *mem, struct error *err);

#endif
