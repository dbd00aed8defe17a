/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with time that passes, a guest that is held and
 * resets. Beyond the sanitizers: a held guest loses nothing, its watchdog acts once
 * between two resets at most, and the host wakes up no more than twice for what the guest
 * has written.
 */
#include "arch/arm/sp805.h"

#include <stdlib.h>

#include "arch/arm/primecell.h"
#include "arch/arm/sp805_regs.h"
#include "src/board.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_clock.h"

struct run {
	struct sp805 *sp805;
	struct primecell *cell;
	unsigned int requests;
	bool held;
};

static void request(void *user, enum board_request request)
{
	struct run *run = user;

	if (run->held || ++run->requests > 1 || request != BOARD_WATCHDOG)
		abort();
}

static void pass_time(uint64_t ns)
{
	unsigned int before = fake_clock.expired;

	fake_clock_advance(ns);
	if (fake_clock.expired - before > 2)
		abort();
}

static void put(struct run *run, uint64_t offset, uint32_t value)
{
	run->cell->region.ops->write(&run->cell->region, offset, 4, value);
}

static void step(struct run *run, const uint8_t *data)
{
	switch (data[0] & 7) {
	case 0:
		fuzz_access(&run->cell->region, (data[1] | data[2] << 8) & 0xfff, data);
		break;
	case 1:
	case 2: /* where there are registers */
		fuzz_access(&run->cell->region, data[1] & 0x1f, data);
		break;
	case 3:
		put(run, WDOG_LOCK, data[1] & 1 ? WDOG_UNLOCK : 0);
		put(run, WDOG_LOAD, data[2] * 1000000u);
		put(run, WDOG_CONTROL, data[1] >> 1);
		break;
	case 4:
		pass_time((data[1] | data[2] << 8) * 1000ull);
		break;
	case 5:
		pass_time(data[1] * 1000000000ull);
		break;
	case 6:
		run->held = data[1] & 1;
		sp805_hold(run->sp805, run->held);
		break;
	case 7:
		if (data[1] != 0xff)
			break;
		primecell_reset(run->cell);
		run->requests = 0;
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct run run = {0};
	struct board_host host = {.loop = &fake_clock, .request = request, .user = &run};
	struct fake_line irq;

	fake_clock = (struct loop){0};
	fake_line_init(&irq);
	if (sp805_create(&host, 0, 24000000, &run.sp805, NULL))
		return 0;
	run.cell = sp805_cell(run.sp805);
	primecell_set_irq(run.cell, &irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(&run, data);
	fuzz_check_line(&irq);
	sp805_destroy(run.sp805);
	if (fake_clock.timers)
		abort();
	return 0;
}
