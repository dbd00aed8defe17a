/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>

#include "arch/x86/ged.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/serial16550_regs.h"
#include "src/container_of.h"
#include "test/unit/test.h"
#include "test/unit/x86_devices_rig.h"

#define NO_LINE 99

static void rig_start(struct x86_devices_rig *rig)
{
	x86_devices_rig_init(rig);
	CHECK_EQ(x86_devices_rig_create(rig, &rig->devices), 0);
	x86_devices_rig_connect(rig);
}

static unsigned int line_of(unsigned int irq)
{
	for (unsigned int i = 0; i < fake_hv.line_count; i++)
		if (fake_hv.lines[i].irq == irq)
			return i;
	return NO_LINE;
}

static void put_memory(
	struct x86_devices_rig *rig, uint64_t gpa, unsigned int bytes, uint64_t value)
{
	CHECK(bus_write(&rig->board.bus, gpa, bytes, value));
}

TEST(each_device_has_its_line)
{
	static const struct {
		unsigned int irq;
		bool edge;
	} lines[] = {{X86_SERIAL_IRQ, false}, {X86_RTC_IRQ, false},
		{X86_I8042_IRQ, false}, {X86_GED_IRQ, true}};
	struct x86_devices_rig rig;

	rig_start(&rig);
	CHECK_EQ(fake_hv.line_count, ARRAY_SIZE(lines));
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		CHECK(line_of(lines[i].irq) != NO_LINE);
		CHECK_EQ(fake_hv.lines[line_of(lines[i].irq)].edge, lines[i].edge);
	}
	x86_devices_rig_finish(&rig);
}

TEST(the_power_key_is_an_event_where_there_is_acpi)
{
	struct x86_devices_rig rig;
	uint64_t events;

	rig_start(&rig);
	CHECK(x86_board.press(rig.devices, BOARD_POWER_BUTTON));
	CHECK_EQ(fake_hv.lines[line_of(X86_GED_IRQ)].pulses, 1);
	CHECK(bus_read(&rig.board.bus, X86_GED_GPA + GED_SELECTOR, 4, &events));
	CHECK_EQ(events, GED_POWER_BUTTON);
	x86_devices_rig_finish(&rig);
	x86_devices_rig_init(&rig);
	x86_fixture_bare(&rig.fixture);
	CHECK_EQ(x86_devices_rig_create(&rig, &rig.devices), 0);
	CHECK(!x86_board.press(rig.devices, BOARD_POWER_BUTTON));
	x86_devices_rig_finish(&rig);
}

TEST(the_clock_shows_the_hosts_time_and_the_plans_memory)
{
	struct x86_devices_rig rig;
	time_t now = time(NULL);
	struct tm tm;
	uint8_t year;

	rig_start(&rig);
	gmtime_r(&now, &tm);
	fake_board_out(&rig.board, X86_RTC_PORT, 1, 0x09);
	year = (uint8_t)fake_board_in(&rig.board, X86_RTC_PORT + 1, 1);
	CHECK_EQ((year >> 4) * 10 + (year & 15), tm.tm_year % 100);
	fake_board_out(&rig.board, X86_RTC_PORT, 1, 0x35);
	CHECK_EQ(fake_board_in(&rig.board, X86_RTC_PORT + 1, 1), (512 - 16) * 16 >> 8);
	x86_devices_rig_finish(&rig);
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
		struct x86_devices_rig rig;

		rig_start(&rig);
		if (writes[i].port)
			fake_board_out(
				&rig.board, (uint16_t)writes[i].at, 1, writes[i].value);
		else
			put_memory(&rig, writes[i].at, 1, writes[i].value);
		CHECK_EQ(rig.board.requests, 1);
		CHECK_EQ(rig.board.last, writes[i].request);
		x86_devices_rig_finish(&rig);
	}
}

TEST(reset_control_is_a_byte_among_absent_pci_ports)
{
	struct x86_devices_rig rig;

	rig_start(&rig);
	fake_board_out(&rig.board, 0xcf8, 4, 0x80000604);
	CHECK_EQ(fake_board_in(&rig.board, 0xcf8, 4), 0xffffffff);
	fake_board_out(&rig.board, 0xcfb, 1, 0x06);
	fake_board_out(&rig.board, 0xcf9, 1, 0x02); /* which kind, but not yet */
	CHECK_EQ(fake_board_in(&rig.board, 0xcf9, 1), 0);
	CHECK_EQ(rig.board.requests, 0);
	x86_devices_rig_finish(&rig);
}

