/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Port accesses of any kind, mixed with time that passes, a guest that is held and
 * resets. Beyond the sanitizers: a held guest loses nothing, and the watchdog acts once
 * at most for each time that it was started, and not at all once it was stopped.
 */
#include "arch/x86/ib700.h"

#include <stdlib.h>

#include "src/board.h"
#include "src/bus.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_clock.h"

struct run {
	struct ib700 *ib700;
	bool started;
	bool held;
};

static void request(void *user, enum board_request request)
{
	struct run *run = user;

	if (run->held || !run->started || request != BOARD_WATCHDOG)
		abort();
	run->started = false;
}

static void put(struct run *run, uint64_t offset, uint8_t value)
{
	struct mmio_region *region = ib700_region(run->ib700);

	run->started = offset == IB700_START;
	region->ops->write(region, offset, 1, value);
}

static void step(struct run *run, const uint8_t *data)
{
	switch (data[0] & 7) {
	case 0:
	case 1: /* one of several bytes may start it, and may stop it */
		fuzz_access(ib700_region(run->ib700), data[1] & 3, data);
		run->started = true;
		break;
	case 2:
	case 3:
		put(run, IB700_START, data[1]);
		break;
	case 4:
		put(run, IB700_STOP, data[1]);
		break;
	case 5:
		fake_clock_advance(data[1] * 1000000000ull);
		break;
	case 6:
		run->held = data[1] & 1;
		ib700_hold(run->ib700, run->held);
		break;
	case 7:
		ib700_reset(run->ib700);
		run->started = false;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {0};
	struct board_host host = {.loop = &fake_clock, .request = request, .user = &run};

	fake_clock = (struct loop){0};
	if (ib700_create(&host, 0x441, &run.ib700, NULL))
		return 0;
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	ib700_destroy(run.ib700);
	if (fake_clock.timers)
		abort();
	return 0;
}
