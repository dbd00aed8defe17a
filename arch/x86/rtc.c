/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MC146818: registers, update cycle and interrupts as its data sheet has them. Threads:
 * vCPUs and the loop's, under the loop's lock.
 *
 * Nothing runs while nobody looks. The time is computed when it is read, and the flags of
 * register C from what has passed since they were read last. A timer runs only towards
 * an interrupt that is enabled, and not while one is up, which stays so until the guest
 * reads register C: so it sets the pace, and what it misses is one interrupt, not many.
 */
#include "arch/x86/rtc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arch/x86/isa.h"
#include "arch/x86/rtc_regs.h"
#include "arch/x86/rtc_time.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/irq.h"
#include "src/loop.h"

#define SECOND_NS 1000000000u

/* The warning that register A gives of an update. */
#define UIP_NS 244000u

/* After the divider was held in reset, the first second is half as long. */
#define DIVIDER_PHASE_NS (SECOND_NS / 2)

/* The host's clock may jump towards an alarm; it is noticed so late at most. */
#define ALARM_WAIT_S 60

#define C_FLAGS (C_PF | C_AF | C_UF)

struct moment {
	int64_t s; /* since 1970 */
	uint32_t ns;
};

struct rtc {
	struct isa_ports ports;
	struct rtc_setup setup;
	struct irq_line *irq;
	bool irq_level;
	struct loop_timer timer;

	struct moment offset; /* from the host's time to the guest's */
	struct moment seen;   /* the flags tell of what happened until then */
	uint8_t index;
	uint8_t cmos[RTC_CMOS_BYTES]; /* its times are old while they run */
};

/* ---- time ------------------------------------------------------------------------- */

static struct moment now(const struct rtc *rtc)
{
	uint64_t host_ns = rtc->setup.utc_ns();
	uint64_t ns = host_ns % SECOND_NS + rtc->offset.ns;

	return (struct moment){
		.s = (int64_t)(host_ns / SECOND_NS + ns / SECOND_NS) + rtc->offset.s,
		.ns = (uint32_t)(ns % SECOND_NS)};
}

static bool divider_runs(const struct rtc *rtc)
{
	return (rtc->cmos[RTC_A] & A_DIVIDER_RESET) != A_DIVIDER_RESET;
}

static bool time_runs(const struct rtc *rtc)
{
	return divider_runs(rtc) && !(rtc->cmos[RTC_B] & B_SET);
}

/* Brings the registers up to date, where they are not the guest's to set. */
static void show_time(struct rtc *rtc)
{
	if (time_runs(rtc))
		rtc_time_set(rtc->cmos, now(rtc).s);
}

/* From now on the time is what the registers say, and so many nanoseconds. */
static void take_time(struct rtc *rtc, uint32_t phase_ns)
{
	uint64_t host_ns = rtc->setup.utc_ns();
	uint32_t host_phase_ns = host_ns % SECOND_NS;

	rtc->offset.ns = (phase_ns + SECOND_NS - host_phase_ns) % SECOND_NS;
	rtc->offset.s = rtc_time_get(rtc->cmos) - (int64_t)(host_ns / SECOND_NS) -
			(host_phase_ns + rtc->offset.ns) / SECOND_NS;
	rtc->seen = now(rtc);
}

/* ---- interrupts ------------------------------------------------------------------- */

/* Of the periodic interrupt, on a crystal of 32768 Hz; 0: none. */
static uint32_t rate_hz(const struct rtc *rtc)
{
	unsigned int rate = rtc->cmos[RTC_A] & A_RATE;

	if (!rate || !divider_runs(rtc))
		return 0;
	return rate < 3 ? 512u >> rate : 65536u >> rate;
}

static uint32_t period_of(struct moment at, uint32_t hz)
{
	return (uint32_t)((uint64_t)at.ns * hz / SECOND_NS);
}

