/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with time that passes, a host clock that jumps and
 * resets. Beyond the sanitizers: a guest does not make the host spin, as an alarm that is
 * waited for wakes it up once a minute and when it comes.
 */
#include "arch/arm/pl031.h"

#include <stdlib.h>

#include "arch/arm/primecell.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_clock.h"

static uint64_t ahead_ns;

static uint64_t utc_ns(void)
{
	return ahead_ns + fake_clock.now_ns;
}

static void pass_time(uint64_t ns)
{
	unsigned int before = fake_clock.expired;

	fake_clock_advance(ns);
	if (fake_clock.expired - before > ns / 59000000000u + 2)
		abort();
}

static void step(struct primecell *cell, const uint8_t *data)
{
	switch (data[0] & 7) {
	case 0:
		fuzz_access(&cell->region, (data[1] | data[2] << 8) & 0xfff, data);
		break;
	case 1:
	case 2: /* where there are registers */
		fuzz_access(&cell->region, data[1] & 0x1f, data);
		break;
	case 3: /* an alarm soon */
		cell->region.ops->write(&cell->region, 0x04, 4,
			cell->region.ops->read(&cell->region, 0x00, 4) + data[1]);
		cell->region.ops->write(&cell->region, 0x10, 4, 1);
		break;
	case 4:
		pass_time((data[1] | data[2] << 8) * 4096000ull);
		break;
	case 5:
		pass_time(data[1] * 1000000000ull);
		break;
	case 6: /* up to an hour, either way */
		ahead_ns += ((int16_t)(data[1] | data[2] << 8)) * 100000000ll;
		break;
	case 7:
		if (data[1] == 0xff)
			primecell_reset(cell);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct fake_line irq;
	struct pl031 *pl031;

	fake_clock = (struct loop){0};
	ahead_ns = 1700000000000000000;
	fake_line_init(&irq);
	if (pl031_create(&fake_clock, 0, utc_ns, &pl031, NULL))
		return 0;
	primecell_set_irq(pl031_cell(pl031), &irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES)
		step(pl031_cell(pl031), data);
	fuzz_check_line(&irq);
	pl031_destroy(pl031);
	if (fake_clock.timers)
		abort();
	return 0;
}
