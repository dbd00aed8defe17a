/* SPDX-License-Identifier: Apache-2.0 */
#include "src/board.h"

#include <stdio.h>
#include <string.h>

#include "arch/x86/layout.h"
#include "src/container_of.h"
#include "test/unit/test.h"
#include "test/unit/x86_config.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

static struct arm_fixture f;

/* The plan of a fixture that must have one; for board_plan_destroy(). */
static struct board_plan *good_plan(void)
{
	struct board_plan *plan = arm_fixture_plan(&f);

	for (unsigned int i = 0; i < f.problems.count; i++)
		printf("  %s\n", f.problems.list[i].text);
	CHECK_EQ(f.problems.count, 0);
	CHECK(plan);
	return plan;
}

/* The text of the only problem of one that must have none. */
static const char *only_problem(void)
{
	struct board_plan *plan = arm_fixture_plan(&f);

	CHECK(!plan);
	board_plan_destroy(plan);
	CHECK_EQ(f.problems.count, 1);
	return f.problems.count ? f.problems.list[0].text : "";
}

static uint64_t end_of(const struct plan_range *range)
{
	return range->gpa + range->bytes;
}

TEST(plans_a_microvm_with_all_its_parts)
{
	struct board_plan *plan;

	x86_config_init(&f);
	plan = good_plan();
	if (!plan)
		return;
	CHECK_EQ(plan->arch, CONFIG_ARCH_X86_64);
	CHECK_EQ(plan->ram_count, 1);
	CHECK_EQ(plan->ram[0].gpa, 0);
	CHECK_EQ(plan->ram[0].bytes, MIB(512));
	CHECK_EQ(plan->x86.serial.port, 0x3f8);
	CHECK_EQ(plan->x86.serial.irq, 4);
	CHECK_EQ(plan->uart_irq, 4);
	CHECK_EQ(plan->x86.rtc.port, 0x70);
	CHECK_EQ(plan->x86.i8042.port, 0x60);
	CHECK_EQ(plan->x86.ged.gpa, 0xfea00000);
	CHECK_EQ(plan->x86.pvpanic.port, 0x505);
	CHECK_EQ(plan->x86.fw_cfg.count, 0); /* nobody has anything to ask for */
	CHECK(plan->x86.acpi && plan->x86.pit && plan->x86.pic);
	CHECK(!plan->x86.mp_table && !plan->x86.tree && !plan->x86.split_irqchip);
	CHECK_EQ(plan->kernel.gpa, MIB(16));
	CHECK_EQ(plan->entry_gpa, MIB(16) + 0x200);
	CHECK_STR(plan->bootargs, "console=ttyS0");
	CHECK_STR(plan->cpu_type, "host");
	board_plan_destroy(plan);
}

TEST(ram_leaves_a_hole_below_4_gib)
{
	static const struct {
		uint64_t ram;
		uint64_t low;
		uint64_t high;
	} cases[] = {
		{MIB(2), MIB(2), 0},
		{MIB(3) + 65536, MIB(4), 0},
		{GIB(3), GIB(3), 0},
		{GIB(3) + MIB(2), GIB(3), MIB(2)},
		{GIB(8), GIB(3), GIB(5)},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct board_plan *plan;

		x86_config_init(&f);
		f.files.kernel.load_offset = MIB(1);
		f.files.kernel.memory_bytes = 4096;
		f.config.ram_size_bytes = cases[i].ram;
		plan = good_plan();
		if (!plan)
			continue;
		CHECK_EQ(plan->ram[0].bytes, cases[i].low);
		CHECK_EQ(plan->ram[1].bytes, cases[i].high);
		CHECK_EQ(plan->ram_count, cases[i].high ? 2 : 1);
		if (cases[i].high)
			CHECK_EQ(plan->ram[1].gpa, GIB(4));
		board_plan_destroy(plan);
	}
}

TEST(the_memory_map_covers_ram_and_nothing_twice)
{
	struct board_plan *plan;
	uint64_t ram = 0;

	x86_config_init(&f);
	f.config.ram_size_bytes = GIB(8);
	plan = good_plan();
	if (!plan)
		return;
	for (unsigned int i = 0; i < plan->x86.e820_count; i++) {
		const struct x86_e820 *entry = &plan->x86.e820[i];

		CHECK(entry->bytes);
		if (i)
			CHECK(entry->gpa >= entry[-1].gpa + entry[-1].bytes);
		if (entry->type == 1)
			ram += entry->bytes;
	}
	/* Less what a PC has between 639 KiB and 1 MiB. */
	CHECK_EQ(ram, GIB(8) - (MIB(1) - 0x9fc00));
	board_plan_destroy(plan);
}

