/* SPDX-License-Identifier: Apache-2.0 */
#include "host/integrity_layout.h"

#include <string.h>

#include "src/le.h"
#include "test/unit/test.h"

#define START (16u << 20)
#define FILE_BYTES (2ull << 30)

struct superblock {
	uint8_t version;
	uint8_t log2_area;
	uint16_t tag_bytes;
	uint32_t sections;
	uint64_t data_sectors;
	uint32_t flags;
	uint8_t log2_block;
};

static void make(const struct superblock *from, uint8_t to[INTEGRITY_SUPERBLOCK_BYTES])
{
	memset(to, 0, INTEGRITY_SUPERBLOCK_BYTES);
	memcpy(to, "integrt", 8);
	to[8] = from->version;
	to[9] = from->log2_area;
	le16_put(to + 10, from->tag_bytes);
	le32_put(to + 12, from->sections);
	le64_put(to + 16, from->data_sectors);
	le32_put(to + 24, from->flags);
	to[28] = from->log2_block;
}

static const char *read_it(const struct superblock *from, uint32_t block_bytes,
	uint32_t tag_bytes, struct integrity_layout *ret)
{
	uint8_t superblock[INTEGRITY_SUPERBLOCK_BYTES];

	make(from, superblock);
	return integrity_layout_read(
		superblock, START, FILE_BYTES, block_bytes, tag_bytes, ret);
}

/* Entries are padded to eight bytes; eight sectors are full of them. */
TEST(lays_out_the_journal)
{
	static const struct {
		struct superblock superblock;
		uint32_t block_bytes;
		uint32_t entry_bytes;
		uint32_t entries;
		uint32_t section_bytes;
	} cases[] = {
		{{4, 15, 32, 186, 1 << 20, 8, 0}, 512, 48, 80, 88 * 512},
		{{4, 15, 28, 62, 1 << 20, 8, 3}, 4096, 104, 32, 264 * 512},
		{{4, 15, 48, 62, 1 << 20, 8, 3}, 4096, 120, 32, 264 * 512},
		{{5, 15, 28, 1, 1 << 20, 24, 0}, 512, 48, 80, 88 * 512},
		{{1, 15, 80, 1, 1 << 20, 8, 3}, 4096, 152, 24, 200 * 512},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct integrity_layout layout;

		CHECK(!read_it(&cases[i].superblock, cases[i].block_bytes,
			cases[i].superblock.tag_bytes, &layout));
		CHECK_EQ(layout.entry_bytes, cases[i].entry_bytes);
		CHECK_EQ(layout.section_entries, cases[i].entries);
		CHECK_EQ(layout.section_bytes, cases[i].section_bytes);
		CHECK_EQ(layout.journal_at, START + 4096);
		CHECK_EQ(layout.areas_at,
			START + 4096 +
				cases[i].superblock.sections * cases[i].section_bytes);
		CHECK_EQ(layout.blocks, (1 << 20) / (cases[i].block_bytes / 512));
	}
}

TEST(takes_entries_in_turns)
{
	static const struct superblock superblock = {4, 15, 32, 186, 1 << 20, 8, 0};
	struct integrity_layout layout;

	CHECK(!read_it(&superblock, 512, 32, &layout));
	CHECK_EQ(integrity_entry_at(&layout, 0), 0);
	CHECK_EQ(integrity_entry_at(&layout, 1), 512);
	CHECK_EQ(integrity_entry_at(&layout, 7), 7 * 512);
	CHECK_EQ(integrity_entry_at(&layout, 8), 48);
	CHECK_EQ(integrity_entry_at(&layout, 79), 7 * 512 + 9 * 48);
	CHECK_EQ(integrity_entry_block_at(&layout, 0), 8 * 512);
	CHECK_EQ(integrity_entry_block_at(&layout, 79), 87 * 512);
}

