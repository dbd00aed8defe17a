/* SPDX-License-Identifier: Apache-2.0 */
#include "src/file_kind.h"

#include <string.h>

#include "src/container_of.h"

static const struct {
	size_t offset;
	const char *magic;
	size_t bytes;
	const char *name;
} kinds[] = {
	/* The magic of a boot format lies deeper than that of a container around it. */
	{0x38, "ARM\x64", 4, "an arm64 Image"},
	{0x24, "\x18\x28\x6f\x01", 4, "an ARM zImage"},
	{0x202, "HdrS", 4, "an x86 bzImage"},
	{4, "zimg", 4, "an EFI zboot image"},
	{0,
		"\x7f"
		"ELF",
		4, "an ELF file"},
	{0, "\x27\x05\x19\x56", 4, "a U-Boot uImage"},
	{0, "\xd0\x0d\xfe\xed", 4, "a device tree blob or FIT image"},
	{0, "\x1f\x8b", 2, "gzip-compressed"},
	{0, "\x28\xb5\x2f\xfd", 4, "zstd-compressed"},
	{0,
		"\xfd"
		"7zXZ\0",
		6, "xz-compressed"},
	{0, "BZh", 3, "bzip2-compressed"},
	{0, "\x5d\0\0", 3, "lzma-compressed"},
	{0, "\x89LZO\0", 5, "lzo-compressed"},
	{0, "\x02\x21\x4c\x18", 4, "lz4-compressed"},
	{0, "\x04\x22\x4d\x18", 4, "lz4-compressed"},
	{0, "070701", 6, "a cpio archive"},
	{0, "070702", 6, "a cpio archive"},
	{0, "hsqs", 4, "a squashfs file system"},
	{0, "MZ", 2, "a PE (Windows or EFI) program"},
	{0x438, "\x53\xef", 2, "an ext2/3/4 file system"},
	{510, "\x55\xaa", 2, "a disk image"},
};

bool file_kind_is_text(const uint8_t *head, size_t head_bytes)
{
	for (size_t i = 0; i < head_bytes; i++) {
		uint8_t c = head[i];

		if (c == 0x7f || (c < 0x20 && !(c >= '\t' && c <= '\r') && c != 0x1b))
			return false;
	}
	return head_bytes > 0;
}

const char *file_kind(const uint8_t *head, size_t head_bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].offset + kinds[i].bytes <= head_bytes &&
			memcmp(head + kinds[i].offset, kinds[i].magic, kinds[i].bytes) ==
				0)
			return kinds[i].name;
	return file_kind_is_text(head, head_bytes) ? "a text file" : NULL;
}
