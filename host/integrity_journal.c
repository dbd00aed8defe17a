/* SPDX-License-Identifier: Apache-2.0 */
#include "host/integrity_journal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/le.h"
#include "src/read_full.h"
#include "src/write_full.h"

#define PASSES 4u
#define ENTRIES_BYTES (INTEGRITY_ENTRY_SECTORS * INTEGRITY_SECTOR_BYTES)
#define ID_AT (INTEGRITY_SECTOR_BYTES - INTEGRITY_ID_BYTES)
/* The upper half of an entry's number where there is no block. */
#define UNUSED 0xffffffffu
/* An offset in an entry. */
#define AT_LAST_BYTES 8u

struct integrity_journal {
	const struct integrity_layout *layout;
	int fd;
	bool readonly;
	uint32_t next;     /* the section to be written next */
	unsigned int pass; /* with whose id */
	uint32_t used;     /* sections before that, in which entries may be in use */
	uint32_t
		unsettled; /* of them, whose blocks may not be in their places for good */
	uint8_t *section;  /* one, in memory */
	struct integrity_block *blocks; /* of one */
};

/* ---- ids --------------------------------------------------------------------------- */

static unsigned int pass_before(unsigned int pass)
{
	return (pass + PASSES - 1) % PASSES;
}

static unsigned int pass_after(unsigned int pass)
{
	return (pass + 1) % PASSES;
}

static uint64_t id_of(unsigned int pass, uint32_t section, uint32_t sector)
{
	return 0x1111111111111111ull * (pass + 1) ^ ((uint64_t)section << 32 ^ sector);
}

static uint32_t section_sectors(const struct integrity_layout *layout)
{
	return layout->section_bytes / INTEGRITY_SECTOR_BYTES;
}

static void put_ids(uint8_t *at, uint32_t sectors, unsigned int pass, uint32_t section)
{
	for (uint32_t i = 0; i < sectors; i++)
		le64_put(
			at + i * INTEGRITY_SECTOR_BYTES + ID_AT, id_of(pass, section, i));
}

/* ---- sections ---------------------------------------------------------------------- */

static uint64_t section_at(const struct integrity_journal *journal, uint32_t section)
{
	const struct integrity_layout *layout = journal->layout;

	return layout->journal_at + (uint64_t)section * layout->section_bytes;
}

static int read_section(struct integrity_journal *journal, uint32_t section)
{
	size_t bytes = journal->layout->section_bytes, got;
	int code = pread_full(
		journal->fd, journal->section, bytes, section_at(journal, section), &got);

	return code ? code : got < bytes ? -EIO : 0;
}

static uint8_t *entry(const struct integrity_journal *journal, uint32_t number)
{
	return journal->section + integrity_entry_at(journal->layout, number);
}

static bool is_unused(const uint8_t *at)
{
	return le32_at(at + 4) == UNUSED;
}

/* Without ids, and nothing in it. */
static void clear_section(struct integrity_journal *journal, size_t bytes)
{
	memset(journal->section, 0, bytes);
	for (uint32_t i = 0; i < journal->layout->section_entries; i++)
		le32_put(entry(journal, i) + 4, UNUSED);
}

static void put_block(struct integrity_journal *journal, uint32_t number,
	const struct integrity_block *block)
{
	const struct integrity_layout *layout = journal->layout;
	uint32_t sectors = layout->block_bytes / INTEGRITY_SECTOR_BYTES;
	uint8_t *at = entry(journal, number);

	memcpy(journal->section + integrity_entry_block_at(layout, number), block->bytes,
		layout->block_bytes);
	le64_put(at, block->number * sectors);
	for (uint32_t i = 0; i < sectors; i++)
		memcpy(at + AT_LAST_BYTES + i * INTEGRITY_ID_BYTES,
			block->bytes + i * INTEGRITY_SECTOR_BYTES + ID_AT,
			INTEGRITY_ID_BYTES);
	memcpy(at + AT_LAST_BYTES + sectors * INTEGRITY_ID_BYTES, block->tag,
		layout->tag_bytes);
}

