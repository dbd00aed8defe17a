/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an interrupt in the software GICv2: lines, priorities, preemption and ends.
 */
#include "test/unit/gicv2_bench.h"

#include <pthread.h>

/* ---- lines ------------------------------------------------------------------------- */

TEST(offers_a_level_again_after_its_end)
{
	struct bench bench;

	bench_init_enabled(&bench, 2, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	set_spi(&bench, 33, true);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(bench.irq[0]);
		CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
		CHECK(!bench.irq[0]);
		/* Active and pending: the line is high. */
		CHECK(dist_bit(&bench, 0, GICD_ISPENDR, 33));
		CHECK(dist_bit(&bench, 0, GICD_ISACTIVER, 33));
		CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
		cpu_put(&bench, 0, GICC_EOIR, 33);
	}
	CHECK(bench.irq[0]);
	set_spi(&bench, 33, false);
	CHECK(!bench.irq[0]);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
	bench_finish(&bench);
}

TEST(forgets_a_level_that_falls_while_active)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	set_spi(&bench, 33, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	set_spi(&bench, 33, false);
	CHECK(!dist_bit(&bench, 0, GICD_ISPENDR, 33));
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK(!bench.irq[0]);
	bench_finish(&bench);
}

TEST(clears_no_level_that_is_still_there)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	set_spi(&bench, 33, true);
	dist_put_bit(&bench, 0, GICD_ICPENDR, 33);
	CHECK(bench.irq[0]);
	/* A pending state that was written outlives the line, until it is cleared. */
	dist_put_bit(&bench, 0, GICD_ISPENDR, 33);
	set_spi(&bench, 33, false);
	CHECK(bench.irq[0]);
	dist_put_bit(&bench, 0, GICD_ICPENDR, 33);
	CHECK(!bench.irq[0]);
	bench_finish(&bench);
}

TEST(takes_a_written_pending_state_once)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	dist_put_bit(&bench, 0, GICD_ISPENDR, 33);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	CHECK(!dist_bit(&bench, 0, GICD_ISPENDR, 33));
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
	bench_finish(&bench);
}

TEST(takes_an_edge_once)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	make_edge(&bench, 33);
	set_spi(&bench, 33, true);
	set_spi(&bench, 33, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	CHECK(!dist_bit(&bench, 0, GICD_ISPENDR, 33));
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
	set_spi(&bench, 33, false);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
	set_spi(&bench, 33, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	bench_finish(&bench);
}

TEST(keeps_an_edge_that_comes_while_active)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	make_edge(&bench, 33);
	irq_line_pulse(gicv2_spi_line(bench.gic, 33));
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	irq_line_pulse(gicv2_spi_line(bench.gic, 33));
	irq_line_pulse(gicv2_spi_line(bench.gic, 33));
	CHECK(!bench.irq[0]);
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK(bench.irq[0]);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK(!bench.irq[0]);
	bench_finish(&bench);
}

TEST(clears_an_edge_whatever_the_line)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	make_edge(&bench, 33);
	set_spi(&bench, 33, true);
	dist_put_bit(&bench, 0, GICD_ICPENDR, 33);
	CHECK(!bench.irq[0]);
	bench_finish(&bench);
}

TEST(sees_no_pulse_on_a_level)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	irq_line_pulse(gicv2_spi_line(bench.gic, 33));
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
	CHECK_EQ(bench.calls, 0);
	bench_finish(&bench);
}

TEST(tells_a_cpu_only_of_changes)
{
	struct bench bench;

	bench_init_enabled(&bench, 2, 32);
	enable_irq(&bench, 33, 0xa0, 1);
	enable_irq(&bench, 34, 0xa0, 1);
	CHECK_EQ(bench.calls, 0);
	set_spi(&bench, 33, true);
	set_spi(&bench, 33, true);
	set_spi(&bench, 34, true);
	dist_put_bit(&bench, 0, GICD_ICENABLER, 33);
	dist_put_byte(&bench, 0, GICD_IPRIORITYR + 34, 0x10);
	CHECK_EQ(bench.calls, 1);
	dist_put_bit(&bench, 0, GICD_ICENABLER, 34);
	CHECK_EQ(bench.calls, 2);
	bench_finish(&bench);
}

