/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software GICv2 and its model, side by side: every step is done to both and all that
 * can be seen of them is compared. For the randomized test and the fuzzer.
 */
#ifndef TEST_UNIT_GICV2_RIG_H
#define TEST_UNIT_GICV2_RIG_H

#include "test/unit/gicv2_model.h"
#include "vgic/gicv2.h"

/* Any eight bytes are a step. */
struct gicv2_step {
	uint8_t kind;
	uint8_t cpu;
	uint16_t where;
	uint32_t value;
};

struct gicv2_rig {
	struct gicv2 *gic;
	struct gicv2_model model;
	bool irq[GICV2_CPUS_MAX];
	bool fiq[GICV2_CPUS_MAX];
	uint32_t taken[GICV2_CPUS_MAX][4]; /* the last that were acknowledged */
	unsigned int taken_count[GICV2_CPUS_MAX];
	const char *wrong; /* NULL while both agree */
};

/* 0 or -errno. */
int rig_init(struct gicv2_rig *rig, unsigned int cpu_count, unsigned int spi_count);
void rig_finish(struct gicv2_rig *rig);
void rig_step(struct gicv2_rig *rig, const struct gicv2_step *step);
/* Every register of every CPU that can be read without a change. */
void rig_compare_registers(struct gicv2_rig *rig);

#endif