/* False where an entry is not in use, or its block is none. Mends the block's end. */
static bool take_block(
	struct integrity_journal *journal, uint32_t number, struct integrity_block *ret)
{
	const struct integrity_layout *layout = journal->layout;
	uint32_t sectors = layout->block_bytes / INTEGRITY_SECTOR_BYTES;
	uint8_t *bytes = journal->section + integrity_entry_block_at(layout, number);
	const uint8_t *at = entry(journal, number);

	if (is_unused(at) || le64_at(at) / sectors >= layout->blocks)
		return false;
	for (uint32_t i = 0; i < sectors; i++)
		memcpy(bytes + i * INTEGRITY_SECTOR_BYTES + ID_AT,
			at + AT_LAST_BYTES + i * INTEGRITY_ID_BYTES, INTEGRITY_ID_BYTES);
	*ret = (struct integrity_block){
		.number = le64_at(at) / sectors,
		.bytes = bytes,
		.tag = at + AT_LAST_BYTES + sectors * INTEGRITY_ID_BYTES,
	};
	return true;
}

/* ---- what is in it ----------------------------------------------------------------- */

struct survey {
	bool used[PASSES];
	uint32_t last_section[PASSES]; /* with an id of that pass */
	uint8_t *pass_of;              /* each section; PASSES where it is of several */
	bool empty;
};

/* -EILSEQ for an id that is none. */
static int pass_of_sector(
	const struct integrity_journal *journal, uint32_t section, uint32_t sector)
{
	uint64_t id = le64_at(journal->section + sector * INTEGRITY_SECTOR_BYTES + ID_AT);

	for (int pass = 0; pass < (int)PASSES; pass++)
		if (id_of((unsigned int)pass, section, sector) == id)
			return pass;
	return -EILSEQ;
}

static int survey_section(
	struct integrity_journal *journal, uint32_t section, struct survey *survey)
{
	uint32_t sectors = section_sectors(journal->layout);
	int code = read_section(journal, section);

	if (code)
		return code;
	for (uint32_t i = 0; i < sectors; i++) {
		int pass = pass_of_sector(journal, section, i);

		if (pass < 0)
			return pass;
		survey->used[pass] = true;
		survey->last_section[pass] = section;
		if (i && survey->pass_of[section] != pass)
			pass = PASSES;
		survey->pass_of[section] = (uint8_t)pass;
	}
	for (uint32_t i = 0; i < journal->layout->section_entries; i++)
		survey->empty = survey->empty && is_unused(entry(journal, i));
	return 0;
}

/* The array is the caller's to free, also after an error. */
static int survey_all(struct integrity_journal *journal, struct survey *survey)
{
	uint32_t sections = journal->layout->sections;
	int code = 0;

	*survey = (struct survey){.empty = true};
	survey->pass_of = malloc(sections);
	if (!survey->pass_of)
		return -ENOMEM;
	for (uint32_t i = 0; !code && i < sections; i++)
		code = survey_section(journal, i, survey);
	return code;
}

/* The newest pass: the one before the first that has no section. */
static int newest_pass(const struct survey *survey, unsigned int *ret)
{
	unsigned int unused = 0;

	if (!survey->used[PASSES - 1]) {
		unused = PASSES - 1;
		while (unused && !survey->used[unused - 1])
			unused--;
	} else {
		while (unused < PASSES && survey->used[unused])
			unused++;
	}
	if (unused == PASSES)
		return -EILSEQ;
	*ret = pass_before(unused);
	return 0;
}

static void step(struct integrity_journal *journal)
{
	if (++journal->next < journal->layout->sections)
		return;
	journal->next = 0;
	journal->pass = pass_after(journal->pass);
}