/* Each line that makes an interrupt a candidate, cut and mended. */
TEST(holds_back_what_is_not_let_through)
{
	static const struct {
		bool dist;
		uint16_t offset;
		uint32_t cut;
		uint32_t mend;
	} gates[] = {
		{true, GICD_CTLR, 0, 1}, {true, GICD_CTLR, 2, 1}, /* the other group's */
		{true, GICD_ITARGETSR + 32, 0x0200, 0x0100},
		{true, GICD_IPRIORITYR + 32, 0xf800,
			0xa000}, /* the lowest is never taken */
		{true, GICD_IGROUPR + 4, 2, 0}, {false, GICC_CTLR, 0, 1},
		{false, GICC_CTLR, 2, 1}, {false, GICC_PMR, 0xa0, 0xa8},
		{false, GICC_APR0, 1u << 20, 1u << 21}, /* as good as one of 0xa0, 0xa8 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(gates); i++) {
		void (*put)(struct bench *, unsigned int, uint64_t, uint32_t) =
			gates[i].dist ? dist_put : cpu_put;
		struct bench bench;

		bench_init_enabled(&bench, 2, 32);
		enable_irq(&bench, 33, 0xa0, 1);
		set_spi(&bench, 33, true);
		CHECK(bench.irq[0]);
		put(&bench, 0, gates[i].offset, gates[i].cut);
		CHECK(!bench.irq[0]);
		CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
		put(&bench, 0, gates[i].offset, gates[i].mend);
		CHECK(bench.irq[0]);
		CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
		bench_finish(&bench);
	}
}

/* ---- priorities -------------------------------------------------------------------- */

TEST(acknowledges_by_priority_then_by_number)
{
	static const struct {
		unsigned int intid;
		uint8_t priority;
	} irqs[] = {
		{40, 0x80}, {41, 0x20}, {63, 0x20}, {33, 0x84}, {50, 0x00}, {128, 0x78}};
	static const unsigned int order[] = {50, 41, 63, 128, 33, 40};
	struct bench bench;

	bench_init_enabled(&bench, 4, 128);
	for (size_t i = 0; i < ARRAY_SIZE(irqs); i++) {
		enable_irq(&bench, irqs[i].intid, irqs[i].priority, 8);
		make_edge(&bench, irqs[i].intid);
		irq_line_pulse(gicv2_spi_line(bench.gic, irqs[i].intid));
	}
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		CHECK_EQ(cpu_get(&bench, 3, GICC_HPPIR), order[i]);
		CHECK_EQ(cpu_get(&bench, 3, GICC_IAR), order[i]);
		cpu_put(&bench, 3, GICC_EOIR, order[i]);
	}
	CHECK_EQ(cpu_get(&bench, 3, GICC_IAR), 1023);
	bench_finish(&bench);
}

TEST(lets_one_of_several_targets_take_it)
{
	struct bench bench;

	bench_init_enabled(&bench, 4, 32);
	enable_irq(&bench, 33, 0x80, 0x0d);
	set_spi(&bench, 33, true);
	CHECK(bench.irq[0] && !bench.irq[1] && bench.irq[2] && bench.irq[3]);
	CHECK_EQ(cpu_get(&bench, 2, GICC_IAR), 33);
	CHECK(!bench.irq[0] && !bench.irq[2] && !bench.irq[3]);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
	CHECK(dist_bit(&bench, 0, GICD_ISACTIVER, 33));
	cpu_put(&bench, 2, GICC_EOIR, 33);
	CHECK(bench.irq[0] && bench.irq[2] && bench.irq[3]);
	bench_finish(&bench);
}

/* Table 3-2, for group 0 and by GICC_ABPR for group 1. */
TEST(preempts_by_the_binary_point)
{
	static const struct {
		uint32_t point; /* GICC_BPR; GICC_ABPR is one more, 7 at most */
		uint8_t running;
		uint8_t pending;
		bool preempts;
	} rows[] = {
		{2, 0x80, 0x78, true},
		{2, 0x80, 0x80, false},
		{2, 0x80, 0x88, false},
		{0, 0x80, 0x78, true}, /* raised to the least, 2 */
		{3, 0x88, 0x80, false},
		{3, 0x80, 0x78, true},
		{4, 0x90, 0x80, false},
		{4, 0x80, 0x78, true},
		{5, 0xa0, 0x80, false},
		{5, 0xc0, 0xb8, true},
		{6, 0xf0, 0x80, false},
		{6, 0x80, 0x78, true},
		{6, 0x78, 0x00, false},
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(rows); i++) {
		bool group1 = i % 2;
		struct bench bench;

		bench_init_enabled(&bench, 1, 32);
		dist_put(&bench, 0, GICD_CTLR, 3);
		dist_put(&bench, 0, GICD_IGROUPR + 4, group1 ? 0xffffffff : 0);
		cpu_put(&bench, 0, GICC_CTLR, 7);
		cpu_put(&bench, 0, GICC_BPR, group1 ? 7 : rows[i / 2].point);
		cpu_put(&bench, 0, GICC_ABPR, group1 ? rows[i / 2].point + 1 : 7);
		enable_irq(&bench, 33, rows[i / 2].running, 1);
		enable_irq(&bench, 34, rows[i / 2].pending, 1);
		set_spi(&bench, 33, true);
		CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
		set_spi(&bench, 34, true);
		if (bench.irq[0] != rows[i / 2].preempts)
			test_fail(__FILE__, __LINE__, "row %zu, group %d", i / 2, group1);
		CHECK_EQ(cpu_get(&bench, 0, GICC_HPPIR), 34);
		CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), rows[i / 2].preempts ? 34 : 1023);
		bench_finish(&bench);
	}
}

