/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ARM's PrimeCell peripherals have in common: a page of registers of one word each
 * on the APB, identification at its end (ARM DDI 0183, 3.3.15 and the like), and one
 * level-triggered interrupt.
 *
 * Registers are accessed by vCPU threads; all hold the loop's lock.
 */
#ifndef ARCH_ARM_PRIMECELL_H
#define ARCH_ARM_PRIMECELL_H

#include <stdbool.h>
#include <stdint.h>

#include "src/bus.h"
#include "src/log.h"

struct irq_line;
struct primecell;

#define PRIMECELL_BYTES 0x1000u
#define PRIMECELL_ID 0xfe0u /* eight registers of a byte each */

/* All mandatory. */
struct primecell_ops {
	/* Of an aligned word; a read has it below PRIMECELL_ID. */
	uint32_t (*read)(struct primecell *cell, uint64_t offset);
	void (*write)(struct primecell *cell, uint64_t offset, uint32_t value);
	/* Whether the interrupt is up as things are. */
	bool (*interrupts)(struct primecell *cell);
	/* Registers as after power-on. */
	void (*reset)(struct primecell *cell);
};

/* Embedded in its device. */
struct primecell {
	struct mmio_region region; /* for bus_add() */
	const struct primecell_ops *ops;
	uint32_t id;
	struct irq_line *irq;
	bool irq_level;
	struct guest_log log;
};

/*
 * Without an interrupt line. loop is whose lock is taken, name is borrowed; id has
 * PeriphID0 in its lowest byte and PeriphID3 in its highest.
 */
void primecell_init(struct primecell *cell, const struct primecell_ops *ops,
	struct loop *loop, uint64_t gpa, uint32_t id, const char *name);

/* Drives the line as it is to be: after every access, and for the device's own events. */
void primecell_update(struct primecell *cell);

/* As after power-on, interrupt low. */
void primecell_reset(struct primecell *cell);

/*
 * Drives another line from now on, which is low so far: a new VM after a reboot. NULL:
 * there is none for the moment. The line stays the caller's and outlives its use.
 */
void primecell_set_irq(struct primecell *cell, struct irq_line *irq);

/* For offsets where a device has no register: tells the guest's log. */
uint32_t primecell_stray_read(struct primecell *cell, uint64_t offset);
void primecell_stray_write(struct primecell *cell, uint64_t offset, uint32_t value);

#endif
