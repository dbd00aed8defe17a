/* SPDX-License-Identifier: Apache-2.0 */
/* Registers, lines, SGIs and state of the software GICv2, by Arm IHI 0048B. */
#include "test/unit/gicv2_bench.h"

#include <errno.h>
#include <string.h>

#include "src/error.h"

/* ---- registers --------------------------------------------------------------------- */

struct register_row {
	uint16_t offset;
	uint32_t reset;
	uint32_t write;
	uint32_t read; /* afterwards */
	uint8_t byte;  /* what a byte read of the first gives after the write */
};

/* With 4 CPUs and 96 SPIs (INTIDs 32 to 127), as CPU 2 sees them. */
static const struct register_row dist_rows[] = {
	{GICD_CTLR, 0, 0xffffffff, 3, 0},
	{GICD_TYPER, 0x63, 0xffffffff, 0x63, 0},
	{GICD_IIDR, 0x0200143b, 0xffffffff, 0x0200143b, 0},
	{0x00c, 0, 0xffffffff, 0, 0},
	{0x020, 0, 0xffffffff, 0, 0},
	{0x07c, 0, 0xffffffff, 0, 0},
	{GICD_IGROUPR, 0, 0xa5a55a5a, 0xa5a55a5a, 0},
	{GICD_IGROUPR + 0xc, 0, 0xffffffff, 0xffffffff, 0},
	{GICD_IGROUPR + 0x10, 0, 0xffffffff, 0, 0}, /* beyond the last SPI */
	{GICD_IGROUPR + 0x7c, 0, 0xffffffff, 0, 0},
	{GICD_ISENABLER, 0xffff, 0x10000, 0x1ffff, 0}, /* SGIs are enabled for good */
	{GICD_ISENABLER + 4, 0, 0x80000001, 0x80000001, 0},
	{GICD_ISENABLER + 0x10, 0, 0xffffffff, 0, 0},
	{GICD_ICENABLER, 0xffff, 0xffffffff, 0xffff, 0},
	{GICD_ICENABLER + 4, 0, 0xffffffff, 0, 0},
	{GICD_ISPENDR, 0, 0xffffffff, 0xffff0000, 0}, /* SGIs: read-only */
	{GICD_ISPENDR + 4, 0, 0x81, 0x81, 0},
	{GICD_ICPENDR, 0, 0xffffffff, 0, 0},
	{GICD_ISACTIVER, 0, 0xffffffff, 0xffffffff, 0},
	{GICD_ISACTIVER + 0xc, 0, 0x80000000, 0x80000000, 0},
	{GICD_ICACTIVER, 0, 0xffffffff, 0, 0},
	{GICD_IPRIORITYR, 0, 0xffffffff, 0xf8f8f8f8, 0xf8},
	{GICD_IPRIORITYR + 0x7c, 0, 0x07a05008, 0x00a05008, 0x08},
	{GICD_IPRIORITYR + 0x80, 0, 0xffffffff, 0, 0},
	{GICD_IPRIORITYR + 0x3fc, 0, 0xffffffff, 0, 0},
	{GICD_ITARGETSR, 0x04040404, 0xffffffff, 0x04040404, 0x04},
	{GICD_ITARGETSR + 0x1c, 0x04040404, 0, 0x04040404, 0x04},
	{GICD_ITARGETSR + 0x20, 0, 0xff010208, 0x0f010208, 0x08},
	{GICD_ITARGETSR + 0x80, 0, 0xffffffff, 0, 0},
	{GICD_ITARGETSR + 0x3fc, 0, 0xffffffff, 0, 0},
	{GICD_ICFGR, 0xaaaaaaaa, 0, 0xaaaaaaaa, 0}, /* SGIs */
	{GICD_ICFGR + 4, 0, 0xffffffff, 0, 0},      /* PPIs */
	{GICD_ICFGR + 8, 0, 0xffffffff, 0xaaaaaaaa, 0},
	{GICD_ICFGR + 0x1c, 0, 0x80000002, 0x80000002, 0},
	{GICD_ICFGR + 0x20, 0, 0xffffffff, 0, 0},
	{0xd00, 0, 0xffffffff, 0, 0}, /* what a GIC-400 shows of its inputs */
	{0xe00, 0, 0xffffffff, 0, 0}, /* GICD_NSACR: Security Extensions */
	{GICD_SGIR, 0, 0x03ff0000, 0, 0},
	{0xf04, 0, 0xffffffff, 0, 0},
	{GICD_CPENDSGIR, 0, 0xffffffff, 0, 0},
	{GICD_SPENDSGIR, 0, 0x01f00208, 0x01000208, 0x08},
	{GICD_SPENDSGIR + 0xc, 0, 0xffffffff, 0x0f0f0f0f, 0x0f},
	{0xf30, 0, 0xffffffff, 0, 0},
	{0xfd0, 0x04, 0xffffffff, 0x04, 0},
	{0xfd4, 0x00, 0xffffffff, 0x00, 0},
	{0xfe0, 0x90, 0xffffffff, 0x90, 0},
	{0xfe4, 0xb4, 0xffffffff, 0xb4, 0},
	{0xfe8, 0x2b, 0xffffffff, 0x2b, 0}, /* architecture 2 */
	{0xfec, 0x00, 0xffffffff, 0x00, 0},
	{0xff0, 0x0d, 0xffffffff, 0x0d, 0},
	{0xff4, 0xf0, 0xffffffff, 0xf0, 0},
	{0xff8, 0x05, 0xffffffff, 0x05, 0},
	{0xffc, 0xb1, 0xffffffff, 0xb1, 0},
};

