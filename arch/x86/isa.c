/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/isa.h"

#include "src/bus.h"

uint64_t isa_read(struct mmio_region *region, uint64_t offset, unsigned int bytes,
	uint8_t (*read)(struct mmio_region *region, uint64_t offset))
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)read(region, offset + i) << 8 * i;
	return value;
}

void isa_write(struct mmio_region *region, uint64_t offset, unsigned int bytes,
	uint64_t value,
	void (*write)(struct mmio_region *region, uint64_t offset, uint8_t value))
{
	for (unsigned int i = 0; i < bytes; i++)
		write(region, offset + i, (uint8_t)(value >> 8 * i));
}
