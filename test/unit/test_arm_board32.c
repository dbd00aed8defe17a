/* SPDX-License-Identifier: Apache-2.0 */
/* What the ARM board's planner and tree do otherwise for a 32-bit guest. */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/arm/layout.h"
#include "src/board.h"
#include "src/container_of.h"
#include "test/unit/arm_fixture.h"
#include "test/unit/test.h"

#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)

static struct arm_fixture f;

/* A zImage of 5 MiB that unpacks to 21 MiB, and a host with every address bit. */
static void begin(void)
{
	arm_fixture_init(&f);
	f.caps.ipa_bits = 48;
	f.files.kernel = (struct kernel_image){
		.arch = CONFIG_ARCH_ARMV7,
		.format = "ARM zImage",
		.file_bytes = MIB(5),
		.memory_bytes = MIB(5) + 0x30000,
		.load_offset = MIB(22),
		.load_align_bytes = MIB(2),
		.unpack_bytes = MIB(21),
		.segment_count = 1,
		.segments = {{.file_bytes = MIB(5)}},
	};
}

/* The plan that must come about; its notes are the test's business. */
static struct board_plan *sound_plan(void)
{
	struct board_plan *plan = arm_fixture_plan(&f);

	CHECK(plan);
	for (unsigned int i = 0; i < f.problems.count; i++)
		printf("  %s\n", f.problems.list[i].text);
	if (!plan)
		exit(1);
	return plan;
}

static const struct error *only_problem(void)
{
	static const struct error none;
	struct board_plan *plan = arm_fixture_plan(&f);

	CHECK(!plan);
	board_plan_destroy(plan);
	CHECK_EQ(f.problems.count, 1);
	return f.problems.count ? &f.problems.list[0] : &none;
}

TEST(a_zimage_is_a_32_bit_guest_with_a_cortex_a15)
{
	struct board_plan *plan;

	begin();
	snprintf(f.caps.cpu_compatible, sizeof(f.caps.cpu_compatible), "arm,cortex-a72");
	plan = sound_plan();
	CHECK_EQ(plan->arch, CONFIG_ARCH_ARMV7);
	CHECK_STR(plan->cpu_type, "arm,cortex-a15");
	CHECK_EQ(plan->steal_time.bytes, 0);
	CHECK_EQ(plan->note_count, 0);
	board_plan_destroy(plan);
}

TEST(nothing_lies_where_the_kernel_unpacks_itself_to)
{
	struct board_plan *plan;

	begin();
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(9);
	plan = sound_plan();
	CHECK_EQ(plan->unpacked.gpa, 0x40000000);
	CHECK_EQ(plan->unpacked.bytes, MIB(21));
	CHECK_EQ(plan->kernel.gpa, 0x40000000 + MIB(22));
	CHECK_EQ(plan->entry_gpa, plan->kernel.gpa);
	CHECK(plan->tables.gpa >= plan->kernel.gpa + plan->kernel.bytes);
	CHECK(plan->initrd.gpa >= plan->tables.gpa + plan->tables.bytes);
	board_plan_destroy(plan);
}

TEST(refuses_a_kernel_of_the_other_width)
{
	begin();
	f.config.arch = CONFIG_ARCH_ARM64;
	CHECK_STR(only_problem()->text,
		"kernel_rom is an ARM zImage, arch is arm64: take an arm64 Image, or "
		"leave arch out for a 32-bit guest");
	CHECK_EQ(f.problems.list[0].pos.line, 2);
	arm_fixture_init(&f);
	f.config.arch = CONFIG_ARCH_ARMV7;
	CHECK_STR(only_problem()->text,
		"kernel_rom is an arm64 Image, arch is armv7: take an ARM zImage, or "
		"leave arch out for a 64-bit guest");
	CHECK_EQ(f.problems.list[0].pos.line, 2);
}