static int place_section(
	struct integrity_journal *journal, integrity_place *place, void *context)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < journal->layout->section_entries; i++)
		count += take_block(journal, i, &journal->blocks[count]);
	return count ? place(context, journal->blocks, count) : 0;
}

/* From the oldest section on, as far as they follow each other; tells how many did. */
static int replay(struct integrity_journal *journal, const struct survey *survey,
	integrity_place *place, void *context, uint32_t *ret_whole)
{
	uint32_t whole = 0;

	for (; whole < journal->layout->sections; whole++) {
		int code = 0;

		if (survey->pass_of[journal->next] != journal->pass)
			break;
		if (!survey->empty)
			code = read_section(journal, journal->next);
		if (!code && !survey->empty)
			code = place_section(journal, place, context);
		if (code)
			return code;
		step(journal);
	}
	*ret_whole = whole;
	if (survey->empty)
		return 0;
	return fdatasync(journal->fd) ? -errno : 0;
}

/* Some sections from next on, with nothing in them. */
static int write_empty(struct integrity_journal *journal, uint32_t first, uint32_t count,
	unsigned int pass)
{
	const struct integrity_layout *layout = journal->layout;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t section = (uint32_t)(((uint64_t)first + i) % layout->sections);
		int code;

		clear_section(journal, layout->section_bytes);
		put_ids(journal->section, section_sectors(layout), pass, section);
		code = pwrite_full(journal->fd, journal->section, layout->section_bytes,
			section_at(journal, section));
		if (code)
			return code;
	}
	return count && fdatasync(journal->fd) ? -errno : 0;
}

/*
 * Makes a ring anew of which a part was never finished. The first and the last section
 * have steps of their own, so that at any time the unfinished part is one, and nothing
 * older is taken for newer.
 */
static int clear(struct integrity_journal *journal, uint32_t first, unsigned int newest)
{
	uint32_t sections = journal->layout->sections;
	unsigned int pass = pass_before(pass_before(newest));
	int code = write_empty(journal, first, 1, pass);

	if (!code && sections > 2)
		code = write_empty(journal, first + 1, sections - 2, pass);
	if (!code && sections > 1)
		code = write_empty(journal, first + sections - 1, 1, pass);
	journal->next = 0;
	journal->pass = pass_after(pass);
	return code;
}

/* ---- life -------------------------------------------------------------------------- */

static int recover_as(struct integrity_journal *journal, struct survey *survey,
	integrity_place *place, void *context)
{
	uint32_t sections = journal->layout->sections;
	unsigned int newest = 0;
	uint32_t first, whole;
	int code = newest_pass(survey, &newest);

	if (code)
		return code;
	journal->pass = pass_before(newest);
	/* A pass that is missing: nothing here follows what is before it. */
	if (!survey->used[journal->pass] && survey->used[pass_before(journal->pass)])
		survey->empty = true;
	journal->next = survey->last_section[newest];
	step(journal);
	first = journal->next;
	if (journal->readonly)
		return survey->empty ? 0 : -EROFS;
	code = replay(journal, survey, place, context, &whole);
	if (code)
		return code;
	if (whole < sections)
		return clear(journal, first, newest);
	journal->used = survey->empty ? 0 : sections;
	return 0;
}

static int recover(
	struct integrity_journal *journal, integrity_place *place, void *context)
{
	struct survey survey;
	int code = survey_all(journal, &survey);

	if (!code)
		code = recover_as(journal, &survey, place, context);
	free(survey.pass_of);
	return code;
}

int integrity_journal_open(int fd, const struct integrity_layout *layout,
	integrity_place *place, void *context, struct integrity_journal **ret)
{
	struct integrity_journal *journal = calloc(1, sizeof(*journal));
	int code;

	if (!journal)
		return -ENOMEM;
	journal->layout = layout;
	journal->fd = fd;
	journal->readonly = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY;
	journal->section = malloc(layout->section_bytes);
	journal->blocks = calloc(layout->section_entries, sizeof(*journal->blocks));
	code = journal->section && journal->blocks ? recover(journal, place, context)
						   : -ENOMEM;
	if (code) {
		integrity_journal_destroy(journal);
		return code;
	}
	*ret = journal;
	return 0;
}

