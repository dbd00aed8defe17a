/* SPDX-License-Identifier: Apache-2.0 */
#include "src/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/layout.h"
#include "src/container_of.h"
#include "test/unit/arm_fixture.h"
#include "test/unit/test.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

static struct arm_fixture f;

/* The only problem of a plan that must fail. */
static const struct error *only_problem(void)
{
	static const struct error none;
	struct board_plan *plan = arm_fixture_plan(&f);

	CHECK(!plan);
	board_plan_destroy(plan);
	if (!CHECK_EQ(f.problems.count, 1) && f.problems.count)
		for (unsigned int i = 0; i < f.problems.count; i++)
			printf("  %s\n", f.problems.list[i].text);
	return f.problems.count ? &f.problems.list[0] : &none;
}

TEST(plans_the_map_that_genode_and_qemu_share)
{
	struct board_plan *plan;

	arm_fixture_init(&f);
	arm_fixture_add_devices(&f, 3);
	plan = arm_fixture_plan(&f);
	CHECK_EQ(f.problems.count, 0);
	CHECK(plan);
	if (!plan)
		return;
	CHECK_EQ(plan->arch, CONFIG_ARCH_ARM64);
	CHECK_EQ(plan->gic.version, 2);
	CHECK_EQ(plan->gic.dist.gpa, 0x08000000);
	CHECK_EQ(plan->gic.cpu_interface.gpa, 0x08010000);
	CHECK_EQ(plan->gic.redist_count, 0);
	CHECK_EQ(plan->gic.spi_count, 32);
	CHECK_EQ(plan->uart.gpa, 0x09000000);
	CHECK_EQ(plan->uart_irq, 33);
	CHECK_EQ(plan->arm.rtc.mmio.gpa, 0x09010000);
	CHECK_EQ(plan->arm.rtc.irq, 34);
	CHECK_EQ(plan->arm.gpio.mmio.gpa, 0x09030000);
	CHECK_EQ(plan->arm.gpio.irq, 39);
	CHECK_EQ(plan->arm.pvpanic.mmio.gpa, 0x090e0000);
	CHECK_EQ(plan->device_count, 3);
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQ(plan->devices[i].mmio.gpa, 0x0a000000 + 0x200 * i);
		CHECK_EQ(plan->devices[i].mmio.bytes, 0x200);
		CHECK_EQ(plan->devices[i].irq, 40 + i);
		CHECK(plan->devices[i].config == &f.devices[i]);
	}
	CHECK_EQ(plan->ram_count, 1);
	CHECK_EQ(plan->ram[0].gpa, 0x40000000);
	CHECK_EQ(plan->ram[0].bytes, MIB(512));
	CHECK_STR(plan->bootargs, "console=ttyAMA0");
	CHECK_STR(plan->cpu_type, "arm,armv8");
	board_plan_destroy(plan);
}

TEST(gives_cpus_the_affinity_that_kvm_gives_them)
{
	static const struct {
		unsigned int index;
		uint64_t id;
	} table[] = {{0, 0}, {15, 15}, {16, 0x100}, {129, 0x801}, {511, 0x1f0f},
		{4095, 0xff0f}, {4096, 0x10000}};
	struct board_plan *plan;

	arm_fixture_init(&f);
	f.caps.vcpus_max = 5000;
	f.config.cpu_count = 5000;
	f.config.gic = CONFIG_GIC_V3;
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	for (unsigned int i = 0; plan && i < ARRAY_SIZE(table); i++)
		CHECK_EQ(plan->cpu_ids[table[i].index], table[i].id);
	board_plan_destroy(plan);
}

