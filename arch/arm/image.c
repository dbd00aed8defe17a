/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kernel it is: a 32-bit guest's zImage (zimage.c), or a 64-bit guest's Image,
 * whose header is read here (Linux, Documentation/arch/arm64/booting.rst, 4. Call the
 * kernel image), with the section table of the PE file that an Image with an EFI stub is
 * at the same time: only that shows where the file should end.
 */
#include "arch/arm/image.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "arch/arm/zimage.h"
#include "src/error.h"
#include "src/file_kind.h"
#include "src/le.h"
#include "src/plan.h"

struct arm64_header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint8_t magic[4];
	uint32_t pe_offset;
};

#define FLAG_BIG_ENDIAN (1u << 0)
#define FLAG_PAGE_SHIFT 1
#define FLAG_PAGE_MASK 3u
#define FLAG_ANYWHERE (1u << 3)

#define IMAGE_ALIGN_BYTES (2ull << 20)
/* Kernels before 3.17 leave image_size zero; then text_offset may be of either endian. */
#define OLD_TEXT_OFFSET 0x80000
/* Their BSS is not in the file and said nowhere. */
#define OLD_BSS_BYTES (4ull << 20)
/* Larger than any Image; keeps sums of header fields from wrapping. */
#define IMAGE_BYTES_MAX (1ull << 40)

static const char *const formats[] = {
	"arm64 Image",
	"arm64 Image, 4 KiB pages",
	"arm64 Image, 16 KiB pages",
	"arm64 Image, 64 KiB pages",
};

/* PE/COFF: where the last section's bytes end in the file; 0 without a PE header. */
static uint64_t pe_end(const uint8_t *head, size_t head_bytes, uint64_t pe_offset)
{
	uint64_t section = pe_offset + 24;
	uint64_t end = 0;
	unsigned int count;

	if (section > head_bytes || memcmp(head + pe_offset, "PE\0\0", 4) != 0)
		return 0;
	count = le16_at(head + pe_offset + 6);
	section += le16_at(head + pe_offset + 20);
	for (unsigned int i = 0; i < count && section + 40 <= head_bytes; i++) {
		uint64_t raw_bytes = le32_at(head + section + 16);
		uint64_t raw_offset = le32_at(head + section + 20);

		if (raw_bytes && raw_offset + raw_bytes > end)
			end = raw_offset + raw_bytes;
		section += 40;
	}
	return end;
}

static int not_an_image(const uint8_t *head, size_t head_bytes,
	const struct source_pos *pos, struct error *err)
{
	const char *kind = file_kind(head, head_bytes);

	if (kind && strcmp(kind, "an EFI zboot image") == 0)
		return error_set(err, -ENOEXEC, pos,
			"is an EFI zboot image: take the kernel's own Image, plain or "
			"with gzip or zstd around it");
	return error_set(err, -ENOEXEC, pos,
		"is %s: an arm64 Image or ARM zImage is needed, plain or with gzip or "
		"zstd around it",
		kind ? kind : "no kernel that is known here");
}

static int check_size(const struct arm64_header *header, uint64_t file_end,
	uint64_t file_bytes, const struct source_pos *pos, struct error *err)
{
	uint64_t image_bytes = le64toh(header->image_size);

	if (image_bytes > IMAGE_BYTES_MAX ||
		le64toh(header->text_offset) > IMAGE_BYTES_MAX)
		return error_set(err, -ENOEXEC, pos,
			"is damaged: its header asks for 0x%" PRIx64
			" bytes at offset 0x%" PRIx64,
			image_bytes, le64toh(header->text_offset));
	if (file_bytes && file_bytes < file_end)
		return error_set(err, -EBADMSG, pos,
			"is truncated: it ends after %" PRIu64 " of %" PRIu64 " bytes",
			file_bytes, file_end);
	return 0;
}

int arm_image_read(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err)
{
	struct arm64_header header = {0};
	uint64_t image_bytes;
	uint64_t flags;
	int rc;

	if (head_bytes >= sizeof(header))
		memcpy(&header, head, sizeof(header));
	if (memcmp(header.magic, "ARM\x64", sizeof(header.magic)) != 0)
		return arm_zimage_is(head, head_bytes)
			       ? arm_zimage_read(
					 head, head_bytes, file_bytes, rom, pos, ret, err)
			       : not_an_image(head, head_bytes, pos, err);
	flags = le64toh(header.flags);
	if (flags & FLAG_BIG_ENDIAN)
		return error_set(err, -ENOEXEC, pos,
			"is a big-endian arm64 Image: a little-endian one is needed");
	rc = check_size(&header, pe_end(head, head_bytes, le32toh(header.pe_offset)),
		file_bytes, pos, err);
	if (rc)
		return rc;
	image_bytes = le64toh(header.image_size);
	*ret = (struct kernel_image){
		.arch = CONFIG_ARCH_ARM64,
		.format = formats[(flags >> FLAG_PAGE_SHIFT) & FLAG_PAGE_MASK],
		.file_bytes = file_bytes,
		.memory_bytes = image_bytes,
		.load_offset = le64toh(header.text_offset),
		.load_align_bytes = IMAGE_ALIGN_BYTES,
		.anywhere = flags & FLAG_ANYWHERE,
	};
	if (!image_bytes) {
		ret->load_offset = OLD_TEXT_OFFSET;
		ret->memory_bytes = file_bytes ? file_bytes + OLD_BSS_BYTES : 0;
	} else if (file_bytes > image_bytes) {
		ret->memory_bytes = file_bytes;
	}
	return 0;
}
