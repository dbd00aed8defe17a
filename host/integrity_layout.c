/* SPDX-License-Identifier: Apache-2.0 */
#include "host/integrity_layout.h"

#include <string.h>

#include "src/align.h"
#include "src/le.h"

#define VERSION_MAX 5u
#define DATA_SECTORS_MAX (1ull << 50)
#define SUPERBLOCK_SECTORS 8u
/* With fewer sectors Linux finds tags elsewhere: it counts in buffers of that many. */
#define LOG2_AREA_MIN 7u
#define LOG2_AREA_MAX 31u
/* Tags are padded to so much; by mistake to far more where no flag says otherwise. */
#define PADDING_BYTES 4096u
#define OLD_PADDING_BYTES (128u << 10)

/* Offsets of the superblock's fields, all little-endian. */
#define AT_VERSION 8
#define AT_LOG2_AREA_SECTORS 9
#define AT_TAG_BYTES 10
#define AT_SECTIONS 12
#define AT_DATA_SECTORS 16
#define AT_FLAGS 24
#define AT_LOG2_BLOCK_SECTORS 28

/* The second is about MACs of the journal, of which there are none here. */
#define FLAG_FIXED_PADDING 0x8u
#define FLAG_FIXED_HMAC 0x10u

static void lay_out_journal(struct integrity_layout *layout)
{
	uint32_t block_sectors = layout->block_bytes / INTEGRITY_SECTOR_BYTES;

	layout->entry_bytes = (uint32_t)align_up(
		8 + INTEGRITY_ID_BYTES * block_sectors + layout->tag_bytes, 8);
	layout->section_entries =
		INTEGRITY_ENTRY_SECTORS *
		((INTEGRITY_SECTOR_BYTES - INTEGRITY_ID_BYTES) / layout->entry_bytes);
	layout->section_bytes = INTEGRITY_ENTRY_SECTORS * INTEGRITY_SECTOR_BYTES +
				layout->section_entries * layout->block_bytes;
}

const char *integrity_layout_read(const uint8_t superblock[INTEGRITY_SUPERBLOCK_BYTES],
	uint64_t start_bytes, uint64_t file_bytes, uint32_t block_bytes,
	uint32_t tag_bytes, struct integrity_layout *ret)
{
	static const uint8_t magic[8] = "integrt";
	uint8_t version = superblock[AT_VERSION];
	uint8_t log2_area = superblock[AT_LOG2_AREA_SECTORS];
	uint8_t log2_block = superblock[AT_LOG2_BLOCK_SECTORS];
	uint64_t data_sectors = le64_at(superblock + AT_DATA_SECTORS);
	uint32_t flags = le32_at(superblock + AT_FLAGS);
	uint32_t padding = flags & FLAG_FIXED_PADDING ? PADDING_BYTES : OLD_PADDING_BYTES;

	if (memcmp(superblock, magic, sizeof(magic)))
		return "has no integrity superblock where its data begins";
	if (!version || version > VERSION_MAX)
		return "has an integrity superblock of another version than 1 to 5";
	if (flags & ~(FLAG_FIXED_PADDING | FLAG_FIXED_HMAC))
		return "has an integrity superblock with flags that are not known here";
	*ret = (struct integrity_layout){
		.block_bytes = block_bytes,
		.tag_bytes = tag_bytes,
		.sections = le32_at(superblock + AT_SECTIONS),
	};
	if (le16_at(superblock + AT_TAG_BYTES) != tag_bytes || log2_block > 3 ||
		INTEGRITY_SECTOR_BYTES << log2_block != block_bytes ||
		log2_area < LOG2_AREA_MIN || log2_area > LOG2_AREA_MAX ||
		!ret->sections || !data_sectors || data_sectors > DATA_SECTORS_MAX ||
		data_sectors % (1u << log2_block))
		return "has an integrity superblock with sizes that cannot be";
	lay_out_journal(ret);
	ret->blocks = data_sectors >> log2_block;
	ret->area_blocks = 1ull << log2_area >> log2_block;
	ret->area_tags_bytes = align_up(ret->area_blocks * tag_bytes, padding);
	ret->journal_at = start_bytes + SUPERBLOCK_SECTORS * INTEGRITY_SECTOR_BYTES;
	ret->areas_at = ret->journal_at + (uint64_t)ret->sections * ret->section_bytes;
	if (ret->areas_at > file_bytes ||
		integrity_block_at(ret, ret->blocks - 1) + block_bytes > file_bytes)
		return "is cut off: its integrity superblock says that it is larger";
	return NULL;
}

uint64_t integrity_block_at(const struct integrity_layout *layout, uint64_t block)
{
	uint64_t area = block / layout->area_blocks;

	return layout->areas_at + (area + 1) * layout->area_tags_bytes +
	       block * layout->block_bytes;
}

uint64_t integrity_tag_at(const struct integrity_layout *layout, uint64_t block)
{
	uint64_t area = block / layout->area_blocks;
	uint64_t first = area * layout->area_blocks;

	return layout->areas_at + area * layout->area_tags_bytes +
	       first * layout->block_bytes + (block - first) * layout->tag_bytes;
}

uint64_t integrity_run(const struct integrity_layout *layout, uint64_t block)
{
	return layout->area_blocks - block % layout->area_blocks;
}

uint32_t integrity_entry_at(const struct integrity_layout *layout, uint32_t entry)
{
	return entry % INTEGRITY_ENTRY_SECTORS * INTEGRITY_SECTOR_BYTES +
	       entry / INTEGRITY_ENTRY_SECTORS * layout->entry_bytes;
}

uint32_t integrity_entry_block_at(const struct integrity_layout *layout, uint32_t entry)
{
	return INTEGRITY_ENTRY_SECTORS * INTEGRITY_SECTOR_BYTES +
	       entry * layout->block_bytes;
}
