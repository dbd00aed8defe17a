/* SPDX-License-Identifier: Apache-2.0 */
/* Reports its panic as pvpanic's driver in Linux does, at the place that the tree names.
 */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"

#define PVPANIC 0x090e0000u
#define PANICKED 1u
#define CRASH_LOADED 2u

void interrupt(void)
{
}

static bool events_are_taken(void)
{
	EXPECT(read_byte(PVPANIC), PANICKED | CRASH_LOADED);
	return true;
}

static bool a_crash_kernel_may_run_on(void)
{
	write_byte(PVPANIC, CRASH_LOADED);
	EXPECT(read_byte(PVPANIC), PANICKED | CRASH_LOADED);
	return true;
}

/* Ends the machine; powering it off would be another end. */
void guest_main(void)
{
	claim("both events of a panic are taken", events_are_taken);
	claim("a crash kernel may run on", a_crash_kernel_may_run_on);
	write_byte(PVPANIC, PANICKED);
	for (;;)
		wait_for_interrupt();
}
