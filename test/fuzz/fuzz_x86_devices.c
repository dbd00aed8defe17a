/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of the x86 board's own devices at their places, pvpanic and the ports without a
 * device among them: accesses of any kind to both buses, input, time and reboots.
 */
#include "arch/x86/devices.h"
#include "arch/x86/layout.h"

#include <stdlib.h>
#include <string.h>

#include "test/fuzz/device.h"
#include "test/unit/fake_board.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_hv.h"
#include "test/unit/fake_terminal.h"

struct run {
	struct board_plan plan;
	struct fake_board board;
	struct terminal terminal;
	struct board_devices *devices;
	struct hv *hv;
};

static void connect(struct run *run)
{
	struct host_caps caps;

	hv_destroy(run->hv);
	if (hv_open(&run->hv, &caps, NULL) ||
		x86_devices_connect(run->devices, run->hv, NULL))
		abort();
}

static void create(struct run *run, uint8_t choice)
{
	struct plan_x86 *x86 = &run->plan.x86;

	run->plan.ram_count = 1;
	run->plan.ram[0].bytes = 512ull << 20;
	x86->split_irqchip = choice & 1;
	x86->pit = !(choice & 2);
	x86->pic = !(choice & 4);
	if (!(choice & 8))
		x86->serial = (struct x86_port){
			X86_SERIAL_PORT, X86_SERIAL_PORTS, X86_SERIAL_IRQ};
	if (!(choice & 16))
		x86->rtc = (struct x86_port){X86_RTC_PORT, X86_RTC_PORTS, X86_RTC_IRQ};
	if (!(choice & 32))
		x86->i8042 =
			(struct x86_port){X86_I8042_PORT, X86_I8042_PORTS, X86_I8042_IRQ};
	x86->pvpanic = (struct x86_port){X86_PVPANIC_PORT, X86_PVPANIC_PORTS, 0};
	x86->ged = (struct plan_range){X86_GED_GPA, X86_GED_BYTES};
	x86->ged_irq = X86_GED_IRQ;
	x86->ioapic_count = 2;
	for (unsigned int i = 0; i < 2; i++)
		x86->ioapics[i] = (struct plan_range){
			X86_IOAPIC_GPA + i * X86_IOAPIC_STEP_BYTES, X86_IOAPIC_BYTES};
	fake_board_init(&run->board);
	run->board.host.loop = &fake_clock;
	run->board.host.uart_terminal = &run->terminal;
	if (x86_devices_create(&run->plan, &run->board.host, &run->devices, NULL))
		abort();
	connect(run);
}

static void step(struct run *run, const uint8_t *data)
{
	const struct bus *bus = data[0] & 8 ? &run->board.bus : &run->board.ports;
	struct mmio_region *region = bus->regions[data[1] % bus->count];

	switch (data[0] & 7) {
	case 0:
		run->terminal.input_bytes += data[2];
		if (run->terminal.user)
			run->terminal.user->events->readable(run->terminal.user);
		break;
	case 1:
		run->terminal.room = data[2];
		if (run->terminal.user)
			run->terminal.user->events->writable(run->terminal.user);
		break;
	case 2:
		fake_clock_advance(data[2] * 65536ull);
		break;
	case 3:
		if (data[1] == 0xff)
			connect(run);
		break;
	default:
		fuzz_access(
			region, (data[2] * 16u + (data[0] >> 4)) % region->bytes, data);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {0};

	fake_clock = (struct loop){0};
	if (!bytes)
		return 0;
	create(&run, data[0]);
	for (data++, bytes--; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	x86_devices_destroy(run.devices);
	hv_destroy(run.hv);
	return 0;
}
