/* SPDX-License-Identifier: Apache-2.0 */
/* bzImages, and what is no x86 kernel. */
#include "arch/x86/image.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/le.h"
#include "src/plan.h"
#include "test/unit/test.h"

#define HEAD_BYTES 4096
#define MIB(n) ((uint64_t)(n) << 20)
#define SETUP_BYTES (40u * 512)
#define PAYLOAD_BYTES 0x7d0000u
#define FILE_BYTES ((uint64_t)SETUP_BYTES + PAYLOAD_BYTES)

static uint8_t head[HEAD_BYTES];

/* As a distribution's kernel of today has it. */
static void make_bzimage(void)
{
	memset(head, 0, sizeof(head));
	head[0x1f1] = 39; /* setup_sects */
	le32_put(head + 0x1f4, PAYLOAD_BYTES / 16);
	le16_put(head + 0x1fe, 0xaa55);
	head[0x200] = 0xeb;
	head[0x201] = 106;
	memcpy(head + 0x202, "HdrS", 4);
	le16_put(head + 0x206, 0x20f);
	head[0x211] = 1;                           /* loaded high */
	le32_put(head + 0x22c, 0x7fffffff);        /* initrd_addr_max */
	le32_put(head + 0x230, MIB(2));            /* kernel_alignment */
	head[0x234] = 1;                           /* relocatable_kernel */
	le16_put(head + 0x236, 0x7f);              /* xloadflags */
	le32_put(head + 0x238, 2047);              /* cmdline_size */
	le64_put(head + 0x258, MIB(16));           /* pref_address */
	le32_put(head + 0x260, (uint32_t)MIB(63)); /* init_size */
}

static int read_image(uint64_t file_bytes, struct kernel_image *ret, struct error *err)
{
	return x86_image_read(head, sizeof(head), file_bytes, NULL, NULL, ret, err);
}

TEST(takes_the_part_behind_the_setup)
{
	struct kernel_image image;

	make_bzimage();
	CHECK_EQ(read_image(FILE_BYTES, &image, NULL), 0);
	CHECK_EQ(image.arch, CONFIG_ARCH_X86_64);
	CHECK_STR(image.format, "x86 bzImage, 64-bit entry");
	CHECK_EQ(image.file_bytes, FILE_BYTES);
	CHECK_EQ(image.load_offset, MIB(16));
	CHECK_EQ(image.memory_bytes, MIB(63));
	CHECK_EQ(image.load_align_bytes, MIB(2));
	CHECK(image.anywhere);
	CHECK_EQ(image.segment_count, 1);
	CHECK_EQ(image.segments[0].file_offset, SETUP_BYTES);
	CHECK_EQ(image.segments[0].file_bytes, PAYLOAD_BYTES);
	CHECK_EQ(image.segments[0].offset, 0);
	CHECK_EQ(image.x86.entry, X86_ENTRY_LONG);
	CHECK_EQ(image.x86.entry_offset, 0x200);
	CHECK_EQ(image.x86.setup_bytes, SETUP_BYTES);
	CHECK_EQ(image.x86.bootargs_max, 2047);
	CHECK_EQ(image.x86.initrd_end_max, MIB(2048));
	CHECK_EQ(image.x86.header_bytes, 0x26c - 0x1f1);
	CHECK_EQ(memcmp(image.x86.header, head + 0x1f1, image.x86.header_bytes), 0);
	/* A signature may follow. */
	CHECK_EQ(read_image(FILE_BYTES + 1000, &image, NULL), 0);
	CHECK_EQ(image.segments[0].file_bytes, PAYLOAD_BYTES + 1000);
}