static const struct register_row cpu_rows[] = {
	{GICC_CTLR, 0, 0xffffffff, 0x21f, 0},
	{GICC_PMR, 0, 0xffffffff, 0xf8, 0},
	{GICC_BPR, 2, 0xfffffff8, 2, 0},
	{GICC_BPR, 2, 0xffffffff, 7, 0},
	{GICC_IAR, 1023, 0xffffffff, 1023, 0},
	{GICC_EOIR, 0, 0xffffffff, 0, 0},
	{GICC_RPR, 0xff, 0, 0xff, 0},
	{GICC_HPPIR, 1023, 0, 1023, 0},
	{GICC_ABPR, 3, 0xfffffff8, 3, 0},
	{GICC_ABPR, 3, 0x6, 6, 0},
	{GICC_AIAR, 1023, 0, 1023, 0},
	{GICC_AEOIR, 0, 0xffffffff, 0, 0},
	{GICC_AHPPIR, 1023, 0, 1023, 0},
	{0x02c, 0, 0xffffffff, 0, 0},
	{GICC_APR0, 0, 0x80000001, 0x80000001, 0},
	{0x0d4, 0, 0xffffffff, 0, 0}, /* APR1 to 3 would be for more priorities */
	{0x0d8, 0, 0xffffffff, 0, 0},
	{0x0dc, 0, 0xffffffff, 0, 0},
	{0x0e0, 0, 0xffffffff, 0, 0}, /* GICC_NSAPR0: Security Extensions */
	{GICC_IIDR, 0x0202143b, 0, 0x0202143b, 0},
	{GICC_DIR, 0, 0xffffffff, 0, 0},
	{0x1004, 0, 0xffffffff, 0, 0},
	{0x1ffc, 0, 0xffffffff, 0, 0},
};

static void check_value(const char *what, uint16_t offset, uint32_t got, uint32_t want)
{
	if (got != want)
		test_fail(__FILE__, __LINE__, "%s at 0x%x is 0x%x, not 0x%x", what,
			offset, got, want);
}

