/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm/image.h"

#include <errno.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/le.h"
#include "src/plan.h"
#include "test/unit/test.h"

#define HEAD_BYTES 4096
#define MIB(n) ((uint64_t)(n) << 20)

static uint8_t head[HEAD_BYTES];

static void make_image(uint64_t text_offset, uint64_t image_size, uint64_t flags)
{
	memset(head, 0, sizeof(head));
	le64_put(head + 8, text_offset);
	le64_put(head + 16, image_size);
	le64_put(head + 24, flags);
	memcpy(head + 56, "ARM\x64", 4);
}

/* A PE header at 0x40 with two sections; the second ends at end. */
static void add_pe(uint32_t end)
{
	le32_put(head + 60, 0x40);
	memcpy(head + 0x40, "PE\0\0", 4);
	head[0x40 + 6] = 2;
	head[0x40 + 20] = 160;
	le32_put(head + 0x40 + 24 + 160 + 16, 0x1000);
	le32_put(head + 0x40 + 24 + 160 + 20, 0x10000);
	le32_put(head + 0x40 + 24 + 160 + 40 + 16, end - 0x11000);
	le32_put(head + 0x40 + 24 + 160 + 40 + 20, 0x11000);
}

static int read_image(uint64_t file_bytes, struct kernel_image *ret, struct error *err)
{
	return arm_image_read(head, sizeof(head), file_bytes, NULL, NULL, ret, err);
}

TEST(honours_offset_size_and_flags)
{
	struct kernel_image image;

	make_image(0x80000, MIB(30), 0xa);
	CHECK_EQ(read_image(MIB(20), &image, NULL), 0);
	CHECK_EQ(image.arch, CONFIG_ARCH_ARM64);
	CHECK_EQ(image.load_offset, 0x80000);
	CHECK_EQ(image.memory_bytes, MIB(30));
	CHECK_EQ(image.file_bytes, MIB(20));
	CHECK_EQ(image.load_align_bytes, MIB(2));
	CHECK(image.anywhere);
	CHECK_STR(image.format, "arm64 Image, 4 KiB pages");
	make_image(0, MIB(30), 0x6);
	CHECK_EQ(read_image(MIB(20), &image, NULL), 0);
	CHECK(!image.anywhere);
	CHECK_STR(image.format, "arm64 Image, 64 KiB pages");
}

TEST(a_file_beyond_its_image_size_counts_whole)
{
	struct kernel_image image;

	make_image(0, MIB(30), 0);
	CHECK_EQ(read_image(MIB(31), &image, NULL), 0);
	CHECK_EQ(image.memory_bytes, MIB(31));
}

TEST(old_kernels_without_a_size_load_where_they_always_did)
{
	struct kernel_image image;

	make_image(0x12345, 0, 0);
	CHECK_EQ(read_image(MIB(8), &image, NULL), 0);
	CHECK_EQ(image.load_offset, 0x80000);
	CHECK(image.memory_bytes > MIB(8));
	/* Without the size of the file either, the caller has to count. */
	CHECK_EQ(read_image(0, &image, NULL), 0);
	CHECK_EQ(image.memory_bytes, 0);
}

TEST(sees_a_truncated_image_by_its_sections)
{
	struct kernel_image image = {.memory_bytes = 7};
	struct error err;

	make_image(0, MIB(30), 0);
	add_pe(MIB(20));
	CHECK_EQ(read_image(MIB(20) - 1, &image, &err), -EBADMSG);
	CHECK_STR(err.text, "is truncated: it ends after 20971519 of 20971520 bytes");
	CHECK_EQ(image.memory_bytes, 7);
	CHECK_EQ(read_image(MIB(20), &image, NULL), 0);
	CHECK_EQ(read_image(MIB(20) + 4096, &image, NULL), 0); /* a signature */
	CHECK_EQ(read_image(0, &image, NULL), 0);
}

TEST(a_wild_pe_offset_is_no_pe)
{
	static const uint32_t offsets[] = {4, 4000, 4072, 4095, 4096, UINT32_MAX};
	struct kernel_image image;

	for (unsigned int i = 0; i < ARRAY_SIZE(offsets); i++) {
		make_image(0, MIB(30), 0);
		le32_put(head + 60, offsets[i]);
		if (offsets[i] <= HEAD_BYTES - 24)
			memcpy(head + offsets[i], "PE\0\0", 4);
		memcpy(head + 56, "ARM\x64", 4);
		CHECK_EQ(read_image(MIB(20), &image, NULL), 0);
	}
}

TEST(refuses_other_endian_and_wild_sizes)
{
	struct kernel_image image;
	struct error err;

	make_image(0, MIB(30), 1);
	CHECK_EQ(read_image(MIB(20), &image, &err), -ENOEXEC);
	CHECK_HAS(err.text, "big-endian");
	make_image(0, UINT64_MAX, 0);
	CHECK_EQ(read_image(MIB(20), &image, &err), -ENOEXEC);
	CHECK_HAS(err.text, "damaged");
	make_image(UINT64_MAX - 5, MIB(30), 0);
	CHECK_EQ(read_image(MIB(20), &image, &err), -ENOEXEC);
	CHECK_HAS(err.text, "damaged");
}

TEST(says_what_a_wrong_file_is)
{
	static const struct {
		size_t offset;
		const char *magic;
		size_t bytes;
		const char *text;
	} table[] = {
		{0x202, "HdrS", 4, "is an x86 bzImage: an arm64 Image or ARM"},
		{0, "\177ELF", 4, "is an ELF file"},
		{4, "zimg", 4, "is an EFI zboot image: take the kernel's own Image"},
		{0, "\xfd\x37zXZ\0", 6, "is xz-compressed"},
		{0, "\x1f\x8b", 2, "is gzip-compressed"}, /* a second time */
		{0, "MZ", 2, "is a PE (Windows or EFI) program"},
		{0, "\0", 1, "is no kernel that is known here"},
	};
	struct kernel_image image;
	struct error err;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		memset(head, 0, sizeof(head));
		memcpy(head + table[i].offset, table[i].magic, table[i].bytes);
		CHECK_EQ(read_image(MIB(20), &image, &err), -ENOEXEC);
		CHECK_HAS(err.text, table[i].text);
	}
	memset(head, 'a', sizeof(head));
	CHECK_EQ(read_image(MIB(20), &image, &err), -ENOEXEC);
	CHECK_HAS(err.text, "is a text file");
}

TEST(takes_a_head_shorter_than_a_header)
{
	struct kernel_image image;
	struct error err;

	make_image(0, MIB(30), 0);
	for (size_t bytes = 0; bytes < 64; bytes++)
		CHECK_EQ(arm_image_read(head, bytes, bytes, NULL, NULL, &image, &err),
			-ENOEXEC);
	CHECK_EQ(arm_image_read(head, 64, 64, NULL, NULL, &image, &err), 0);
}

TEST_MAIN(CASE(honours_offset_size_and_flags),
	CASE(a_file_beyond_its_image_size_counts_whole),
	CASE(old_kernels_without_a_size_load_where_they_always_did),
	CASE(sees_a_truncated_image_by_its_sections), CASE(a_wild_pe_offset_is_no_pe),
	CASE(refuses_other_endian_and_wild_sizes), CASE(says_what_a_wrong_file_is),
	CASE(takes_a_head_shorter_than_a_header))
