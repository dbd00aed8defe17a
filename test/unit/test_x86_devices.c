/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/devices.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "arch/x86/ged.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/layout.h"
#include "arch/x86/serial16550_regs.h"
#include "src/container_of.h"
#include "test/unit/fake_board.h"
#include "test/unit/fake_clock.h"
#include "test/unit/fake_hv.h"
#include "test/unit/fake_terminal.h"
#include "test/unit/test.h"

#define NO_LINE 99

struct bench {
	struct board_plan plan;
	struct fake_board board;
	struct terminal terminal;
	struct board_devices *devices;
	struct hv *hv;
};

/* All that the board can have, with 512 MiB and a second IOAPIC. */
static void bench_init(struct bench *bench)
{
	struct plan_x86 *x86 = &bench->plan.x86;

	memset(bench, 0, sizeof(*bench));
	fake_clock = (struct loop){0};
	fake_board_init(&bench->board);
	bench->board.host.loop = &fake_clock;
	bench->board.host.uart_terminal = &bench->terminal;
	bench->plan.ram_count = 1;
	bench->plan.ram[0].bytes = 512ull << 20;
	x86->pit = true;
	x86->pic = true;
	x86->serial =
		(struct x86_port){X86_SERIAL_PORT, X86_SERIAL_PORTS, X86_SERIAL_IRQ};
	x86->rtc = (struct x86_port){X86_RTC_PORT, X86_RTC_PORTS, X86_RTC_IRQ};
	x86->i8042 = (struct x86_port){X86_I8042_PORT, X86_I8042_PORTS, X86_I8042_IRQ};
	x86->pvpanic = (struct x86_port){X86_PVPANIC_PORT, X86_PVPANIC_PORTS, 0};
	x86->ged = (struct plan_range){X86_GED_GPA, X86_GED_BYTES};
	x86->ged_irq = X86_GED_IRQ;
	x86->ioapic_count = 2;
	for (unsigned int i = 0; i < 2; i++)
		x86->ioapics[i] = (struct plan_range){
			X86_IOAPIC_GPA + i * X86_IOAPIC_STEP_BYTES, X86_IOAPIC_BYTES};
}

static int create(struct bench *bench, struct board_devices **ret)
{
	return x86_devices_create(&bench->plan, &bench->board.host, ret, NULL);
}

/* The next VM, as a reboot makes it. */
static void connect(struct bench *bench)
{
	struct host_caps caps;

	hv_destroy(bench->hv);
	CHECK_EQ(hv_open(&bench->hv, &caps, NULL), 0);
	CHECK_EQ(x86_devices_connect(bench->devices, bench->hv, NULL), 0);
}

static void bench_start(struct bench *bench)
{
	bench_init(bench);
	CHECK_EQ(create(bench, &bench->devices), 0);
	connect(bench);
}

static void bench_finish(struct bench *bench)
{
	x86_devices_destroy(bench->devices);
	hv_destroy(bench->hv);
}

static unsigned int line_of(unsigned int irq)
{
	for (unsigned int i = 0; i < fake_hv.line_count; i++)
		if (fake_hv.lines[i].irq == irq)
			return i;
	return NO_LINE;
}

static void put_memory(
	struct bench *bench, uint64_t gpa, unsigned int bytes, uint64_t value)
{
	CHECK(bus_write(&bench->board.bus, gpa, bytes, value));
}

TEST(each_device_has_its_line)
{
	static const struct {
		unsigned int irq;
		bool edge;
	} lines[] = {{X86_SERIAL_IRQ, false}, {X86_RTC_IRQ, false},
		{X86_I8042_IRQ, false}, {X86_GED_IRQ, true}};
	struct bench bench;

	bench_start(&bench);
	CHECK_EQ(fake_hv.line_count, ARRAY_SIZE(lines));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CHECK(line_of(lines[i].irq) != NO_LINE);
		CHECK_EQ(fake_hv.lines[line_of(lines[i].irq)].edge, lines[i].edge);
	}
	bench_finish(&bench);
}

