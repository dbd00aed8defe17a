/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where things are in a volume of Linux' dm-integrity, as its superblock says (versions 1
 * to 5, Documentation/admin-guide/device-mapper/dm-integrity.rst): the superblock, a
 * journal in sections, and then areas, each with the tags of its blocks in front of the
 * blocks. Arithmetic alone; any thread.
 *
 * A section of the journal begins with eight sectors of entries, taken in turns: the
 * first entry is in the first of them, the second in the second, and so on. An entry has
 * a block's number, the last eight bytes of each of its sectors, and its tag. Behind them
 * are the blocks, where those eight bytes are an id instead, as they are in each sector
 * of entries: the pass through the journal in which the section was written, and where
 * the sector is.
 */
#ifndef HOST_INTEGRITY_LAYOUT_H
#define HOST_INTEGRITY_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#define INTEGRITY_SECTOR_BYTES 512u
#define INTEGRITY_SUPERBLOCK_BYTES 512u
#define INTEGRITY_ENTRY_SECTORS 8u /* of a section */
#define INTEGRITY_ID_BYTES 8u      /* at the end of each sector of the journal */

struct integrity_layout {
	uint32_t block_bytes;
	uint32_t tag_bytes; /* of a block */
	uint64_t blocks;

	/* Bytes are of the file. */
	uint64_t journal_at;
	uint32_t sections;
	uint32_t section_bytes;
	uint32_t section_entries; /* blocks that fit into one */
	uint32_t entry_bytes;

	uint64_t areas_at;
	uint64_t area_blocks;     /* a power of two */
	uint64_t area_tags_bytes; /* with what is left free behind them */
};

/*
 * Of the superblock that is at start_bytes of a file of so many bytes, for tags of that
 * size, which the superblock must agree with. NULL, or why it cannot be used: an
 * adjectival clause for messages.
 */
const char *integrity_layout_read(const uint8_t superblock[INTEGRITY_SUPERBLOCK_BYTES],
	uint64_t start_bytes, uint64_t file_bytes, uint32_t block_bytes,
	uint32_t tag_bytes, struct integrity_layout *ret);

/* A block and its tag, in the file. */
uint64_t integrity_block_at(const struct integrity_layout *layout, uint64_t block);
uint64_t integrity_tag_at(const struct integrity_layout *layout, uint64_t block);
/* How many blocks, and tags, follow each other from there on: 1 at least. */
uint64_t integrity_run(const struct integrity_layout *layout, uint64_t block);

/* In a section: an entry, and its block. */
uint32_t integrity_entry_at(const struct integrity_layout *layout, uint32_t entry);
uint32_t integrity_entry_block_at(const struct integrity_layout *layout, uint32_t entry);

#endif
