/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts between CPUs and registers that each CPU has for itself (Arm IHI
 * 0048B, 3.2.2 and 4.1.4; IHI 0069, chapters 4 and 12.11). CPUs poll their input, masked.
 */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"
#include "test/guest/bare/arm/gic.h"

#define SPI 52u
#define PPI 20u /* of no device */
#define TOKEN 8u
#define ROUNDS 50u
#define OTHERS 9u
#define SELF 10u
#define SHARED 11u
#define MIDDLE 0x80
#define QUIET_US 2000

static unsigned int count; /* of CPUs */

/* How often each CPU has come to a meeting: all of them wait for the last one. */
static volatile unsigned int arrived[CPUS_MAX];

static bool all_arrived(unsigned int times)
{
	for (unsigned int cpu = 0; cpu < count; cpu++)
		if (arrived[cpu] < times)
			return false;
	return true;
}

static bool meet(void)
{
	unsigned int times = arrived[this_cpu()] + 1;

	barrier();
	arrived[this_cpu()] = times;
	EXPECT(WAIT_FOR(all_arrived(times)), true);
	return true;
}

void interrupt(void)
{
}

static void open_sgi(uint32_t sgi)
{
	gic_set_priority(sgi, MIDDLE);
	gic_set(ENABLED, sgi, true);
}

/* What IAR reads as for an SGI. */
static uint32_t named(uint32_t sgi, unsigned int source)
{
	return gic_is_v3() ? sgi : sgi | source << 10;
}

static bool take(uint32_t value)
{
	EXPECT(WAIT_FOR(gic_signals()), true);
	EXPECT(gic_acknowledge(), value);
	gic_end(value);
	return true;
}

static bool stays_quiet(void)
{
	uint64_t end = read_cntvct() + ticks_of_us(QUIET_US);

	while (read_cntvct() < end)
		EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), 1023);
	return true;
}

/* ---- every CPU to every CPU -------------------------------------------------------- */

/* CPU n sends SGI n. */
static bool every_to_every(void)
{
	uint32_t seen = 0;

	gic_cpu_init();
	for (unsigned int cpu = 0; cpu < count; cpu++)
		open_sgi(cpu);
	if (!meet())
		return false;
	for (unsigned int cpu = 0; cpu < count; cpu++)
		gic_send(this_cpu(), SGI_TO_SET, (uint8_t)(1u << cpu));
	for (unsigned int i = 0; i < count; i++) {
		uint32_t value;

		EXPECT(WAIT_FOR(gic_signals()), true);
		value = gic_acknowledge();
		EXPECT(value, named(value & 15, value & 15));
		EXPECT(seen >> (value & 15) & 1, 0);
		seen |= 1u << (value & 15);
		gic_end(value);
	}
	EXPECT(seen, (1u << count) - 1);
	return stays_quiet();
}

static bool sgis_go_everywhere(void)
{
	return cpus_run(every_to_every);
}

/* ---- a token through all of them --------------------------------------------------- */

static bool pass_token(void)
{
	unsigned int self = this_cpu();
	unsigned int before = (self + count - 1) % count;

	gic_cpu_init();
	open_sgi(TOKEN);
	if (!meet())
		return false;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		if (self == 0)
			gic_send(TOKEN, SGI_TO_SET, (uint8_t)(1u << 1 % count));
		while (!gic_signals())
			wait_for_interrupt();
		if (!take(named(TOKEN, before)))
			return false;
		if (self)
			gic_send(TOKEN, SGI_TO_SET, (uint8_t)(1u << (self + 1) % count));
	}
	return true;
}

static bool token_goes_round(void)
{
	return cpus_run(pass_token);
}

/* ---- filters ----------------------------------------------------------------------- */

static bool send_to_others(void)
{
	gic_cpu_init();
	open_sgi(OTHERS);
	if (!meet())
		return false;
	if (this_cpu() != 0)
		return take(named(OTHERS, 0)) && stays_quiet();
	gic_send(OTHERS, SGI_TO_OTHERS, 0xff);
	return stays_quiet();
}

static bool others_without_self(void)
{
	return cpus_run(send_to_others);
}

static bool send_to_self(void)
{
	gic_cpu_init();
	open_sgi(SELF);
	if (!meet())
		return false;
	if (this_cpu() != 0)
		return stays_quiet();
	gic_send(SELF, SGI_TO_SELF, 0);
	return take(named(SELF, 0)) && stays_quiet();
}