TEST(the_clock_shows_the_hosts_time_and_the_plans_memory)
{
	struct bench bench;
	time_t now = time(NULL);
	struct tm tm;
	uint8_t year;

	bench_start(&bench);
	gmtime_r(&now, &tm);
	fake_board_out(&bench.board, X86_RTC_PORT, 1, 0x09);
	year = (uint8_t)fake_board_in(&bench.board, X86_RTC_PORT + 1, 1);
	CHECK_EQ((year >> 4) * 10 + (year & 15), tm.tm_year % 100);
	fake_board_out(&bench.board, X86_RTC_PORT, 1, 0x35);
	CHECK_EQ(fake_board_in(&bench.board, X86_RTC_PORT + 1, 1), (512 - 16) * 16 >> 8);
	bench_finish(&bench);
}

TEST(whatever_ends_the_vm_asks_for_it)
{
	static const struct {
		bool port;
		uint64_t at;
		uint8_t value;
		enum board_request request;
	} writes[] = {
		{true, X86_I8042_PORT + 4, 0xfe, BOARD_RESET},
		{true, 0xcf9, 0x06, BOARD_RESET},
		{true, 0xcf9, 0x0e, BOARD_RESET},
		{true, X86_PVPANIC_PORT, 1, BOARD_CRASHED},
		{false, X86_GED_GPA + GED_RESET, GED_RESET_VALUE, BOARD_RESET},
		{false, X86_GED_GPA + GED_SLEEP_CONTROL, 0x34, BOARD_POWER_OFF},
	};

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct bench bench;

		bench_start(&bench);
		if (writes[i].port)
			fake_board_out(
				&bench.board, (uint16_t)writes[i].at, 1, writes[i].value);
		else
			put_memory(&bench, writes[i].at, 1, writes[i].value);
		CHECK_EQ(bench.board.requests, 1);
		CHECK_EQ(bench.board.last, writes[i].request);
		bench_finish(&bench);
	}
}

TEST(reset_control_is_a_byte_among_absent_pci_ports)
{
	struct bench bench;

	bench_start(&bench);
	fake_board_out(&bench.board, 0xcf8, 4, 0x80000604);
	CHECK_EQ(fake_board_in(&bench.board, 0xcf8, 4), 0xffffffff);
	fake_board_out(&bench.board, 0xcfb, 1, 0x06);
	fake_board_out(&bench.board, 0xcf9, 1, 0x02); /* which kind, but not yet */
	CHECK_EQ(fake_board_in(&bench.board, 0xcf9, 1), 0);
	CHECK_EQ(bench.board.requests, 0);
	bench_finish(&bench);
}

TEST(what_the_plan_leaves_out_reads_as_ones)
{
	static const uint16_t ports[] = {0x20, 0xa1, 0x4d0, 0x40, 0x60, 0x64, 0x70, 0x71,
		0x3f8, 0x3ff, 0x2f8, 0x80, 0x92, 0xed, 0x3c4, 0x402};
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	memset(&bench.plan.x86, 0, sizeof(bench.plan.x86));
	CHECK_EQ(create(&bench, &bench.devices), 0);
	connect(&bench);
	CHECK_EQ(fake_hv.line_count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		fake_board_out(&bench.board, ports[i], 1, 0);
		CHECK_EQ(fake_board_in(&bench.board, ports[i], 1), 0xff);
	}
	CHECK(!bus_read(&bench.board.ports, X86_PVPANIC_PORT, 1, &value));
	CHECK_EQ(bench.board.bus.count, 0);
	bench_finish(&bench);
}

