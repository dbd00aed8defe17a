/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program of register accesses and line changes, eight bytes a step, on the software
 * GICv2 and its model; they must agree after each. The first byte says how large both
 * are, and whether all their registers are read in the end, which takes long.
 */
#include <stdlib.h>
#include <string.h>

#include "test/unit/gicv2_rig.h"

#define STEPS_MAX 128

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const unsigned int spi_counts[4] = {32, 32, 64, 128};
	struct gicv2_rig rig;
	bool read_all;

	if (!bytes)
		return 0;
	read_all = data[0] >> 5 == 7;
	if (rig_init(&rig, 1 + data[0] % 8, spi_counts[data[0] >> 3 & 3]))
		return 0;
	data++;
	bytes--;
	for (unsigned int i = 0; i < STEPS_MAX && bytes >= sizeof(struct gicv2_step);
		i++) {
		struct gicv2_step step;

		memcpy(&step, data, sizeof(step));
		rig_step(&rig, &step);
		if (rig.wrong)
			abort();
		data += sizeof(step);
		bytes -= sizeof(step);
	}
	if (read_all)
		rig_compare_registers(&rig);
	if (rig.wrong)
		abort();
	rig_finish(&rig);
	return 0;
}