/* CPU 2 before a write, after it, and after a reset. */
static void check_rows(const struct register_row *rows, size_t count, bool own,
	uint32_t (*get)(struct bench *, unsigned int, uint64_t),
	void (*put)(struct bench *, unsigned int, uint64_t, uint32_t))
{
	for (size_t i = 0; i < count; i++) {
		const struct register_row *row = &rows[i];
		struct bench bench;

		bench_init(&bench, 4, 96);
		check_value("reset value", row->offset, get(&bench, 2, row->offset),
			row->reset);
		put(&bench, 2, row->offset, row->write);
		check_value("value kept", row->offset, get(&bench, 2, row->offset),
			row->read);
		if (own && row->reset != row->read)
			check_value("another CPU's", row->offset,
				get(&bench, 1, row->offset), row->reset);
		if (!own)
			check_value("byte", row->offset,
				gicv2_dist_read(bench.gic, 2, row->offset, 1), row->byte);
		gicv2_reset(bench.gic);
		check_value("value after reset", row->offset, get(&bench, 2, row->offset),
			row->reset);
		bench_finish(&bench);
	}
}

TEST(has_the_distributor_registers_of_the_architecture)
{
	check_rows(dist_rows, ARRAY_SIZE(dist_rows), false, dist_get, dist_put);
}

TEST(has_the_cpu_interface_registers_of_the_architecture)
{
	check_rows(cpu_rows, ARRAY_SIZE(cpu_rows), true, cpu_get, cpu_put);
}

TEST(tells_its_size)
{
	static const struct {
		unsigned int cpus;
		unsigned int spis;
		uint32_t typer;
		unsigned int last;
	} sizes[] = {{1, 32, 0x01, 63}, {2, 64, 0x22, 95}, {8, 128, 0xe4, 159},
		{8, 960, 0xfe, 991}, {8, 992, 0xff, 1019}};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bench bench;
		unsigned int last = sizes[i].last;

		bench_init(&bench, sizes[i].cpus, sizes[i].spis);
		CHECK_EQ(dist_get(&bench, 0, GICD_TYPER), sizes[i].typer);
		CHECK(gicv2_spi_line(bench.gic, last));
		CHECK(!gicv2_spi_line(bench.gic, last + 1));
		CHECK(!gicv2_spi_line(bench.gic, 31));
		dist_put(&bench, 0, GICD_ISENABLER + last / 32 * 4, 0xffffffff);
		CHECK_EQ(dist_get(&bench, 0, GICD_ISENABLER + last / 32 * 4),
			0xffffffff >> (31 - last % 32));
		bench_finish(&bench);
	}
}

TEST(refuses_what_no_gicv2_has)
{
	static const struct {
		unsigned int cpus;
		unsigned int spis;
	} sizes[] = {{0, 32}, {9, 32}, {1, 0}, {1, 33}, {1, 1024}};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct gicv2 *gic;
		struct error err;

		CHECK_EQ(gicv2_create(sizes[i].cpus, sizes[i].spis, &bench_ops, NULL,
				 &gic, &err),
			-EINVAL);
		CHECK_HAS(err.text, "a GICv2");
	}
	gicv2_destroy(NULL);
}

TEST(has_no_targets_to_choose_on_one_cpu)
{
	struct bench bench;

	bench_init_enabled(&bench, 1, 32);
	CHECK_EQ(dist_get(&bench, 0, GICD_ITARGETSR), 0);
	dist_put(&bench, 0, GICD_ITARGETSR + 32, 0xffffffff);
	CHECK_EQ(dist_get(&bench, 0, GICD_ITARGETSR + 32), 0);
	dist_put_bit(&bench, 0, GICD_ISENABLER, 40);
	set_spi(&bench, 40, true);
	CHECK_EQ(cpu_get(&bench, 0, GICC_IAR), 40);
	bench_finish(&bench);
}