TEST(what_the_plan_leaves_out_reads_as_ones)
{
	static const uint16_t ports[] = {0x20, 0xa1, 0x4d0, 0x40, 0x60, 0x64, 0x70, 0x71,
		0x3f8, 0x3ff, 0x2f8, 0x80, 0x92, 0xed, 0x3c4, 0x402};
	struct x86_devices_rig rig;
	uint64_t value;

	x86_devices_rig_init(&rig);
	x86_fixture_bare(&rig.fixture);
	CHECK_EQ(x86_devices_rig_create(&rig, &rig.devices), 0);
	x86_devices_rig_connect(&rig);
	CHECK_EQ(fake_hv.line_count, 0);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		fake_board_out(&rig.board, ports[i], 1, 0);
		CHECK_EQ(fake_board_in(&rig.board, ports[i], 1), 0xff);
	}
	CHECK(!bus_read(&rig.board.ports, X86_PVPANIC_PORT, 1, &value));
	CHECK_EQ(rig.board.bus.count, 0);
	x86_devices_rig_finish(&rig);
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
		struct x86_devices_rig rig;

		x86_devices_rig_init(&rig);
		rig.plan->split_irqchip = cases[i].split;
		CHECK_EQ(x86_devices_rig_create(&rig, &rig.devices), 0);
		x86_devices_rig_connect(&rig);
		put_memory(&rig, gpa + IOAPIC_SELECT, 4, IOAPIC_ENTRY_LOW + 2 * 3);
		put_memory(&rig, gpa + IOAPIC_WINDOW, 4, 0x35);
		CHECK_EQ(fake_hv.route_count, 1);
		CHECK_EQ(fake_hv.routes[0].irq, cases[i].gsi);
		CHECK_EQ(fake_hv.routes[0].data, 0x35);
		put_memory(&rig, gpa + IOAPIC_WINDOW, 4, 0x10035);
		CHECK_EQ(fake_hv.route_count, 0);
		x86_devices_rig_finish(&rig);
	}
}

TEST(the_first_ioapic_is_the_hypervisors_unless_it_is_split)
{
	struct x86_devices_rig rig;
	uint64_t value;

	rig_start(&rig);
	CHECK(!bus_read(&rig.board.bus, X86_IOAPIC_GPA, 4, &value));
	CHECK(bus_read(
		&rig.board.bus, X86_IOAPIC_GPA + X86_IOAPIC_STEP_BYTES, 4, &value));
	x86_devices_rig_finish(&rig);
}

static void raise_serial(struct x86_devices_rig *rig)
{
	fake_board_out(&rig->board, X86_SERIAL_PORT + SERIAL_MCR, 1, MCR_OUT2);
	fake_board_out(&rig->board, X86_SERIAL_PORT + SERIAL_IER, 1, IER_TX);
}

TEST(the_next_vm_gets_devices_as_after_power_on)
{
	uint64_t gpa = X86_IOAPIC_GPA + X86_IOAPIC_STEP_BYTES;
	struct x86_devices_rig rig;

	rig_start(&rig);
	raise_serial(&rig);
	CHECK(fake_hv.lines[line_of(X86_SERIAL_IRQ)].level);
	put_memory(&rig, gpa + IOAPIC_SELECT, 4, IOAPIC_ENTRY_LOW);
	put_memory(&rig, gpa + IOAPIC_WINDOW, 4, 0x35);
	x86_devices_rig_connect(&rig);
	CHECK(!fake_hv.lines[line_of(X86_SERIAL_IRQ)].level);
	raise_serial(&rig);
	CHECK(fake_hv.lines[line_of(X86_SERIAL_IRQ)].level);
	CHECK_EQ(fake_hv.route_count, 0);
	put_memory(&rig, gpa + IOAPIC_SELECT, 4, IOAPIC_ENTRY_LOW);
	put_memory(&rig, gpa + IOAPIC_WINDOW, 4, 0x35);
	CHECK_EQ(fake_hv.route_count, 1);
	x86_devices_rig_finish(&rig);
}

TEST(a_place_that_is_taken_fails_and_leaves_nothing)
{
	struct board_devices *second = NULL;
	struct x86_devices_rig rig;

	rig_start(&rig);
	CHECK_EQ(x86_devices_rig_create(&rig, &second), -EEXIST);
	CHECK(!second);
	x86_devices_destroy(NULL);
	rig.board.ports.count = 0;
	CHECK_EQ(x86_devices_rig_create(&rig, &second), -EEXIST); /* on the other bus */
	CHECK(!second);
	x86_devices_rig_finish(&rig);
}

TEST_MAIN(CASE(each_device_has_its_line),
	CASE(the_power_key_is_an_event_where_there_is_acpi),
	CASE(the_clock_shows_the_hosts_time_and_the_plans_memory),
	CASE(whatever_ends_the_vm_asks_for_it),
	CASE(reset_control_is_a_byte_among_absent_pci_ports),
	CASE(what_the_plan_leaves_out_reads_as_ones),
	CASE(entries_of_our_ioapics_are_routes_of_their_gsis),
	CASE(the_first_ioapic_is_the_hypervisors_unless_it_is_split),
	CASE(the_next_vm_gets_devices_as_after_power_on),
	CASE(a_place_that_is_taken_fails_and_leaves_nothing))
