/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARM PrimeCell Real Time Clock (PL031), ARM DDI 0224: registers of chapter 3. Threads:
 * vCPUs and the loop's, under the loop's lock.
 *
 * What differs from silicon, on purpose: the counter runs from the start, as on a board
 * with a battery whose firmware has started it, and cannot be stopped.
 *
 * Nothing runs while nobody looks. The time is computed when it is read, and whether the
 * alarm has come from what has passed since the last look. A timer runs only towards an
 * alarm whose interrupt is enabled.
 */
#include "arch/arm/pl031.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arch/arm/pl031_regs.h"
#include "arch/arm/primecell.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"

/* RTCPeriphID: part 0x031, ARM, revision 0. */
#define PERIPHERAL_ID 0x00041031u

#define SECOND_NS 1000000000u

/* The host's clock may jump towards the alarm; it is noticed so late at most. */
#define ALARM_WAIT_S 60u

struct pl031 {
	struct primecell cell;
	struct loop_timer timer;
	uint64_t (*utc_ns)(void);

	uint32_t offset; /* from the host's seconds to the guest's */
	uint32_t seen;   /* ris tells of what happened until then */
	uint32_t match;
	uint32_t load;
	bool enabled; /* the interrupt */
	bool ris;
};

/* ---- time ------------------------------------------------------------------------- */

static uint32_t now(const struct pl031 *pl031)
{
	return (uint32_t)(pl031->utc_ns() / SECOND_NS) + pl031->offset;
}

/* Raises the interrupt if the alarm came since the last look. */
static void look(struct pl031 *pl031)
{
	uint32_t at = now(pl031);
	uint32_t passed = at - pl031->seen;
	uint32_t wait = pl031->match - pl031->seen;

	/* Half of the numbers lie behind: there the host's clock was set back. */
	if (passed <= INT32_MAX && wait && wait <= passed)
		pl031->ris = true;
	pl031->seen = at;
}

/* Nothing between the old time and the new one has happened, but the alarm may be now. */
static void take_time(struct pl031 *pl031)
{
	pl031->seen = now(pl031);
	if (pl031->match == pl031->seen)
		pl031->ris = true;
}

/* After a look. */
static void arm_timer(struct pl031 *pl031)
{
	uint32_t wait_s = pl031->match - pl031->seen;

	if (!pl031->enabled || pl031->ris) {
		loop_timer_cancel(&pl031->timer);
		return;
	}
	if (!wait_s || wait_s > ALARM_WAIT_S)
		wait_s = ALARM_WAIT_S;
	loop_timer_arm(pl031->cell.region.loop, &pl031->timer,
		(uint64_t)wait_s * SECOND_NS - pl031->utc_ns() % SECOND_NS);
}

static void expired(struct loop_timer *timer)
{
	struct pl031 *pl031 = container_of(timer, struct pl031, timer);

	look(pl031);
	arm_timer(pl031);
	primecell_update(&pl031->cell);
}

static bool interrupts(struct primecell *cell)
{
	struct pl031 *pl031 = container_of(cell, struct pl031, cell);

	return pl031->ris && pl031->enabled;
}

/* ---- registers -------------------------------------------------------------------- */

static uint32_t read_register(struct primecell *cell, uint64_t offset)
{
	struct pl031 *pl031 = container_of(cell, struct pl031, cell);

	look(pl031);
	switch (offset) {
	case RTC_DR:
		return pl031->seen;
	case RTC_MR:
		return pl031->match;
	case RTC_LR:
		return pl031->load;
	case RTC_CR:
		return RTC_CR_RUNS;
	case RTC_IMSC:
		return pl031->enabled;
	case RTC_RIS:
		return pl031->ris;
	case RTC_MIS:
		return pl031->ris && pl031->enabled;
	case RTC_ICR:
		return 0;
	default:
		return primecell_stray_read(cell, offset);
	}
}

static void write_register(struct primecell *cell, uint64_t offset, uint32_t value)
{
	struct pl031 *pl031 = container_of(cell, struct pl031, cell);

	look(pl031);
	switch (offset) {
	case RTC_MR:
		pl031->match = value;
		take_time(pl031);
		break;
	case RTC_LR:
		pl031->load = value;
		pl031->offset += value - pl031->seen;
		take_time(pl031);
		break;
	case RTC_CR: /* once it runs, it runs */
		break;
	case RTC_IMSC:
		pl031->enabled = value & 1;
		break;
	case RTC_ICR: /* the manual: any value clears */
		pl031->ris = false;
		break;
	default:
		primecell_stray_write(cell, offset, value);
		break;
	}
	arm_timer(pl031);
}

/* ---- life ------------------------------------------------------------------------- */

static void reset(struct primecell *cell)
{
	struct pl031 *pl031 = container_of(cell, struct pl031, cell);

	pl031->match = 0;
	pl031->load = 0;
	pl031->enabled = false;
	pl031->ris = false;
	pl031->seen = now(pl031);
	loop_timer_cancel(&pl031->timer);
}

static const struct primecell_ops ops = {.read = read_register,
	.write = write_register,
	.interrupts = interrupts,
	.reset = reset};

int pl031_create(struct loop *loop, uint64_t gpa, uint64_t (*utc_ns)(void),
	struct pl031 **ret, struct error *err)
{
	struct pl031 *pl031 = calloc(1, sizeof(*pl031));

	if (!pl031)
		return error_set(err, -ENOMEM, NULL, "no memory for the clock");
	primecell_init(&pl031->cell, &ops, loop, gpa, PERIPHERAL_ID, "rtc");
	pl031->utc_ns = utc_ns;
	pl031->timer.expired = expired;
	reset(&pl031->cell);
	*ret = pl031;
	return 0;
}

void pl031_destroy(struct pl031 *pl031)
{
	if (!pl031)
		return;
	loop_timer_cancel(&pl031->timer);
	free(pl031);
}

struct primecell *pl031_cell(struct pl031 *pl031)
{
	return &pl031->cell;
}
