/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of this board (Linux's Documentation/devicetree/bindings), from the plan
 * front to back. Pure data in and out.
 */
#include "arch/arm/fdt.h"

#include <stdbool.h>
#include <stdio.h>

#include "arch/arm/layout.h"
#include "src/board.h"
#include "src/tree.h"

/* Interrupt specifiers of the GIC bindings. */
#define GIC_SPI 0
#define GIC_PPI 1
#define GIC_EDGE_RISING 1
#define GIC_LEVEL_HIGH 4
#define GIC_PPI_CPUS_SHIFT 8

/* Functions of PSCI 0.2 (Arm DEN 0022) in 32-bit registers. */
#define PSCI_CPU_SUSPEND 0x84000001u
#define PSCI_CPU_OFF 0x84000002u
#define PSCI_CPU_ON 0x84000003u
#define PSCI_MIGRATE 0x84000005u

enum {
	PHANDLE_GIC = 1,
	PHANDLE_CLOCK,
	PHANDLE_GPIO,
	PHANDLE_FIRST_FREE,
};

static bool is_32bit(const struct tree *tree)
{
	return tree->plan->arch == CONFIG_ARCH_ARMV7;
}

/* The only place where INTIDs become the bindings' numbers. */
static int put_irqs(const struct tree *tree, const unsigned int *intids,
	unsigned int count, uint32_t flags)
{
	uint32_t cells[3 * 4];

	for (unsigned int i = 0; i < count; i++) {
		bool ppi = intids[i] < ARM_SPI_BASE;

		cells[3 * i] = ppi ? GIC_PPI : GIC_SPI;
		cells[3 * i + 1] = intids[i] - (ppi ? ARM_PPI_BASE : ARM_SPI_BASE);
		cells[3 * i + 2] = flags;
		/* A GICv2 wants to hear which CPUs a PPI is for. */
		if (ppi && tree->plan->gic.version == 2)
			cells[3 * i + 2] |= ((1u << tree->plan->cpu_count) - 1)
					    << GIC_PPI_CPUS_SHIFT;
	}
	return tree_cells(tree->fdt, "interrupts", cells, 3 * count);
}

/* Kernels that know 0.2 find out later versions, and the function ids, by themselves. */
static int put_psci_32bit(void *fdt)
{
	TREE_TRY(tree_strings(fdt, "compatible", "arm,psci-0.2\0arm,psci"));
	TREE_TRY(fdt_property_u32(fdt, "cpu_suspend", PSCI_CPU_SUSPEND));
	TREE_TRY(fdt_property_u32(fdt, "cpu_off", PSCI_CPU_OFF));
	TREE_TRY(fdt_property_u32(fdt, "cpu_on", PSCI_CPU_ON));
	return fdt_property_u32(fdt, "migrate", PSCI_MIGRATE);
}

static int put_psci_64bit(void *fdt)
{
	return tree_strings(fdt, "compatible", "arm,psci-1.0\0arm,psci-0.2");
}

static int write_psci(struct tree *tree)
{
	TREE_TRY(tree_begin(tree, "psci", 0, "psci"));
	TREE_TRY(is_32bit(tree) ? put_psci_32bit(tree->fdt) : put_psci_64bit(tree->fdt));
	TREE_TRY(fdt_property_string(tree->fdt, "method", "hvc"));
	return fdt_end_node(tree->fdt);
}

static int write_timer(struct tree *tree)
{
	TREE_TRY(tree_begin(tree, "timer", 0, "timer"));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible",
		is_32bit(tree) ? "arm,armv7-timer" : "arm,armv8-timer"));
	TREE_TRY(put_irqs(tree, tree->plan->timer_irqs, 4, GIC_LEVEL_HIGH));
	TREE_TRY(fdt_property(tree->fdt, "always-on", NULL, 0));
	return fdt_end_node(tree->fdt);
}

static int write_pmu(struct tree *tree)
{
	if (!tree->plan->pmu)
		return 0;
	TREE_TRY(tree_begin(tree, "pmu", 0, "pmu"));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "arm,armv8-pmuv3"));
	TREE_TRY(put_irqs(tree, &tree->plan->pmu_irq, 1, GIC_LEVEL_HIGH));
	return fdt_end_node(tree->fdt);
}

static int write_gic_frames(struct tree *tree)
{
	const struct plan_gic *gic = &tree->plan->gic;
	struct plan_range frames[1 + PLAN_GIC_REGIONS_MAX] = {gic->dist};

	if (gic->version == 2) {
		TREE_TRY(fdt_property_string(
			tree->fdt, "compatible", "arm,cortex-a15-gic"));
		frames[1] = gic->cpu_interface;
		return tree_reg(tree->fdt, frames, 2);
	}
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "arm,gic-v3"));
	for (unsigned int i = 0; i < gic->redist_count; i++)
		frames[1 + i] = gic->redist[i];
	TREE_TRY(tree_reg(tree->fdt, frames, 1 + gic->redist_count));
	if (gic->redist_count > 1)
		TREE_TRY(fdt_property_u32(
			tree->fdt, "#redistributor-regions", gic->redist_count));
	return 0;
}