TEST(takes_bytes_where_the_architecture_has_them)
{
	struct bench bench;

	bench_init(&bench, 4, 96);
	dist_put_byte(&bench, 0, GICD_IPRIORITYR + 42, 0xa7);
	CHECK_EQ(dist_get(&bench, 0, GICD_IPRIORITYR + 40), 0xa00000);
	CHECK_EQ(gicv2_dist_read(bench.gic, 0, GICD_IPRIORITYR + 42, 1), 0xa0);
	dist_put_byte(&bench, 0, GICD_ITARGETSR + 43, 0xf5);
	CHECK_EQ(dist_get(&bench, 0, GICD_ITARGETSR + 40), 0x05000000);
	dist_put_byte(&bench, 3, GICD_SPENDSGIR + 5, 0x06);
	CHECK_EQ(dist_get(&bench, 3, GICD_SPENDSGIR + 4), 0x0600);
	CHECK_EQ(dist_get(&bench, 2, GICD_SPENDSGIR + 4), 0);
	dist_put_byte(&bench, 3, GICD_CPENDSGIR + 5, 0x02);
	CHECK_EQ(gicv2_dist_read(bench.gic, 3, GICD_CPENDSGIR + 5, 1), 0x04);
	bench_finish(&bench);
}

TEST(takes_no_access_of_another_kind)
{
	static const struct {
		uint64_t offset;
		unsigned int bytes;
	} dist[] = {{GICD_TYPER, 1}, {GICD_TYPER, 2}, {GICD_TYPER, 8}, {GICD_TYPER, 3},
		{GICD_TYPER, 0}, {GICD_TYPER + 1, 4}, {GICD_ISENABLER, 1},
		{GICD_ISENABLER + 2, 4}, {GICD_ISENABLER, 8}, {GICD_ITARGETSR, 2},
		{GICD_ITARGETSR, 8}, {GICD_ITARGETSR + 2, 4}, {GICD_ICFGR, 2},
		{GICD_ICFGR - 2, 4}, {0xffe, 4}, {0xffc, 8}, {0x1000, 4}, {0x1004, 4},
		{UINT64_MAX, 1}, {UINT64_MAX - 3, 4}, {1ull << 32 | GICD_TYPER, 4},
		{1ull << 32 | GICD_ITARGETSR, 1}},
	  cpu[] = {{GICC_BPR, 1}, {GICC_BPR, 2}, {GICC_BPR, 8}, {GICC_BPR, 3},
		  {GICC_BPR, 0}, {GICC_BPR + 1, 4}, {0xfe, 4}, {0x2000, 4},
		  {1ull << 32 | GICC_BPR, 4}, {UINT64_MAX, 4}};
	struct gicv2_state before;
	struct gicv2_state after;
	struct bench bench;

	bench_init(&bench, 4, 96);
	gicv2_save(bench.gic, &before);
	for (size_t i = 0; i < ARRAY_SIZE(dist); i++) {
		gicv2_dist_write(bench.gic, 0, dist[i].offset, dist[i].bytes, UINT64_MAX);
		check_value("odd read", (uint16_t)dist[i].offset,
			gicv2_dist_read(bench.gic, 0, dist[i].offset, dist[i].bytes), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(cpu); i++) {
		gicv2_cpu_write(bench.gic, 0, cpu[i].offset, cpu[i].bytes, UINT64_MAX);
		check_value("odd read", (uint16_t)cpu[i].offset,
			gicv2_cpu_read(bench.gic, 0, cpu[i].offset, cpu[i].bytes), 0);
	}
	gicv2_save(bench.gic, &after);
	CHECK(memcmp(&before, &after, sizeof(before)) == 0);
	bench_finish(&bench);
}

TEST(has_private_interrupts_for_each_of_eight_cpus)
{
	struct bench bench;

	bench_init_enabled(&bench, 8, 32);
	for (unsigned int cpu = 0; cpu < 8; cpu++) {
		CHECK_EQ(dist_get(&bench, cpu, GICD_ITARGETSR), 0x01010101u << cpu);
		dist_put_byte(&bench, cpu, GICD_IPRIORITYR + 27, (uint8_t)(cpu * 16));
		if (cpu % 2)
			dist_put_bit(&bench, cpu, GICD_ISENABLER, 27);
	}
	for (unsigned int cpu = 0; cpu < 8; cpu++) {
		CHECK_EQ(dist_get(&bench, cpu, GICD_IPRIORITYR + 24), cpu << 28);
		CHECK_EQ(dist_bit(&bench, cpu, GICD_ISENABLER, 27), cpu % 2);
		gicv2_set_ppi(bench.gic, cpu, 27, true);
		for (unsigned int other = 0; other < 8; other++)
			CHECK_EQ(bench.irq[other], other <= cpu && other % 2);
	}
	for (unsigned int cpu = 0; cpu < 8; cpu++) {
		CHECK_EQ(cpu_get(&bench, cpu, GICC_IAR), cpu % 2 ? 27 : 1023);
		CHECK_EQ(dist_bit(&bench, cpu, GICD_ISACTIVER, 27), cpu % 2);
		CHECK_EQ(cpu_get(&bench, cpu, GICC_RPR), cpu % 2 ? cpu * 16 : 0xff);
	}
	bench_finish(&bench);
}

/* ---- software-generated interrupts ------------------------------------------------- */

TEST(sends_sgis_where_they_are_sent)
{
	static const struct {
		uint32_t value;
		unsigned int from;
		uint8_t to; /* bit n: CPU n */
	} sgis[] = {
		{0x00010000, 0, 0x01}, {0x00060003, 0, 0x06},
		{0x00ff000f, 3, 0x0f}, /* CPUs that are not there */
		{0x00f00001, 1, 0x00}, {0x01000002, 2, 0x0b}, /* all others */
		{0x01ff0002, 0, 0x0e}, /* the list is of no meaning here */
		{0x02000004, 1, 0x02}, /* itself */
		{0x02ff0004, 3, 0x08}, {0x03ff0004, 3, 0x00}, /* reserved */
		{0x00088005, 0, 0x08}, /* NSATT is for the Security Extensions */
		{0xfc020000, 2, 0x02}, /* reserved bits */
	};

	for (size_t i = 0; i < ARRAY_SIZE(sgis); i++) {
		struct bench bench;
		uint32_t id = sgis[i].value & 15;

		bench_init_enabled(&bench, 4, 32);
		dist_put(&bench, sgis[i].from, GICD_SGIR, sgis[i].value);
		for (unsigned int cpu = 0; cpu < 4; cpu++) {
			bool here = sgis[i].to >> cpu & 1;

			CHECK_EQ(bench.irq[cpu], here);
			CHECK_EQ(
				dist_get(&bench, cpu, GICD_ISPENDR), here ? 1u << id : 0);
			CHECK_EQ(cpu_get(&bench, cpu, GICC_HPPIR),
				here ? id | sgis[i].from << 10 : 1023);
			CHECK_EQ(cpu_get(&bench, cpu, GICC_IAR),
				here ? id | sgis[i].from << 10 : 1023);
		}
		bench_finish(&bench);
	}
}

TEST(sends_sgis_from_every_cpu_to_every_cpu)
{
	struct bench bench;

	bench_init_enabled(&bench, 8, 32);
	for (unsigned int from = 0; from < 8; from++) {
		for (unsigned int to = 0; to < 8; to++) {
			unsigned int id = (from * 3 + to) % 16;

			dist_put(&bench, from, GICD_SGIR, 1u << (16 + to) | id);
			CHECK(bench.irq[to]);
			CHECK_EQ(cpu_get(&bench, to, GICC_IAR), from << 10 | id);
			CHECK(!bench.irq[to]);
			cpu_put(&bench, to, GICC_EOIR, from << 10 | id);
			CHECK_EQ(dist_get(&bench, to, GICD_ISACTIVER), 0);
		}
	}
	bench_finish(&bench);
}

TEST(keeps_an_sgi_of_each_source_until_it_is_taken)
{
	struct bench bench;

	bench_init_enabled(&bench, 4, 32);
	for (unsigned int from = 4; from-- > 0;) {
		dist_put(&bench, from, GICD_SGIR, 0x00020007);
		dist_put(&bench, from, GICD_SGIR, 0x00020007);
	}
	CHECK_EQ(gicv2_dist_read(bench.gic, 1, GICD_SPENDSGIR + 7, 1), 0x0f);
	for (unsigned int from = 0; from < 4; from++) {
		CHECK_EQ(cpu_get(&bench, 1, GICC_IAR), from << 10 | 7);
		/* It is active, so the next source waits. */
		CHECK_EQ(cpu_get(&bench, 1, GICC_IAR), 1023);
		CHECK_EQ(dist_bit(&bench, 1, GICD_ISPENDR, 7), from < 3);
		CHECK(dist_bit(&bench, 1, GICD_ISACTIVER, 7));
		CHECK(!bench.irq[1]);
		cpu_put(&bench, 1, GICC_EOIR, from << 10 | 7);
		CHECK_EQ(bench.irq[1], from < 3);
	}
	CHECK_EQ(cpu_get(&bench, 1, GICC_IAR), 1023);
	bench_finish(&bench);
}

TEST(makes_and_takes_back_an_sgi_by_its_source)
{
	struct bench bench;

	bench_init_enabled(&bench, 4, 32);
	dist_put_byte(&bench, 2, GICD_SPENDSGIR + 9, 0x0a);
	CHECK(bench.irq[2]);
	CHECK(dist_bit(&bench, 2, GICD_ISPENDR, 9));
	dist_put_bit(&bench, 2, GICD_ICPENDR, 9);
	CHECK(bench.irq[2]);
	dist_put_byte(&bench, 2, GICD_CPENDSGIR + 9, 0x02);
	CHECK_EQ(cpu_get(&bench, 2, GICC_HPPIR), 3 << 10 | 9);
	dist_put_byte(&bench, 2, GICD_CPENDSGIR + 9, 0x08);
	CHECK(!bench.irq[2]);
	CHECK_EQ(cpu_get(&bench, 2, GICC_HPPIR), 1023);
	bench_finish(&bench);
}

/* ---- all of its state -------------------------------------------------------------- */

static void busy_bench(struct bench *bench)
{
	bench_init_enabled(bench, 4, 96);
	enable_irq(bench, 40, 0x80, 0x0a);
	enable_irq(bench, 41, 0x40, 0x02);
	make_edge(bench, 41);
	set_spi(bench, 40, true);
	CHECK_EQ(cpu_get(bench, 1, GICC_IAR), 40);
	irq_line_pulse(gicv2_spi_line(bench->gic, 41));
	dist_put(bench, 3, GICD_SGIR, 0x00050006);
	gicv2_set_ppi(bench->gic, 2, 27, true);
}

TEST(goes_on_from_a_saved_state)
{
	struct gicv2_state state;
	struct gicv2_state again;
	struct bench from;
	struct bench to;

	busy_bench(&from);
	gicv2_save(from.gic, &state);
	bench_init(&to, 4, 96);
	dist_put(&to, 0, GICD_CTLR, 3); /* what it was goes */
	enable_irq(&to, 99, 0, 1);
	set_spi(&to, 99, true);
	CHECK_EQ(gicv2_load(to.gic, &state, NULL), 0);
	gicv2_save(to.gic, &again);
	CHECK(memcmp(&state, &again, sizeof(state)) == 0);
	CHECK(memcmp(from.irq, to.irq, sizeof(from.irq)) == 0);
	CHECK_EQ(cpu_get(&to, 0, GICC_IAR), 3 << 10 | 6);
	CHECK_EQ(cpu_get(&to, 1, GICC_RPR), 0x80);
	CHECK_EQ(cpu_get(&to, 1, GICC_IAR), 41);
	cpu_put(&to, 1, GICC_EOIR, 41);
	cpu_put(&to, 1, GICC_EOIR, 40);
	CHECK_EQ(cpu_get(&to, 3, GICC_IAR), 40); /* its line is still high */
	bench_finish(&to);
	bench_finish(&from);
}

TEST(loads_no_impossible_state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} damage[] = {
		{offsetof(struct gicv2_state, version), 2},
		{offsetof(struct gicv2_state, cpu_count), 3},
		{offsetof(struct gicv2_state, spi_count), 128},
		{offsetof(struct gicv2_state, dist_ctlr), 4},
		{offsetof(struct gicv2_state, cpus[1].ctlr), 0x20},
		{offsetof(struct gicv2_state, cpus[1].pmr), 0x01},
		{offsetof(struct gicv2_state, cpus[0].bpr), 1},
		{offsetof(struct gicv2_state, cpus[0].bpr), 8},
		{offsetof(struct gicv2_state, cpus[3].abpr), 2},
		{offsetof(struct gicv2_state, cpus[3].abpr), 8},
		{offsetof(struct gicv2_state, cpus[0].irqs[3].flags), GICV2_ENABLED},
		{offsetof(struct gicv2_state, cpus[0].irqs[3].flags),
			GICV2_ENABLED | GICV2_EDGE | GICV2_LATCHED},
		{offsetof(struct gicv2_state, cpus[0].irqs[3].sources), 0x10},
		{offsetof(struct gicv2_state, cpus[0].irqs[3].targets), 0x02},
		{offsetof(struct gicv2_state, cpus[0].irqs[20].flags), GICV2_EDGE},
		{offsetof(struct gicv2_state, cpus[0].irqs[20].sources), 1},
		{offsetof(struct gicv2_state, cpus[2].irqs[20].priority), 4},
		{offsetof(struct gicv2_state, spis[95].flags), 0x40},
		{offsetof(struct gicv2_state, spis[0].priority), 0x81},
		{offsetof(struct gicv2_state, spis[1].targets), 0x10},
		{offsetof(struct gicv2_state, spis[1].sources), 1},
	};
	struct gicv2_state before;
	struct bench bench;

	busy_bench(&bench);
	gicv2_save(bench.gic, &before);
	for (size_t i = 0; i < ARRAY_SIZE(damage); i++) {
		struct gicv2_state state = before;
		struct gicv2_state after;
		struct error err = {0};

		((uint8_t *)&state)[damage[i].at] = damage[i].value;
		CHECK_EQ(gicv2_load(bench.gic, &state, &err), -EINVAL);
		CHECK_HAS(err.text, "state");
		gicv2_save(bench.gic, &after);
		CHECK(memcmp(&before, &after, sizeof(before)) == 0);
	}
	bench_finish(&bench);
}

