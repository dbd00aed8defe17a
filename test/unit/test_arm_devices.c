/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <time.h>

#include "arch/arm/layout.h"
#include "arch/arm/pl011_regs.h"
#include "arch/arm/pl031_regs.h"
#include "arch/arm/pl061_regs.h"
#include "arch/arm/sp805_regs.h"
#include "host/terminal.h"
#include "src/bus.h"
#include "src/container_of.h"
#include "src/loop.h"
#include "src/pvpanic.h"
#include "test/unit/arm_fixture.h"
#include "test/unit/fake_hv.h"
#include "test/unit/test.h"

struct bench {
	struct board_plan *plan;
	struct loop *loop;
	struct bus bus;
	struct terminal *terminal;
	unsigned int requests;
	enum board_request last;
};

static struct arm_fixture f;

static void bench_init(struct bench *bench)
{
	*bench = (struct bench){0};
	arm_fixture_init(&f);
	f.config.watchdog.pos.file = "vm.xml";
	bench->plan = arm_fixture_plan(&f);
	CHECK(bench->plan);
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
	CHECK_EQ(terminal_null_create(&bench->terminal, NULL), 0);
}

static void bench_finish(struct bench *bench)
{
	terminal_destroy(bench->terminal);
	loop_destroy(bench->loop);
	board_plan_destroy(bench->plan);
}

static void request(void *user, enum board_request request)
{
	struct bench *bench = user;

	bench->requests++;
	bench->last = request;
}

static int create(struct bench *bench, struct board_devices **ret, struct error *err)
{
	struct board_host host = {.loop = bench->loop,
		.bus = &bench->bus,
		.uart_terminal = bench->terminal,
		.request = request,
		.user = bench};

	return arm_board.create_devices(bench->plan, &host, ret, err);
}

TEST(each_device_answers_where_the_plan_puts_it)
{
	static const struct {
		uint64_t gpa;
		unsigned int bytes;
		uint64_t value;
	} reads[] = {
		{ARM_UART_GPA + 0xfe0, 4, 0x11}, /* the lower byte of its part number */
		{ARM_RTC_GPA + 0xfe0, 4, 0x31},
		{ARM_GPIO_GPA + 0xfe0, 4, 0x61},
		{ARM_WATCHDOG_GPA + 0xfe0, 4, 0x05},
		{ARM_PVPANIC_GPA, 1, 3},
	};
	struct board_devices *devices;
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
		CHECK(bus_read(&bench.bus, reads[i].gpa, reads[i].bytes, &value));
		CHECK_EQ(value, reads[i].value);
	}
	arm_board.destroy_devices(devices);
	bench_finish(&bench);
}

TEST(the_clock_shows_the_hosts_time)
{
	struct board_devices *devices;
	struct bench bench;
	uint64_t value;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	CHECK(bus_read(&bench.bus, ARM_RTC_GPA + RTC_DR, 4, &value));
	CHECK((uint32_t)time(NULL) - (uint32_t)value <= 1);
	arm_board.destroy_devices(devices);
	bench_finish(&bench);
}

TEST(a_watchdog_that_is_held_does_not_act)
{
	struct board_devices *devices;
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	arm_board.hold(devices, true);
	CHECK(bus_write(&bench.bus, ARM_WATCHDOG_GPA + WDOG_LOAD, 4, 1));
	CHECK(bus_write(&bench.bus, ARM_WATCHDOG_GPA + WDOG_CONTROL, 4, 3));
	CHECK_EQ(loop_turn(bench.loop, 0), 0);
	CHECK_EQ(bench.requests, 0);
	arm_board.hold(devices, false);
	for (unsigned int i = 0; i < 100 && !bench.requests; i++)
		CHECK_EQ(loop_turn(bench.loop, 10), 0);
	CHECK_EQ(bench.requests, 1);
	CHECK_EQ(bench.last, BOARD_WATCHDOG);
	arm_board.destroy_devices(devices);
	bench_finish(&bench);
}

TEST(a_panic_asks_for_the_end)
{
	struct board_devices *devices;
	struct bench bench;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	CHECK(bus_write(&bench.bus, ARM_PVPANIC_GPA, 1, PVPANIC_PANICKED));
	CHECK_EQ(bench.requests, 1);
	CHECK_EQ(bench.last, BOARD_CRASHED);
	arm_board.destroy_devices(devices);
	bench_finish(&bench);
}

static struct fake_hv_line *line_of(unsigned int irq)
{
	for (unsigned int i = 0; i < fake_hv.line_count; i++)
		if (fake_hv.lines[i].irq == irq)
			return &fake_hv.lines[i];
	test_fail(__FILE__, __LINE__, "no line %u", irq);
	return &fake_hv.lines[0];
}

/* The transmit interrupt, unmasked after a character has left. */
static void raise_uart(struct bench *bench)
{
	CHECK(bus_write(&bench->bus, ARM_UART_GPA + REG_CR, 4, CR_UARTEN | CR_TXE));
	CHECK(bus_write(&bench->bus, ARM_UART_GPA + REG_IMSC, 4, INT_TX));
	CHECK(bus_write(&bench->bus, ARM_UART_GPA + REG_DR, 4, 'a'));
}

/* An alarm for now. */
static void raise_rtc(struct bench *bench)
{
	CHECK(bus_write(&bench->bus, ARM_RTC_GPA + RTC_LR, 4, 1000));
	CHECK(bus_write(&bench->bus, ARM_RTC_GPA + RTC_MR, 4, 1000));
	CHECK(bus_write(&bench->bus, ARM_RTC_GPA + RTC_IMSC, 4, 1));
}

