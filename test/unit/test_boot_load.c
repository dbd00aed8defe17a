/* SPDX-License-Identifier: Apache-2.0 */
/* Over real files, plans made by hand and a board of the test's own. */
#include "src/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/board.h"
#include "src/container_of.h"
#include "src/guest_mem.h"
#include "src/unpack.h"
#include "test/unit/pack.h"
#include "test/unit/test.h"

#define FILE_BYTES (200u << 10)
#define RAM_BYTES (4ull << 20)
#define KERNEL_GPA 0x100000ull

static char dir[] = "/tmp/bonsai-load-XXXXXX";
static char kernel[64];
static char firmware[64];
static uint8_t content[FILE_BYTES];
static uint8_t packed[PACK_ROOM(FILE_BYTES)];
static struct vm_config config;
static struct board_plan plan;
static struct guest_mem mem;
static unsigned int loads;
static size_t loaded_tree_bytes;

/* A segment in the middle of the file, one mid-page, one of its last bytes. */
static const struct kernel_segment segments[] = {
	{0x1000, 0x3000, 0},
	{0x5080, 0x2100, 0x8080},
	{FILE_BYTES - 0x1000, 0x1000, 0x20000},
};

static int read_kernel(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err)
{
	if (head_bytes < 1 || head[0] != content[0])
		return error_set(err, -ENOEXEC, pos, "is not the test's kernel");
	if (file_bytes && file_bytes < FILE_BYTES)
		return error_set(err, -EBADMSG, pos, "is truncated for the test");
	*ret = (struct kernel_image){.arch = CONFIG_ARCH_X86_64,
		.file_bytes = file_bytes,
		.memory_bytes = 0x22000,
		.load_offset = KERNEL_GPA,
		.segment_count = ARRAY_SIZE(segments)};
	memcpy(ret->segments, segments, sizeof(segments));
	return 0;
}

static int write_tables(const struct board_plan *of, const struct boot_seed *seed,
	const void *overlay, size_t overlay_bytes, void *buf, size_t room,
	size_t *ret_bytes, struct error *err)
{
	memset(buf, 0x77, 40);
	*ret_bytes = 40;
	return 0;
}

static int load(const struct board_plan *of, const struct guest_mem *into,
	size_t tree_bytes, const struct boot_seed *seed, struct error *err)
{
	loads++;
	loaded_tree_bytes = tree_bytes;
	return 0;
}

static const struct board board = {
	.name = "test",
	.firmware_step_bytes = 64 << 10,
	.firmware_bytes_max = 128 << 10,
	.read_kernel = read_kernel,
	.write_tables = write_tables,
	.load = load,
};

static void write_file(const char *path, const void *bytes, size_t count)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, bytes, count), count);
	close(fd);
}

static const enum unpack_kind kinds[] = {UNPACK_NONE, UNPACK_GZIP, UNPACK_ZSTD};

static void write_kernel(enum unpack_kind kind, size_t bytes)
{
	if (kind == UNPACK_NONE)
		write_file(kernel, content, bytes);
	else if (kind == UNPACK_GZIP)
		write_file(kernel, packed, pack_gzip(packed, content, bytes));
	else
		write_file(kernel, packed, pack_zstd(packed, content, bytes));
}

static void begin(void)
{
	snprintf(dir, sizeof(dir), "/tmp/bonsai-load-XXXXXX");
	CHECK(mkdtemp(dir));
	snprintf(kernel, sizeof(kernel), "%s/vmlinux", dir);
	snprintf(firmware, sizeof(firmware), "%s/rom", dir);
	for (unsigned int i = 0; i < FILE_BYTES; i++)
		content[i] = (uint8_t)((i * 2654435761u) >> 24 | 1);
	config = (struct vm_config){
		.ram_size_bytes = RAM_BYTES, .kernel = {kernel, {"vm.xml", 2}}};
	plan = (struct board_plan){.board = &board, .config = &config};
	mem = (struct guest_mem){0};
	CHECK_EQ(guest_mem_add(&mem, 0, RAM_BYTES, NULL), 0);
	loads = 0;
	write_kernel(UNPACK_NONE, FILE_BYTES);
}

static void end(void)
{
	guest_mem_finish(&mem);
	unlink(kernel);
	unlink(firmware);
	CHECK_EQ(rmdir(dir), 0);
}

static int measure(struct problems *problems)
{
	problems->count = 0;
	return boot_measure(&board, &config, &plan.files, problems);
}

/* Puts the kernel where it wants to be, loads it, and looks at every byte around. */
static void check_segments(void)
{
	static struct problems problems;
	struct error err = {.text = ""};
	const uint8_t *at;

	CHECK_EQ(measure(&problems), 0);
	plan.kernel = (struct plan_range){KERNEL_GPA, plan.files.kernel.memory_bytes};
	CHECK_EQ(guest_mem_clear(&mem), 0);
	CHECK_EQ(boot_load(&plan, &mem, &err), 0);
	CHECK_STR(err.text, "");
	at = guest_mem_range(&mem, KERNEL_GPA, 0x22000);
	for (unsigned int i = 0; i < ARRAY_SIZE(segments); i++) {
		const struct kernel_segment *s = &segments[i];

		CHECK_EQ(memcmp(at + s->offset, content + s->file_offset, s->file_bytes),
			0);
		CHECK_EQ(at[s->offset + s->file_bytes], 0);
		CHECK(!s->offset || at[s->offset - 1] == 0);
	}
}

