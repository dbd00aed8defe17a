/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All of the ARM board's own devices at their places, the panic register among them:
 * accesses of any kind, input, time, the power button, a guest that is held, reboots.
 * Beyond the sanitizers: a guest that is held is not reset by its watchdog.
 */
#include <stdlib.h>

#include "src/container_of.h"
#include "test/fuzz/device.h"
#include "test/unit/arm_fixture.h"
#include "test/unit/fake_board.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_hv.h"
#include "test/unit/fake_terminal.h"

struct run {
	struct fake_board board;
	struct terminal terminal;
	struct board_devices *devices;
	struct hv *hv;
	bool held;
};

static struct board_plan *make_plan(void)
{
	static struct arm_fixture fixture;
	struct board_plan *plan;

	arm_fixture_init(&fixture);
	fixture.config.watchdog.pos.file = "vm.xml";
	plan = arm_fixture_plan(&fixture);
	if (!plan)
		abort();
	return plan;
}

static void request(void *user, enum board_request request)
{
	struct run *run = user;

	if (run->held && request == BOARD_WATCHDOG)
		abort();
}

static void reboot(struct run *run)
{
	struct host_caps caps;

	hv_destroy(run->hv);
	if (hv_open(&run->hv, &caps, NULL) ||
		arm_board.connect_devices(run->devices, run->hv, NULL))
		abort();
}

static void host_acts(struct run *run, const uint8_t *data)
{
	const struct terminal_user *user = run->terminal.user;

	switch (data[1] % 6) {
	case 0:
		run->terminal.input_bytes += data[2];
		if (user)
			user->events->readable(run->terminal.user);
		break;
	case 1:
		fake_terminal_make_room(&run->terminal, data[2]);
		break;
	case 2:
		arm_board.press(run->devices, BOARD_POWER_BUTTON);
		break;
	case 3:
		run->held = data[2] & 1;
		arm_board.hold(run->devices, run->held);
		break;
	case 4:
		reboot(run);
		break;
	default:
		fake_clock_advance((uint64_t)data[2] << (data[3] % 32));
	}
}

static void step(struct run *run, const uint8_t *data)
{
	const struct bus *bus = &run->board.bus;
	struct mmio_region *region = bus->regions[data[1] % bus->count];
	/* The registers come first, those that name a device last. */
	uint64_t offset = (data[0] & 7) * 4u + (data[0] & 0x10 ? 0xfe0 : data[1] & 0xe0u);

	if (data[0] & 8)
		host_acts(run, data);
	else
		fuzz_access(region, offset % region->bytes, data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct board_plan *plan;
	struct run run = {0};

	if (!plan)
		plan = make_plan();
	fake_clock = (struct loop){0};
	fake_board_init(&run.board);
	run.board.host.loop = &fake_clock;
	run.board.host.uart_terminal = &run.terminal;
	run.board.host.request = request;
	run.board.host.user = &run;
	if (arm_board.create_devices(plan, &run.board.host, &run.devices, NULL))
		abort();
	reboot(&run);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	arm_board.destroy_devices(run.devices);
	hv_destroy(run.hv);
	if (fake_clock.timers)
		abort();
	return 0;
}
