/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/x86_fixture.h"

#include "src/fw_cfg.h"

static char bootargs[] = "console=ttyS0";

static void add_ioapic(struct plan_x86 *x86)
{
	x86->ioapics[x86->ioapic_count] = (struct plan_range){
		X86_IOAPIC_GPA + x86->ioapic_count * X86_IOAPIC_STEP_BYTES,
		X86_IOAPIC_BYTES};
	x86->ioapic_count++;
}

void x86_fixture_init(struct x86_fixture *fixture)
{
	struct board_plan *plan = &fixture->plan;

	*fixture = (struct x86_fixture){
		.config.isa = {.kernel_cmdline = true},
		.plan =
			{
				.config = &fixture->config,
				.arch = CONFIG_ARCH_X86_64,
				.ram_count = 1,
				.ram = {{0, 512ull << 20}},
				.cpu_ids = fixture->cpu_ids,
				.cpu_type = "host",
				.devices = fixture->devices,
				.bootargs = bootargs,
				.generation = {X86_GENERATION_GPA, X86_GENERATION_BYTES},
				.x86 =
					{
						.acpi = true,
						.pit = true,
						.pic = true,
						.serial = {X86_SERIAL_PORT,
							X86_SERIAL_PORTS, X86_SERIAL_IRQ},
						.rtc = {X86_RTC_PORT, X86_RTC_PORTS,
							X86_RTC_IRQ},
						.i8042 = {X86_I8042_PORT, X86_I8042_PORTS,
							X86_I8042_IRQ},
						.fw_cfg = {X86_FW_CFG_PORT,
							FW_CFG_PORTS_BYTES, 0},
						.pvpanic = {X86_PVPANIC_PORT,
							X86_PVPANIC_PORTS, 0},
						.ged = {X86_GED_GPA, X86_GED_BYTES},
						.ged_irq = X86_GED_IRQ,
						.lapic = {X86_LAPIC_GPA, X86_LAPIC_BYTES},
					},
			},
	};
	add_ioapic(&plan->x86);
	x86_fixture_cpus(fixture, 1);
}

void x86_fixture_cpus(struct x86_fixture *fixture, unsigned int count)
{
	fixture->plan.cpu_count = count;
	for (unsigned int i = 0; i < count; i++)
		fixture->cpu_ids[i] = i;
}

void x86_fixture_devices(struct x86_fixture *fixture, unsigned int count)
{
	struct board_plan *plan = &fixture->plan;

	plan->device_count = count;
	for (unsigned int i = 0; i < count; i++) {
		plan->devices[i] = (struct plan_device){
			.mmio = {X86_VIRTIO_GPA + i * X86_VIRTIO_STEP_BYTES,
				X86_VIRTIO_STEP_BYTES},
			.irq = 16 + i,
		};
		if (16 + i >= X86_IOAPIC_PINS && plan->x86.ioapic_count == 1)
			add_ioapic(&plan->x86);
	}
}

void x86_fixture_bare(struct x86_fixture *fixture)
{
	struct plan_x86 *x86 = &fixture->plan.x86;

	*x86 = (struct plan_x86){.lapic = x86->lapic};
	add_ioapic(x86);
}

uint64_t x86_read(const uint8_t *at, unsigned int width)
{
	uint64_t value = 0;

	for (unsigned int i = width; i--;)
		value = value << 8 | at[i];
	return value;
}

uint8_t x86_sum(const uint8_t *at, size_t bytes)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + at[i]);
	return sum;
}