/* Raises the flags of what has happened since the last look. */
static void look(struct rtc *rtc)
{
	struct moment seen = rtc->seen;
	struct moment at = now(rtc);
	uint32_t hz = rate_hz(rtc);

	rtc->seen = at;
	if (at.s < seen.s || (at.s == seen.s && at.ns < seen.ns))
		return; /* the host's clock was set back */
	if (hz && (at.s != seen.s || period_of(at, hz) != period_of(seen, hz)))
		rtc->cmos[RTC_C] |= C_PF;
	if (at.s == seen.s || !time_runs(rtc))
		return;
	rtc->cmos[RTC_C] |= C_UF;
	if (rtc_time_next_alarm(rtc->cmos, seen.s) <= at.s)
		rtc->cmos[RTC_C] |= C_AF;
}

/* Nanoseconds from the last look to the next interrupt that is enabled; 0: none is. */
static uint64_t next_interrupt_ns(const struct rtc *rtc)
{
	struct moment at = rtc->seen;
	uint8_t enabled = rtc->cmos[RTC_B];
	uint32_t hz = enabled & B_PIE ? rate_hz(rtc) : 0;
	uint64_t to_second_ns = SECOND_NS - at.ns;
	int64_t wait_s;

	if (hz)
		return ((period_of(at, hz) + 1ull) * SECOND_NS + hz - 1) / hz - at.ns;
	if (!time_runs(rtc))
		return 0;
	if (enabled & B_UIE)
		return to_second_ns;
	if (!(enabled & B_AIE))
		return 0;
	wait_s = rtc_time_next_alarm(rtc->cmos, at.s);
	if (wait_s == RTC_NEVER)
		return 0;
	wait_s -= at.s + 1;
	if (wait_s > ALARM_WAIT_S)
		wait_s = ALARM_WAIT_S;
	return (uint64_t)wait_s * SECOND_NS + to_second_ns;
}

/* After a look, and whatever else changes flags or what is enabled. */
static void update_irq(struct rtc *rtc)
{
	bool level = rtc->cmos[RTC_C] & rtc->cmos[RTC_B] & C_FLAGS;
	uint64_t wait_ns = level ? 0 : next_interrupt_ns(rtc);

	if (wait_ns)
		loop_timer_arm(rtc->ports.region.loop, &rtc->timer, wait_ns);
	else
		loop_timer_cancel(&rtc->timer);
	if (level == rtc->irq_level)
		return;
	rtc->irq_level = level;
	if (rtc->irq)
		irq_line_set(rtc->irq, level);
}

static void expired(struct loop_timer *timer)
{
	struct rtc *rtc = container_of(timer, struct rtc, timer);

	look(rtc);
	update_irq(rtc);
}

/* ---- registers -------------------------------------------------------------------- */

static uint8_t read_a(const struct rtc *rtc)
{
	bool updating = time_runs(rtc) && now(rtc).ns >= SECOND_NS - UIP_NS;

	return rtc->cmos[RTC_A] | (updating ? A_UIP : 0);
}

static uint8_t read_c(struct rtc *rtc)
{
	uint8_t value;

	look(rtc);
	value = rtc->cmos[RTC_C];
	if (value & rtc->cmos[RTC_B] & C_FLAGS)
		value |= C_IRQF;
	rtc->cmos[RTC_C] = 0;
	update_irq(rtc);
	return value;
}

static uint8_t read_register(struct rtc *rtc)
{
	switch (rtc->index) {
	case RTC_A:
		return read_a(rtc);
	case RTC_C:
		return read_c(rtc);
	case RTC_D:
		return D_VRT;
	default:
		show_time(rtc);
		return rtc->cmos[rtc->index];
	}
}

static void write_a(struct rtc *rtc, uint8_t value)
{
	bool ran = divider_runs(rtc);

	show_time(rtc);
	rtc->cmos[RTC_A] = value & (A_DIVIDER | A_RATE);
	if (!ran && divider_runs(rtc))
		take_time(rtc, DIVIDER_PHASE_NS);
}

static void write_b(struct rtc *rtc, uint8_t value)
{
	bool ran = time_runs(rtc);

	show_time(rtc);
	rtc->cmos[RTC_B] = value & B_SET ? value & ~B_UIE : value;
	if (!ran && time_runs(rtc))
		take_time(rtc, now(rtc).ns);
}

