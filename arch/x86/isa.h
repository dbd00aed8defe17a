/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What devices behind byte-wide ports share: the ISA bus makes of a wider access one of
 * each port, from the lowest up. To be called from a region's ops.
 */
#ifndef ARCH_X86_ISA_H
#define ARCH_X86_ISA_H

#include <stdint.h>

struct mmio_region;

uint64_t isa_read(struct mmio_region *region, uint64_t offset, unsigned int bytes,
	uint8_t (*read)(struct mmio_region *region, uint64_t offset));
void isa_write(struct mmio_region *region, uint64_t offset, unsigned int bytes,
	uint64_t value,
	void (*write)(struct mmio_region *region, uint64_t offset, uint8_t value));

#endif