uint32_t integrity_journal_room(const struct integrity_journal *journal)
{
	const struct integrity_layout *layout = journal->layout;
	uint64_t sections = layout->sections > 1 ? layout->sections / 2 : 1;
	uint64_t room = sections * layout->section_entries;

	return room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
}

int integrity_journal_write(struct integrity_journal *journal,
	const struct integrity_block *blocks, uint32_t count)
{
	const struct integrity_layout *layout = journal->layout;
	uint32_t sections =
		(count + layout->section_entries - 1) / layout->section_entries;
	const struct integrity_journal before = *journal;
	int code = 0;

	assert(count <= integrity_journal_room(journal));
	if (sections > layout->sections - journal->unsettled)
		code = fdatasync(journal->fd) ? -errno : 0;
	for (uint32_t i = 0; !code && i < count; i += layout->section_entries) {
		clear_section(journal, layout->section_bytes);
		for (uint32_t j = 0; j < layout->section_entries && i + j < count; j++)
			put_block(journal, j, &blocks[i + j]);
		put_ids(journal->section, section_sectors(layout), journal->pass,
			journal->next);
		code = pwrite_full(journal->fd, journal->section, layout->section_bytes,
			section_at(journal, journal->next));
		step(journal);
	}
	if (!code && fdatasync(journal->fd))
		code = -errno;
	if (code) {
		*journal = before;
		return code;
	}
	journal->unsettled = sections;
	journal->used = sections > layout->sections - before.used
				? layout->sections
				: before.used + sections;
	return 0;
}

/*
 * The id of one sector, which is of the oldest section: with another pass's the section
 * is one that was never finished, and nothing that follows it is placed. By then the
 * order in which sections are emptied is of no importance, which it is as long as an old
 * copy of a block could be found without the new one.
 */
static int put_first_id(struct integrity_journal *journal, unsigned int pass)
{
	uint8_t id[INTEGRITY_ID_BYTES];
	int code;

	le64_put(id, id_of(pass, journal->next, 0));
	code = pwrite_full(
		journal->fd, id, sizeof(id), section_at(journal, journal->next) + ID_AT);
	if (!code && fdatasync(journal->fd))
		code = -errno;
	return code;
}

/* The entries alone: the ids of the section's blocks are as they were. */
static int empty_section(struct integrity_journal *journal, uint32_t section)
{
	/* Behind next is what was written in the pass before. */
	unsigned int pass =
		section < journal->next ? journal->pass : pass_before(journal->pass);

	clear_section(journal, ENTRIES_BYTES);
	put_ids(journal->section, INTEGRITY_ENTRY_SECTORS, pass, section);
	if (section == journal->next)
		put_ids(journal->section, 1, pass_before(pass), section);
	return pwrite_full(journal->fd, journal->section, ENTRIES_BYTES,
		section_at(journal, section));
}

int integrity_journal_empty(struct integrity_journal *journal)
{
	uint32_t sections = journal->layout->sections;
	unsigned int pass = pass_before(journal->pass);
	int code;

	if (!journal->used)
		return 0;
	code = put_first_id(journal, pass_before(pass));
	for (uint32_t i = 1; !code && i <= journal->used; i++)
		code = empty_section(journal,
			(uint32_t)(((uint64_t)journal->next + sections - i) % sections));
	if (!code && fdatasync(journal->fd))
		code = -errno;
	if (!code)
		code = put_first_id(journal, pass);
	if (!code)
		journal->used = 0;
	return code;
}

void integrity_journal_destroy(struct integrity_journal *journal)
{
	if (!journal)
		return;
	free(journal->blocks);
	free(journal->section);
	free(journal);
}