TEST(each_isa_part_goes_with_its_switch)
{
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.isa.rtc = f.config.isa.serial = f.config.isa.pit = f.config.isa.pic =
		f.config.isa.acpi = false;
	plan = good_plan();
	if (!plan)
		return;
	CHECK_EQ(plan->x86.rtc.count, 0);
	CHECK_EQ(plan->x86.serial.count, 0);
	CHECK_EQ(plan->uart_irq, 0);
	CHECK(!plan->x86.pit && !plan->x86.pic && plan->x86.split_irqchip);
	CHECK_EQ(plan->x86.ged.bytes, 0);
	CHECK_EQ(plan->x86.pvpanic.count, 0);
	CHECK(plan->x86.mp_table);
	CHECK_STR(plan->bootargs, "console=hvc0");
	board_plan_destroy(plan);
}

TEST(without_acpi_the_command_line_or_the_tree_names_the_devices)
{
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.isa.acpi = false;
	arm_fixture_add_devices(&f, 2);
	plan = good_plan();
	if (!plan)
		return;
	CHECK_STR(plan->bootargs, "console=ttyS0 virtio_mmio.device=512@0xfeb00000:16 "
				  "virtio_mmio.device=512@0xfeb00200:17");
	CHECK(!plan->x86.tree);
	CHECK_EQ(plan->tables.gpa, 0);
	board_plan_destroy(plan);
	f.config.isa.kernel_cmdline = false;
	plan = good_plan();
	if (!plan)
		return;
	CHECK_STR(plan->bootargs, "console=ttyS0");
	CHECK(plan->x86.tree);
	board_plan_destroy(plan);
}

TEST(every_device_has_a_line_of_its_own)
{
	for (unsigned int acpi = 0; acpi < 2; acpi++) {
		struct board_plan *plan;
		uint64_t used = 0;

		x86_config_init(&f);
		f.config.isa.acpi = acpi;
		f.config.isa.kernel_cmdline = false;
		arm_fixture_add_devices(&f, X86_VIRTIO_COUNT_MAX);
		plan = good_plan();
		if (!plan)
			return;
		used |= 1ull << 0 | 1ull << 1 | 1ull << 2 | 1ull << 4 | 1ull << 8;
		used |= acpi ? 1ull << X86_GED_IRQ : 0;
		for (unsigned int i = 0; i < plan->device_count; i++) {
			CHECK(plan->devices[i].irq < 2 * X86_IOAPIC_PINS);
			CHECK(!(used & 1ull << plan->devices[i].irq));
			used |= 1ull << plan->devices[i].irq;
		}
		CHECK_EQ(plan->x86.ioapic_count, 2);
		board_plan_destroy(plan);
	}
}

TEST(eight_devices_need_no_second_ioapic)
{
	struct board_plan *plan;

	x86_config_init(&f);
	arm_fixture_add_devices(&f, 8);
	plan = good_plan();
	if (!plan)
		return;
	CHECK_EQ(plan->x86.ioapic_count, 1);
	CHECK_EQ(plan->devices[7].irq, 23);
	board_plan_destroy(plan);
}

TEST(initrd_and_tree_lie_high_and_overlap_nothing)
{
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.isa.acpi = f.config.isa.kernel_cmdline = false;
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(20) + 123;
	plan = good_plan();
	if (!plan)
		return;
	CHECK(end_of(&plan->initrd) <= MIB(512));
	CHECK_EQ(plan->initrd.gpa % 4096, 0);
	CHECK(end_of(&plan->tables) <= plan->initrd.gpa);
	/* The page before the tree is its header's. */
	CHECK(end_of(&plan->kernel) <= plan->tables.gpa - 4096);
	board_plan_destroy(plan);
}

TEST(an_initrd_keeps_below_the_kernels_limit)
{
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.ram_size_bytes = GIB(3);
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(20);
	f.files.kernel.x86.initrd_end_max = 0x37ffffff;
	plan = good_plan();
	if (!plan)
		return;
	CHECK(end_of(&plan->initrd) <= 0x38000000);
	board_plan_destroy(plan);
}

TEST(a_pvh_entry_takes_no_tree)
{
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.isa.acpi = f.config.isa.kernel_cmdline = false;
	f.files.kernel.x86.entry = X86_ENTRY_PVH;
	plan = good_plan();
	if (!plan)
		return;
	CHECK(!plan->x86.tree && plan->x86.mp_table);
	CHECK_EQ(plan->tables.gpa, 0);
	board_plan_destroy(plan);
}

