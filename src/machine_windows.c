/* SPDX-License-Identifier: Apache-2.0 */
#include "src/machine_windows.h"

#include <sys/random.h>

#include "src/plan.h"
#include "src/window.h"

/* Also while the kernel's pool is new; since Linux 5.6. */
#ifndef GRND_INSECURE
#define GRND_INSECURE 4
#endif

int machine_windows_create(
	const struct board_plan *plan, struct windows *windows, struct error *err)
{
	if (!plan->generation.bytes)
		return 0;
	return windows_add(
		windows, plan->generation.gpa, plan->generation.bytes, -1, true, err);
}

/*
 * KVM cleans the page from the CPU's caches when the guest first touches it: that is what
 * its uncached look sees on CPUs that do not overrule it.
 */
void machine_windows_renew(const struct board_plan *plan, const struct windows *windows)
{
	for (unsigned int i = 0; i < windows->count; i++) {
		if (windows->list[i].gpa != plan->generation.gpa)
			continue;
		/* A host without entropy must not hold up its guest. */
		if (getrandom(windows->list[i].hva, PLAN_GENERATION_BYTES,
			    GRND_NONBLOCK) != PLAN_GENERATION_BYTES)
			(void)!getrandom(windows->list[i].hva, PLAN_GENERATION_BYTES,
				GRND_INSECURE);
	}
}