TEST(puts_redistributors_beyond_vcpu_122_above_ram)
{
	static const struct {
		unsigned int cpus;
		uint64_t low;
		uint64_t high;
	} table[] = {{1, 1, 0}, {123, 123, 0}, {124, 123, 1}, {512, 123, 389}};
	struct board_plan *plan;

	arm_fixture_init(&f);
	f.config.gic = CONFIG_GIC_V3;
	f.config.ram_size_bytes = GIB(5) + MIB(2);
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		f.config.cpu_count = table[i].cpus;
		plan = arm_fixture_plan(&f);
		CHECK(plan);
		if (!plan)
			continue;
		CHECK_EQ(plan->gic.redist[0].gpa, 0x080a0000);
		CHECK_EQ(plan->gic.redist[0].bytes, table[i].low * 0x20000);
		CHECK(plan->gic.redist[0].gpa + plan->gic.redist[0].bytes <=
			plan->uart.gpa);
		CHECK_EQ(plan->gic.redist_count, table[i].high ? 2 : 1);
		CHECK_EQ(plan->gic.redist[1].bytes, table[i].high * 0x20000);
		if (table[i].high)
			CHECK_EQ(plan->gic.redist[1].gpa, GIB(6) + MIB(64));
		board_plan_destroy(plan);
	}
}

TEST(no_two_ranges_of_a_plan_overlap)
{
	struct board_plan *plan;
	const struct plan_range *ranges[16];
	unsigned int count = 0;

	arm_fixture_init(&f);
	f.config.gic = CONFIG_GIC_V3;
	f.config.cpu_count = 512;
	arm_fixture_add_devices(&f, ARM_VIRTIO_COUNT_MAX);
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	if (!plan)
		return;
	ranges[count++] = &plan->gic.dist;
	ranges[count++] = &plan->gic.redist[0];
	ranges[count++] = &plan->uart;
	ranges[count++] = &plan->arm.rtc.mmio;
	ranges[count++] = &plan->arm.gpio.mmio;
	ranges[count++] = &plan->steal_time;
	ranges[count++] = &plan->arm.pvpanic.mmio;
	ranges[count++] = &plan->devices[0].mmio;
	ranges[count++] = &plan->devices[ARM_VIRTIO_COUNT_MAX - 1].mmio;
	ranges[count++] = &plan->ram[0];
	ranges[count++] = &plan->gic.redist[1];
	for (unsigned int i = 1; i < count; i++)
		CHECK(ranges[i - 1]->gpa + ranges[i - 1]->bytes <= ranges[i]->gpa);
	CHECK(plan->steal_time.bytes >= 512 * 64);
	board_plan_destroy(plan);
}

TEST(takes_the_gic_that_the_host_offers_or_says_which_to_write)
{
	static const struct {
		enum config_gic asked;
		bool v2;
		bool v3;
		bool user_irq;
		unsigned int version; /* 0: a problem */
		bool software;
		const char *text;
	} table[] = {
		{CONFIG_GIC_HOST, true, true, true, 3},
		{CONFIG_GIC_HOST, true, false, true, 2},
		{CONFIG_GIC_HOST, false, true, true, 3},
		{CONFIG_GIC_HOST, false, false, true, 2, .software = true},
		{CONFIG_GIC_HOST, false, false, false, 0, .text = "no GIC"},
		{CONFIG_GIC_V2, true, false, true, 2},
		{CONFIG_GIC_V2, true, true, true, 2},
		{CONFIG_GIC_V2, false, true, true, 2, .software = true},
		{CONFIG_GIC_V2, false, true, false, 0,
			.text = "gic_version=\"3\", or gic_version=\"host\""},
		{CONFIG_GIC_V3, false, true, true, 3},
		{CONFIG_GIC_V3, true, false, true, 0,
			.text = "gic_version=\"2\", or gic_version=\"host\""},
		{CONFIG_GIC_V3, false, false, true, 0,
			.text = "gic_version=\"2\", or gic_version=\"host\""},
		{CONFIG_GIC_V3, false, false, false, 0, .text = "no GIC"},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		struct board_plan *plan;

		arm_fixture_init(&f);
		f.config.gic = table[i].asked;
		f.caps.gicv2 = table[i].v2;
		f.caps.gicv3 = table[i].v3;
		f.caps.user_irq = table[i].user_irq;
		if (!table[i].version) {
			CHECK_HAS(only_problem()->text, table[i].text);
			CHECK_EQ(f.problems.list[0].pos.line, 1);
			continue;
		}
		plan = arm_fixture_plan(&f);
		CHECK(plan);
		if (plan) {
			CHECK_EQ(plan->gic.version, table[i].version);
			CHECK_EQ(plan->gic.software, table[i].software);
		}
		board_plan_destroy(plan);
	}
}