TEST(preempts_nothing_with_the_last_binary_point)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	cpu_put(&bench, 0, GICC_BPR, 7);
	enable_irq(&bench, 33, 0xf0, 1);
	enable_irq(&bench, 34, 0x00, 1);
	set_spi(&bench, 33, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	set_spi(&bench, 34, true);
	CHECK(!bench.irq[0]);
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0);
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 34);
	bench_finish(&bench);
}

TEST(goes_back_through_what_it_preempted)
{
	static const uint8_t priorities[] = {0xc0, 0x80, 0x40, 0x00};
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	for (unsigned int i = 0; i < 4; i++) {
		enable_irq(&bench, 32 + i, priorities[i], 1);
		set_spi(&bench, 32 + i, true);
		CHECK(bench.irq[0]);
		CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 32 + i);
		CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), priorities[i]);
		CHECK(!bench.irq[0]);
	}
	CHECK_EQ(cpu_get(&bench, 0, GICC_APR0), 0x01010101);
	for (unsigned int i = 4; i-- > 0;) {
		CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), priorities[i]);
		set_spi(&bench, 32 + i, false);
		cpu_put(&bench, 0, GICC_EOIR, 32 + i);
	}
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0xff);
	CHECK_EQ(cpu_get(&bench, 0, GICC_APR0), 0);
	CHECK(!bench.irq[0]);
	bench_finish(&bench);
}

/* ---- ends -------------------------------------------------------------------------- */

TEST(ignores_the_end_of_no_interrupt)
{
	static const uint32_t ends[] = {1023, 1022, 1020, 64, 0x3ff | 7 << 10};
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0x80, 1);
	set_spi(&bench, 33, true);
	cpu_put(&bench, 0, GICC_EOIR, 33); /* before anything is active */
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		cpu_put(&bench, 0, GICC_EOIR, ends[i]);
		cpu_put(&bench, 0, GICC_AEOIR, ends[i]);
		CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0x80);
	}
	cpu_put(&bench, 0, GICC_AEOIR, 33); /* group 0 */
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0x80);
	CHECK(dist_bit(&bench, 0, GICD_ISACTIVER, 33));
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0xff);
	bench_finish(&bench);
}

TEST(drops_priority_and_deactivates_apart_in_eoi_mode_1)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	cpu_put(&bench, 0, GICC_CTLR, GICC_CTLR_ENABLE0 | GICC_CTLR_EOIMODE);
	enable_irq(&bench, 33, 0x80, 1);
	enable_irq(&bench, 34, 0x80, 1);
	set_spi(&bench, 33, true);
	set_spi(&bench, 34, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	CHECK(!bench.irq[0]);
	cpu_put(&bench, 0, GICC_EOIR, 33);
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0xff);
	CHECK(dist_bit(&bench, 0, GICD_ISACTIVER, 33));
	/* The other of the same priority may come, the active one may not. */
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 34);
	cpu_put(&bench, 0, GICC_EOIR, 34);
	CHECK(!bench.irq[0]);
	cpu_put(&bench, 0, GICC_DIR, 33);
	CHECK(!dist_bit(&bench, 0, GICD_ISACTIVER, 33));
	CHECK(dist_bit(&bench, 0, GICD_ISACTIVER, 34));
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	bench_finish(&bench);
}

