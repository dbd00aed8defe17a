/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an interrupt as a guest sees it (Arm IHI 0048B, chapter 3; IHI 0069,
 * chapter 4), on one CPU. Everything is looked at from the outside: INTIDs that the CPU
 * interface gives, pending and active bits, and the level at the CPU's input.
 */
#include "test/guest/bare/arm/bare.h"
#include "test/guest/bare/arm/cpu.h"
#include "test/guest/bare/arm/gic.h"

/* SPIs that no device of the machine has; the first ones of its last word. */
#define SPI 52u
#define SPIS 8u
#define LOW 0xa0
#define MIDDLE 0x80
#define HIGH 0x40
#define IDLE 0xff

/* ---- what interrupt() does --------------------------------------------------------- */

static volatile uint32_t taken[16];
static volatile unsigned int taken_count;
static volatile uint32_t raise; /* in the next handler, with interrupts open; 0: none */

static void note(uint32_t what)
{
	if (taken_count < sizeof(taken) / sizeof(taken[0]))
		taken[taken_count++] = what;
}

/* An INTID at the begin of its handler, and 0x1000 more at its end. */
void interrupt(void)
{
	uint32_t intid = gic_acknowledge();
	uint32_t other = raise;

	raise = 0;
	note(intid);
	if (other) {
		gic_set(PENDING, other, true);
		unmask_interrupts();
		mask_interrupts();
	}
	note(intid | 0x1000);
	gic_end(intid);
}

/* ---- helpers ----------------------------------------------------------------------- */

/* An interrupt as each test begins with it: enabled, quiet, edge-triggered. */
static void set_up(uint32_t intid, uint8_t priority)
{
	gic_set(ENABLED, intid, false);
	gic_set_edge(intid, true);
	gic_set(PENDING, intid, false);
	gic_set(ACTIVE, intid, false);
	gic_set_priority(intid, priority);
	gic_set(ENABLED, intid, true);
}

static void raise_new(uint32_t intid, uint8_t priority)
{
	set_up(intid, priority);
	gic_set(PENDING, intid, true);
}

/* The UART's transmit interrupt, whose level stays until the UART itself is told. */
static void set_uart_line(bool level)
{
	write_word(UART + 0x30, 0x301);
	write_word(UART + 0x38, level ? 0x20 : 0);
	barrier();
}

static void set_timer_line(bool level)
{
	write_cntv_cval(0);
	write_cntv_ctl(level);
}

/* ---- one interrupt ----------------------------------------------------------------- */

static bool nothing_is_1023(void)
{
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	EXPECT(gic_highest_pending(), NONE);
	EXPECT(gic_running_priority(), IDLE);
	return true;
}

static bool life_of_an_interrupt(void)
{
	raise_new(SPI, MIDDLE);
	EXPECT(gic_is(PENDING, SPI), true);
	EXPECT(gic_is(ACTIVE, SPI), false);
	EXPECT(gic_signals(), true);
	EXPECT(gic_highest_pending(), SPI);
	EXPECT(gic_acknowledge(), SPI);
	EXPECT(gic_is(PENDING, SPI), false);
	EXPECT(gic_is(ACTIVE, SPI), true);
	EXPECT(gic_signals(), false);
	EXPECT(gic_running_priority(), MIDDLE);
	EXPECT(gic_acknowledge(), NONE);
	gic_end(SPI);
	EXPECT(gic_is(ACTIVE, SPI), false);
	EXPECT(gic_running_priority(), IDLE);
	return nothing_is_1023();
}

static bool disabled_waits(void)
{
	set_up(SPI, MIDDLE);
	gic_set(ENABLED, SPI, false);
	EXPECT(gic_is(ENABLED, SPI), false);
	gic_set(PENDING, SPI, true);
	EXPECT(gic_is(PENDING, SPI), true);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	gic_set(ENABLED, SPI, true);
	EXPECT(gic_signals(), true);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	return nothing_is_1023();
}