TEST(a_kernel_without_the_64_bit_entry_has_the_32_bit_one)
{
	struct kernel_image image;

	make_bzimage();
	le16_put(head + 0x236, 0x7e);
	CHECK_EQ(read_image(FILE_BYTES, &image, NULL), 0);
	CHECK_STR(image.format, "x86 bzImage, 32-bit entry");
	CHECK_EQ(image.x86.entry, X86_ENTRY_PROTECTED);
	CHECK_EQ(image.x86.entry_offset, 0);
	/* What is there before 2.12 are other flags. */
	le16_put(head + 0x236, 0xffff);
	le16_put(head + 0x206, 0x20b);
	CHECK_EQ(read_image(FILE_BYTES, &image, NULL), 0);
	CHECK_EQ(image.x86.entry, X86_ENTRY_PROTECTED);
}

TEST(an_old_kernel_runs_at_1_mib_and_grows)
{
	struct kernel_image image;

	make_bzimage();
	le16_put(head + 0x206, 0x206);
	head[0x201] = 0x3c - 2;
	le64_put(head + 0x258, UINT64_MAX);
	CHECK_EQ(read_image(FILE_BYTES, &image, NULL), 0);
	CHECK_EQ(image.load_offset, MIB(1));
	CHECK_EQ(image.memory_bytes, 8 * (uint64_t)PAYLOAD_BYTES + MIB(1));
	CHECK_EQ(image.x86.header_bytes, 0x23c - 0x1f1);
}

TEST(fields_that_are_zero_stand_for_the_old_limits)
{
	struct kernel_image image;

	make_bzimage();
	head[0x1f1] = 0;
	le32_put(head + 0x238, 0);
	le32_put(head + 0x22c, 0);
	CHECK_EQ(read_image(5 * 512 + PAYLOAD_BYTES, &image, NULL), 0);
	CHECK_EQ(image.x86.setup_bytes, 5 * 512);
	CHECK_EQ(image.x86.bootargs_max, 255);
	CHECK_EQ(image.x86.initrd_end_max, 0x38000000);
	le32_put(head + 0x238, UINT32_MAX);
	CHECK_EQ(read_image(5 * 512 + PAYLOAD_BYTES, &image, NULL), 0);
	CHECK_EQ(image.x86.bootargs_max, 65535);
}

TEST(sees_a_truncated_image_by_its_syssize)
{
	struct kernel_image image = {.memory_bytes = 7};
	struct error err;

	make_bzimage();
	CHECK_EQ(read_image(FILE_BYTES - 1, &image, &err), -EBADMSG);
	CHECK_STR(err.text, "is truncated: it ends after 8212479 of 8212480 bytes");
	CHECK_EQ(read_image(SETUP_BYTES, &image, &err), -EBADMSG);
	le32_put(head + 0x1f4, 0);
	CHECK_EQ(read_image(SETUP_BYTES, &image, &err), -EBADMSG);
	CHECK_STR(err.text, "is truncated: it ends after 20480 of 20481 bytes");
	CHECK_EQ(image.memory_bytes, 7);
	CHECK_EQ(read_image(SETUP_BYTES + 1, &image, &err), 0);
}

TEST(where_the_size_is_not_known_syssize_says_it_or_it_is_counted)
{
	struct kernel_image image;

	make_bzimage();
	CHECK_EQ(read_image(0, &image, NULL), 0);
	CHECK_EQ(image.segments[0].file_bytes, PAYLOAD_BYTES);
	CHECK_EQ(image.memory_bytes, MIB(63));
	le32_put(head + 0x1f4, 0);
	CHECK_EQ(read_image(0, &image, NULL), 0);
	CHECK_EQ(image.memory_bytes, 0);
}