TEST(where_ram_ends_with_the_kernel_the_others_are_in_front_of_it)
{
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.isa.acpi = false;
	f.config.ram_size_bytes = MIB(50);
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(10) + 1;
	plan = good_plan();
	if (!plan)
		return;
	CHECK(end_of(&plan->kernel) <= MIB(50));
	CHECK(end_of(&plan->initrd) <= plan->kernel.gpa);
	CHECK(end_of(&plan->tables) <= plan->initrd.gpa);
	CHECK(plan->tables.gpa - 4096 >= MIB(1));
	board_plan_destroy(plan);
}

TEST(a_firmware_starts_at_the_reset_vector)
{
	static char path[] = "bios.bin";
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.firmware = (struct config_rom){path, {"vm.xml", 6}};
	f.files.firmware_bytes = 0x20000;
	plan = good_plan();
	if (!plan)
		return;
	CHECK_EQ(plan->entry_gpa, 0xfffffff0);
	CHECK_EQ(end_of(&plan->firmware), GIB(4));
	CHECK(plan->x86.fw_cfg.count);
	CHECK(!plan->x86.mp_table && !plan->x86.tree);
	/* It loads the kernel itself, and is offered the tree. */
	CHECK_EQ(plan->kernel.bytes, 0);
	CHECK(plan->tables.bytes && !plan->tables.gpa);
	board_plan_destroy(plan);
	/* What is no bzImage it expects in RAM. */
	f.files.kernel.x86.header_bytes = 0;
	f.files.kernel.x86.entry = X86_ENTRY_PVH;
	plan = good_plan();
	if (!plan)
		return;
	CHECK_EQ(plan->kernel.gpa, f.files.kernel.load_offset);
	CHECK_EQ(plan->kernel.bytes, f.files.kernel.memory_bytes);
	CHECK_EQ(plan->entry_gpa, 0xfffffff0);
	board_plan_destroy(plan);
}

TEST(a_firmware_has_room_of_its_own)
{
	static char path[] = "bios.bin";
	struct board_plan *plan;

	x86_config_init(&f);
	f.config.firmware = (struct config_rom){path, {"vm.xml", 6}};
	f.config.ram_size_bytes = MIB(48);
	CHECK_HAS(only_problem(), "need 51200 KiB: write ram_size=\"50M\" or more");
	f.problems.count = 0;
	f.config.ram_size_bytes = MIB(50);
	plan = good_plan();
	board_plan_destroy(plan);
	f.config.ram_size_bytes = GIB(1);
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(1);
	f.files.kernel.x86.initrd_end_max = MIB(48);
	CHECK_HAS(only_problem(), "would end at 0x3100000");
	f.problems.count = 0;
	/* Without a kernel it may have all of the RAM. */
	f.config.initrd_count = 0;
	f.files.initrd_bytes = 0;
	f.files.kernel = (struct kernel_image){.arch = CONFIG_ARCH_X86_64};
	f.config.ram_size_bytes = MIB(2);
	plan = good_plan();
	board_plan_destroy(plan);
}

struct mistake {
	void (*make)(void);
	const char *text;
};

static void arm_host(void)
{
	host_caps_assume(&f.caps, CONFIG_ARCH_ARM64);
}

static void many_cpus(void)
{
	f.config.cpu_count = 256;
}

static void arm_cpu(void)
{
	static char type[] = "arm,cortex-a53";

	f.config.cpu_type = type;
}

static void level_3(void)
{
	static char type[] = "x86-64-v3";

	f.config.cpu_type = type;
	f.caps.x86_level = 2;
}

static void small_ram(void)
{
	f.config.ram_size_bytes = MIB(32);
}

static void large_initrd(void)
{
	f.config.initrd_count = 1;
	f.files.initrd_bytes = GIB(1);
}

static void high_initrd(void)
{
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(20);
	f.files.kernel.x86.initrd_end_max = 0x2ffffff;
}

/* More RAM would lie where no initrd may be, whatever the kernel says. */
static void initrd_beyond_the_hole(void)
{
	f.config.initrd_count = 1;
	f.files.initrd_bytes = GIB(3);
	f.files.kernel.x86.initrd_end_max = 0;
	f.config.ram_size_bytes = GIB(8);
}

static void firmwares_initrd_beyond_the_hole(void)
{
	f.config.firmware.path = (char[]){"bios.bin"};
	initrd_beyond_the_hole();
}

static void large_ram(void)
{
	f.caps.ipa_bits = 36;
	f.config.ram_size_bytes = GIB(64);
}

static void many_devices(void)
{
	arm_fixture_add_devices(&f, 25);
}

static void many_named_devices(void)
{
	f.config.isa.acpi = false;
	arm_fixture_add_devices(&f, 19);
}

static void long_bootargs(void)
{
	static char text[301];

	memset(text, 'a', sizeof(text) - 1);
	f.config.bootargs = text;
	f.files.kernel.x86.bootargs_max = 255;
}

