/* SPDX-License-Identifier: Apache-2.0 */
/* Over real files and the ARM board. */
#include "src/boot.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/guest_mem.h"
#include "test/unit/arm_fixture.h"
#include "test/unit/pack.h"
#include "test/unit/test.h"

#define IMAGE_FILE_BYTES (300u << 10)
#define IMAGE_MEMORY_BYTES (1u << 20)
#define RAM_BYTES (8ull << 20)

static struct arm_fixture f;
static char dir[] = "/tmp/bonsai-boot-XXXXXX";
static char kernel[64];
static char initrd[2][64];
static struct config_rom initrds[2];
static uint8_t image[IMAGE_FILE_BYTES];

static void write_file(const char *path, const void *bytes, size_t count)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, bytes, count), count);
	close(fd);
}

static void write_gzip(void)
{
	static uint8_t packed[PACK_ROOM(IMAGE_FILE_BYTES)];

	write_file(kernel, packed, pack_gzip(packed, image, sizeof(image)));
}

/* A kernel and two archives of 5 and 3 bytes in a folder of their own. */
static void begin(void)
{
	uint64_t memory_bytes = htole64(IMAGE_MEMORY_BYTES);

	snprintf(dir, sizeof(dir), "/tmp/bonsai-boot-XXXXXX");
	CHECK(mkdtemp(dir));
	snprintf(kernel, sizeof(kernel), "%s/Image", dir);
	memset(image, 0, 64);
	for (unsigned int i = 64; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7);
	memcpy(image + 16, &memory_bytes, sizeof(memory_bytes));
	memcpy(image + 56, "ARM\x64", 4);
	write_file(kernel, image, sizeof(image));
	arm_fixture_init(&f);
	f.config.kernel.path = kernel;
	f.config.ram_size_bytes = RAM_BYTES;
	f.config.initrds = initrds;
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(initrd[i], sizeof(initrd[i]), "%s/initrd%u", dir, i);
		initrds[i] = (struct config_rom){initrd[i], {"vm.xml", 5 + (int)i}};
		write_file(initrd[i], i ? "\1\2\3" : "\4\5\6\7\10", i ? 3 : 5);
	}
}

static void end(void)
{
	unlink(kernel);
	unlink(initrd[0]);
	unlink(initrd[1]);
	CHECK_EQ(rmdir(dir), 0);
}

static struct board_plan *plan_from_files(void)
{
	struct board_plan *plan = NULL;

	f.problems.count = 0;
	boot_plan(&f.config, &f.caps, &plan, &f.problems);
	for (unsigned int i = 0; i < f.problems.count; i++)
		printf("  %s\n", f.problems.list[i].text);
	return plan;
}

/* Boots into RAM and looks at every byte that must be there. */
static void check_load(void)
{
	struct board_plan *plan = plan_from_files();
	struct guest_mem mem = {0};
	struct error err = {.text = ""};
	const uint8_t *at;

	CHECK(plan);
	if (!plan)
		return;
	CHECK_EQ(plan->kernel.bytes, IMAGE_MEMORY_BYTES);
	CHECK_EQ(guest_mem_add(&mem, plan->ram[0].gpa, plan->ram[0].bytes, NULL), 0);
	CHECK_EQ(boot_load(plan, &mem, &err), 0);
	CHECK_STR(err.text, "");
	at = guest_mem_range(&mem, plan->kernel.gpa, plan->kernel.bytes);
	CHECK_EQ(memcmp(at, image, sizeof(image)), 0);
	CHECK_EQ(at[sizeof(image)], 0);
	at = guest_mem_range(&mem, plan->initrd.gpa, plan->initrd.bytes);
	CHECK(at && memcmp(at, "\4\5\6\7\10\0\0\0\1\2\3\0", 12) == 0);
	CHECK_EQ(plan->initrd.bytes, 12);
	at = guest_mem_range(&mem, plan->tables.gpa, plan->tables.bytes);
	CHECK_EQ(fdt_check_full(at, (size_t)plan->tables.bytes), 0);
	CHECK(fdt_getprop(at, fdt_path_offset(at, "/chosen"), "rng-seed", NULL));
	guest_mem_finish(&mem);
	board_plan_destroy(plan);
}

TEST(loads_kernel_initrds_and_tree)
{
	begin();
	f.config.initrd_count = 2;
	check_load();
	f.config.memory.image = CONFIG_IMAGE_MAP;
	check_load();
	f.config.memory.image = CONFIG_IMAGE_READ;
	write_gzip();
	check_load();
	end();
}

TEST(each_boot_has_its_own_seed)
{
	struct board_plan *plan;
	struct guest_mem mem = {0};
	uint8_t first[64] = {0};
	const uint8_t *seed;
	const void *tree;

	begin();
	plan = plan_from_files();
	CHECK(plan);
	if (!plan)
		return;
	CHECK_EQ(guest_mem_add(&mem, plan->ram[0].gpa, plan->ram[0].bytes, NULL), 0);
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_EQ(guest_mem_clear(&mem), 0);
		CHECK_EQ(boot_load(plan, &mem, NULL), 0);
		tree = guest_mem_range(&mem, plan->tables.gpa, plan->tables.bytes);
		seed = fdt_getprop(
			tree, fdt_path_offset(tree, "/chosen"), "rng-seed", NULL);
		CHECK(seed && memcmp(seed, first, sizeof(first)) != 0);
		if (seed)
			memcpy(first, seed, sizeof(first));
	}
	guest_mem_finish(&mem);
	board_plan_destroy(plan);
	end();
}

