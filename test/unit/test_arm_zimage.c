/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/zimage.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "arch/arm/image.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/plan.h"
#include "test/unit/test.h"

#define HEAD_BYTES 4096
#define MIB(n) ((uint64_t)(n) << 20)
#define TABLE 0x800
#define SIZE_WORD 0x900
#define NO_TABLE 0

static uint8_t head[HEAD_BYTES];

static void put32(size_t offset, uint32_t value)
{
	value = htole32(value);
	memcpy(head + offset, &value, sizeof(value));
}

/* words of the table's tag: what a kernel of that age writes; NO_TABLE for the oldest. */
static void make_zimage(uint32_t bytes, unsigned int words)
{
	memset(head, 0, sizeof(head));
	put32(0x24, 0x016f2818);
	put32(0x2c, bytes);
	put32(0x30, 0x04030201);
	if (words == NO_TABLE)
		return;
	put32(0x34, 0x45454545);
	put32(0x38, TABLE);
	put32(TABLE, words);
	put32(TABLE + 4, 0x5a534c4b);
	put32(TABLE + 8, SIZE_WORD);
	put32(TABLE + 12, 0x60000);
	put32(TABLE + 16, 0x8000);
	put32(TABLE + 20, 0x20000);
	put32(SIZE_WORD, 0x1400000);
}

static int read_zimage(uint64_t file_bytes, struct kernel_image *ret, struct error *err)
{
	return arm_image_read(head, sizeof(head), file_bytes, NULL, NULL, ret, err);
}

TEST(lies_behind_what_it_unpacks_to)
{
	struct kernel_image image;

	make_zimage(MIB(5), 6);
	CHECK_EQ(read_zimage(MIB(5), &image, NULL), 0);
	CHECK_EQ(image.arch, CONFIG_ARCH_ARMV7);
	CHECK_STR(image.format, "ARM zImage");
	CHECK_EQ(image.file_bytes, MIB(5));
	CHECK_EQ(image.appended_bytes, 0);
	CHECK_EQ(image.unpack_bytes, 0x8000 + 0x1400000 + 0x60000);
	CHECK_EQ(image.load_offset, MIB(22));
	CHECK(image.memory_bytes >= MIB(5) + 0x20000 + 0x1000);
	CHECK_EQ(image.segment_count, 1);
	CHECK_EQ(image.segments[0].file_bytes, MIB(5));
	CHECK_EQ(image.segments[0].file_offset, 0);
}

TEST(knows_the_tables_of_every_age)
{
	static const struct {
		unsigned int words;
		uint64_t unpack_bytes;
	} table[] = {
		{6, 0x8000 + 0x1400000 + 0x60000},
		{5, 0x8000 + 0x1400000 + 0x60000},
		{4, 0x208000 + 0x1400000 + 0x60000},
		{2, 0x208000 + 0x1400000 + 0x60000}, /* the first ones counted wrong */
		{NO_TABLE, 8 * MIB(5)},
	};
	struct kernel_image image;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		make_zimage(MIB(5), table[i].words);
		CHECK_EQ(read_zimage(MIB(5), &image, NULL), 0);
		CHECK_EQ(image.unpack_bytes, table[i].unpack_bytes);
	}
}

TEST(a_table_that_is_none_is_no_table)
{
	struct kernel_image image;

	make_zimage(MIB(5), 6);
	put32(TABLE + 4, 0x12345678);
	CHECK_EQ(read_zimage(MIB(5), &image, NULL), 0);
	CHECK_EQ(image.unpack_bytes, 8 * MIB(5));
	/* Beyond the head, and nothing to read on from. */
	make_zimage(MIB(5), 6);
	put32(0x38, HEAD_BYTES - 23);
	CHECK_EQ(read_zimage(MIB(5), &image, NULL), 0);
	CHECK_EQ(image.unpack_bytes, 8 * MIB(5));
	make_zimage(MIB(5), 6);
	put32(TABLE + 8, UINT32_MAX);
	CHECK_EQ(read_zimage(MIB(5), &image, NULL), 0);
	CHECK_EQ(image.unpack_bytes, 8 * MIB(5));
}

TEST(what_was_appended_is_left_out)
{
	struct kernel_image image;

	make_zimage(MIB(5), 6);
	CHECK_EQ(read_zimage(MIB(5) + 21345, &image, NULL), 0);
	CHECK_EQ(image.file_bytes, MIB(5));
	CHECK_EQ(image.appended_bytes, 21345);
	CHECK_EQ(image.segments[0].file_bytes, MIB(5));
	put32(0x28, 0x1000); /* its addresses need not begin at 0 */
	CHECK_EQ(read_zimage(MIB(5), &image, NULL), 0);
	CHECK_EQ(image.appended_bytes, 0x1000);
}

TEST(asks_for_its_size_where_that_is_not_known)
{
	struct kernel_image image;

	make_zimage(MIB(5), 6);
	CHECK_EQ(read_zimage(0, &image, NULL), 0);
	CHECK_EQ(image.memory_bytes, 0);
	CHECK_EQ(image.appended_bytes, 0);
	CHECK_EQ(image.arch, CONFIG_ARCH_ARMV7);
}

TEST(refuses_what_is_cut_damaged_or_of_the_other_endianness)
{
	static const struct {
		size_t offset;
		uint32_t value;
		int code;
		const char *text;
	} table[] = {
		{0x2c, MIB(5) + 1, -EBADMSG, "is truncated: it ends after 5242880 of"},
		{0x2c, 0, -ENOEXEC, "is damaged"},
		{0x2c, 0x30, -ENOEXEC, "is damaged"},
		{0x28, MIB(5), -ENOEXEC, "is damaged"},
		{0x28, UINT32_MAX, -ENOEXEC, "is damaged"},
		{0x30, 0x01020304, -ENOEXEC, "is a big-endian ARM zImage"},
		{SIZE_WORD, MIB(126), -ENOEXEC, "unpacks to 128 MiB"},
		{SIZE_WORD, UINT32_MAX, -ENOEXEC, "unpacks to 4098 MiB"},
		{TABLE + 12, UINT32_MAX, -ENOEXEC, "unpacks to 4118 MiB"},
		{TABLE + 16, UINT32_MAX, -ENOEXEC, "unpacks to 4118 MiB"},
	};
	struct kernel_image image = {.memory_bytes = 7};
	struct error err;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		make_zimage(MIB(5), 6);
		put32(table[i].offset, table[i].value);
		CHECK_EQ(read_zimage(MIB(5), &image, &err), table[i].code);
		CHECK_HAS(err.text, table[i].text);
		CHECK_EQ(image.memory_bytes, 7);
	}
}

TEST(is_not_recognized_by_half_a_header)
{
	make_zimage(MIB(5), 6);
	for (size_t bytes = 0; bytes < 0x3c; bytes++)
		CHECK(!arm_zimage_is(head, bytes));
	CHECK(arm_zimage_is(head, 0x3c));
}

TEST_MAIN(CASE(lies_behind_what_it_unpacks_to), CASE(knows_the_tables_of_every_age),
	CASE(a_table_that_is_none_is_no_table), CASE(what_was_appended_is_left_out),
	CASE(asks_for_its_size_where_that_is_not_known),
	CASE(refuses_what_is_cut_damaged_or_of_the_other_endianness),
	CASE(is_not_recognized_by_half_a_header))
