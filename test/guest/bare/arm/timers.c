/* SPDX-License-Identifier: Apache-2.0 */
/* The EL1 virtual and physical timers (Arm ARM, D11.2) and their lines into the GIC. */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"
#include "test/guest/bare/arm/gic.h"

#define RUNS 21u
#define LATE_US_MAX                                                                      \
	20000u /* of the median: emulated hosts have other things to do, too */
#define FAR_US 1000000000u
#define ENABLE 1u
#define IMASK 2u
#define ISTATUS 4u

void interrupt(void)
{
}

static void set_virtual(uint64_t deadline)
{
	write_cntv_cval(deadline);
	write_cntv_ctl(ENABLE);
}

static void set_physical(uint64_t deadline)
{
	write_cntp_cval(deadline);
	write_cntp_ctl(ENABLE);
}

static void stop_all(void)
{
	write_cntv_ctl(0);
	write_cntp_ctl(0);
}

static void open_lines(void)
{
	gic_cpu_init();
	stop_all();
	for (uint32_t intid = VIRTUAL_TIMER; intid <= PHYSICAL_TIMER;
		intid += PHYSICAL_TIMER - VIRTUAL_TIMER) {
		gic_set_edge(intid, false);
		gic_set_priority(intid, 0x80);
		gic_set(ENABLED, intid, true);
	}
}

static bool take(uint32_t intid)
{
	EXPECT(gic_acknowledge(), intid);
	stop_all();
	gic_end(intid);
	EXPECT(WAIT_FOR(!gic_signals()), true);
	EXPECT(gic_acknowledge(), NONE);
	return true;
}

/* Deadlines from none to 4 ms, reached asleep and awake; how late is the median. */
static bool fires(uint32_t intid, uint64_t (*now)(void), void (*set)(uint64_t deadline),
	uint64_t *ret)
{
	uint64_t late[RUNS];

	open_lines();
	for (unsigned int run = 0; run < RUNS; run++) {
		uint64_t deadline = now() + ticks_of_us(200 * run);
		uint64_t then;

		set(deadline);
		while (!gic_signals())
			if (run % 2)
				wait_for_interrupt();
		then = now();
		EXPECT(then >= deadline, true);
		late[run] = then - deadline;
		if (!take(intid))
			return false;
	}
	*ret = median(late, RUNS);
	return true;
}

static bool virtual_is_on_time(void)
{
	uint64_t late;

	if (!fires(VIRTUAL_TIMER, read_cntvct, set_virtual, &late))
		return false;
	EXPECT(late <= ticks_of_us(LATE_US_MAX), true);
	return true;
}

static bool physical_is_on_time(void)
{
	uint64_t late;

	if (!fires(PHYSICAL_TIMER, read_cntpct, set_physical, &late))
		return false;
	EXPECT(late <= ticks_of_us(LATE_US_MAX), true);
	return true;
}

/* Of how late it is then, the host's scheduler has a say. */
static bool is_not_early(void)
{
	uint64_t late;

	return fires(VIRTUAL_TIMER, read_cntvct, set_virtual, &late);
}

static bool virtual_on_every_cpu(void)
{
	return cpus_run(is_not_early);
}

static bool past_deadline_is_now(void)
{
	open_lines();
	set_virtual(0);
	EXPECT(WAIT_FOR(gic_signals()), true);
	EXPECT(read_cntv_ctl(), ENABLE | ISTATUS);
	return take(VIRTUAL_TIMER);
}

static bool masked_timer_is_quiet(void)
{
	open_lines();
	write_cntv_cval(0);
	write_cntv_ctl(ENABLE | IMASK);
	EXPECT(read_cntv_ctl(), ENABLE | IMASK | ISTATUS);
	EXPECT(gic_acknowledge(), NONE);
	write_cntv_ctl(ENABLE);
	EXPECT(WAIT_FOR(gic_signals()), true);
	write_cntv_ctl(ENABLE | IMASK);
	EXPECT(WAIT_FOR(!gic_is(PENDING, VIRTUAL_TIMER)), true);
	EXPECT(gic_acknowledge(), NONE);
	stop_all();
	return true;
}

/* A handler that sets the next deadline before it ends the interrupt. */
static bool next_deadline_silences(void)
{
	open_lines();
	for (unsigned int i = 0; i < 10; i++) {
		set_virtual(0);
		EXPECT(WAIT_FOR(gic_signals()), true);
		EXPECT(gic_acknowledge(), VIRTUAL_TIMER);
		set_virtual(read_cntvct() + ticks_of_us(FAR_US));
		gic_end(VIRTUAL_TIMER);
		EXPECT(gic_acknowledge(), NONE);
	}
	stop_all();
	return true;
}

static bool timers_are_two(void)
{
	open_lines();
	gic_set_priority(VIRTUAL_TIMER, 0x40);
	set_virtual(0);
	set_physical(0);
	EXPECT(WAIT_FOR(
		       gic_is(PENDING, VIRTUAL_TIMER) && gic_is(PENDING, PHYSICAL_TIMER)),
		true);
	EXPECT(gic_acknowledge(), VIRTUAL_TIMER);
	write_cntv_ctl(0);
	gic_end(VIRTUAL_TIMER);
	EXPECT(gic_signals(), true);
	return take(PHYSICAL_TIMER);
}

void guest_main(void)
{
	gic_init();
	claim("the virtual timer is never early, and soon", virtual_is_on_time);
	claim("the physical timer is never early, and soon", physical_is_on_time);
	claim("every CPU has a timer, never early", virtual_on_every_cpu);
	claim("a deadline in the past is now", past_deadline_is_now);
	claim("a masked timer is quiet", masked_timer_is_quiet);
	claim("the next deadline silences the timer", next_deadline_silences);
	claim("both timers have their own interrupt", timers_are_two);
}
