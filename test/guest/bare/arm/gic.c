/* SPDX-License-Identifier: Apache-2.0 */
#include "test/guest/bare/arm/gic.h"

#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"

#define GICD 0x08000000u
#define GICD_CTLR 0x0
#define GICD_IGROUPR 0x80
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR 0x800
#define GICD_ICFGR 0xc00
#define GICD_SGIR 0xf00
#define GICD_IROUTER 0x6000

#define GICD_CTLR_GROUP0 1u
#define GICD_CTLR_GROUP1 2u
#define GICD_CTLR_ARE 0x10u

#define GICC 0x08010000u
#define GICC_CTLR 0x0
#define GICC_PMR 0x4
#define GICC_BPR 0x8
#define GICC_IAR 0xc
#define GICC_EOIR 0x10
#define GICC_RPR 0x14
#define GICC_HPPIR 0x18
#define GICC_DIR 0x1000

#define GICC_CTLR_ENABLE 1u
#define GICC_CTLR_EOIMODE 0x200u

#define GICR 0x080a0000u
#define GICR_BYTES 0x20000u
#define GICR_WAKER 0x14
#define GICR_SGI 0x10000u
#define GICR_WAKER_SLEEP 2u
#define GICR_WAKER_ASLEEP 4u

#define ICC_CTLR_EOIMODE 2u

#define PRIVATE 32u
#define SPIS_END 96u /* of those that are looked at; what is absent ignores it */
#define EVERY_PRIORITY 0xf8

static bool v3;

bool gic_is_v3(void)
{
	return v3;
}

/* Where an interrupt's registers are: at the offsets of the distributor. */
uintptr_t gic_frame(uint32_t intid)
{
	if (intid >= PRIVATE || !v3)
		return GICD;
	return GICR + this_cpu() * GICR_BYTES + GICR_SGI;
}

/* ---- an interrupt ------------------------------------------------------------------ */

void gic_set(enum gic_bits which, uint32_t intid, bool value)
{
	write_word(gic_frame(intid) + which + (value ? 0 : CLEAR) + intid / 32 * 4,
		1u << intid % 32);
	barrier();
}

bool gic_is(enum gic_bits which, uint32_t intid)
{
	return read_word(gic_frame(intid) + which + intid / 32 * 4) >> intid % 32 & 1;
}

void gic_set_priority(uint32_t intid, uint8_t priority)
{
	write_byte(gic_frame(intid) + GICD_IPRIORITYR + intid, priority);
	barrier();
}

uint8_t gic_priority(uint32_t intid)
{
	return read_byte(gic_frame(intid) + GICD_IPRIORITYR + intid);
}

void gic_set_edge(uint32_t intid, bool edge)
{
	uintptr_t address = gic_frame(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2;
	uint32_t value = read_word(address);

	write_word(address, edge ? value | bit : value & ~bit);
	barrier();
}

void gic_set_target(uint32_t spi, unsigned int cpu)
{
	if (v3) {
		write_word(GICD + GICD_IROUTER + spi * 8, cpu);
		write_word(GICD + GICD_IROUTER + spi * 8 + 4, 0);
	} else {
		write_byte(GICD + GICD_ITARGETSR + spi, (uint8_t)(1u << cpu));
	}
	barrier();
}

/* ---- set-up ------------------------------------------------------------------------ */

void gic_enable_distributor(bool on)
{
	if (v3)
		write_word(GICD + GICD_CTLR, GICD_CTLR_ARE | (on ? GICD_CTLR_GROUP1 : 0));
	else
		write_word(GICD + GICD_CTLR, on ? GICD_CTLR_GROUP0 : 0);
	barrier();
}

static void to_served_group(uint32_t intid)
{
	write_word(gic_frame(intid) + GICD_IGROUPR + intid / 32 * 4, v3 ? UINT32_MAX : 0);
}

void gic_init(void)
{
	/* The switch to affinity routing: a GICv2 has none. */
	write_word(GICD + GICD_CTLR, GICD_CTLR_ARE);
	v3 = read_word(GICD + GICD_CTLR) & GICD_CTLR_ARE;
	gic_enable_distributor(false);
	for (uint32_t spi = PRIVATE; spi < SPIS_END; spi++) {
		if (spi % 32 == 0)
			to_served_group(spi);
		gic_set_target(spi, 0);
	}
	gic_enable_distributor(true);
}

static void wake_redistributor(void)
{
	uintptr_t waker = GICR + this_cpu() * GICR_BYTES + GICR_WAKER;

	write_word(waker, read_word(waker) & ~GICR_WAKER_SLEEP);
	(void)WAIT_FOR(!(read_word(waker) & GICR_WAKER_ASLEEP));
}

void gic_cpu_init(void)
{
	if (v3) {
		write_icc_sre(7);
		wake_redistributor();
	}
	to_served_group(0);
	gic_set_mask(EVERY_PRIORITY);
	gic_set_first_group_bit(3);
	gic_set_separate(false);
	gic_enable_cpu(true);
}

/* ---- the CPU interface ------------------------------------------------------------- */

static void change(uint32_t bit, bool on)
{
	uint32_t value = read_word(GICC + GICC_CTLR);

	write_word(GICC + GICC_CTLR, on ? value | bit : value & ~bit);
	barrier();
}

void gic_enable_cpu(bool on)
{
	if (v3)
		write_icc_igrpen1(on);
	else
		change(GICC_CTLR_ENABLE, on);
	barrier();
}

void gic_set_separate(bool separate)
{
	if (v3)
		write_icc_ctlr(separate ? ICC_CTLR_EOIMODE : 0);
	else
		change(GICC_CTLR_EOIMODE, separate);
}

void gic_set_mask(uint8_t priority)
{
	if (v3)
		write_icc_pmr(priority);
	else
		write_word(GICC + GICC_PMR, priority);
	barrier();
}

void gic_set_first_group_bit(unsigned int bit)
{
	if (v3)
		write_icc_bpr1(bit);
	else
		write_word(GICC + GICC_BPR, bit - 1);
	barrier();
}

uint32_t gic_acknowledge(void)
{
	uint32_t value = v3 ? read_icc_iar1() : read_word(GICC + GICC_IAR);

	barrier();
	return value;
}

uint32_t gic_highest_pending(void)
{
	return v3 ? read_icc_hppir1() : read_word(GICC + GICC_HPPIR);
}

uint8_t gic_running_priority(void)
{
	return (uint8_t)(v3 ? read_icc_rpr() : read_word(GICC + GICC_RPR));
}

void gic_end(uint32_t value)
{
	if (v3)
		write_icc_eoir1(value);
	else
		write_word(GICC + GICC_EOIR, value);
	barrier();
}

void gic_deactivate(uint32_t value)
{
	if (v3)
		write_icc_dir(value);
	else
		write_word(GICC + GICC_DIR, value);
	barrier();
}

bool gic_signals(void)
{
	return read_isr() & 0x80;
}

/* Affinity routing has no filter for the sender itself. */
void gic_send(uint32_t sgi, enum sgi_to to, uint8_t cpus)
{
	barrier();
	if (!v3)
		write_word(GICD + GICD_SGIR,
			(uint32_t)to << 24 | (uint32_t)cpus << 16 | sgi);
	else if (to == SGI_TO_OTHERS)
		write_icc_sgi1r(1ull << 40 | sgi << 24);
	else
		write_icc_sgi1r(
			sgi << 24 | (to == SGI_TO_SELF ? 1u << this_cpu() : cpus));
	barrier();
}
