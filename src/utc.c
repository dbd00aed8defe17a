/* SPDX-License-Identifier: Apache-2.0 */
#include "src/utc.h"

#include <time.h>

uint64_t utc_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
