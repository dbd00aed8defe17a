/* SPDX-License-Identifier: Apache-2.0 */
/* Switches all CPUs off, itself as the last one: the machine idles, and is not off. */
#include "test/guest/bare/arm/bare.h"

void interrupt(void)
{
}

static bool nothing(void)
{
	return true;
}

static bool all_others_are_off(void)
{
	return cpus_run(nothing);
}

void guest_main(void)
{
	claim("all other CPUs are off", all_others_are_off);
	psci(PSCI_CPU_OFF, 0, 0, 0);
	put("FAILED the last CPU is off\n");
}