TEST(deactivates_nothing_apart_in_eoi_mode_0)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0x80, 1);
	set_spi(&bench, 33, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	cpu_put(&bench, 0, GICC_DIR, 33);
	CHECK(dist_bit(&bench, 0, GICD_ISACTIVER, 33));
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0x80);
	bench_finish(&bench);
}

TEST(deactivates_an_spi_from_another_cpu)
{
	struct bench bench;

	bench_init_enabled(&bench, 2, 32);
	cpu_put(&bench, 0, GICC_CTLR, GICC_CTLR_ENABLE0 | GICC_CTLR_EOIMODE);
	cpu_put(&bench, 1, GICC_CTLR, GICC_CTLR_ENABLE0 | GICC_CTLR_EOIMODE);
	enable_irq(&bench, 33, 0x80, 1);
	set_spi(&bench, 33, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	cpu_put(&bench, 0, GICC_EOIR, 33);
	cpu_put(&bench, 1, GICC_DIR, 33);
	CHECK(bench.irq[0]);
	bench_finish(&bench);
}

TEST(makes_active_what_the_guest_says)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	enable_irq(&bench, 33, 0x80, 1);
	set_spi(&bench, 33, true);
	dist_put_bit(&bench, 0, GICD_ISACTIVER, 33);
	CHECK(!bench.irq[0]);
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0xff); /* that is the CPU interface's */
	dist_put_bit(&bench, 0, GICD_ICACTIVER, 33);
	CHECK(bench.irq[0]);
	bench_finish(&bench);
}

/* ---- groups ------------------------------------------------------------------------ */

static void init_groups(struct bench *bench, uint32_t ctlr)
{
	bench_init_enabled(bench, 1, 32);
	dist_put(bench, 0, GICD_CTLR, 3);
	cpu_put(bench, 0, GICC_CTLR, ctlr);
	enable_irq(bench, 33, 0x80, 1);
	enable_irq(bench, 34, 0x40, 1);
	dist_put_bit(bench, 0, GICD_IGROUPR, 34);
}

TEST(shows_each_group_where_it_belongs)
{
	static const struct {
		uint32_t ctlr;
		unsigned int high; /* 33: group 0, 34: group 1 */
		uint32_t offset;
		uint32_t read;
	} rows[] = {
		{3, 33, GICC_HPPIR, 33},
		{3, 33, GICC_AHPPIR, 1023},
		{3, 33, GICC_AIAR, 1023},
		{3, 33, GICC_IAR, 33},
		{3, 34, GICC_HPPIR, 1022},
		{3, 34, GICC_AHPPIR, 34},
		{3, 34, GICC_IAR, 1022},
		{3, 34, GICC_AIAR, 34},
		{7, 34, GICC_HPPIR, 34}, /* AckCtl */
		{7, 34, GICC_IAR, 34},
		{7, 34, GICC_AIAR, 34},
		{1, 34, GICC_HPPIR, 1023}, /* the CPU interface takes the other only */
		{1, 34, GICC_AHPPIR, 1023},
		{1, 34, GICC_IAR, 1023},
		{1, 34, GICC_AIAR, 1023},
		{2, 33, GICC_HPPIR, 1023},
		{2, 33, GICC_IAR, 1023},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench bench;

		init_groups(&bench, rows[i].ctlr);
		set_spi(&bench, rows[i].high, true);
		if (cpu_get(&bench, 0, rows[i].offset) != rows[i].read)
			test_fail(__FILE__, __LINE__, "row %zu", i);
		bench_finish(&bench);
	}
}

TEST(says_1022_only_of_what_would_be_signalled)
{
	struct bench bench;

	init_groups(&bench, 3);
	set_spi(&bench, 34, true);
	cpu_put(&bench, 0, GICC_PMR, 0x40);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 1023);
	CHECK_EQ(cpu_get(&bench, 0, GICC_HPPIR), 1022);
	bench_finish(&bench);
}

TEST(signals_group_0_as_fiq_where_it_is_asked)
{
	struct bench bench;

	init_groups(&bench, 3 | GICC_CTLR_FIQEN);
	set_spi(&bench, 33, true);
	CHECK(bench.fiq[0] && !bench.irq[0]);
	set_spi(&bench, 34, true); /* is of higher priority */
	CHECK(bench.irq[0] && !bench.fiq[0]);
	set_spi(&bench, 34, false);
	CHECK(bench.fiq[0] && !bench.irq[0]);
	dist_put_bit(&bench, 0, GICD_IGROUPR, 33);
	CHECK(bench.irq[0] && !bench.fiq[0]);
	dist_put(&bench, 0, GICD_IGROUPR + 4, 0);
	CHECK(bench.fiq[0] && !bench.irq[0]);
	cpu_put(&bench, 0, GICC_CTLR, 3);
	CHECK(bench.irq[0] && !bench.fiq[0]);
	bench_finish(&bench);
}

