/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The setup header of a bzImage (Linux, Documentation/arch/x86/boot.rst, "The Real-Mode
 * Kernel Header"). The real-mode part before the kernel is not loaded: both entries are
 * in the part behind it.
 */
#include "arch/x86/image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "arch/x86/image_elf.h"
#include "arch/x86/layout.h"
#include "src/error.h"
#include "src/file_kind.h"
#include "src/le.h"
#include "src/plan.h"

/* Offsets in the file. */
#define SETUP_SECTS 0x1f1
#define SYSSIZE 0x1f4 /* of the protected-mode part, in units of 16 bytes */
#define BOOT_FLAG 0x1fe
#define JUMP_TARGET 0x201 /* from the byte behind it: where the header ends */
#define MAGIC 0x202
#define VERSION 0x206
#define LOADFLAGS 0x211
#define INITRD_ADDR_MAX 0x22c
#define KERNEL_ALIGNMENT 0x230
#define RELOCATABLE_KERNEL 0x234
#define XLOADFLAGS 0x236
#define CMDLINE_SIZE 0x238
#define HEADER_END_2_06 0x23c
#define PREF_ADDRESS 0x258
#define INIT_SIZE 0x260
#define HEADER_END_2_10 0x264

#define LOADFLAGS_HIGH 1u
#define XLOADFLAGS_64 1u
#define ENTRY_64_OFFSET 0x200

#define SECTOR_BYTES 512
#define SETUP_SECTS_DEFAULT 4
#define BOOTARGS_DEFAULT 255
#define INITRD_ADDR_MAX_DEFAULT 0x37ffffff

/* Before 2.10 a kernel does not say where it runs nor what it needs: it runs at 2 MiB or
 * below, and no packer of that time made an eighth of one. */
#define OLD_GROWTH 8
#define OLD_EXTRA_BYTES (1u << 20)

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool is_bzimage(const uint8_t *head, size_t head_bytes)
{
	return head_bytes >= VERSION + 2 && le16_at(head + BOOT_FLAG) == 0xaa55 &&
	       memcmp(head + MAGIC, "HdrS", 4) == 0;
}

static size_t header_end(const uint8_t *head)
{
	return MAGIC + head[JUMP_TARGET];
}

static uint64_t setup_bytes(const uint8_t *head)
{
	unsigned int sectors = head[SETUP_SECTS];

	return (1 + (sectors ? sectors : SETUP_SECTS_DEFAULT)) * SECTOR_BYTES;
}

/* After this the header's fields are there, as far as the version has them. */
static int check_header(const uint8_t *head, size_t head_bytes,
	const struct source_pos *pos, struct error *err)
{
	unsigned int version = le16_at(head + VERSION);
	size_t end = header_end(head);

	if (version < 0x206)
		return error_set(err, -ENOEXEC, pos,
			"is an x86 kernel of boot protocol %u.%02u: 2.06 (Linux 2.6.22) "
			"or newer is needed",
			version >> 8, version & 0xff);
	if (end < (version < 0x20a ? HEADER_END_2_06 : HEADER_END_2_10))
		return error_set(err, -ENOEXEC, pos,
			"is damaged: its setup header ends at 0x%zx, too early for boot "
			"protocol %u.%02u",
			end, version >> 8, version & 0xff);
	if (end > head_bytes)
		return error_set(err, -EBADMSG, pos,
			"is truncated: it ends in the middle of its setup header");
	if (!(head[LOADFLAGS] & LOADFLAGS_HIGH))
		return error_set(err, -ENOEXEC, pos,
			"is an x86 zImage, which runs below 640 KiB: a bzImage is "
			"needed");
	return 0;
}

static int check_size(const uint8_t *head, uint64_t file_bytes,
	const struct source_pos *pos, struct error *err)
{
	uint64_t end = setup_bytes(head) + 16 * (uint64_t)le32_at(head + SYSSIZE);

	/* Without a syssize there still is a kernel. */
	if (file_bytes && (file_bytes < end || file_bytes <= setup_bytes(head)))
		return error_set(err, -EBADMSG, pos,
			"is truncated: it ends after %" PRIu64 " of %" PRIu64 " bytes",
			file_bytes, larger(end, setup_bytes(head) + 1));
	return 0;
}

static int check_place(
	const struct kernel_image *image, const struct source_pos *pos, struct error *err)
{
	uint64_t align = image->load_align_bytes;

	if (image->load_offset < X86_HIGH_RAM_GPA ||
		image->load_offset > X86_LOW_RAM_END ||
		image->memory_bytes > X86_LOW_RAM_END - image->load_offset)
		return error_set(err, -ENOEXEC, pos,
			"is damaged: its header asks for 0x%" PRIx64
			" bytes at 0x%" PRIx64,
			image->memory_bytes, image->load_offset);
	if (image->anywhere && (!align || (align & (align - 1))))
		return error_set(err, -ENOEXEC, pos,
			"is damaged: its header asks for an alignment of 0x%" PRIx64,
			align);
	return 0;
}

static void read_x86_part(const uint8_t *head, struct x86_kernel *ret)
{
	bool has_xloadflags = le16_at(head + VERSION) >= 0x20c;
	uint32_t bootargs_max = le32_at(head + CMDLINE_SIZE);
	uint32_t initrd_max = le32_at(head + INITRD_ADDR_MAX);
	bool is_64 = has_xloadflags && le16_at(head + XLOADFLAGS) & XLOADFLAGS_64;

	ret->entry = is_64 ? X86_ENTRY_LONG : X86_ENTRY_PROTECTED;
	ret->entry_offset = is_64 ? ENTRY_64_OFFSET : 0;
	ret->setup_bytes = (uint32_t)setup_bytes(head);
	ret->bootargs_max = (uint32_t)smaller(
		bootargs_max ? bootargs_max : BOOTARGS_DEFAULT, X86_CMDLINE_BYTES - 1);
	ret->initrd_end_max = (initrd_max ? initrd_max : INITRD_ADDR_MAX_DEFAULT) + 1ull;
	ret->header_bytes = (unsigned int)smaller(
		header_end(head) - X86_SETUP_HEADER_OFFSET, sizeof(ret->header));
	memcpy(ret->header, head + X86_SETUP_HEADER_OFFSET, ret->header_bytes);
}

static int read_bzimage(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct source_pos *pos, struct kernel_image *ret, struct error *err)
{
	struct kernel_image image = {
		.arch = CONFIG_ARCH_X86_64, .file_bytes = file_bytes, .segment_count = 1};
	struct kernel_segment *segment = &image.segments[0];
	int rc = check_header(head, head_bytes, pos, err);

	if (!rc)
		rc = check_size(head, file_bytes, pos, err);
	if (rc)
		return rc;
	read_x86_part(head, &image.x86);
	image.format = image.x86.entry == X86_ENTRY_LONG ? "x86 bzImage, 64-bit entry"
							 : "x86 bzImage, 32-bit entry";
	segment->file_offset = image.x86.setup_bytes;
	segment->file_bytes = file_bytes ? file_bytes - segment->file_offset
					 : 16 * (uint64_t)le32_at(head + SYSSIZE);
	image.load_align_bytes = le32_at(head + KERNEL_ALIGNMENT);
	image.anywhere = head[RELOCATABLE_KERNEL];
	if (le16_at(head + VERSION) >= 0x20a) {
		image.load_offset = le64_at(head + PREF_ADDRESS);
		image.memory_bytes = le32_at(head + INIT_SIZE);
	} else {
		image.load_offset = X86_HIGH_RAM_GPA;
		image.memory_bytes = segment->file_bytes * OLD_GROWTH + OLD_EXTRA_BYTES;
	}
	image.memory_bytes = larger(image.memory_bytes, segment->file_bytes);
	/* Neither the packer nor the header says it: to be counted. */
	if (!segment->file_bytes)
		image.memory_bytes = 0;
	rc = check_place(&image, pos, err);
	if (!rc)
		*ret = image;
	return rc;
}

int x86_image_read(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err)
{
	const char *kind;

	if (x86_image_is_elf(head, head_bytes))
		return x86_image_read_elf(
			head, head_bytes, file_bytes, rom, pos, ret, err);
	if (is_bzimage(head, head_bytes))
		return read_bzimage(head, head_bytes, file_bytes, pos, ret, err);
	kind = file_kind(head, head_bytes);
	return error_set(err, -ENOEXEC, pos,
		"is %s: an x86 bzImage or ELF vmlinux is needed, plain or with gzip or "
		"zstd around it",
		kind ? kind : "no kernel that is known here");
}