/* Linux's own GIC (6.1) looks at such an interrupt again when something is written to it.
 */
static bool controller_off_waits(void)
{
	raise_new(SPI, MIDDLE);
	gic_enable_distributor(false);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	gic_enable_distributor(true);
	gic_set(ENABLED, SPI, true);
	EXPECT(gic_signals(), true);
	gic_enable_cpu(false);
	EXPECT(gic_signals(), false);
	gic_enable_cpu(true);
	EXPECT(gic_signals(), true);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	return true;
}

static bool edge_comes_once(void)
{
	raise_new(SPI, MIDDLE);
	gic_set(PENDING, SPI, true);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	return nothing_is_1023();
}

static bool edge_while_active_comes_again(void)
{
	raise_new(SPI, MIDDLE);
	EXPECT(gic_acknowledge(), SPI);
	gic_set(PENDING, SPI, true);
	gic_set(PENDING, SPI, true);
	EXPECT(gic_is(PENDING, SPI), true);
	EXPECT(gic_is(ACTIVE, SPI), true);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	gic_end(SPI);
	EXPECT(gic_signals(), true);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	return nothing_is_1023();
}

static bool pending_is_taken_back(void)
{
	raise_new(SPI, MIDDLE);
	EXPECT(gic_signals(), true);
	gic_set(PENDING, SPI, false);
	EXPECT(gic_is(PENDING, SPI), false);
	return nothing_is_1023();
}

static bool active_bits_are_written(void)
{
	raise_new(SPI, MIDDLE);
	gic_set(ACTIVE, SPI, true);
	EXPECT(gic_is(ACTIVE, SPI), true);
	EXPECT(gic_is(PENDING, SPI), true);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	gic_set(ACTIVE, SPI, false);
	EXPECT(gic_is(ACTIVE, SPI), false);
	EXPECT(gic_signals(), true);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	return nothing_is_1023();
}

static bool spurious_end_is_nothing(void)
{
	raise_new(SPI, MIDDLE);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(NONE);
	EXPECT(gic_is(ACTIVE, SPI), true);
	EXPECT(gic_running_priority(), MIDDLE);
	gic_end(SPI);
	return nothing_is_1023();
}

/* ---- levels ------------------------------------------------------------------------ */

static bool level_comes_until_quiet(uint32_t intid, void (*set_line)(bool level))
{
	set_line(false);
	set_up(intid, MIDDLE);
	gic_set_edge(intid, false);
	gic_set(PENDING, intid, false);
	set_line(true);
	for (unsigned int i = 0; i < 3; i++) {
		EXPECT(WAIT_FOR(gic_signals()), true);
		EXPECT(gic_acknowledge(), intid);
		EXPECT(gic_is(PENDING, intid), true);
		EXPECT(gic_is(ACTIVE, intid), true);
		EXPECT(gic_signals(), false);
		gic_end(intid);
	}
	gic_set(PENDING, intid, false); /* for a line, that is nothing */
	EXPECT(gic_is(PENDING, intid), true);
	EXPECT(gic_signals(), true);
	EXPECT(gic_acknowledge(), intid);
	set_line(false);
	EXPECT(WAIT_FOR(!gic_is(PENDING, intid)), true);
	gic_end(intid);
	return nothing_is_1023();
}

static bool timer_level_comes_again(void)
{
	return level_comes_until_quiet(VIRTUAL_TIMER, set_timer_line);
}

static bool device_level_comes_again(void)
{
	return level_comes_until_quiet(UART_LINE, set_uart_line);
}

static bool level_that_falls_is_gone(void)
{
	set_uart_line(false);
	set_up(UART_LINE, MIDDLE);
	gic_set_edge(UART_LINE, false);
	gic_set(PENDING, UART_LINE, false);
	set_uart_line(true);
	EXPECT(gic_signals(), true);
	set_uart_line(false);
	EXPECT(gic_is(PENDING, UART_LINE), false);
	return nothing_is_1023();
}

/* Linux's own GIC (6.1) shows it pending until its end, where the architecture does not.
 */
