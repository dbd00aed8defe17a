/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of the x86 board's own devices at their places, pvpanic and the ports without a
 * device among them: accesses of any kind to both buses, input, time and reboots.
 */
#include <stdlib.h>

#include "test/fuzz/device.h"
#include "test/unit/x86_devices_rig.h"

static void create(struct x86_devices_rig *rig, uint8_t choice)
{
	struct plan_x86 *plan = rig->plan;

	plan->split_irqchip = choice & 1;
	plan->pit = !(choice & 2);
	plan->pic = !(choice & 4);
	if (choice & 8)
		plan->serial.count = 0;
	if (choice & 16)
		plan->rtc.count = 0;
	if (choice & 32)
		plan->i8042.count = 0;
	if (choice & 64)
		plan->fw_cfg.count = 0;
	if (x86_devices_rig_create(rig, &rig->devices))
		abort();
	x86_devices_rig_connect(rig);
}

static void step(struct x86_devices_rig *rig, const uint8_t *data)
{
	const struct bus *bus = data[0] & 8 ? &rig->board.bus : &rig->board.ports;
	struct mmio_region *region = bus->regions[data[1] % bus->count];

	switch (data[0] & 7) {
	case 0:
		rig->terminal.input_bytes += data[2];
		if (rig->terminal.user)
			rig->terminal.user->events->readable(rig->terminal.user);
		break;
	case 1:
		rig->terminal.room = data[2];
		if (rig->terminal.user)
			rig->terminal.user->events->writable(rig->terminal.user);
		break;
	case 2:
		fake_clock_advance(data[2] * 65536ull);
		break;
	case 3:
		if (data[1] == 0xff)
			x86_devices_rig_connect(rig);
		break;
	default:
		fuzz_access(
			region, (data[2] * 16u + (data[0] >> 4)) % region->bytes, data);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct x86_devices_rig rig;

	if (!bytes)
		return 0;
	x86_devices_rig_init(&rig);
	create(&rig, data[0]);
	for (data++, bytes--; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&rig, data);
	x86_devices_rig_finish(&rig);
	return 0;
}
