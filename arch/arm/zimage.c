/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ARM zImage (Linux, Documentation/arch/arm/booting.rst, and the header and table
 * that arch/arm/boot/compressed lays into it). It runs where it is loaded and unpacks the
 * kernel to the start of RAM, which it takes for the last multiple of 128 MiB below its
 * own code; so it lies behind everything that it is going to write. Then it need not move
 * itself, over whatever lies there, before it unpacks.
 */
#include "arch/arm/zimage.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "src/error.h"
#include "src/plan.h"
#include "src/rom.h"

#define HEADER_OFFSET 0x24

struct zimage_header {
	uint32_t magic;
	uint32_t start;
	uint32_t end; /* of the image proper: what is behind it was appended */
	uint32_t endianness;
	uint32_t table_magic;
	uint32_t table_offset;
};

#define MAGIC 0x016f2818u
#define OTHER_ENDIANNESS 0x01020304u
#define TABLE_MAGIC 0x45454545u

/* The table's first tag; the words after bss_bytes came with later kernels. */
struct kernel_size_tag {
	uint32_t words;
	uint32_t tag;
	uint32_t size_offset; /* where the image says how large the unpacked kernel is */
	uint32_t bss_bytes;
	uint32_t text_offset;
	uint32_t malloc_bytes;
};

#define TAG_KERNEL_SIZE 0x5a534c4bu
#define WORDS_TO_TEXT_OFFSET 5
#define WORDS_TO_MALLOC 6

/* The largest that a kernel has, of those whose table does not tell. */
#define TEXT_OFFSET_ASSUMED 0x208000u
#define MALLOC_ASSUMED 0x10000u
/* Stack and BSS of the unpacker: a few KiB. */
#define UNPACKER_BYTES 0x20000u
/* Kernels before 4.15 have no table; no packer gains that much on code with its BSS. */
#define UNPACKED_ASSUMED_FACTOR 8

#define LOAD_ALIGN_BYTES (2ull << 20)
#define LOAD_OFFSET_MAX (126ull << 20)

/* What its table says, in bytes. */
struct sizes {
	uint64_t unpacked; /* from the start of RAM, BSS included */
	uint64_t malloc;
};

static struct zimage_header read_header(const uint8_t *head)
{
	struct zimage_header raw;

	memcpy(&raw, head + HEADER_OFFSET, sizeof(raw));
	return (struct zimage_header){
		.magic = le32toh(raw.magic),
		.start = le32toh(raw.start),
		.end = le32toh(raw.end),
		.endianness = le32toh(raw.endianness),
		.table_magic = le32toh(raw.table_magic),
		.table_offset = le32toh(raw.table_offset),
	};
}

bool arm_zimage_is(const uint8_t *head, size_t head_bytes)
{
	return head_bytes >= HEADER_OFFSET + sizeof(struct zimage_header) &&
	       read_header(head).magic == MAGIC;
}

struct source {
	const uint8_t *head;
	size_t head_bytes;
	const struct rom *rom; /* or NULL: no more than the head */
};

/* -ENODATA where it is beyond the head and there is no rom to read on from. */
static int bytes_at(const struct source *source, uint64_t offset, void *buf, size_t bytes,
	struct error *err)
{
	if (offset + bytes > source->head_bytes)
		return source->rom ? rom_bytes_at(source->rom, offset, buf, bytes, err)
				   : -ENODATA;
	memcpy(buf, source->head + offset, bytes);
	return 0;
}

/* Leaves *ret alone where there is no table. */
static int read_table(const struct source *source, const struct zimage_header *header,
	struct sizes *ret, struct error *err)
{
	uint64_t text_offset = TEXT_OFFSET_ASSUMED;
	struct kernel_size_tag tag;
	uint32_t kernel_bytes;
	int rc;

	if (header->table_magic != TABLE_MAGIC)
		return 0;
	rc = bytes_at(source, header->table_offset, &tag, sizeof(tag), err);
	if (rc || le32toh(tag.tag) != TAG_KERNEL_SIZE)
		return rc;
	rc = bytes_at(source, le32toh(tag.size_offset), &kernel_bytes,
		sizeof(kernel_bytes), err);
	if (rc)
		return rc;
	if (le32toh(tag.words) >= WORDS_TO_TEXT_OFFSET)
		text_offset = le32toh(tag.text_offset);
	if (le32toh(tag.words) >= WORDS_TO_MALLOC)
		ret->malloc = le32toh(tag.malloc_bytes);
	ret->unpacked = text_offset + le32toh(kernel_bytes) + le32toh(tag.bss_bytes);
	return 0;
}

static int check(const struct zimage_header *header, uint64_t file_bytes,
	const struct source_pos *pos, struct error *err)
{
	uint64_t image_bytes = (uint64_t)header->end - header->start;

	if (header->endianness == OTHER_ENDIANNESS)
		return error_set(err, -ENOEXEC, pos,
			"is a big-endian ARM zImage: a little-endian one is needed");
	if (header->end <= header->start ||
		image_bytes < HEADER_OFFSET + sizeof(struct zimage_header))
		return error_set(err, -ENOEXEC, pos,
			"is damaged: its header says that it goes from 0x%" PRIx32
			" to 0x%" PRIx32,
			header->start, header->end);
	if (file_bytes && file_bytes < image_bytes)
		return error_set(err, -EBADMSG, pos,
			"is truncated: it ends after %" PRIu64 " of %" PRIu64 " bytes",
			file_bytes, image_bytes);
	return 0;
}

int arm_zimage_read(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err)
{
	const struct source source = {head, head_bytes, rom};
	struct zimage_header header = read_header(head);
	struct sizes sizes = {.malloc = MALLOC_ASSUMED};
	uint64_t image_bytes;
	uint64_t load_offset;
	int rc = check(&header, file_bytes, pos, err);

	if (rc)
		return rc;
	image_bytes = header.end - header.start;
	rc = read_table(&source, &header, &sizes, err);
	if (rc && rc != -ENODATA)
		return rc;
	if (!sizes.unpacked)
		sizes.unpacked = UNPACKED_ASSUMED_FACTOR * image_bytes;
	load_offset = (sizes.unpacked + LOAD_ALIGN_BYTES - 1) / LOAD_ALIGN_BYTES *
		      LOAD_ALIGN_BYTES;
	if (load_offset > LOAD_OFFSET_MAX)
		return error_set(err, -ENOEXEC, pos,
			"unpacks to %" PRIu64
			" MiB: an ARM zImage lies behind that and within 128 MiB of the "
			"start of RAM",
			load_offset >> 20);
	*ret = (struct kernel_image){
		.arch = CONFIG_ARCH_ARMV7,
		.format = "ARM zImage",
		.file_bytes = file_bytes ? image_bytes : 0,
		.appended_bytes = file_bytes ? file_bytes - image_bytes : 0,
		.memory_bytes = image_bytes + UNPACKER_BYTES + sizes.malloc,
		.load_offset = load_offset,
		.load_align_bytes = LOAD_ALIGN_BYTES,
		.unpack_bytes = sizes.unpacked,
		.segment_count = 1,
		.segments = {{.file_bytes = image_bytes}},
	};
	if (!file_bytes)
		ret->memory_bytes = 0;
	return 0;
}
