/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARM Watchdog Module (SP805), ARM DDI 0270: registers of chapter 3, without those for
 * its integration test. Threads: vCPUs and the loop's, under the loop's lock.
 *
 * Nothing runs between the ends of the count: a timer waits for the next one, and the
 * value is computed from what is left of that. Where the interrupt is up and is not to
 * end the VM, further ends change nothing, so there is no timer for them and a guest that
 * loads 1 wakes up nobody.
 */
#include "arch/arm/sp805.h"

#include <errno.h>
#include <stdlib.h>

#include "arch/arm/primecell.h"
#include "arch/arm/sp805_regs.h"
#include "src/board.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"

/* WDOGPeriphID: part 0x805, ARM, revision 1. */
#define PERIPHERAL_ID 0x00141805u

#define SECOND_NS 1000000000u

struct sp805 {
	struct primecell cell;
	struct loop_timer timer; /* armed towards an end that matters */
	const struct board_host *host;
	uint32_t clock_hz;

	uint32_t load;
	uint32_t control;
	bool locked;
	bool ris;
	bool ended;       /* by the second end; nothing counts any more */
	bool held;        /* by sp805_hold() */
	uint64_t left_ns; /* to the next end, from since_ns or, where it is held, now */
	uint64_t since_ns;
};

/* ---- counting --------------------------------------------------------------------- */

static bool counts(const struct sp805 *sp805)
{
	return (sp805->control & WDOG_INTEN) && !sp805->ended;
}

/* A whole count, a tick at least; rounded up, so that the value begins as the load. */
static uint64_t period_ns(const struct sp805 *sp805)
{
	uint64_t ticks = sp805->load ? sp805->load : 1;

	return (ticks * SECOND_NS + sp805->clock_hz - 1) / sp805->clock_hz;
}

static uint64_t passed_ns(const struct sp805 *sp805)
{
	return counts(sp805) && !sp805->held ? loop_now_ns() - sp805->since_ns : 0;
}

/* To the next end; behind those that nobody waited for. */
static uint64_t left_ns(const struct sp805 *sp805)
{
	uint64_t passed = passed_ns(sp805);

	if (passed < sp805->left_ns)
		return sp805->left_ns - passed;
	return period_ns(sp805) - (passed - sp805->left_ns) % period_ns(sp805);
}

static uint32_t value(const struct sp805 *sp805)
{
	uint64_t ns = left_ns(sp805);
	uint64_t seconds = ns / SECOND_NS;

	ns %= SECOND_NS;
	return (uint32_t)(seconds * sp805->clock_hz + ns * sp805->clock_hz / SECOND_NS);
}

/* Whether the next end does anything. */
static bool matters(const struct sp805 *sp805)
{
	return counts(sp805) && !sp805->held &&
	       (!sp805->ris || (sp805->control & WDOG_RESEN));
}

/* What is left is so much, from now on. */
static void count_from(struct sp805 *sp805, uint64_t ns)
{
	sp805->left_ns = ns;
	sp805->since_ns = loop_now_ns();
	if (matters(sp805))
		loop_timer_arm(sp805->cell.region.loop, &sp805->timer, ns);
	else
		loop_timer_cancel(&sp805->timer);
}

static void expired(struct loop_timer *timer)
{
	struct sp805 *sp805 = container_of(timer, struct sp805, timer);

	if (!sp805->ris) {
		sp805->ris = true;
		count_from(sp805, period_ns(sp805));
		primecell_update(&sp805->cell);
		return;
	}
	sp805->ended = true;
	count_from(sp805, 0);
	sp805->host->request(sp805->host->user, BOARD_WATCHDOG);
}

void sp805_hold(struct sp805 *sp805, bool hold)
{
	uint64_t left = left_ns(sp805);

	sp805->held = hold;
	count_from(sp805, left);
}

/* ---- registers -------------------------------------------------------------------- */

static bool interrupts(struct primecell *cell)
{
	struct sp805 *sp805 = container_of(cell, struct sp805, cell);

	return sp805->ris && (sp805->control & WDOG_INTEN);
}

static uint32_t read_register(struct primecell *cell, uint64_t offset)
{
	struct sp805 *sp805 = container_of(cell, struct sp805, cell);

	switch (offset) {
	case WDOG_LOAD:
		return sp805->load;
	case WDOG_VALUE:
		return value(sp805);
	case WDOG_CONTROL:
		return sp805->control;
	case WDOG_INTCLR:
		return 0;
	case WDOG_RIS:
		return sp805->ris;
	case WDOG_MIS:
		return interrupts(cell);
	case WDOG_LOCK:
		return sp805->locked ? WDOG_LOCKED : 0;
	default:
		return primecell_stray_read(cell, offset);
	}
}

static void write_control(struct sp805 *sp805, uint32_t control)
{
	bool counted = counts(sp805);
	uint64_t left = left_ns(sp805);

	sp805->control = control & (WDOG_INTEN | WDOG_RESEN);
	count_from(sp805, counts(sp805) && !counted ? period_ns(sp805) : left);
}

static void write_register(struct primecell *cell, uint64_t offset, uint32_t word)
{
	struct sp805 *sp805 = container_of(cell, struct sp805, cell);

	if (offset == WDOG_LOCK) {
		sp805->locked = word != WDOG_UNLOCK;
		return;
	}
	if (sp805->locked)
		return;
	switch (offset) {
	case WDOG_LOAD:
		sp805->load = word;
		count_from(sp805, period_ns(sp805));
		break;
	case WDOG_CONTROL:
		write_control(sp805, word);
		break;
	case WDOG_INTCLR: /* any value */
		sp805->ris = false;
		count_from(sp805, period_ns(sp805));
		break;
	default:
		primecell_stray_write(cell, offset, word);
		break;
	}
}

/* ---- life ------------------------------------------------------------------------- */

static void reset(struct primecell *cell)
{
	struct sp805 *sp805 = container_of(cell, struct sp805, cell);

	sp805->load = UINT32_MAX;
	sp805->control = 0;
	sp805->locked = false;
	sp805->ris = false;
	sp805->ended = false;
	count_from(sp805, period_ns(sp805));
}

static const struct primecell_ops ops = {.read = read_register,
	.write = write_register,
	.interrupts = interrupts,
	.reset = reset};

int sp805_create(const struct board_host *host, uint64_t gpa, uint32_t clock_hz,
	struct sp805 **ret, struct error *err)
{
	struct sp805 *sp805 = calloc(1, sizeof(*sp805));

	if (!sp805)
		return error_set(err, -ENOMEM, NULL, "no memory for the watchdog");
	primecell_init(&sp805->cell, &ops, host->loop, gpa, PERIPHERAL_ID, "watchdog");
	sp805->host = host;
	sp805->clock_hz = clock_hz;
	sp805->timer.expired = expired;
	reset(&sp805->cell);
	*ret = sp805;
	return 0;
}

void sp805_destroy(struct sp805 *sp805)
{
	if (!sp805)
		return;
	loop_timer_cancel(&sp805->timer);
	free(sp805);
}

struct primecell *sp805_cell(struct sp805 *sp805)
{
	return &sp805->cell;
}