static bool self_alone(void)
{
	return cpus_run(send_to_self);
}

/* ---- sources ----------------------------------------------------------------------- */

static bool send_shared(void)
{
	gic_send(SHARED, SGI_TO_SET, 1);
	gic_send(SHARED, SGI_TO_SET, 1);
	return true;
}

/* A GICv2 keeps them apart by CPU, a GICv3 has one SGI of a number. */
static bool sources_of_an_sgi(void)
{
	gic_cpu_init();
	open_sgi(SHARED);
	for (unsigned int cpu = 1; cpu <= 2; cpu++)
		if (!cpu_start(cpu, send_shared) || !cpu_join(cpu))
			return false;
	EXPECT(gic_is(PENDING, SHARED), true);
	if (gic_is_v3())
		return take(SHARED) && stays_quiet();
	return take(named(SHARED, 1)) && take(named(SHARED, 2)) && stays_quiet();
}

/* GICD_SPENDSGIR and GICD_CPENDSGIR, where there is no affinity routing. */
static bool pending_by_source(void)
{
	uintptr_t clear = gic_frame(SHARED) + 0xf10 + SHARED;
	uintptr_t set = clear + 0x10;

	if (gic_is_v3())
		return true;
	write_byte(set, 7);
	EXPECT(read_byte(set), 7);
	write_byte(clear, 2);
	EXPECT(read_byte(clear), 5);
	return take(named(SHARED, 0)) && take(named(SHARED, 2)) && stays_quiet();
}

/* ---- registers of each CPU --------------------------------------------------------- */

static bool own_registers(void)
{
	unsigned int cpu = this_cpu();

	gic_cpu_init();
	gic_set(ENABLED, PPI, cpu % 2);
	gic_set(PENDING, PPI, cpu / 2 % 2);
	gic_set_priority(PPI, (uint8_t)(0x10 * (cpu + 1)));
	if (!meet())
		return false;
	EXPECT(gic_is(ENABLED, PPI), cpu % 2);
	EXPECT(gic_is(PENDING, PPI), cpu / 2 % 2);
	EXPECT(gic_priority(PPI), 0x10 * (cpu + 1));
	EXPECT(gic_signals(), cpu % 4 == 3);
	if (!gic_is_v3() && count > 1)
		EXPECT(read_byte(gic_frame(PPI) + 0x800 + PPI), 1u << cpu);
	gic_set(PENDING, PPI, false);
	gic_set(ENABLED, PPI, false);
	return stays_quiet();
}

static bool private_registers(void)
{
	return cpus_run(own_registers);
}

/* ---- SPIs -------------------------------------------------------------------------- */

static bool take_spi(void)
{
	gic_cpu_init();
	return take(SPI) && stays_quiet();
}

static void set_up_spi(void)
{
	gic_cpu_init();
	gic_set_edge(SPI, true);
	gic_set_priority(SPI, MIDDLE);
	gic_set(ENABLED, SPI, true);
}

static bool spi_goes_to_its_target(void)
{
	set_up_spi();
	for (unsigned int cpu = 1; cpu < count; cpu++) {
		gic_set_target(SPI, cpu);
		if (!cpu_start(cpu, take_spi))
			return false;
		gic_set(PENDING, SPI, true);
		if (!stays_quiet() || !cpu_join(cpu))
			return false;
	}
	gic_set_target(SPI, 0);
	gic_set(PENDING, SPI, true);
	return take(SPI);
}

static bool pending_spi_moves(void)
{
	set_up_spi();
	gic_set(PENDING, SPI, true);
	EXPECT(gic_signals(), true);
	gic_set_target(SPI, 1);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	if (!cpu_start(1, take_spi) || !cpu_join(1))
		return false;
	gic_set_target(SPI, 0);
	return stays_quiet();
}

void guest_main(void)
{
	gic_init();
	count = cpu_count();
	claim("an SGI of every CPU reaches every CPU", sgis_go_everywhere);
	claim("a token goes round all CPUs by SGI", token_goes_round);
	claim("an SGI to all others spares the sender", others_without_self);
	claim("an SGI to the sender spares the others", self_alone);
	claim("an SGI of two CPUs comes as the architecture has it", sources_of_an_sgi);
	claim("SGIs are set pending by their source", pending_by_source);
	claim("each CPU has registers of its own", private_registers);
	claim("an SPI goes to its target alone", spi_goes_to_its_target);
	claim("a pending SPI moves to its new target", pending_spi_moves);
}
