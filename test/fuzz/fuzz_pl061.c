/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with inputs that change, presses of the power key
 * and resets. Beyond the sanitizers: the line is up exactly while an interrupt is both
 * raised and enabled, and a press ends by itself.
 */
#include "arch/arm/pl061.h"

#include <stdlib.h>

#include "arch/arm/pl061_regs.h"
#include "arch/arm/power_key.h"
#include "arch/arm/primecell.h"
#include "test/fuzz/device.h"
#include "test/unit/fake_clock.h"

static uint32_t get(struct primecell *cell, uint64_t offset)
{
	return (uint32_t)cell->region.ops->read(&cell->region, offset, 4);
}

static void step(struct pl061 *pl061, struct power_key *key, const uint8_t *data)
{
	struct primecell *cell = pl061_cell(pl061);

	switch (data[0] & 7) {
	case 0:
	case 1:
		fuzz_access(&cell->region, (data[1] | data[2] << 8) & 0xfff, data);
		break;
	case 2:
	case 3: /* where there is more than data */
		fuzz_access(&cell->region, GPIO_DIR + (data[1] & 0x3c), data);
		break;
	case 4:
		pl061_set_input(pl061, data[1] & 7, data[2] & 1);
		break;
	case 5:
		power_key_press(key);
		break;
	case 6:
		fake_clock_advance(data[1] * 1000000ull);
		break;
	case 7:
		if (data[1] != 0xff)
			break;
		power_key_reset(key);
		primecell_reset(cell);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct power_key key = {0};
	struct fake_line irq;
	struct pl061 *pl061;

	fake_clock = (struct loop){0};
	fake_line_init(&irq);
	if (pl061_create(&fake_clock, 0, &pl061, NULL))
		return 0;
	power_key_init(&key, &fake_clock, pl061);
	primecell_set_irq(pl061_cell(pl061), &irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES) {
		step(pl061, &key, data);
		if (irq.level != !!(get(pl061_cell(pl061), GPIO_RIS) &
					 get(pl061_cell(pl061), GPIO_IE)))
			abort();
	}
	fake_clock_advance(POWER_KEY_HELD_NS);
	if (fake_clock.timers)
		abort();
	fuzz_check_line(&irq);
	power_key_finish(&key);
	pl061_destroy(pl061);
	return 0;
}