TEST(refuses_each_wrong_file_with_one_line)
{
	struct board_plan *plan;
	char overlay[64];

	begin();
	snprintf(overlay, sizeof(overlay), "%s", initrd[0]);
	write_file(kernel, "just a note\n", 12);
	write_file(initrd[0], "another note\n", 13);
	write_file(initrd[1], "", 0);
	f.config.initrd_count = 2;
	f.config.dtb_overlay = (struct config_rom){overlay, {"vm.xml", 9}};
	plan = plan_from_files();
	CHECK(!plan);
	CHECK_EQ(f.problems.count, 4);
	CHECK_HAS(f.problems.list[0].text, "kernel_rom \"");
	CHECK_HAS(f.problems.list[0].text,
		"is a text file: an arm64 Image or ARM zImage is needed");
	CHECK_EQ(f.problems.list[0].pos.line, 2);
	CHECK_HAS(f.problems.list[1].text, "is a text file, no initramfs");
	CHECK_EQ(f.problems.list[1].pos.line, 5);
	CHECK_HAS(f.problems.list[2].text, "is empty");
	CHECK_EQ(f.problems.list[2].pos.line, 6);
	CHECK_HAS(f.problems.list[3].text, "is no compiled device tree overlay");
	CHECK_EQ(f.problems.list[3].pos.line, 9);
	end();
}

TEST(refuses_a_kernel_larger_than_ram_packed_or_not)
{
	uint64_t memory_bytes = htole64(64u << 20);

	begin();
	memcpy(image + 16, &memory_bytes, sizeof(memory_bytes));
	write_file(kernel, image, sizeof(image));
	CHECK(!plan_from_files());
	CHECK_EQ(f.problems.count, 1);
	CHECK_HAS(f.problems.list[0].text, "ram_size is 8192 KiB, the kernel (65536 KiB");
	write_gzip();
	CHECK(!plan_from_files());
	CHECK_EQ(f.problems.count, 1);
	end();
}

TEST(refuses_a_truncated_packed_kernel_before_it_runs)
{
	static const off_t cuts[] = {20, 1000, 1500};

	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(cuts); i++) {
		write_gzip();
		CHECK_EQ(truncate(kernel, cuts[i]), 0);
		CHECK(!plan_from_files());
		CHECK_EQ(f.problems.count, 1);
		CHECK_HAS(f.problems.list[0].text, "is truncated");
	}
	end();
}

TEST(a_packed_kernel_cannot_be_mapped)
{
	begin();
	write_gzip();
	f.config.memory.image = CONFIG_IMAGE_MAP;
	CHECK(!plan_from_files());
	CHECK_EQ(f.problems.count, 1);
	CHECK_HAS(f.problems.list[0].text, "is gzip-compressed and cannot be mapped");
	end();
}

TEST(a_file_that_grew_since_the_plan_is_refused_at_load)
{
	struct board_plan *plan;
	struct guest_mem mem = {0};
	struct error err;

	begin();
	f.config.initrd_count = 2;
	plan = plan_from_files();
	CHECK(plan);
	if (!plan)
		return;
	CHECK_EQ(guest_mem_add(&mem, plan->ram[0].gpa, plan->ram[0].bytes, NULL), 0);
	CHECK_EQ(truncate(initrd[1], 100), 0);
	CHECK_EQ(boot_load(plan, &mem, &err), -EFBIG);
	CHECK_HAS(err.text, "initrd_rom");
	CHECK_EQ(truncate(kernel, 2 * IMAGE_MEMORY_BYTES), 0);
	CHECK_EQ(boot_load(plan, &mem, &err), -EFBIG);
	CHECK_HAS(err.text, "kernel_rom");
	unlink(kernel);
	CHECK_EQ(boot_load(plan, &mem, &err), -ENOENT);
	guest_mem_finish(&mem);
	board_plan_destroy(plan);
	end();
}

static void put32(size_t offset, uint32_t value)
{
	value = htole32(value);
	memcpy(image + offset, &value, sizeof(value));
}

/* A zImage of so many bytes that unpacks to 64 KiB; the rest of the file is appended. */
static void make_zimage(uint32_t bytes, uint32_t table)
{
	memset(image, 0xa5, sizeof(image));
	put32(0x24, 0x016f2818);
	put32(0x28, 0);
	put32(0x2c, bytes);
	put32(0x30, 0x04030201);
	put32(0x34, 0x45454545);
	put32(0x38, table);
	put32(table, 5);
	put32(table + 4, 0x5a534c4b);
	put32(table + 8, table + 24);
	put32(table + 12, 0x2000);
	put32(table + 16, 0x8000);
	put32(table + 24, 0x6000);
	memcpy(image + bytes, "\xd0\x0d\xfe\xed", 4);
}

