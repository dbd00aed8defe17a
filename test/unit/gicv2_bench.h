/* SPDX-License-Identifier: Apache-2.0 */
/* A software GICv2 with CPUs that keep count of what they are told, for its tests. */
#ifndef TEST_UNIT_GICV2_BENCH_H
#define TEST_UNIT_GICV2_BENCH_H

#include "src/container_of.h"
#include "src/irq.h"
#include "test/unit/test.h"
#include "vgic/gicv2.h"
#include "vgic/gicv2_regs.h"

struct bench {
	struct gicv2 *gic;
	bool irq[GICV2_CPUS_MAX];
	bool fiq[GICV2_CPUS_MAX];
	unsigned int calls; /* of cpu_line() */
};

static void bench_cpu_line(void *user, unsigned int cpu, bool irq, bool fiq)
{
	struct bench *bench = user;

	CHECK(bench->irq[cpu] != irq || bench->fiq[cpu] != fiq);
	bench->irq[cpu] = irq;
	bench->fiq[cpu] = fiq;
	bench->calls++;
}

static const struct gicv2_ops bench_ops = {.cpu_line = bench_cpu_line};

static inline void bench_init(struct bench *bench, unsigned int cpus, unsigned int spis)
{
	*bench = (struct bench){0};
	CHECK_EQ(gicv2_create(cpus, spis, &bench_ops, bench, &bench->gic, NULL), 0);
}

static inline void bench_finish(struct bench *bench)
{
	gicv2_destroy(bench->gic);
}

static inline uint32_t dist_get(struct bench *bench, unsigned int cpu, uint64_t offset)
{
	return gicv2_dist_read(bench->gic, cpu, offset, 4);
}

static inline void dist_put(
	struct bench *bench, unsigned int cpu, uint64_t offset, uint32_t value)
{
	gicv2_dist_write(bench->gic, cpu, offset, 4, value);
}

static inline void dist_put_byte(
	struct bench *bench, unsigned int cpu, uint64_t offset, uint8_t value)
{
	gicv2_dist_write(bench->gic, cpu, offset, 1, value);
}

static inline uint32_t cpu_get(struct bench *bench, unsigned int cpu, uint64_t offset)
{
	return gicv2_cpu_read(bench->gic, cpu, offset, 4);
}

static inline void cpu_put(
	struct bench *bench, unsigned int cpu, uint64_t offset, uint32_t value)
{
	gicv2_cpu_write(bench->gic, cpu, offset, 4, value);
}

/* The bit of an interrupt in one of the registers with a bit each. */
static inline bool dist_bit(
	struct bench *bench, unsigned int cpu, uint64_t bank, unsigned int intid)
{
	return dist_get(bench, cpu, bank + intid / 32 * 4) >> intid % 32 & 1;
}

static inline void dist_put_bit(
	struct bench *bench, unsigned int cpu, uint64_t bank, unsigned int intid)
{
	dist_put(bench, cpu, bank + intid / 32 * 4, 1u << intid % 32);
}

static inline void set_spi(struct bench *bench, unsigned int intid, bool level)
{
	irq_line_set(gicv2_spi_line(bench->gic, intid), level);
}

static inline void make_edge(struct bench *bench, unsigned int intid)
{
	uint64_t offset = GICD_ICFGR + intid / 16 * 4;

	dist_put(bench, 0, offset, dist_get(bench, 0, offset) | 2u << intid % 16 * 2);
}

/* A guest that takes group 0 of every priority but the lowest on all of its CPUs. */
static inline void bench_init_enabled(
	struct bench *bench, unsigned int cpus, unsigned int spis)
{
	bench_init(bench, cpus, spis);
	dist_put(bench, 0, GICD_CTLR, 1);
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		cpu_put(bench, cpu, GICC_PMR, 0xff);
		cpu_put(bench, cpu, GICC_CTLR, GICC_CTLR_ENABLE0);
	}
}

/* Enables an interrupt with a priority; an SPI for the CPUs of the mask. */
static inline void enable_irq(
	struct bench *bench, unsigned int intid, uint8_t priority, uint8_t targets)
{
	dist_put_byte(bench, 0, GICD_IPRIORITYR + intid, priority);
	dist_put_byte(bench, 0, GICD_ITARGETSR + intid, targets);
	dist_put_bit(bench, 0, GICD_ISENABLER, intid);
}

#endif
