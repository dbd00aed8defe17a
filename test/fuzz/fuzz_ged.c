/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register accesses of any kind, mixed with presses of the power button and resets.
 * Beyond the sanitizers: each press is an edge and an event that is read, once.
 */
#include "arch/x86/ged.h"

#include <stdlib.h>

#include "src/board.h"
#include "src/bus.h"
#include "test/fuzz/device.h"

static void request(void *user, enum board_request request)
{
	if (request != BOARD_POWER_OFF && request != BOARD_RESET)
		abort();
}

static void check_event(struct ged *ged, bool pressed)
{
	struct mmio_region *region = ged_region(ged);
	uint64_t events = region->ops->read(region, GED_SELECTOR, 4);

	if (events != (pressed ? GED_POWER_BUTTON : 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct board_host host = {.request = request};
	struct fake_line irq;
	unsigned int presses = 0;
	struct ged *ged;

	if (ged_create(&host, 0, &ged, NULL))
		return 0;
	fake_line_init(&irq);
	ged_set_irq(ged, &irq.line);
	for (; bytes >= FUZZ_STEP_BYTES;
		bytes -= FUZZ_STEP_BYTES, data += FUZZ_STEP_BYTES) {
		uint64_t offset = data[1] | (data[0] & 0x8 ? 0x200u : 0);
		bool before = data[0] & 1;

		if (before) {
			ged_press_power_button(ged);
			presses++;
		}
		if (data[0] & 2) {
			ged_reset(ged);
			before = false;
		}
		if (offset >= 4 || (data[0] & 0x20)) /* reading it is check_event()'s */
			fuzz_access(ged_region(ged), offset, data);
		check_event(ged, before);
	}
	if (irq.pulses != presses || irq.edges)
		abort();
	ged_destroy(ged);
	return 0;
}