TEST(limits_cpus_by_gic_and_host)
{
	arm_fixture_init(&f);
	f.config.cpu_count = 9;
	CHECK_STR(only_problem()->text,
		"cpu_count is 9, a GICv2 serves 1 to 8: write gic_version=\"3\"");
	f.config.cpu_count = 5;
	f.caps.vcpus_max = 4;
	CHECK_STR(only_problem()->text, "cpu_count is 5, this host allows 1 to 4");
	f.config.cpu_count = 0;
	CHECK_STR(only_problem()->text, "cpu_count is 0, this host allows 1 to 4");
}

TEST(keeps_ram_within_the_hosts_address_bits)
{
	struct board_plan *plan;

	arm_fixture_init(&f);
	f.caps.ipa_bits = 36;
	f.config.ram_size_bytes = GIB(63);
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	board_plan_destroy(plan);
	f.config.ram_size_bytes = GIB(63) + 1;
	CHECK_HAS(only_problem()->text, "36 address bits");
	CHECK_EQ(f.problems.list[0].pos.line, 3);
	f.config.ram_size_bytes = UINT64_MAX;
	CHECK_HAS(only_problem()->text, "36 address bits");
	/* The redistributors that come after the RAM need room as well. */
	f.config.ram_size_bytes = GIB(63);
	f.config.gic = CONFIG_GIC_V3;
	f.config.cpu_count = 124;
	CHECK_HAS(only_problem()->text, "make ram_size smaller");
}

TEST(rounds_ram_up_to_a_stage_2_block)
{
	struct board_plan *plan;

	arm_fixture_init(&f);
	f.config.ram_size_bytes = 100000000;
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	if (plan)
		CHECK_EQ(plan->ram[0].bytes, MIB(96));
	board_plan_destroy(plan);
}

TEST(places_kernel_tree_and_initrd_one_after_the_other)
{
	struct board_plan *plan;

	arm_fixture_init(&f);
	f.config.ram_size_bytes = MIB(64);
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(9) + 4;
	f.files.kernel.load_offset = 0x80000;
	f.files.kernel.memory_bytes = MIB(20) + 5;
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	if (!plan)
		return;
	CHECK_EQ(plan->kernel.gpa, 0x40080000);
	CHECK_EQ(plan->entry_gpa, 0x40080000);
	CHECK_EQ(plan->kernel.bytes, MIB(20) + 5);
	CHECK_EQ(plan->tables.gpa % 8, 0);
	CHECK(plan->tables.gpa >= plan->kernel.gpa + plan->kernel.bytes);
	CHECK(plan->tables.gpa / MIB(2) ==
		(plan->tables.gpa + plan->tables.bytes - 1) / MIB(2));
	CHECK(plan->initrd.gpa >= plan->tables.gpa + plan->tables.bytes);
	CHECK_EQ(plan->initrd.bytes, MIB(9) + 4);
	CHECK(plan->initrd.gpa + plan->initrd.bytes <= 0x40000000 + MIB(64));
	board_plan_destroy(plan);
}

TEST(keeps_the_tree_off_two_mebibyte_borders_whatever_the_kernel)
{
	arm_fixture_init(&f);
	for (uint64_t bytes = MIB(30); bytes < MIB(32); bytes += 0x3001) {
		struct board_plan *plan;

		f.files.kernel.memory_bytes = bytes;
		plan = arm_fixture_plan(&f);
		CHECK(plan);
		if (plan)
			CHECK(plan->tables.gpa / MIB(2) ==
				(plan->tables.gpa + plan->tables.bytes - 1) / MIB(2));
		board_plan_destroy(plan);
	}
}

