/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device behind byte-wide ports. The ISA bus makes of a wider access one of each port,
 * from the lowest up.
 */
#ifndef ARCH_X86_ISA_H
#define ARCH_X86_ISA_H

#include <stdint.h>

#include "src/bus.h"

struct isa_ports;

struct isa_ops {
	/* Both mandatory, called as those of struct mmio_ops are. */
	uint8_t (*read)(struct isa_ports *ports, uint64_t offset);
	void (*write)(struct isa_ports *ports, uint64_t offset, uint8_t value);
};

/* Embedded in its device. */
struct isa_ports {
	struct mmio_region region; /* for bus_add() */
	const struct isa_ops *ops;
};

/* loop is whose lock is taken, or NULL; name is borrowed. */
void isa_ports_init(struct isa_ports *ports, const struct isa_ops *ops, struct loop *loop,
	uint16_t first, uint16_t count, const char *name);

#endif