TEST(entries_of_our_ioapics_are_routes_of_their_gsis)
{
	static const struct {
		bool split;
		unsigned int ioapic;
		unsigned int gsi;
	} cases[] = {{false, 1, 24 + 3}, {true, 0, 3}, {true, 1, 24 + 3}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t gpa = X86_IOAPIC_GPA + cases[i].ioapic * X86_IOAPIC_STEP_BYTES;
		struct bench bench;

		bench_init(&bench);
		bench.plan.x86.split_irqchip = cases[i].split;
		CHECK_EQ(create(&bench, &bench.devices), 0);
		connect(&bench);
		put_memory(&bench, gpa + IOAPIC_SELECT, 4, IOAPIC_ENTRY_LOW + 2 * 3);
		put_memory(&bench, gpa + IOAPIC_WINDOW, 4, 0x35);
		CHECK_EQ(fake_hv.route_count, 1);
		CHECK_EQ(fake_hv.routes[0].irq, cases[i].gsi);
		CHECK_EQ(fake_hv.routes[0].data, 0x35);
		put_memory(&bench, gpa + IOAPIC_WINDOW, 4, 0x10035);
		CHECK_EQ(fake_hv.route_count, 0);
		bench_finish(&bench);
	}
}

TEST(the_first_ioapic_is_the_hypervisors_unless_it_is_split)
{
	struct bench bench;
	uint64_t value;

	bench_start(&bench);
	CHECK(!bus_read(&bench.board.bus, X86_IOAPIC_GPA, 4, &value));
	CHECK(bus_read(
		&bench.board.bus, X86_IOAPIC_GPA + X86_IOAPIC_STEP_BYTES, 4, &value));
	bench_finish(&bench);
}

static void raise_serial(struct bench *bench)
{
	fake_board_out(&bench->board, X86_SERIAL_PORT + SERIAL_MCR, 1, MCR_OUT2);
	fake_board_out(&bench->board, X86_SERIAL_PORT + SERIAL_IER, 1, IER_TX);
}

TEST(the_next_vm_gets_devices_as_after_power_on)
{
	uint64_t gpa = X86_IOAPIC_GPA + X86_IOAPIC_STEP_BYTES;
	struct bench bench;

	bench_start(&bench);
	raise_serial(&bench);
	CHECK(fake_hv.lines[line_of(X86_SERIAL_IRQ)].level);
	put_memory(&bench, gpa + IOAPIC_SELECT, 4, IOAPIC_ENTRY_LOW);
	put_memory(&bench, gpa + IOAPIC_WINDOW, 4, 0x35);
	connect(&bench);
	CHECK(!fake_hv.lines[line_of(X86_SERIAL_IRQ)].level);
	raise_serial(&bench);
	CHECK(fake_hv.lines[line_of(X86_SERIAL_IRQ)].level);
	CHECK_EQ(fake_hv.route_count, 0);
	put_memory(&bench, gpa + IOAPIC_SELECT, 4, IOAPIC_ENTRY_LOW);
	put_memory(&bench, gpa + IOAPIC_WINDOW, 4, 0x35);
	CHECK_EQ(fake_hv.route_count, 1);
	bench_finish(&bench);
}

TEST(a_place_that_is_taken_fails_and_leaves_nothing)
{
	struct board_devices *second = NULL;
	struct bench bench;

	bench_start(&bench);
	CHECK_EQ(create(&bench, &second), -EEXIST);
	CHECK(!second);
	x86_devices_destroy(NULL);
	bench.board.ports.count = 0;
	CHECK_EQ(create(&bench, &second), -EEXIST); /* on the other bus */
	CHECK(!second);
	bench_finish(&bench);
}

TEST_MAIN(CASE(each_device_has_its_line),
	CASE(the_clock_shows_the_hosts_time_and_the_plans_memory),
	CASE(whatever_ends_the_vm_asks_for_it),
	CASE(reset_control_is_a_byte_among_absent_pci_ports),
	CASE(what_the_plan_leaves_out_reads_as_ones),
	CASE(entries_of_our_ioapics_are_routes_of_their_gsis),
	CASE(the_first_ioapic_is_the_hypervisors_unless_it_is_split),
	CASE(the_next_vm_gets_devices_as_after_power_on),
	CASE(a_place_that_is_taken_fails_and_leaves_nothing))
