/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time that passes when the test says so: the clock and the timers of src/loop.h, for
 * devices that use nothing else of the loop. It takes their place, the linker's seam.
 */
#ifndef TEST_UNIT_FAKE_CLOCK_H
#define TEST_UNIT_FAKE_CLOCK_H

#include "src/loop.h"

struct loop {
	uint64_t now_ns;
	struct loop_timer *timers; /* by rising deadline */
	unsigned int expired;      /* timers so far */
};

/* The only one; a test sets it to zero when it starts. */
extern struct loop fake_clock;

/* Lets so much time pass and runs the timers that expire on the way, each in its time. */
void fake_clock_advance(uint64_t ns);

#endif