static bool level_by_hand_comes_once(void)
{
	set_up(SPI, MIDDLE);
	gic_set_edge(SPI, false);
	gic_set(PENDING, SPI, true);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	EXPECT(gic_is(PENDING, SPI), false);
	return nothing_is_1023();
}

/* ---- priorities -------------------------------------------------------------------- */

static bool order_is_by_priority(void)
{
	/* Which of them has the n-th priority. */
	static const uint8_t order[SPIS] = {5, 0, 7, 2, 1, 6, 3, 4};

	gic_enable_cpu(false);
	for (unsigned int i = 0; i < SPIS; i++)
		raise_new(SPI + order[i], (uint8_t)(0x10 + 0x10 * i));
	gic_enable_cpu(true);
	for (unsigned int i = 0; i < SPIS; i++) {
		EXPECT(gic_signals(), true);
		EXPECT(gic_acknowledge(), SPI + order[i]);
		gic_end(SPI + order[i]);
	}
	return nothing_is_1023();
}

static bool equals_come_once_each(void)
{
	uint32_t seen = 0;

	for (unsigned int i = 0; i < SPIS; i++)
		raise_new(SPI + i, MIDDLE);
	for (unsigned int i = 0; i < SPIS; i++) {
		uint32_t intid = gic_acknowledge();

		EXPECT(intid >= SPI && intid < SPI + SPIS, true);
		seen |= 1u << (intid - SPI);
		EXPECT(gic_acknowledge(), NONE);
		gic_end(intid);
	}
	EXPECT(seen, (1u << SPIS) - 1);
	return nothing_is_1023();
}

static bool mask_hides_its_own_priority(void)
{
	raise_new(SPI, MIDDLE);
	gic_set_mask(MIDDLE);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	EXPECT(gic_is(PENDING, SPI), true);
	gic_set_mask(MIDDLE + 8);
	EXPECT(gic_signals(), true);
	gic_set_mask(0);
	EXPECT(gic_signals(), false);
	gic_set_mask(0xf8);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	return nothing_is_1023();
}

static bool priorities_are_16_at_least(void)
{
	for (unsigned int priority = 0; priority < 0x100; priority += 0x10) {
		set_up(SPI, (uint8_t)priority);
		EXPECT(gic_priority(SPI), priority);
	}
	return true;
}

static bool higher_preempts(void)
{
	raise_new(SPI, LOW);
	EXPECT(gic_acknowledge(), SPI);
	raise_new(SPI + 1, LOW);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	raise_new(SPI + 2, HIGH);
	EXPECT(gic_signals(), true);
	EXPECT(gic_acknowledge(), SPI + 2);
	EXPECT(gic_running_priority(), HIGH);
	raise_new(SPI + 3, MIDDLE);
	EXPECT(gic_signals(), false);
	gic_end(SPI + 2);
	EXPECT(gic_running_priority(), LOW);
	EXPECT(gic_acknowledge(), SPI + 3);
	gic_end(SPI + 3);
	EXPECT(gic_acknowledge(), NONE);
	gic_end(SPI);
	EXPECT(gic_acknowledge(), SPI + 1);
	gic_end(SPI + 1);
	return nothing_is_1023();
}

/* 0x80 and 0x98 are one group of 0x80 to 0x9f, 0x78 is of another. */
static bool group_does_not_preempt_itself(void)
{
	gic_set_first_group_bit(5);
	raise_new(SPI, 0x98);
	EXPECT(gic_acknowledge(), SPI);
	raise_new(SPI + 1, 0x80);
	EXPECT(gic_signals(), false);
	EXPECT(gic_acknowledge(), NONE);
	raise_new(SPI + 2, 0x78);
	EXPECT(gic_signals(), true);
	EXPECT(gic_acknowledge(), SPI + 2);
	gic_end(SPI + 2);
	gic_end(SPI);
	EXPECT(gic_acknowledge(), SPI + 1);
	gic_end(SPI + 1);
	gic_set_first_group_bit(3);
	return nothing_is_1023();
}

