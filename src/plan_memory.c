/* SPDX-License-Identifier: Apache-2.0 */
/* RAM and the memory of devices, on any board. */
#include <inttypes.h>

#include "src/align.h"
#include "src/plan.h"

#define DEVICE_MEMORY_ALIGN_BYTES (1ull << 30)

/*
 * On whole GiB, which is a section of memory for every kernel: older ones take none that
 * shares a section with RAM or with another device.
 */
void board_plan_place_memory(struct board_plan *plan, uint64_t gpa, unsigned int bits,
	const char *whose, struct problems *problems)
{
	for (unsigned int i = 0; i < plan->device_count; i++) {
		struct plan_device *device = &plan->devices[i];
		uint64_t bytes = device->config->pmem.bytes;

		if (device->config->type != CONFIG_DEVICE_PMEM)
			continue;
		gpa = align_up(gpa, DEVICE_MEMORY_ALIGN_BYTES);
		if (bytes > (1ull << bits) || gpa > (1ull << bits) - bytes) {
			problems_add(problems, &device->config->pmem.backend_pos,
				"a pmem of %" PRIu64 " MiB at 0x%" PRIx64
				" ends beyond %s %u address bits",
				bytes >> 20, gpa, whose, bits);
			return;
		}
		device->memory = (struct plan_range){gpa, bytes};
		gpa += bytes;
	}
}

uint64_t board_plan_ram_bytes(const struct board_plan *plan)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < plan->ram_count; i++)
		bytes += plan->ram[i].bytes;
	return bytes;
}