TEST(refuses_what_does_not_fit_with_the_numbers)
{
	arm_fixture_init(&f);
	f.config.ram_size_bytes = MIB(32);
	f.files.kernel.memory_bytes = MIB(20);
	f.files.initrd_bytes = MIB(13);
	f.config.initrd_count = 1;
	CHECK_STR(only_problem()->text,
		"ram_size is 32768 KiB, the kernel (20480 KiB with its own data), device "
		"tree (64 KiB) and initrd (13312 KiB) need 33856 KiB: write "
		"ram_size=\"34M\" or more");
	CHECK_EQ(f.problems.list[0].pos.line, 3);
	f.config.ram_size_bytes = GIB(8);
	f.files.initrd_bytes = GIB(3);
	CHECK_HAS(only_problem()->text, "it must lie below 0x100000000");
	CHECK_EQ(f.problems.list[0].pos.line, 4);
	f.files.initrd_bytes = 0;
	f.files.overlay_bytes = MIB(1);
	CHECK_HAS(only_problem()->text, "overlay of 1024 KiB");
	f.files.overlay_bytes = 0;
	f.files.kernel.memory_bytes = 1ull << 62;
	CHECK_HAS(only_problem()->text, "need");
}

TEST(never_cuts_bootargs)
{
	char bootargs[ARM64_BOOTARGS_BYTES + 1];
	struct board_plan *plan;

	arm_fixture_init(&f);
	f.config.bootargs = bootargs;
	memset(bootargs, 'x', sizeof(bootargs));
	bootargs[2047] = 0;
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	board_plan_destroy(plan);
	bootargs[2047] = 'x';
	bootargs[2048] = 0;
	CHECK_STR(only_problem()->text,
		"bootargs has 2048 characters, an arm64 Linux takes 2047");
}

TEST(refuses_more_devices_than_slots)
{
	arm_fixture_init(&f);
	arm_fixture_add_devices(&f, ARM_VIRTIO_COUNT_MAX + 2);
	CHECK_HAS(only_problem()->text, "room for 128 of 130");
	CHECK_EQ(f.problems.list[0].pos.line, 10 + ARM_VIRTIO_COUNT_MAX);
}

TEST(refuses_what_is_not_in_this_build)
{
	static char path[] = "u-boot.bin";

	arm_fixture_init(&f);
	f.config.firmware = (struct config_rom){path, {"vm.xml", 7}};
	CHECK_HAS(only_problem()->text, "firmware_rom is not in this build yet");
	CHECK_EQ(f.problems.list[0].pos.line, 7);
	arm_fixture_init(&f);
	f.caps.arch = CONFIG_ARCH_ARMV7;
	CHECK_HAS(only_problem()->text, "needs an arm64 host");
}

TEST(refuses_what_only_an_x86_guest_has)
{
	arm_fixture_init(&f);
	f.config.isa = (struct config_isa){.said = true, .pos = {"vm.xml", 6}};
	CHECK_STR(
		only_problem()->text, "an ARM guest has no ISA devices: leave <isa> out");
	CHECK_EQ(f.problems.list[0].pos.line, 6);
}

TEST(has_fw_cfg_where_there_are_items)
{
	struct config_fw_cfg item = {.fd = -1};
	struct board_plan *plan;

	arm_fixture_init(&f);
	plan = arm_fixture_plan(&f);
	CHECK_EQ(plan->fw_cfg.bytes, 0);
	board_plan_destroy(plan);
	f.config.fw_cfgs = &item;
	f.config.fw_cfg_count = 1;
	plan = arm_fixture_plan(&f);
	CHECK_EQ(plan->fw_cfg.gpa, 0x09020000);
	CHECK_EQ(plan->fw_cfg.bytes, 24);
	board_plan_destroy(plan);
}