TEST(groups_both_by_one_binary_point_where_it_is_asked)
{
	struct bench bench;

	init_groups(&bench, 7);
	cpu_put(&bench, 0, GICC_BPR, 7);
	set_spi(&bench, 33, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 33);
	set_spi(&bench, 34, true);
	CHECK(!bench.irq[0]);
	cpu_put(&bench, 0, GICC_EOIR, 33);
	set_spi(&bench, 33, false);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 34);
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0x40); /* by GICC_ABPR */
	cpu_put(&bench, 0, GICC_AEOIR, 34);
	cpu_put(&bench, 0, GICC_CTLR, 7 | GICC_CTLR_CBPR);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 34);
	CHECK_EQ(cpu_get(&bench, 0, GICC_RPR), 0); /* by GICC_BPR */
	bench_finish(&bench);
}

/* ---- threads ----------------------------------------------------------------------- */

#define PULSES 2000

struct device {
	pthread_t thread;
	struct irq_line *line;
};

static void *device_run(void *arg)
{
	struct device *device = arg;

	for (unsigned int i = 0; i < PULSES; i++) {
		irq_line_set(device->line, true);
		irq_line_set(device->line, false);
	}
	irq_line_pulse(device->line);
	return NULL;
}

TEST(takes_lines_from_any_thread)
{
	struct device devices[4];
	struct bench bench;
	uint32_t value;
	unsigned int seen = 0;

	bench_init_enabled(&bench, 2, 32);
	for (unsigned int i = 0; i < ARRAY_SIZE(devices); i++) {
		enable_irq(&bench, 40 + i, 0x80, 2);
		make_edge(&bench, 40 + i);
		devices[i].line = gicv2_spi_line(bench.gic, 40 + i);
		CHECK_EQ(
			pthread_create(&devices[i].thread, NULL, device_run, &devices[i]),
			0);
	}
	for (unsigned int i = 0; i < PULSES; i++) {
		value = cpu_get(&bench, 1, GICC_IAR);
		cpu_put(&bench, 1, GICC_EOIR, value);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(devices); i++)
		pthread_join(devices[i].thread, NULL);
	/* The last edge of each came after all that was taken before. */
	while ((value = cpu_get(&bench, 1, GICC_IAR)) != 1023) {
		seen |= 1u << (value - 40);
		cpu_put(&bench, 1, GICC_EOIR, value);
	}
	CHECK(!(seen & ~0xfu));
	CHECK(!bench.irq[1]);
	CHECK_EQ(cpu_get(&bench, 1, GICC_RPR), 0xff);
	bench_finish(&bench);
}

TEST_MAIN(CASE(offers_a_level_again_after_its_end),
	CASE(forgets_a_level_that_falls_while_active),
	CASE(clears_no_level_that_is_still_there),
	CASE(takes_a_written_pending_state_once), CASE(takes_an_edge_once),
	CASE(keeps_an_edge_that_comes_while_active),
	CASE(clears_an_edge_whatever_the_line), CASE(sees_no_pulse_on_a_level),
	CASE(tells_a_cpu_only_of_changes), CASE(holds_back_what_is_not_let_through),
	CASE(acknowledges_by_priority_then_by_number),
	CASE(lets_one_of_several_targets_take_it), CASE(preempts_by_the_binary_point),
	CASE(preempts_nothing_with_the_last_binary_point),
	CASE(goes_back_through_what_it_preempted), CASE(ignores_the_end_of_no_interrupt),
	CASE(drops_priority_and_deactivates_apart_in_eoi_mode_1),
	CASE(deactivates_nothing_apart_in_eoi_mode_0),
	CASE(deactivates_an_spi_from_another_cpu), CASE(makes_active_what_the_guest_says),
	CASE(shows_each_group_where_it_belongs),
	CASE(says_1022_only_of_what_would_be_signalled),
	CASE(signals_group_0_as_fiq_where_it_is_asked),
	CASE(groups_both_by_one_binary_point_where_it_is_asked),
	CASE(takes_lines_from_any_thread))
