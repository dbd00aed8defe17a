/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QEMU's firmware configuration device (its docs/specs/fw_cfg): a selector, data, and the
 * address of a DMA access. Items are numbered, or have names in the directory that is an
 * item itself. The guest reads them; no item can be written.
 *
 * Items are made by the set-up thread before the first vCPU runs. After that only vCPU
 * threads come here, and the device has a lock of its own: a large item is read into
 * guest RAM in one access, which must not hold up the loop.
 */
#ifndef SRC_FW_CFG_H
#define SRC_FW_CFG_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct fw_cfg;
struct fw_cfg_item;
struct guest_mem;
struct mmio_region;
struct vm_config;

/* With its terminating zero. */
#define FW_CFG_NAME_BYTES 56

/* How the guest reaches it. */
enum fw_cfg_form {
	/*
	 * x86: a selector of 16 bits at port 0, data by the byte at 1, the DMA address
	 * as two big-endian halves at 4 and 8.
	 */
	FW_CFG_PORTS,
	/*
	 * ARM: data at 0, by 1 to 8 bytes, the first of them the lowest; a big-endian
	 * selector at 8; the big-endian DMA address at 16, whole or in halves.
	 */
	FW_CFG_MMIO,
};

#define FW_CFG_PORTS_BYTES 12u
#define FW_CFG_MMIO_BYTES 24u

/* gpa is the first register's, or the first port. mem is what DMA reaches; it outlives
 * the device. */
int fw_cfg_create(const struct guest_mem *mem, enum fw_cfg_form form, uint64_t gpa,
	struct fw_cfg **ret, struct error *err);
void fw_cfg_destroy(struct fw_cfg *fw_cfg);

/* For bus_add() to the bus of memory or of ports; the device's. */
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
 * The items that the configuration asks for, credentials among them: those are read now,
 * to their end, and kept: a descriptor is closed, and files may be gone afterwards. err
 * names the item's line.
 */
int fw_cfg_add_configured(
	struct fw_cfg *fw_cfg, const struct vm_config *config, struct error *err);

/*
 * Makes the directory: names in order, each with the next key from 0x20 on. Nothing is
 * added afterwards. -ENOMEM.
 */
int fw_cfg_seal(struct fw_cfg *fw_cfg);

/* Selector and DMA address as after power-on. */
void fw_cfg_reset(struct fw_cfg *fw_cfg);

#endif