TEST(reports_all_problems_in_one_run)
{
	struct board_plan *plan;

	arm_fixture_init(&f);
	f.config.cpu_count = 600;
	f.config.ram_size_bytes = 1ull << 62;
	f.caps.gicv2 = f.caps.user_irq = false;
	arm_fixture_add_devices(&f, FIXTURE_DEVICES_MAX);
	plan = arm_fixture_plan(&f);
	CHECK(!plan);
	CHECK_EQ(f.problems.count, 4);
	board_plan_destroy(plan);
}

TEST(takes_the_cpu_type_of_the_config_then_of_the_host)
{
	static char own[] = "arm,cortex-a53";
	struct board_plan *plan;

	arm_fixture_init(&f);
	snprintf(f.caps.cpu_compatible, sizeof(f.caps.cpu_compatible), "arm,cortex-a57");
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	if (plan)
		CHECK_STR(plan->cpu_type, "arm,cortex-a57");
	board_plan_destroy(plan);
	f.config.cpu_type = own;
	plan = arm_fixture_plan(&f);
	CHECK(plan);
	if (plan)
		CHECK_STR(plan->cpu_type, "arm,cortex-a53");
	board_plan_destroy(plan);
}

TEST(prints_a_plan_with_lines_of_the_xml)
{
	struct board_plan *plan;
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	arm_fixture_init(&f);
	arm_fixture_add_devices(&f, 1);
	plan = arm_fixture_plan(&f);
	CHECK(plan && out);
	if (plan && out)
		CHECK_EQ(board_plan_print(plan, out), 0);
	fclose(out);
	CHECK_HAS(text, "INTID  33  SPI   1  level  uart");
	CHECK_HAS(text, "INTID  40  SPI   8  edge   rng \"rng0\" (vm.xml:10)");
	CHECK_HAS(text, "INTID  27  PPI  11  level  virtual timer");
	CHECK_HAS(text, "0x0040000000 - 0x005fffffff         512 MiB  RAM");
	CHECK_HAS(text, "host      assumed: arm64, gic=2,3 ipa=40");
	free(text);
	board_plan_destroy(plan);
}

TEST(knows_which_board_runs_a_guest)
{
	CHECK(board_for(CONFIG_ARCH_ARM64) == &arm_board);
	CHECK(board_for(CONFIG_ARCH_ARMV7) == &arm_board);
	CHECK(board_for(CONFIG_ARCH_X86_64) != &arm_board);
}

TEST_MAIN(CASE(plans_the_map_that_genode_and_qemu_share),
	CASE(gives_cpus_the_affinity_that_kvm_gives_them),
	CASE(puts_redistributors_beyond_vcpu_122_above_ram),
	CASE(no_two_ranges_of_a_plan_overlap),
	CASE(takes_the_gic_that_the_host_offers_or_says_which_to_write),
	CASE(limits_cpus_by_gic_and_host), CASE(keeps_ram_within_the_hosts_address_bits),
	CASE(rounds_ram_up_to_a_stage_2_block),
	CASE(places_kernel_tree_and_initrd_one_after_the_other),
	CASE(keeps_the_tree_off_two_mebibyte_borders_whatever_the_kernel),
	CASE(refuses_what_does_not_fit_with_the_numbers), CASE(never_cuts_bootargs),
	CASE(refuses_more_devices_than_slots), CASE(refuses_what_is_not_in_this_build),
	CASE(refuses_what_only_an_x86_guest_has), CASE(has_fw_cfg_where_there_are_items),
	CASE(reports_all_problems_in_one_run),
	CASE(takes_the_cpu_type_of_the_config_then_of_the_host),
	CASE(prints_a_plan_with_lines_of_the_xml), CASE(knows_which_board_runs_a_guest))