static void no_split(void)
{
	f.config.isa.pic = f.config.isa.pit = false;
	f.caps.split_irqchip = false;
}

TEST(each_mistake_has_one_line_with_the_way_out)
{
	static const struct mistake mistakes[] = {
		{arm_host, "needs an x86-64 host"},
		{many_cpus, "cpu_count is 256, this host allows 1 to 255"},
		{arm_cpu, "cpu_type is 'arm,cortex-a53', an x86_64 guest's is host, "
			  "x86-64-v2 or x86-64-v3"},
		{level_3, "cpu_type is x86-64-v3, the stated host's CPU reaches "
			  "x86-64-v2"},
		{small_ram, "write ram_size=\"48M\" or more"},
		{large_initrd, "write ram_size=\"1072M\" or more"},
		{high_initrd, "this kernel takes one below 0x2ffffff"},
		{initrd_beyond_the_hole, "this kernel takes one below 0xc0000000"},
		{firmwares_initrd_beyond_the_hole,
			"this kernel takes one below 0xc0000000"},
		{large_ram, "36 address bits allow 1 to 64512 MiB"},
		{many_devices,
			"virtio_device number 25: there are interrupt lines for 24 "
			"of 25"},
		{many_named_devices, "with <isa acpi=\"yes\"/> for 24"},
		{long_bootargs, "bootargs has 300 characters, this kernel takes 255"},
		{no_split, "has no local APICs without a PIC"},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(mistakes); i++) {
		x86_config_init(&f);
		mistakes[i].make();
		CHECK_HAS(only_problem(), mistakes[i].text);
	}
}

TEST(devices_that_nothing_tells_of_are_noted)
{
	static const struct {
		bool acpi, kernel_cmdline;
		enum x86_entry entry;
		unsigned int devices, memories, notes;
	} cases[] = {
		{false, false, X86_ENTRY_PVH, 1, 0, 1},
		{false, false, X86_ENTRY_PVH, 0, 0, 0},
		{false, false, X86_ENTRY_LONG, 1, 1, 0}, /* finds the tree */
		{false, true, X86_ENTRY_PVH, 1, 0, 0},
		{false, true, X86_ENTRY_LONG, 1, 1, 1},
		{true, false, X86_ENTRY_PVH, 1, 1, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct board_plan *plan;

		x86_config_init(&f);
		arm_fixture_add_devices(&f, cases[i].devices);
		f.config.isa.acpi = cases[i].acpi;
		f.config.isa.kernel_cmdline = cases[i].kernel_cmdline;
		f.files.kernel.x86.entry = cases[i].entry;
		f.config.shared_memory_count = cases[i].memories;
		f.config.shared_memories[0].bytes = MIB(2);
		plan = good_plan();
		if (!plan)
			continue;
		CHECK_EQ(plan->note_count, cases[i].notes);
		if (plan->note_count)
			CHECK_HAS(plan->notes[0].text, "nothing tells");
		board_plan_destroy(plan);
	}
}

TEST(an_overlay_of_a_tree_that_nobody_gets_is_noted)
{
	for (unsigned int named = 0; named < 2; named++) {
		struct board_plan *plan;

		x86_config_init(&f);
		f.config.isa.acpi = false;
		f.config.isa.kernel_cmdline = named;
		f.config.dtb_overlay.path = (char[]){"overlay.dtbo"};
		plan = good_plan();
		if (!plan)
			return;
		CHECK_EQ(plan->note_count, named);
		if (named)
			CHECK_HAS(plan->notes[0].text,
				"dtb_overlay_rom changes the device");
		board_plan_destroy(plan);
	}
}

TEST_MAIN(CASE(devices_that_nothing_tells_of_are_noted),
	CASE(an_overlay_of_a_tree_that_nobody_gets_is_noted),
	CASE(plans_a_microvm_with_all_its_parts), CASE(ram_leaves_a_hole_below_4_gib),
	CASE(the_memory_map_covers_ram_and_nothing_twice),
	CASE(each_isa_part_goes_with_its_switch),
	CASE(without_acpi_the_command_line_or_the_tree_names_the_devices),
	CASE(every_device_has_a_line_of_its_own),
	CASE(eight_devices_need_no_second_ioapic),
	CASE(initrd_and_tree_lie_high_and_overlap_nothing),
	CASE(an_initrd_keeps_below_the_kernels_limit), CASE(a_pvh_entry_takes_no_tree),
	CASE(where_ram_ends_with_the_kernel_the_others_are_in_front_of_it),
	CASE(a_firmware_starts_at_the_reset_vector), CASE(a_firmware_has_room_of_its_own),
	CASE(each_mistake_has_one_line_with_the_way_out))