/* Areas of 16 MiB; the tags before them are padded. */
TEST(finds_blocks_and_tags)
{
	static const struct {
		struct superblock superblock;
		uint32_t block_bytes;
		uint64_t block;
		uint64_t block_at; /* behind the journal */
		uint64_t tag_at;
		uint64_t run;
	} cases[] = {
		{{4, 15, 32, 2, 1 << 20, 8, 0}, 512, 0, 1 << 20, 0, 32768},
		{{4, 15, 32, 2, 1 << 20, 8, 0}, 512, 32767, (1 << 20) + 32767 * 512,
			32767 * 32, 1},
		{{4, 15, 32, 2, 1 << 20, 8, 0}, 512, 32768, (18 << 20), 17 << 20, 32768},
		{{4, 15, 28, 2, 1 << 20, 8, 3}, 4096, 1, 28 * 4096 + 4096, 28, 4095},
		{{4, 15, 28, 2, 1 << 20, 8, 3}, 4096, 4097,
			(16 << 20) + 2 * 28 * 4096 + 4096, (16 << 20) + 28 * 4096 + 28,
			4095},
		/* 28 pages of tags, padded to 32 by mistake. */
		{{1, 15, 28, 2, 1 << 20, 0, 3}, 4096, 4097,
			(16 << 20) + 2 * 32 * 4096 + 4096, (16 << 20) + 32 * 4096 + 28,
			4095},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct integrity_layout layout;

		CHECK(!read_it(&cases[i].superblock, cases[i].block_bytes,
			cases[i].superblock.tag_bytes, &layout));
		CHECK_EQ(integrity_block_at(&layout, cases[i].block) - layout.areas_at,
			cases[i].block_at);
		CHECK_EQ(integrity_tag_at(&layout, cases[i].block) - layout.areas_at,
			cases[i].tag_at);
		CHECK_EQ(integrity_run(&layout, cases[i].block), cases[i].run);
	}
}

TEST(refuses_what_cannot_be)
{
	static const struct {
		struct superblock superblock;
		uint32_t block_bytes;
		uint32_t tag_bytes;
		const char *why;
	} cases[] = {
		{{0, 15, 32, 2, 1 << 20, 8, 0}, 512, 32, "another version"},
		{{6, 15, 32, 2, 1 << 20, 8, 0}, 512, 32, "another version"},
		/* A MAC of the journal, recalculating, a bitmap, inline. */
		{{4, 15, 32, 2, 1 << 20, 9, 0}, 512, 32, "flags"},
		{{4, 15, 32, 2, 1 << 20, 10, 0}, 512, 32, "flags"},
		{{4, 15, 32, 2, 1 << 20, 12, 0}, 512, 32, "flags"},
		{{5, 15, 32, 2, 1 << 20, 40, 0}, 512, 32, "flags"},
		{{4, 15, 28, 2, 1 << 20, 8, 0}, 512, 32, "sizes"},
		{{4, 15, 32, 2, 1 << 20, 8, 3}, 512, 32, "sizes"},
		{{4, 15, 32, 2, 1 << 20, 8, 4}, 8192, 32, "sizes"},
		{{4, 6, 32, 2, 1 << 20, 8, 0}, 512, 32, "sizes"},
		{{4, 32, 32, 2, 1 << 20, 8, 0}, 512, 32, "sizes"},
		{{4, 15, 32, 0, 1 << 20, 8, 0}, 512, 32, "sizes"},
		{{4, 15, 32, 2, 0, 8, 0}, 512, 32, "sizes"},
		{{4, 15, 32, 2, (1 << 20) + 4, 8, 3}, 4096, 32, "sizes"},
		{{4, 15, 32, 2, UINT64_MAX - 7, 8, 3}, 4096, 32, "sizes"},
		{{4, 15, 32, 2, 1 << 22, 8, 0}, 512, 32, "cut off"},
		{{4, 15, 32, UINT32_MAX, 1 << 20, 8, 0}, 512, 32, "cut off"},
		{{4, 7, 32, 2, 1ull << 50, 0, 0}, 512, 32, "cut off"},
	};
	uint8_t nothing[INTEGRITY_SUPERBLOCK_BYTES] = {0};
	struct integrity_layout layout;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = read_it(&cases[i].superblock, cases[i].block_bytes,
			cases[i].tag_bytes, &layout);

		CHECK(why);
		CHECK_HAS(why ? why : "", cases[i].why);
	}
	CHECK_HAS(integrity_layout_read(nothing, START, FILE_BYTES, 512, 32, &layout),
		"no integrity superblock");
}

TEST_MAIN(CASE(lays_out_the_journal), CASE(takes_entries_in_turns),
	CASE(finds_blocks_and_tags), CASE(refuses_what_cannot_be))