static void raise_gpio(struct bench *bench, struct board_devices *devices)
{
	CHECK(bus_write(&bench->bus, ARM_GPIO_GPA + GPIO_IBE, 4, 0xff));
	CHECK(bus_write(&bench->bus, ARM_GPIO_GPA + GPIO_IE, 4, 0xff));
	CHECK(arm_board.press(devices, BOARD_POWER_BUTTON));
}

static void raise_watchdog(struct bench *bench)
{
	CHECK(bus_write(&bench->bus, ARM_WATCHDOG_GPA + WDOG_LOAD, 4, 1));
	CHECK(bus_write(&bench->bus, ARM_WATCHDOG_GPA + WDOG_CONTROL, 4, WDOG_INTEN));
	CHECK_EQ(loop_turn(bench->loop, 1000), 0);
}

static void raise_all(struct bench *bench, struct board_devices *devices)
{
	raise_uart(bench);
	raise_rtc(bench);
	raise_gpio(bench, devices);
	raise_watchdog(bench);
}

TEST(the_next_vm_gets_the_devices_as_after_power_on)
{
	static const unsigned int irqs[] = {
		ARM_UART_INTID, ARM_RTC_INTID, ARM_GPIO_INTID, ARM_WATCHDOG_INTID};
	struct board_devices *devices;
	struct host_caps caps;
	struct bench bench;
	struct hv *first;
	struct hv *next;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	CHECK_EQ(hv_open(&first, &caps, NULL), 0);
	CHECK_EQ(arm_board.connect_devices(devices, first, NULL), 0);
	CHECK_EQ(fake_hv.line_count, ARRAY_SIZE(irqs));
	for (size_t i = 0; i < ARRAY_SIZE(irqs); i++)
		CHECK(!line_of(irqs[i])->edge);
	raise_all(&bench, devices);
	for (size_t i = 0; i < ARRAY_SIZE(irqs); i++)
		CHECK(line_of(irqs[i])->level);
	hv_destroy(first);
	CHECK_EQ(hv_open(&next, &caps, NULL), 0);
	CHECK_EQ(arm_board.connect_devices(devices, next, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(irqs); i++)
		CHECK(!line_of(irqs[i])->level);
	raise_all(&bench, devices);
	for (size_t i = 0; i < ARRAY_SIZE(irqs); i++)
		CHECK(line_of(irqs[i])->level);
	arm_board.destroy_devices(devices);
	hv_destroy(next);
	bench_finish(&bench);
}

TEST(fw_cfg_answers_where_the_plan_puts_it)
{
	static char name[] = "opt/a";
	static char text[] = "from the host";
	struct config_fw_cfg item = {.name = name, .string = text, .fd = -1};
	struct board_devices *devices;
	struct host_caps caps;
	struct bench bench;
	uint64_t value;
	struct hv *hv;

	bench_init(&bench);
	board_plan_destroy(bench.plan);
	f.config.fw_cfgs = &item;
	f.config.fw_cfg_count = 1;
	bench.plan = arm_fixture_plan(&f);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	CHECK(bus_write(&bench.bus, ARM_FW_CFG_GPA + 8, 2, 0x2000));
	CHECK(bus_read(&bench.bus, ARM_FW_CFG_GPA, 4, &value));
	CHECK_EQ(value, 0x6d6f7266); /* "from" */
	/* The next VM finds it as after power-on. */
	CHECK_EQ(hv_open(&hv, &caps, NULL), 0);
	CHECK_EQ(arm_board.connect_devices(devices, hv, NULL), 0);
	CHECK(bus_read(&bench.bus, ARM_FW_CFG_GPA, 4, &value));
	CHECK_EQ(value, 0x554d4551);
	hv_destroy(hv);
	arm_board.destroy_devices(devices);
	bench_finish(&bench);
}

TEST(an_item_that_cannot_be_read_fails_and_leaves_nothing)
{
	static char name[] = "opt/a";
	static char path[] = "/none";
	struct config_fw_cfg item = {.name = name, .path = path, .fd = -1};
	struct board_devices *devices = NULL;
	struct bench bench;
	struct error err;

	bench_init(&bench);
	board_plan_destroy(bench.plan);
	f.config.fw_cfgs = &item;
	f.config.fw_cfg_count = 1;
	bench.plan = arm_fixture_plan(&f);
	CHECK_EQ(create(&bench, &devices, &err), -ENOENT);
	CHECK(!devices);
	bench_finish(&bench);
}

TEST(a_place_that_is_taken_fails_and_leaves_nothing)
{
	struct board_devices *devices;
	struct board_devices *second = NULL;
	struct bench bench;
	struct error err;

	bench_init(&bench);
	CHECK_EQ(create(&bench, &devices, NULL), 0);
	CHECK_EQ(create(&bench, &second, &err), -EEXIST);
	CHECK(!second);
	CHECK_EQ(bench.bus.count, 5);
	arm_board.destroy_devices(devices);
	arm_board.destroy_devices(NULL);
	bench_finish(&bench);
}

TEST_MAIN(CASE(each_device_answers_where_the_plan_puts_it),
	CASE(the_clock_shows_the_hosts_time), CASE(a_panic_asks_for_the_end),
	CASE(a_watchdog_that_is_held_does_not_act),
	CASE(the_next_vm_gets_the_devices_as_after_power_on),
	CASE(fw_cfg_answers_where_the_plan_puts_it),
	CASE(an_item_that_cannot_be_read_fails_and_leaves_nothing),
	CASE(a_place_that_is_taken_fails_and_leaves_nothing))