static int write_gic(struct tree *tree)
{
	TREE_TRY(tree_begin(tree, "gic", PHANDLE_GIC, "interrupt-controller@%llx",
		(unsigned long long)tree->plan->gic.dist.gpa));
	TREE_TRY(write_gic_frames(tree));
	TREE_TRY(fdt_property(tree->fdt, "interrupt-controller", NULL, 0));
	TREE_TRY(fdt_property_u32(tree->fdt, "#interrupt-cells", 3));
	TREE_TRY(fdt_property_u32(tree->fdt, "#address-cells", 0));
	return fdt_end_node(tree->fdt);
}

static int write_clock(struct tree *tree)
{
	TREE_TRY(tree_begin(tree, "apb_pclk", PHANDLE_CLOCK, "apb-pclk"));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "fixed-clock"));
	TREE_TRY(fdt_property_u32(tree->fdt, "#clock-cells", 0));
	TREE_TRY(fdt_property_u32(tree->fdt, "clock-frequency", ARM_CLOCK_HZ));
	TREE_TRY(fdt_property_string(tree->fdt, "clock-output-names", "clk24mhz"));
	return fdt_end_node(tree->fdt);
}

/* As two strings of a list: the first, a NUL, the second. */
static int put_two(void *fdt, const char *property, const char *first, const char *second)
{
	char list[40];
	int chars = snprintf(list, sizeof(list), "%s%c%s", first, '\0', second);

	return fdt_property(fdt, property, list, chars + 1);
}

/* All have the clock of their bus; clock is the name of a further one, or NULL. */
static int put_primecell(struct tree *tree, const char *chip,
	const struct plan_range *mmio, unsigned int irq, const char *clock)
{
	static const uint32_t clocks[] = {PHANDLE_CLOCK, PHANDLE_CLOCK};

	TREE_TRY(put_two(tree->fdt, "compatible", chip, "arm,primecell"));
	TREE_TRY(tree_reg(tree->fdt, mmio, 1));
	TREE_TRY(put_irqs(tree, &irq, 1, GIC_LEVEL_HIGH));
	TREE_TRY(clock ? put_two(tree->fdt, "clock-names", clock, "apb_pclk")
		       : fdt_property_string(tree->fdt, "clock-names", "apb_pclk"));
	return tree_cells(tree->fdt, "clocks", clocks, clock ? 2 : 1);
}

static int write_uart(struct tree *tree)
{
	const struct board_plan *plan = tree->plan;

	TREE_TRY(tree_begin(
		tree, "uart0", 0, "serial@%llx", (unsigned long long)plan->uart.gpa));
	TREE_TRY(
		put_primecell(tree, "arm,pl011", &plan->uart, plan->uart_irq, "uartclk"));
	return fdt_end_node(tree->fdt);
}

static int write_rtc(struct tree *tree)
{
	const struct plan_own *rtc = &tree->plan->arm.rtc;

	TREE_TRY(tree_begin(
		tree, "rtc", 0, "rtc@%llx", (unsigned long long)rtc->mmio.gpa));
	TREE_TRY(put_primecell(tree, "arm,pl031", &rtc->mmio, rtc->irq, NULL));
	return fdt_end_node(tree->fdt);
}

/* Key codes of Linux's input-event-codes.h, and flags of its gpio.h. */
#define KEY_POWER 116
#define GPIO_ACTIVE_HIGH 0

static int write_gpio(struct tree *tree)
{
	const struct plan_own *gpio = &tree->plan->arm.gpio;

	TREE_TRY(tree_begin(tree, "gpio0", PHANDLE_GPIO, "gpio@%llx",
		(unsigned long long)gpio->mmio.gpa));
	TREE_TRY(put_primecell(tree, "arm,pl061", &gpio->mmio, gpio->irq, NULL));
	TREE_TRY(fdt_property(tree->fdt, "gpio-controller", NULL, 0));
	TREE_TRY(fdt_property_u32(tree->fdt, "#gpio-cells", 2));
	TREE_TRY(fdt_property(tree->fdt, "interrupt-controller", NULL, 0));
	TREE_TRY(fdt_property_u32(tree->fdt, "#interrupt-cells", 2));
	return fdt_end_node(tree->fdt);
}

static int write_power_key(struct tree *tree)
{
	static const uint32_t line[] = {
		PHANDLE_GPIO, ARM_POWER_KEY_LINE, GPIO_ACTIVE_HIGH};

	TREE_TRY(tree_begin(tree, "gpio_keys", 0, "gpio-keys"));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "gpio-keys"));
	TREE_TRY(fdt_begin_node(tree->fdt, "key-poweroff"));
	TREE_TRY(fdt_property_string(tree->fdt, "label", "poweroff"));
	TREE_TRY(fdt_property_u32(tree->fdt, "linux,code", KEY_POWER));
	TREE_TRY(tree_cells(tree->fdt, "gpios", line, 3));
	TREE_TRY(fdt_end_node(tree->fdt));
	return fdt_end_node(tree->fdt);
}

