/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The software GICv2 as a bare guest's driver finds it: the claims of
 * test/guest/bare/arm/interrupts.c, each with its name, on one CPU without a machine.
 */
#include <string.h>

#include "src/irq.h"
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"
#include "test/guest/bare/arm/gic.h"
#include "test/unit/test.h"
#include "vgic/gicv2.h"

#define DIST 0x08000000u
#define CPU_INTERFACE 0x08010000u
#define UART_IMSC (UART + 0x38)

static struct gicv2 *gic;
static bool input; /* of the guest's CPU */
static bool open;  /* it takes interrupts */
static uint64_t now;

static void cpu_line(void *user, unsigned int cpu, bool irq, bool fiq)
{
	input = irq;
}

static const struct gicv2_ops ops = {.cpu_line = cpu_line};

/* ---- the machine ------------------------------------------------------------------- */

static uint32_t access_read(uintptr_t address, unsigned int bytes)
{
	if (address >= CPU_INTERFACE)
		return gicv2_cpu_read(gic, 0, address - CPU_INTERFACE, bytes);
	return gicv2_dist_read(gic, 0, address - DIST, bytes);
}

static void access_write(uintptr_t address, unsigned int bytes, uint32_t value)
{
	struct irq_line *line = gicv2_spi_line(gic, UART_LINE);

	if (address == UART_IMSC)
		line->ops->set(line, value);
	else if (address >= CPU_INTERFACE)
		gicv2_cpu_write(gic, 0, address - CPU_INTERFACE, bytes, value);
	else
		gicv2_dist_write(gic, 0, address - DIST, bytes, value);
}

uint32_t read_word(uintptr_t address)
{
	return access_read(address, 4);
}

void write_word(uintptr_t address, uint32_t value)
{
	access_write(address, 4, value);
}

uint8_t read_byte(uintptr_t address)
{
	return (uint8_t)access_read(address, 1);
}

void write_byte(uintptr_t address, uint8_t value)
{
	access_write(address, 1, value);
}

/* Time passes when it is looked at; the timer's deadline is in the past. */
uint64_t simulated_read(const char *name)
{
	if (strcmp(name, "isr") == 0)
		return input ? 0x80 : 0;
	if (strcmp(name, "cntvct") == 0)
		return ++now;
	return 0;
}

void simulated_write(const char *name, uint64_t value)
{
	if (strcmp(name, "cntv_ctl") == 0)
		gicv2_set_ppi(gic, 0, VIRTUAL_TIMER, value & 1);
}

void mask_interrupts(void)
{
	open = false;
}

void unmask_interrupts(void)
{
	open = true;
	while (open && input) {
		open = false;
		interrupt();
		open = true;
	}
}

/* ---- what the guest has of bare.c -------------------------------------------------- */

unsigned int this_cpu(void)
{
	return 0;
}

uint64_t ticks_of_us(uint32_t us)
{
	return us;
}

bool failed(unsigned int line, const char *what, uint32_t is, uint32_t wanted)
{
	test_fail("interrupts.c", (int)line, "%s is 0x%x instead of 0x%x", what, is,
		wanted);
	return false;
}

void claim(const char *name, bool (*test)(void))
{
	if (!test())
		test_fail("interrupts.c", 0, "%s", name);
}

TEST(keeps_what_guests_claim)
{
	CHECK_EQ(gicv2_create(2, 32, &ops, NULL, &gic, NULL), 0);
	guest_main();
	gicv2_destroy(gic);
}

TEST_MAIN(CASE(keeps_what_guests_claim))
