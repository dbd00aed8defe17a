/* SPDX-License-Identifier: Apache-2.0 */
/* Sleep until a device interrupts, for programs that look at their devices by themselves.
 */
#include "test/guest/bare/arm/gic.h"
#include "test/guest/bare/platform.h"

#define FIRST_LINE 40u /* of the first slot */
#define LAST_LINE 63u

void interrupt(void)
{
}

static void begin(void)
{
	gic_init();
	gic_cpu_init();
	for (uint32_t line = FIRST_LINE; line <= LAST_LINE; line++) {
		gic_set_edge(line, true);
		gic_set(ENABLED, line, true);
	}
}

/* Masked interrupts end the sleep, too; one that came before is pending still. */
void wait_for_device(void)
{
	static bool begun;
	uint32_t value;

	if (!begun) {
		begun = true;
		begin();
		return;
	}
	wait_for_interrupt();
	value = gic_acknowledge();
	if ((value & 1023) < NONE)
		gic_end(value);
}
