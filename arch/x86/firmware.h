/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a firmware that is made for QEMU's microvm needs to boot a kernel: qboot, and
 * SeaBIOS with QEMU's option ROMs. It finds everything through fw_cfg.
 */
#ifndef ARCH_X86_FIRMWARE_H
#define ARCH_X86_FIRMWARE_H

struct board_plan;
struct error;
struct fw_cfg;
struct kernel_image;
struct rom;
struct vm_config;

/* As struct board's check_firmware() (src/board.h). */
int x86_firmware_check(const struct rom *rom, const struct vm_config *config,
	const struct kernel_image *kernel, struct error *err);

/*
 * Fills a fresh fw_cfg and seals it: with the user's items, and for a firmware with the
 * machine, kernel, initrd, command line, tables and option ROM. Files stay where they
 * are: their descriptors are kept. A failure leaves the fw_cfg for fw_cfg_destroy().
 */
int x86_firmware_fill(
	const struct board_plan *plan, struct fw_cfg *fw_cfg, struct error *err);

#endif
