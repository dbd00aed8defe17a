/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reboots without end, each time with interrupts enabled, pending and active on all CPUs;
 * the next boot is to find none of it.
 */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"
#include "test/guest/bare/arm/gic.h"

#define SPI 52u
#define PPI 20u

void interrupt(void)
{
}

static bool is_fresh(uint32_t intid)
{
	EXPECT(gic_is(ENABLED, intid), false);
	EXPECT(gic_is(PENDING, intid), false);
	EXPECT(gic_is(ACTIVE, intid), false);
	EXPECT(gic_priority(intid), 0);
	return true;
}

static bool private_is_fresh(void)
{
	EXPECT(gic_signals(), false);
	return is_fresh(PPI) && is_fresh(VIRTUAL_TIMER);
}

static bool all_is_fresh(void)
{
	return is_fresh(SPI) && is_fresh(UART_LINE) && cpus_run(private_is_fresh);
}

static bool disturb(void)
{
	gic_cpu_init();
	gic_set_priority(PPI, 0x40);
	gic_set(ENABLED, PPI, true);
	gic_set(PENDING, PPI, true);
	EXPECT(gic_acknowledge(), PPI);
	gic_set(PENDING, PPI, true);
	write_cntv_cval(0);
	write_cntv_ctl(1);
	return true;
}

void guest_main(void)
{
	gic_init();
	claim("a boot finds a controller as new", all_is_fresh);
	cpus_run(disturb);
	gic_set_priority(SPI, 0x20);
	gic_set(ENABLED, SPI, true);
	gic_set(PENDING, SPI, true);
	psci(PSCI_SYSTEM_RESET, 0, 0, 0);
	put("FAILED the machine is reset\n");
}
