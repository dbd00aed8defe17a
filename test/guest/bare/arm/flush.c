/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes 1, 2, 3, … to the blocks of its disk in turn, each flushed, and says each number
 * once the disk has said that it is safe. Goes on until somebody ends it.
 */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"
#include "test/guest/bare/arm/disk.h"

#define BLOCKS 16u

void interrupt(void)
{
}

static bool is_done_well(void)
{
	while (!disk_is_done())
		;
	return disk_is_well();
}

void guest_main(void)
{
	if (!disk_open()) {
		put("FAILED there is no disk\n");
		return;
	}
	for (uint32_t value = 1;; value++) {
		disk_write(value % BLOCKS, value);
		if (!is_done_well())
			break;
		disk_flush();
		if (!is_done_well())
			break;
		put_number(value);
		put("\n");
	}
	put("FAILED the disk says no\n");
}