/* Within a group, the lower bits still decide who is first. */
static bool order_within_a_group(void)
{
	gic_set_first_group_bit(7);
	raise_new(SPI, 0x38);
	raise_new(SPI + 1, 0x18);
	EXPECT(gic_acknowledge(), SPI + 1);
	gic_end(SPI + 1);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	gic_set_first_group_bit(3);
	return nothing_is_1023();
}

static bool handlers_nest(void)
{
	taken_count = 0;
	set_up(SPI + 1, HIGH);
	raise = SPI + 1;
	raise_new(SPI, LOW);
	unmask_interrupts();
	mask_interrupts();
	EXPECT(taken_count, 4);
	EXPECT(taken[0], SPI);
	EXPECT(taken[1], SPI + 1);
	EXPECT(taken[2], (SPI + 1) | 0x1000);
	EXPECT(taken[3], SPI | 0x1000);
	return nothing_is_1023();
}

static bool handlers_of_equals_follow(void)
{
	taken_count = 0;
	set_up(SPI + 1, LOW);
	raise = SPI + 1;
	raise_new(SPI, LOW);
	unmask_interrupts();
	mask_interrupts();
	EXPECT(taken_count, 4);
	EXPECT(taken[1], SPI | 0x1000);
	EXPECT(taken[2], SPI + 1);
	return nothing_is_1023();
}

/* ---- EOImode 1 --------------------------------------------------------------------- */

static bool end_and_deactivate_are_two(void)
{
	gic_set_separate(true);
	raise_new(SPI, MIDDLE);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	EXPECT(gic_running_priority(), IDLE);
	EXPECT(gic_is(ACTIVE, SPI), true);
	gic_set(PENDING, SPI, true);
	EXPECT(gic_signals(), false);
	raise_new(SPI + 1, LOW);
	EXPECT(gic_acknowledge(), SPI + 1);
	gic_end(SPI + 1);
	gic_deactivate(SPI + 1);
	gic_deactivate(SPI);
	EXPECT(gic_is(ACTIVE, SPI + 1), false);
	EXPECT(gic_is(ACTIVE, SPI), false);
	EXPECT(gic_acknowledge(), SPI);
	gic_end(SPI);
	gic_deactivate(SPI);
	gic_set_separate(false);
	return nothing_is_1023();
}

void guest_main(void)
{
	gic_init();
	gic_cpu_init();
	claim("nothing pending reads 1023", nothing_is_1023);
	claim("an interrupt is pending, active, gone", life_of_an_interrupt);
	claim("a disabled interrupt waits", disabled_waits);
	claim("a controller that is off keeps what is pending", controller_off_waits);
	claim("an edge comes once", edge_comes_once);
	claim("an edge while active comes again", edge_while_active_comes_again);
	claim("pending is taken back", pending_is_taken_back);
	claim("active bits are written", active_bits_are_written);
	claim("the end of 1023 is nothing", spurious_end_is_nothing);
	claim("a timer's level comes until it is quiet", timer_level_comes_again);
	claim("a device's level comes until it is quiet", device_level_comes_again);
	claim("a level that falls is gone", level_that_falls_is_gone);
	claim("a level that is set by hand comes once", level_by_hand_comes_once);
	claim("acknowledge is by priority", order_is_by_priority);
	claim("equal priorities come once each", equals_come_once_each);
	claim("PMR hides its own priority and lower", mask_hides_its_own_priority);
	claim("there are 16 priorities at least", priorities_are_16_at_least);
	claim("a higher priority preempts", higher_preempts);
	claim("a group does not preempt itself", group_does_not_preempt_itself);
	claim("the order within a group is by priority", order_within_a_group);
	claim("handlers nest by priority", handlers_nest);
	claim("handlers of one priority follow each other", handlers_of_equals_follow);
	claim("EOImode 1: the end drops the priority, DIR deactivates",
		end_and_deactivate_are_two);
}
