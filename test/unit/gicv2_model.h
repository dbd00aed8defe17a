/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The GICv2 a second time, slow and obvious: nothing is cached, every question looks at
 * every interrupt. Written from Arm IHI 0048B with the choices that vgic/gicv2.h states;
 * it shares with the other no more than the format of the state.
 */
#ifndef TEST_UNIT_GICV2_MODEL_H
#define TEST_UNIT_GICV2_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "vgic/gicv2.h"

struct model_irq {
	bool enabled;
	bool latched;
	bool line;
	bool active;
	bool edge;
	bool group1;
	uint8_t sources; /* bit n: CPU n */
	uint8_t targets;
	uint8_t priority;
};

struct model_cpu {
	unsigned int ctlr;
	unsigned int pmr;
	unsigned int bpr;
	unsigned int abpr;
	bool active[32]; /* by priority / 8 */
	struct model_irq own[32];
};

struct gicv2_model {
	unsigned int cpu_count;
	unsigned int spi_count;
	bool forward[2]; /* by group */
	struct model_cpu cpus[8];
	struct model_irq irqs[1024]; /* from 32 */
};

void model_init(
	struct gicv2_model *model, unsigned int cpu_count, unsigned int spi_count);
void model_reset(struct gicv2_model *model);

void model_set(
	struct gicv2_model *model, unsigned int cpu, unsigned int intid, bool level);
void model_pulse(struct gicv2_model *model, unsigned int intid);

uint32_t model_dist_read(
	struct gicv2_model *model, unsigned int cpu, uint64_t offset, unsigned int bytes);
void model_dist_write(struct gicv2_model *model, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value);
uint32_t model_cpu_read(
	struct gicv2_model *model, unsigned int cpu, uint64_t offset, unsigned int bytes);
void model_cpu_write(struct gicv2_model *model, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value);

/* What a CPU sees without an access that changes anything. */
struct model_view {
	bool irq;
	bool fiq;
	uint32_t hppir;
	uint32_t ahppir;
	uint32_t rpr;
};

void model_look(struct gicv2_model *model, unsigned int cpu, struct model_view *ret);

void model_save(const struct gicv2_model *model, struct gicv2_state *ret);

#endif