TEST(refuses_what_its_header_cannot_mean)
{
	static const struct {
		size_t offset;
		unsigned int bytes;
		uint64_t value;
		int code;
		const char *text;
	} table[] = {
		{0x206, 2, 0x205, -ENOEXEC,
			"is an x86 kernel of boot protocol 2.05: 2.06"},
		{0x206, 2, 0, -ENOEXEC, "boot protocol 0.00"},
		{0x201, 1, 0x61, -ENOEXEC,
			"is damaged: its setup header ends at 0x263, too early"},
		{0x211, 1, 0x80, -ENOEXEC, "is an x86 zImage"},
		{0x230, 4, 0, -ENOEXEC, "asks for an alignment of 0x0"},
		{0x230, 4, 0x3000, -ENOEXEC, "asks for an alignment of 0x3000"},
		{0x258, 8, 0, -ENOEXEC, "asks for 0x3f00000 bytes at 0x0"},
		{0x258, 8, UINT64_MAX, -ENOEXEC, "at 0xffffffffffffffff"},
		{0x258, 8, 0xbc200000, -ENOEXEC, "at 0xbc200000"},
		{0x260, 4, UINT32_MAX, -ENOEXEC, "asks for 0xffffffff bytes"},
		{0x1f4, 4, UINT32_MAX, -EBADMSG, "is truncated"},
	};
	struct kernel_image image;
	struct error err;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		uint64_t value = htole64(table[i].value);

		make_bzimage();
		memcpy(head + table[i].offset, &value, table[i].bytes);
		CHECK_EQ(read_image(FILE_BYTES, &image, &err), table[i].code);
		CHECK_HAS(err.text, table[i].text);
	}
	make_bzimage();
	le32_put(head + 0x1f4, UINT32_MAX);
	CHECK_EQ(read_image(0, &image, &err), -ENOEXEC);
	CHECK_HAS(err.text, "asks for 0xffffffff0 bytes");
}

TEST(says_what_a_wrong_file_is)
{
	static const struct {
		size_t offset;
		const char *magic;
		size_t bytes;
		const char *text;
	} table[] = {
		{0x38, "ARM\x64", 4,
			"is an arm64 Image: an x86 bzImage or ELF vmlinux is needed, "
			"plain or with gzip or zstd around it"},
		{0x24, "\x18\x28\x6f\x01", 4, "is an ARM zImage"},
		{0, "\x27\x05\x19\x56", 4, "is a U-Boot uImage"},
		{0, "\x1f\x8b", 2, "is gzip-compressed"}, /* a second time */
		{510, "\x55\xaa", 2, "is a disk image"},
		{0, "MZ", 2, "is a PE (Windows or EFI) program"},
		{0, "\0", 1, "is no kernel that is known here"},
	};
	struct kernel_image image;
	struct error err;

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		memset(head, 0, sizeof(head));
		memcpy(head + table[i].offset, table[i].magic, table[i].bytes);
		CHECK_EQ(read_image(FILE_BYTES, &image, &err), -ENOEXEC);
		CHECK_HAS(err.text, table[i].text);
	}
	memset(head, 'a', sizeof(head));
	CHECK_EQ(read_image(FILE_BYTES, &image, &err), -ENOEXEC);
	CHECK_HAS(err.text, "is a text file");
}

TEST(takes_a_head_shorter_than_a_header)
{
	struct kernel_image image;
	struct error err;

	make_bzimage();
	for (size_t bytes = 0; bytes < 0x26c; bytes++) {
		int rc = x86_image_read(head, bytes, bytes, NULL, NULL, &image, &err);

		CHECK_EQ(rc, bytes < 0x208 ? -ENOEXEC : -EBADMSG);
		if (bytes >= 0x208)
			CHECK_STR(err.text, "is truncated: it ends in the middle of its "
					    "setup header");
	}
	CHECK_EQ(x86_image_read(head, 0x26c, 0, NULL, NULL, &image, &err), 0);
}

TEST_MAIN(CASE(takes_the_part_behind_the_setup),
	CASE(a_kernel_without_the_64_bit_entry_has_the_32_bit_one),
	CASE(an_old_kernel_runs_at_1_mib_and_grows),
	CASE(fields_that_are_zero_stand_for_the_old_limits),
	CASE(sees_a_truncated_image_by_its_syssize),
	CASE(where_the_size_is_not_known_syssize_says_it_or_it_is_counted),
	CASE(refuses_what_its_header_cannot_mean), CASE(says_what_a_wrong_file_is),
	CASE(takes_a_head_shorter_than_a_header))