TEST(loads_segments_plain_packed_and_mapped)
{
	begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		write_kernel(kinds[i], FILE_BYTES);
		check_segments();
	}
	write_kernel(UNPACK_NONE, FILE_BYTES);
	config.memory.image = CONFIG_IMAGE_MAP;
	check_segments();
	CHECK_EQ(loads, 4);
	/* Without a place for it there is no tree. */
	CHECK_EQ(loaded_tree_bytes, 0);
	end();
}

TEST(the_board_is_told_of_the_tree)
{
	const uint8_t *at;

	begin();
	plan.tables = (struct plan_range){0x300000, 0x1000};
	CHECK_EQ(boot_load(&plan, &mem, NULL), 0);
	CHECK_EQ(loaded_tree_bytes, 40);
	at = guest_mem_range(&mem, 0x300000, 0x1000);
	CHECK(at && at[39] == 0x77 && at[40] == 0);
	end();
}

TEST(a_kernel_without_a_place_is_not_loaded)
{
	static struct problems problems;
	const uint8_t *at;

	begin();
	CHECK_EQ(measure(&problems), 0);
	CHECK_EQ(boot_load(&plan, &mem, NULL), 0);
	at = guest_mem_range(&mem, 0, RAM_BYTES);
	for (size_t i = 0; i < RAM_BYTES; i += 8)
		if (memcmp(at + i, "\0\0\0\0\0\0\0", 8) != 0)
			test_fail(__FILE__, __LINE__, "something at 0x%zx", i);
	config.kernel.path = NULL;
	CHECK_EQ(measure(&problems), 0);
	CHECK_EQ(boot_load(&plan, &mem, NULL), 0);
	CHECK_EQ(loads, 2);
	end();
}

TEST(a_firmware_lies_at_the_end_of_its_memory)
{
	static struct problems problems;
	struct error err;
	const uint8_t *at;

	begin();
	write_file(firmware, content, 64 << 10);
	config.firmware = (struct config_rom){firmware, {"vm.xml", 4}};
	CHECK_EQ(measure(&problems), 0);
	CHECK_EQ(plan.files.firmware_bytes, 64 << 10);
	plan.firmware = (struct plan_range){0xffe00000, 2 << 20};
	CHECK_EQ(guest_mem_add(&mem, 0xffe00000, 2 << 20, NULL), 0);
	CHECK_EQ(boot_load(&plan, &mem, NULL), 0);
	at = guest_mem_range(&mem, 0xfffeffff, (64 << 10) + 1);
	CHECK(at && at[0] == 0 && memcmp(at + 1, content, 64 << 10) == 0);
	CHECK_EQ(truncate(firmware, 100), 0);
	CHECK_EQ(boot_load(&plan, &mem, &err), -EBADMSG);
	CHECK_HAS(err.text, "firmware_rom \"");
	CHECK_HAS(err.text, "has changed since it was measured");
	end();
}

TEST(refuses_a_firmware_of_another_size)
{
	static const size_t sizes[] = {1, (64 << 10) - 1, (64 << 10) + 1, 192 << 10};
	static struct problems problems;

	begin();
	config.firmware = (struct config_rom){firmware, {"vm.xml", 4}};
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		write_file(firmware, content, sizes[i]);
		CHECK_EQ(measure(&problems), -EINVAL);
		CHECK_EQ(problems.count, 1);
		CHECK_HAS(problems.list[0].text,
			"a firmware has a multiple of 64 KiB and at most 128 KiB");
		CHECK_EQ(problems.list[0].pos.line, 4);
	}
	end();
}

TEST(a_file_that_shrank_since_the_plan_is_refused_at_load)
{
	static struct problems problems;
	struct boot_files files;
	struct error err;

	begin();
	CHECK_EQ(measure(&problems), 0);
	plan.kernel = (struct plan_range){KERNEL_GPA, plan.files.kernel.memory_bytes};
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		write_kernel(kinds[i], FILE_BYTES - 1);
		CHECK_EQ(boot_load(&plan, &mem, &err), -EBADMSG);
		CHECK_HAS(err.text, "kernel_rom \"");
		CHECK_HAS(err.text, "is truncated: it ends before the 4096 bytes");
		/* Nor is it planned any more. */
		problems.count = 0;
		CHECK_EQ(boot_measure(&board, &config, &files, &problems), -EINVAL);
		CHECK_EQ(problems.count, 1);
		CHECK_HAS(problems.list[0].text, "is truncated for the test");
	}
	config.memory.image = CONFIG_IMAGE_MAP;
	write_kernel(UNPACK_NONE, FILE_BYTES - 1);
	CHECK_EQ(boot_load(&plan, &mem, &err), -EBADMSG);
	CHECK_EQ(truncate(kernel, 0x1800), 0);
	CHECK_EQ(boot_load(&plan, &mem, &err), -EBADMSG);
	end();
}

TEST_MAIN(CASE(loads_segments_plain_packed_and_mapped),
	CASE(the_board_is_told_of_the_tree), CASE(a_kernel_without_a_place_is_not_loaded),
	CASE(a_firmware_lies_at_the_end_of_its_memory),
	CASE(refuses_a_firmware_of_another_size),
	CASE(a_file_that_shrank_since_the_plan_is_refused_at_load))
