/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_clock.h"

#include <stddef.h>

struct loop fake_clock;

void loop_lock(struct loop *loop)
{
}

void loop_unlock(struct loop *loop)
{
}

uint64_t loop_now_ns(void)
{
	return fake_clock.now_ns;
}

void loop_timer_cancel(struct loop_timer *timer)
{
	struct loop_timer **at = &fake_clock.timers;

	while (*at && *at != timer)
		at = &(*at)->next;
	if (*at)
		*at = timer->next;
	timer->loop = NULL;
}

void loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t delay_ns)
{
	struct loop_timer **at = &loop->timers;

	loop_timer_cancel(timer);
	timer->deadline_ns = loop->now_ns + delay_ns;
	timer->loop = loop;
	while (*at && (*at)->deadline_ns <= timer->deadline_ns)
		at = &(*at)->next;
	timer->next = *at;
	*at = timer;
}

void fake_clock_advance(uint64_t ns)
{
	uint64_t end = fake_clock.now_ns + ns;

	while (fake_clock.timers && fake_clock.timers->deadline_ns <= end) {
		struct loop_timer *timer = fake_clock.timers;

		fake_clock.now_ns = timer->deadline_ns;
		loop_timer_cancel(timer);
		fake_clock.expired++;
		timer->expired(timer);
	}
	fake_clock.now_ns = end;
}
