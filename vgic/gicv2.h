/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GICv2 in software (Arm IHI 0048B), for hosts whose kernel has none to give: state and
 * rules only, nothing of a hypervisor. Interrupts come in as lines, leave as the IRQ and
 * FIQ inputs of each CPU, and the guest's accesses are calls with the CPU that makes
 * them.
 *
 * What the architecture leaves open, and what this GIC is:
 * - No Security Extensions; both interrupt groups are there: GICD_IGROUPR is writable and
 *   resets to group 0, GICC_CTLR has AckCtl, FIQEn, CBPR and one EOImode (bit 9) for
 * both.
 * - 5 priority bits (32 levels), so GICC_BPR is at least 2 and GICC_ABPR at least 3, and
 *   GICC_APR0 alone holds the active priorities of both groups.
 * - 1 to 8 CPUs. SPIs 32 to 1019, in steps of 32. All SGIs and PPIs exist; SGIs are
 * always enabled, PPIs always level-sensitive. It identifies itself as a GIC-400 r0p1.
 * - Of equal priorities the lowest INTID is first, of an SGI's sources the lowest CPU.
 * - A group that GICD_CTLR disables does not compete; one that GICC_CTLR disables does,
 *   and hides what is behind it.
 * - Nothing bypasses the GIC, so GICC_CTLR has no bypass bits.
 * - EOIR drops the CPU's highest active priority, whichever INTID is written, and works
 *   for group 1 too with AckCtl clear; AEOIR ignores group 0. The CPUID written to them
 *   and to DIR is ignored; DIR does nothing in EOImode 0.
 * - Registers are words; those with a byte an interrupt or an SGI also take bytes. Any
 *   other access reads as zero and is ignored.
 *
 * Threads: any, for everything but create and destroy; there is a lock inside.
 */
#ifndef VGIC_GICV2_H
#define VGIC_GICV2_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct gicv2;
struct irq_line;

#define GICV2_CPUS_MAX 8u
#define GICV2_SPI_FIRST 32u
#define GICV2_SPIS_STEP 32u
#define GICV2_SPIS_MAX 992u /* of which 1020 and up are no interrupts */
#define GICV2_IRQS_MAX 1020u
#define GICV2_DIST_BYTES 0x1000u
#define GICV2_CPU_BYTES 0x2000u

struct gicv2_ops {
	/*
	 * Mandatory. The inputs of a CPU: called where one of them changed, on the thread
	 * that changed it and with the lock held, so that the last call is the present
	 * level. It must be quick (one KVM_IRQ_LINE, say) and not call the GIC. Both
	 * inputs are low at first.
	 */
	void (*cpu_line)(void *user, unsigned int cpu, bool irq, bool fiq);
};

/* ops must outlive the GIC. -EINVAL for counts that no GICv2 has, -ENOMEM. */
int gicv2_create(unsigned int cpu_count, unsigned int spi_count,
	const struct gicv2_ops *ops, void *user, struct gicv2 **ret, struct error *err);

/* NULL is fine. The lines end with it; it lowers no CPU's inputs. */
void gicv2_destroy(struct gicv2 *gic);

/* Everything but the levels of the lines, which are their devices'. */
void gicv2_reset(struct gicv2 *gic);

/* ---- lines in ---------------------------------------------------------------------- */

/* A CPU's PPI, INTID 16 to 31. */
void gicv2_set_ppi(struct gicv2 *gic, unsigned int cpu, unsigned int intid, bool level);

/* Calls cpu_line with what a CPU was told last, in order with all other calls. */
void gicv2_tell_again(struct gicv2 *gic, unsigned int cpu);

/*
 * The line of an SPI by its INTID, NULL where there is no such interrupt. It is the
 * GIC's, and the same at each call. Its pulse leaves the line low; while the guest has
 * the interrupt as level-sensitive, that is nothing.
 */
struct irq_line *gicv2_spi_line(struct gicv2 *gic, unsigned int intid);

/* ---- the guest's accesses ---------------------------------------------------------- */

/*
 * cpu is who accesses: most of the registers are different ones for each CPU, hence no
 * mmio_region, which would not know. Any offset and any number of bytes may be asked
 * for. Values are little-endian by value.
 */
uint32_t gicv2_dist_read(
	struct gicv2 *gic, unsigned int cpu, uint64_t offset, unsigned int bytes);
void gicv2_dist_write(struct gicv2 *gic, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value);
uint32_t gicv2_cpu_read(
	struct gicv2 *gic, unsigned int cpu, uint64_t offset, unsigned int bytes);
void gicv2_cpu_write(struct gicv2 *gic, unsigned int cpu, uint64_t offset,
	unsigned int bytes, uint64_t value);

/* ---- all of its state -------------------------------------------------------------- */

#define GICV2_STATE_VERSION 1

enum gicv2_irq_flags {
	GICV2_ENABLED = 1 << 0,
	GICV2_LATCHED = 1 << 1, /* an edge or a write of ISPENDR that nobody took yet */
	GICV2_LINE = 1 << 2,    /* level of the line */
	GICV2_ACTIVE = 1 << 3,
	GICV2_EDGE = 1 << 4,
	GICV2_GROUP1 = 1 << 5,
};

struct gicv2_irq_state {
	uint8_t flags;
	uint8_t priority; /* the lower three bits are zero */
	uint8_t targets;  /* bit n: CPU n; a private interrupt's own CPU */
	uint8_t sources;  /* SGI: the CPUs whose request is pending */
};

struct gicv2_cpu_state {
	uint32_t ctlr;
	uint32_t pmr;
	uint32_t bpr;
	uint32_t abpr;
	uint32_t apr;
	struct gicv2_irq_state irqs[GICV2_SPI_FIRST];
};

struct gicv2_state {
	uint32_t version;
	uint32_t cpu_count;
	uint32_t spi_count;
	uint32_t dist_ctlr;
	struct gicv2_cpu_state cpus[GICV2_CPUS_MAX];
	struct gicv2_irq_state spis[GICV2_IRQS_MAX - GICV2_SPI_FIRST];
};

void gicv2_save(struct gicv2 *gic, struct gicv2_state *ret);

/*
 * -EINVAL, and nothing changed, for a state of another version or size, or one that a
 * GIC cannot be in. The levels of the lines come with it.
 */
int gicv2_load(struct gicv2 *gic, const struct gicv2_state *state, struct error *err);

#endif
