/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/isa.h"

#include "src/container_of.h"

static uint64_t region_read(
	struct mmio_region *region, uint64_t offset, unsigned int bytes)
{
	struct isa_ports *ports = container_of(region, struct isa_ports, region);
	uint64_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint64_t)ports->ops->read(ports, offset + i) << 8 * i;
	return value;
}

static void region_write(
	struct mmio_region *region, uint64_t offset, unsigned int bytes, uint64_t value)
{
	struct isa_ports *ports = container_of(region, struct isa_ports, region);

	for (unsigned int i = 0; i < bytes; i++)
		ports->ops->write(ports, offset + i, (uint8_t)(value >> 8 * i));
}

static const struct mmio_ops region_ops = {.read = region_read, .write = region_write};

void isa_ports_init(struct isa_ports *ports, const struct isa_ops *ops, struct loop *loop,
	uint16_t first, uint16_t count, const char *name)
{
	ports->region = (struct mmio_region){.ops = &region_ops,
		.gpa = first,
		.bytes = count,
		.loop = loop,
		.name = name};
	ports->ops = ops;
}
