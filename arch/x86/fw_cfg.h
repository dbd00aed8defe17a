/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's firmware configuration device as its specification (docs/specs/fw_cfg) has it
 * for x86: a 16-bit selector and an 8-bit data port, and a DMA address in two halves.
 * Items are numbered, or have names in the directory that is an item itself. The guest
 * reads them; no item can be written.
 *
 * Items are made by the set-up thread before the first vCPU runs. After that only vCPU
 * threads come here, and the device has a lock of its own: a large item is read into
 * guest RAM in one access, which must not hold up the loop.
 */
#ifndef ARCH_X86_FW_CFG_H
#define ARCH_X86_FW_CFG_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct fw_cfg;
struct fw_cfg_item;
struct guest_mem;
struct mmio_region;

/* With its terminating zero. */
#define FW_CFG_NAME_BYTES 56

/* mem is what DMA reaches; it outlives the device. */
int fw_cfg_create(const struct guest_mem *mem, uint64_t port, struct fw_cfg **ret,
	struct error *err);
void fw_cfg_destroy(struct fw_cfg *fw_cfg);

/* For bus_add() to the ports; the device's. */
struct mmio_region *fw_cfg_region(struct fw_cfg *fw_cfg);

/*
 * A new item, empty, by its key (below 0x20, or one of x86 from 0x8000) or by its name.
 * The device's. NULL where there is no memory left, which the functions that append take
 * and answer with -ENOMEM.
 */
struct fw_cfg_item *fw_cfg_item(struct fw_cfg *fw_cfg, uint16_t key);
struct fw_cfg_item *fw_cfg_file(struct fw_cfg *fw_cfg, const char *name);

/*
 * Adds to the end of an item: a copy of count bytes, or so many of the file from offset
 * on, which are read when the guest reads them. fd stays the caller's. What a file that
 * has shrunk since lacks reads as zero. -EFBIG where the item's size exceeds 32 bits.
 */
int fw_cfg_append(struct fw_cfg_item *item, const void *bytes, size_t count);
int fw_cfg_append_file(struct fw_cfg_item *item, int fd, uint64_t offset, uint64_t count);

/*
 * Makes the directory: names in order, each with the next key from 0x20 on. Nothing is
 * added afterwards. -ENOMEM.
 */
int fw_cfg_seal(struct fw_cfg *fw_cfg);

/* Selector and DMA address as after power-on. */
void fw_cfg_reset(struct fw_cfg *fw_cfg);

#endif