static void check_zimage(void)
{
	struct board_plan *plan = plan_from_files();
	struct guest_mem mem = {0};
	struct error err = {.text = ""};
	const uint8_t *at;

	CHECK(plan);
	if (!plan)
		return;
	CHECK_EQ(plan->arch, CONFIG_ARCH_ARMV7);
	CHECK_EQ(plan->unpacked.bytes, 0x10000);
	CHECK_EQ(plan->note_count, 1);
	CHECK_EQ(guest_mem_add(&mem, plan->ram[0].gpa, plan->ram[0].bytes, NULL), 0);
	CHECK_EQ(boot_load(plan, &mem, &err), 0);
	CHECK_STR(err.text, "");
	at = guest_mem_range(&mem, plan->kernel.gpa, plan->kernel.bytes);
	CHECK_EQ(memcmp(at, image, 200001), 0);
	for (unsigned int i = 200001; i < 210000; i++)
		CHECK_EQ(at[i], 0);
	guest_mem_finish(&mem);
	board_plan_destroy(plan);
}

TEST(a_zimage_loads_without_what_was_appended)
{
	begin();
	make_zimage(200001, 0x12340); /* as with real ones, beyond the first bytes */
	write_file(kernel, image, sizeof(image));
	check_zimage();
	f.config.memory.image = CONFIG_IMAGE_MAP;
	check_zimage();
	f.config.memory.image = CONFIG_IMAGE_READ;
	write_gzip();
	check_zimage();
	end();
}

TEST(a_zimage_with_its_table_behind_its_end_is_refused)
{
	begin();
	make_zimage(200001, 0x12340);
	put32(0x38, sizeof(image) - 8);
	write_file(kernel, image, sizeof(image));
	CHECK(!plan_from_files());
	CHECK_EQ(f.problems.count, 1);
	CHECK_HAS(f.problems.list[0].text, "kernel_rom \"");
	end();
}

TEST(the_kernel_tells_whose_guest_it_is)
{
	enum config_arch arch = CONFIG_ARCH_AUTO;

	begin();
	CHECK_EQ(boot_arch(&f.config, CONFIG_ARCH_X86_64, &arch), 0);
	CHECK_EQ(arch, CONFIG_ARCH_ARM64);
	write_gzip();
	CHECK_EQ(boot_arch(&f.config, CONFIG_ARCH_ARM64, &arch), 0);
	CHECK_EQ(arch, CONFIG_ARCH_ARM64);
	f.config.arch = CONFIG_ARCH_ARMV7;
	CHECK_EQ(boot_arch(&f.config, CONFIG_ARCH_ARM64, &arch), 0);
	CHECK_EQ(arch, CONFIG_ARCH_ARMV7);
	f.config.arch = CONFIG_ARCH_AUTO;
	make_zimage(200001, 0x12340);
	write_gzip();
	CHECK_EQ(boot_arch(&f.config, CONFIG_ARCH_X86_64, &arch), 0);
	CHECK_EQ(arch, CONFIG_ARCH_ARMV7);
	write_file(kernel, "just a note\n", 12);
	CHECK_EQ(boot_arch(&f.config, CONFIG_ARCH_ARM64, &arch), -ENOEXEC);
	unlink(kernel);
	CHECK_EQ(boot_arch(&f.config, CONFIG_ARCH_ARM64, &arch), -ENOEXEC);
	end();
}

/* Its planner is there even where this host's is not. */
TEST(a_kernel_of_another_arch_chooses_its_board)
{
	begin();
	f.caps.arch = CONFIG_ARCH_X86_64;
	CHECK(!plan_from_files());
	CHECK_EQ(f.problems.count, 1);
	CHECK_HAS(f.problems.list[0].text, "an arm64 guest needs an arm64 host");
	end();
}

TEST(an_arch_without_a_board_is_a_problem)
{
	begin();
	f.config.arch = (enum config_arch)99;
	CHECK(!plan_from_files());
	CHECK_EQ(f.problems.count, 1);
	CHECK_HAS(f.problems.list[0].text, "no board for the guest's arch");
	end();
}

TEST_MAIN(CASE(loads_kernel_initrds_and_tree), CASE(each_boot_has_its_own_seed),
	CASE(refuses_each_wrong_file_with_one_line),
	CASE(refuses_a_kernel_larger_than_ram_packed_or_not),
	CASE(refuses_a_truncated_packed_kernel_before_it_runs),
	CASE(a_packed_kernel_cannot_be_mapped),
	CASE(a_file_that_grew_since_the_plan_is_refused_at_load),
	CASE(a_zimage_loads_without_what_was_appended),
	CASE(a_zimage_with_its_table_behind_its_end_is_refused),
	CASE(the_kernel_tells_whose_guest_it_is),
	CASE(a_kernel_of_another_arch_chooses_its_board),
	CASE(an_arch_without_a_board_is_a_problem))