/* Hardware would lose an update under way; here each byte takes effect as it comes. */
static void write_time(struct rtc *rtc, uint8_t value)
{
	show_time(rtc);
	rtc->cmos[rtc->index] = value;
	if (time_runs(rtc))
		take_time(rtc, now(rtc).ns);
}

static void write_register(struct rtc *rtc, uint8_t value)
{
	look(rtc);
	switch (rtc->index) {
	case RTC_A:
		write_a(rtc, value);
		break;
	case RTC_B:
		write_b(rtc, value);
		break;
	case RTC_C:
	case RTC_D:
		break;
	default:
		if (rtc_time_has(rtc->index))
			write_time(rtc, value);
		else
			rtc->cmos[rtc->index] = value;
		break;
	}
	update_irq(rtc);
}

static uint8_t port_read(struct isa_ports *ports, uint64_t offset)
{
	struct rtc *rtc = container_of(ports, struct rtc, ports);

	return offset == RTC_DATA ? read_register(rtc) : 0xff;
}

static void port_write(struct isa_ports *ports, uint64_t offset, uint8_t value)
{
	struct rtc *rtc = container_of(ports, struct rtc, ports);

	if (offset == RTC_DATA)
		write_register(rtc, value);
	else
		rtc->index = value & (RTC_CMOS_BYTES - 1);
}

static const struct isa_ops ops = {.read = port_read, .write = port_write};

/* ---- CMOS ------------------------------------------------------------------------- */

/* So many units of what exceeds start, as far as bytes hold them. */
static void put_size(struct rtc *rtc, unsigned int at, unsigned int bytes, uint64_t size,
	uint64_t start, uint64_t unit)
{
	uint64_t most = (1ull << 8 * bytes) - 1;
	uint64_t units = size > start ? (size - start) / unit : 0;

	if (units > most)
		units = most;
	for (unsigned int i = 0; i < bytes; i++)
		rtc->cmos[at + i] = (uint8_t)(units >> 8 * i);
}

static void put_sizes(struct rtc *rtc)
{
	uint64_t low = rtc->setup.low_bytes;
	uint64_t base = low < 640u << 10 ? low : 640u << 10;

	put_size(rtc, CMOS_BASE_KIB, 2, base, 0, 1u << 10);
	put_size(rtc, CMOS_EXTENDED_KIB, 2, low, 1u << 20, 1u << 10);
	put_size(rtc, CMOS_EXTENDED_KIB_AGAIN, 2, low, 1u << 20, 1u << 10);
	put_size(rtc, CMOS_ABOVE_16_MIB, 2, low, 16u << 20, 64u << 10);
	put_size(rtc, CMOS_ABOVE_4_GIB, 3, rtc->setup.high_bytes, 0, 64u << 10);
}

/* ---- life ------------------------------------------------------------------------- */

int rtc_create(struct loop *loop, const struct rtc_setup *setup, struct rtc **ret,
	struct error *err)
{
	struct rtc *rtc = calloc(1, sizeof(*rtc));

	if (!rtc)
		return error_set(err, -ENOMEM, NULL, "no memory for the clock");
	isa_ports_init(&rtc->ports, &ops, loop, setup->port, RTC_PORTS, "rtc");
	rtc->setup = *setup;
	rtc->timer.expired = expired;
	rtc_reset(rtc);
	*ret = rtc;
	return 0;
}

void rtc_destroy(struct rtc *rtc)
{
	if (!rtc)
		return;
	loop_timer_cancel(&rtc->timer);
	free(rtc);
}

struct mmio_region *rtc_region(struct rtc *rtc)
{
	return &rtc->ports.region;
}

void rtc_reset(struct rtc *rtc)
{
	rtc->index = 0;
	rtc->cmos[RTC_A] = A_DIVIDER_RUN | 6; /* 1024 Hz, as a PC's firmware sets it */
	rtc->cmos[RTC_B] = B_24_HOURS;
	rtc->cmos[RTC_C] = 0;
	put_sizes(rtc);
	rtc->seen = now(rtc);
	update_irq(rtc);
}

void rtc_set_irq(struct rtc *rtc, struct irq_line *irq)
{
	rtc->irq = irq;
	rtc->irq_level = false;
	look(rtc);
	update_irq(rtc);
}