TEST(refuses_a_host_that_cannot_run_it)
{
	begin();
	f.caps.aarch32_el1 = false;
	CHECK_STR(only_problem()->text,
		"the stated host's CPU has no 32-bit kernel mode: an armv7 guest needs "
		"one that has, such as a Cortex-A53, A57 or A72");
	f.caps.stated = false;
	snprintf(f.caps.cpu_compatible, sizeof(f.caps.cpu_compatible), "arm,neoverse-n1");
	CHECK_HAS(
		only_problem()->text, "this host's CPU (arm,neoverse-n1) has no 32-bit");
	CHECK_EQ(f.problems.list[0].pos.line, 1);
	begin();
	f.caps.arch = CONFIG_ARCH_X86_64;
	CHECK_HAS(only_problem()->text, "an armv7 guest needs an arm64 or armv7 host");
}

TEST(a_32_bit_host_numbers_its_cpus_in_fours)
{
	static const uint64_t ids[] = {0, 1, 2, 3, 0x100, 0x101, 0x102, 0x103};
	struct board_plan *plan;

	begin();
	host_caps_assume(&f.caps, CONFIG_ARCH_ARMV7);
	f.config.cpu_count = 8;
	plan = sound_plan();
	for (unsigned int i = 0; i < 8; i++)
		CHECK_EQ(plan->cpu_ids[i], ids[i]);
	CHECK(!plan->pmu);
	board_plan_destroy(plan);
}

TEST(limits_ram_to_40_bits_and_notes_what_needs_lpae)
{
	static const struct {
		uint64_t bytes;
		unsigned int notes;
	} table[] = {{GIB(3), 0}, {GIB(3) + MIB(2), 1}, {GIB(1023), 1}};
	struct board_plan *plan;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		begin();
		f.config.ram_size_bytes = table[i].bytes;
		plan = sound_plan();
		CHECK_EQ(plan->note_count, table[i].notes);
		if (plan->note_count)
			CHECK_HAS(plan->notes[0].text,
				"a kernel without LPAE uses the first 3072 MiB");
		if (plan->note_count)
			CHECK_EQ(plan->notes[0].pos.line, 3);
		board_plan_destroy(plan);
	}
	f.config.ram_size_bytes = GIB(1023) + 1;
	CHECK_STR(only_problem()->text,
		"ram_size is 1047552 MiB, a 32-bit guest's 40 address bits allow 1 to "
		"1047552 MiB");
	f.caps.ipa_bits = 36;
	f.config.ram_size_bytes = GIB(63) + MIB(1);
	CHECK_HAS(
		only_problem()->text, "the host's 36 address bits allow 1 to 64512 MiB");
	begin();
	f.config.gic = CONFIG_GIC_V3;
	f.config.cpu_count = 124;
	f.config.ram_size_bytes = GIB(1023);
	CHECK_HAS(only_problem()->text, "a 32-bit guest's 40 address bits leave no room");
}

TEST(keeps_the_initrd_where_a_32_bit_kernel_sees_it)
{
	struct board_plan *plan;

	begin();
	f.config.ram_size_bytes = GIB(2);
	f.config.initrd_count = 1;
	f.files.initrd_bytes = MIB(700);
	plan = sound_plan();
	CHECK(plan->initrd.gpa + plan->initrd.bytes <= 0x40000000 + MIB(760));
	board_plan_destroy(plan);
	f.files.initrd_bytes = MIB(740);
	CHECK_HAS(only_problem()->text, "it must lie below 0x6f800000");
	CHECK_EQ(f.problems.list[0].pos.line, 4);
}

TEST(counts_the_unpacked_kernel_into_what_ram_must_hold)
{
	begin();
	f.config.ram_size_bytes = MIB(24);
	CHECK_HAS(only_problem()->text,
		"ram_size is 24576 KiB, the kernel (26816 KiB with its own data)");
}

TEST(never_cuts_bootargs)
{
	char bootargs[ARM32_BOOTARGS_BYTES + 1];

	begin();
	f.config.bootargs = bootargs;
	memset(bootargs, 'x', sizeof(bootargs));
	bootargs[1023] = 0;
	board_plan_destroy(sound_plan());
	bootargs[1023] = 'x';
	bootargs[1024] = 0;
	CHECK_STR(only_problem()->text,
		"bootargs has 1024 characters, an armv7 Linux takes 1023");
}