TEST(keeps_the_levels_of_lines_over_a_reset)
{
	struct bench bench;

	busy_bench(&bench);
	gicv2_reset(bench.gic);
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		CHECK(!bench.irq[cpu]);
	CHECK_EQ(dist_get(&bench, 0, GICD_ISACTIVER + 4), 0);
	CHECK_EQ(dist_get(&bench, 0, GICD_ISPENDR + 4), 1u << 8); /* 40, not the edge */
	CHECK_EQ(dist_get(&bench, 2, GICD_ISPENDR), 1u << 27);
	CHECK_EQ(dist_get(&bench, 0, GICD_ISPENDR), 0);
	bench_finish(&bench);
}

TEST_MAIN(CASE(has_the_distributor_registers_of_the_architecture),
	CASE(has_the_cpu_interface_registers_of_the_architecture), CASE(tells_its_size),
	CASE(refuses_what_no_gicv2_has), CASE(has_no_targets_to_choose_on_one_cpu),
	CASE(takes_bytes_where_the_architecture_has_them),
	CASE(takes_no_access_of_another_kind),
	CASE(has_private_interrupts_for_each_of_eight_cpus),
	CASE(sends_sgis_where_they_are_sent),
	CASE(sends_sgis_from_every_cpu_to_every_cpu),
	CASE(keeps_an_sgi_of_each_source_until_it_is_taken),
	CASE(makes_and_takes_back_an_sgi_by_its_source), CASE(goes_on_from_a_saved_state),
	CASE(loads_no_impossible_state), CASE(keeps_the_levels_of_lines_over_a_reset))