static int write_watchdog(struct tree *tree)
{
	const struct plan_own *watchdog = &tree->plan->arm.watchdog;

	if (!watchdog->mmio.bytes)
		return 0;
	TREE_TRY(tree_begin(tree, "watchdog", 0, "watchdog@%llx",
		(unsigned long long)watchdog->mmio.gpa));
	TREE_TRY(put_primecell(
		tree, "arm,sp805", &watchdog->mmio, watchdog->irq, "wdog_clk"));
	return fdt_end_node(tree->fdt);
}

static int write_pvpanic(struct tree *tree)
{
	const struct plan_range *mmio = &tree->plan->arm.pvpanic.mmio;

	TREE_TRY(tree_begin(
		tree, "pvpanic", 0, "pvpanic@%llx", (unsigned long long)mmio->gpa));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "qemu,pvpanic-mmio"));
	TREE_TRY(tree_reg(tree->fdt, mmio, 1));
	return fdt_end_node(tree->fdt);
}

/* It reads and writes RAM as the CPUs see it. */
static int write_fw_cfg(struct tree *tree)
{
	const struct plan_range *fw_cfg = &tree->plan->fw_cfg;

	if (!fw_cfg->bytes)
		return 0;
	TREE_TRY(tree_begin(
		tree, "fw_cfg", 0, "fw-cfg@%llx", (unsigned long long)fw_cfg->gpa));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "qemu,fw-cfg-mmio"));
	TREE_TRY(tree_reg(tree->fdt, fw_cfg, 1));
	TREE_TRY(fdt_property(tree->fdt, "dma-coherent", NULL, 0));
	return fdt_end_node(tree->fdt);
}

/* Of its memory one page is told, which a guest's map may round up. */
static int write_generation(struct tree *tree)
{
	const struct board_plan *plan = tree->plan;
	const struct plan_range page = {plan->generation.gpa, 0x1000};

	TREE_TRY(
		tree_begin(tree, "vmgenid", 0, "rng@%llx", (unsigned long long)page.gpa));
	TREE_TRY(fdt_property_string(tree->fdt, "compatible", "microsoft,vmgenid"));
	TREE_TRY(tree_reg(tree->fdt, &page, 1));
	TREE_TRY(put_irqs(tree, &plan->generation_irq, 1, GIC_EDGE_RISING));
	return fdt_end_node(tree->fdt);
}

static int write_virtio(struct tree *tree, unsigned int index)
{
	TREE_TRY(tree_begin_virtio(tree, index));
	TREE_TRY(put_irqs(tree, &tree->plan->devices[index].irq, 1, GIC_EDGE_RISING));
	TREE_TRY(fdt_property(tree->fdt, "dma-coherent", NULL, 0));
	return fdt_end_node(tree->fdt);
}

static int write_nodes(struct tree *tree)
{
	TREE_TRY(tree_cpus(tree, "psci"));
	TREE_TRY(write_psci(tree));
	TREE_TRY(write_timer(tree));
	TREE_TRY(write_pmu(tree));
	TREE_TRY(write_gic(tree));
	TREE_TRY(write_clock(tree));
	TREE_TRY(write_uart(tree));
	TREE_TRY(write_fw_cfg(tree));
	TREE_TRY(write_rtc(tree));
	TREE_TRY(write_gpio(tree));
	TREE_TRY(write_power_key(tree));
	TREE_TRY(write_watchdog(tree));
	TREE_TRY(write_pvpanic(tree));
	TREE_TRY(write_generation(tree));
	TREE_TRY(tree_shared_memories(tree));
	for (unsigned int i = 0; i < tree->plan->device_count; i++)
		TREE_TRY(write_virtio(tree, i));
	return 0;
}

uint64_t arm_fdt_room(const struct board_plan *plan)
{
	return tree_room(plan);
}

int arm_fdt_write(const struct board_plan *plan, const struct boot_seed *seed,
	const void *overlay, size_t overlay_bytes, void *buf, size_t room,
	size_t *ret_bytes, struct error *err)
{
	char serial[32];
	const struct tree_board board = {
		.compatible = "linux,dummy-virt",
		.model = "Bonsai ARM board",
		.serial = serial,
		.first_free_phandle = PHANDLE_FIRST_FREE,
		.write_nodes = write_nodes,
	};

	snprintf(serial, sizeof(serial), "/serial@%llx",
		(unsigned long long)plan->uart.gpa);
	return tree_write(
		&board, plan, seed, overlay, overlay_bytes, buf, room, ret_bytes, err);
}