TEST(tells_of_what_was_appended_to_the_kernel)
{
	struct board_plan *plan;
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	begin();
	f.files.kernel.appended_bytes = 21345;
	plan = sound_plan();
	CHECK_EQ(plan->note_count, 1);
	CHECK_EQ(plan->notes[0].pos.line, 2);
	CHECK_EQ(board_plan_print(plan, out), 0);
	fclose(out);
	CHECK_HAS(text,
		"\nnotes\n  vm.xml:2: kernel_rom has 21345 bytes behind the end of "
		"its ARM zImage, which are left out");
	CHECK_HAS(text, "unpacked kernel");
	free(text);
	board_plan_destroy(plan);
}

TEST(more_notes_than_room_are_dropped)
{
	struct board_plan *plan;

	begin();
	plan = sound_plan();
	for (unsigned int i = 0; i < 2 * PLAN_NOTES_MAX; i++)
		board_plan_note(plan, &f.config.pos, "note %u", i);
	CHECK_EQ(plan->note_count, PLAN_NOTES_MAX);
	CHECK_STR(plan->notes[PLAN_NOTES_MAX - 1].text, "note 3");
	board_plan_destroy(plan);
}

/* A string of the tree; "" where it is not there. */
static const char *property(const void *tree, const char *path, const char *name)
{
	const char *value = fdt_getprop(tree, fdt_path_offset(tree, path), name, NULL);

	return value ? value : "";
}

static uint32_t number(const void *tree, const char *path, const char *name)
{
	int bytes = 0;
	const fdt32_t *value =
		fdt_getprop(tree, fdt_path_offset(tree, path), name, &bytes);

	CHECK_EQ(bytes, 4);
	return value && bytes == 4 ? fdt32_ld(value) : 0;
}

TEST(its_tree_is_that_of_an_armv7_machine)
{
	static _Alignas(8) uint8_t tree[0x10000];
	struct board_plan *plan;
	size_t bytes;

	begin();
	f.config.cpu_count = 2;
	plan = sound_plan();
	CHECK_EQ(arm_board.write_tables(
			 plan, NULL, NULL, 0, tree, sizeof(tree), &bytes, NULL),
		0);
	CHECK_STR(property(tree, "/cpus/cpu@1", "compatible"), "arm,cortex-a15");
	CHECK_STR(property(tree, "/cpus/cpu@1", "enable-method"), "psci");
	CHECK_STR(property(tree, "/timer", "compatible"), "arm,armv7-timer");
	CHECK_STR(property(tree, "/psci", "compatible"), "arm,psci-0.2");
	CHECK_STR(property(tree, "/psci", "method"), "hvc");
	CHECK_EQ(number(tree, "/psci", "cpu_suspend"), 0x84000001);
	CHECK_EQ(number(tree, "/psci", "cpu_off"), 0x84000002);
	CHECK_EQ(number(tree, "/psci", "cpu_on"), 0x84000003);
	CHECK_EQ(number(tree, "/psci", "migrate"), 0x84000005);
	CHECK_EQ(number(tree, "/", "#address-cells"), 2);
	CHECK_EQ(number(tree, "/", "#size-cells"), 2);
	board_plan_destroy(plan);
}

TEST_MAIN(CASE(a_zimage_is_a_32_bit_guest_with_a_cortex_a15),
	CASE(nothing_lies_where_the_kernel_unpacks_itself_to),
	CASE(refuses_a_kernel_of_the_other_width),
	CASE(refuses_a_host_that_cannot_run_it),
	CASE(a_32_bit_host_numbers_its_cpus_in_fours),
	CASE(limits_ram_to_40_bits_and_notes_what_needs_lpae),
	CASE(keeps_the_initrd_where_a_32_bit_kernel_sees_it),
	CASE(counts_the_unpacked_kernel_into_what_ram_must_hold),
	CASE(never_cuts_bootargs), CASE(tells_of_what_was_appended_to_the_kernel),
	CASE(more_notes_than_room_are_dropped),
	CASE(its_tree_is_that_of_an_armv7_machine))
