/* SPDX-License-Identifier: Apache-2.0 */
/*
 * There are two batches: one takes what is written, the other one, where it is not empty,
 * is on its way to the disk, by whoever found the first one full or wants it to be there
 * for good. Blocks that are in a batch are read from there, so that nobody needs to know
 * of their journal.
 */
#include "host/disk_integrity.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/integrity_batch.h"
#include "host/integrity_journal.h"
#include "host/integrity_layout.h"
#include "src/error.h"
#include "src/log.h"
#include "src/read_full.h"
#include "src/write_full.h"

#define BATCH_BYTES (4u << 20)
/* Blocks that follow each other are written at once, so many bytes of them at most. */
#define RUN_BYTES (256u << 10)

struct disk_integrity {
	struct integrity_layout layout;
	const char *path;
	int fd;
	struct integrity_journal *journal; /* NULL: there is none to be used */
	uint8_t *run_bytes;                /* RUN_BYTES, and the tags of so many */
	uint8_t *run_tags;

	/* In this order. */
	pthread_mutex_t settling; /* who has it may move batches, and write the file */
	pthread_mutex_t placing;  /* while block and tag may not belong together */
	pthread_mutex_t lock;     /* guards what is in the batches; innermost */
	struct integrity_batch *open;
	struct integrity_batch *going; /* written to the journal, where journaled */
	bool journaled;
};

/* ---- to its place ------------------------------------------------------------------ */

static int place_run(struct disk_integrity *integrity,
	const struct integrity_block *blocks, uint32_t count)
{
	const struct integrity_layout *layout = &integrity->layout;
	int code;

	for (uint32_t i = 0; i < count; i++) {
		memcpy(integrity->run_bytes + (size_t)i * layout->block_bytes,
			blocks[i].bytes, layout->block_bytes);
		memcpy(integrity->run_tags + (size_t)i * layout->tag_bytes, blocks[i].tag,
			layout->tag_bytes);
	}
	pthread_mutex_lock(&integrity->placing);
	code = pwrite_full(integrity->fd, integrity->run_bytes,
		(size_t)count * layout->block_bytes,
		integrity_block_at(layout, blocks->number));
	if (!code)
		code = pwrite_full(integrity->fd, integrity->run_tags,
			(size_t)count * layout->tag_bytes,
			integrity_tag_at(layout, blocks->number));
	pthread_mutex_unlock(&integrity->placing);
	return code;
}

static int place(void *context, const struct integrity_block *blocks, uint32_t count)
{
	struct disk_integrity *integrity = context;
	uint32_t run_max = RUN_BYTES / integrity->layout.block_bytes;
	int code = 0;

	for (uint32_t done = 0, run; !code && done < count; done += run) {
		uint64_t first = blocks[done].number;
		uint64_t most = integrity_run(&integrity->layout, first);

		for (run = 1; run < run_max && run < most && done + run < count; run++)
			if (blocks[done + run].number != first + run)
				break;
		code = place_run(integrity, blocks + done, run);
	}
	return code;
}

/* With settling held. What is going arrives; 0 where nothing is. */
static int finish_going(struct disk_integrity *integrity)
{
	uint32_t count = integrity_batch_count(integrity->going);
	const struct integrity_block *blocks;
	int code = 0;

	if (!count)
		return 0;
	blocks = integrity_batch_sort(integrity->going);
	if (integrity->journal && !integrity->journaled)
		code = integrity_journal_write(integrity->journal, blocks, count);
	if (code)
		return code;
	integrity->journaled = true;
	code = place(integrity, blocks, count);
	if (code)
		return code;
	pthread_mutex_lock(&integrity->lock);
	integrity_batch_clear(integrity->going);
	pthread_mutex_unlock(&integrity->lock);
	return 0;
}

/* With settling held: all that was written before. */
static int settle(struct disk_integrity *integrity)
{
	int code = finish_going(integrity);
	struct integrity_batch *full = integrity->open;

	if (code)
		return code;
	pthread_mutex_lock(&integrity->lock);
	integrity->open = integrity->going;
	integrity->going = full;
	integrity->journaled = false;
	pthread_mutex_unlock(&integrity->lock);
	return finish_going(integrity);
}

int disk_integrity_sync(struct disk_integrity *integrity)
{
	int code;

	pthread_mutex_lock(&integrity->settling);
	code = settle(integrity);
	/* What the journal has needs no more than that. */
	if (!code && !integrity->journal && fdatasync(integrity->fd))
		code = -errno;
	pthread_mutex_unlock(&integrity->settling);
	return code;
}

/* ---- writing ----------------------------------------------------------------------- */

/* As many as there is room for. */
static uint32_t put(
	struct disk_integrity *integrity, struct integrity_block block, uint32_t count)
{
	const struct integrity_layout *layout = &integrity->layout;
	uint32_t done = 0;

	pthread_mutex_lock(&integrity->lock);
	for (; done < count && integrity_batch_put(integrity->open, &block); done++) {
		block.number++;
		block.bytes += layout->block_bytes;
		block.tag += layout->tag_bytes;
	}
	pthread_mutex_unlock(&integrity->lock);
	return done;
}

/* Somebody else may have made room already. */
static int make_room(
	struct disk_integrity *integrity, const struct integrity_block *block)
{
	int code = 0;

	pthread_mutex_lock(&integrity->settling);
	if (!put(integrity, *block, 1))
		code = settle(integrity);
	pthread_mutex_unlock(&integrity->settling);
	return code;
}

int disk_integrity_write(struct disk_integrity *integrity, uint64_t first, uint32_t count,
	const uint8_t *bytes, const uint8_t *tags)
{
	const struct integrity_layout *layout = &integrity->layout;
	uint32_t done = 0;
	int code = 0;

	while (!code && done < count) {
		struct integrity_block block = {first + done,
			bytes + (size_t)done * layout->block_bytes,
			tags + (size_t)done * layout->tag_bytes};
		uint32_t part = put(integrity, block, count - done);

		if (!part)
			code = make_room(integrity, &block);
		done += part;
	}
	return code;
}

/* ---- reading ----------------------------------------------------------------------- */

/* From a batch, the newer one first; how many of the first ones are not in any. */
static uint32_t get(struct disk_integrity *integrity, uint64_t first, uint32_t count,
	uint8_t *bytes, uint8_t *tags, bool *ret_got)
{
	const struct integrity_layout *layout = &integrity->layout;
	uint32_t missing = 0;

	*ret_got = false;
	pthread_mutex_lock(&integrity->lock);
	for (; missing < count && !*ret_got; missing += !*ret_got) {
		uint8_t *to = bytes + (size_t)missing * layout->block_bytes;
		uint8_t *tag = tags + (size_t)missing * layout->tag_bytes;

		*ret_got =
			integrity_batch_get(integrity->open, first + missing, to, tag) ||
			integrity_batch_get(integrity->going, first + missing, to, tag);
	}
	pthread_mutex_unlock(&integrity->lock);
	return missing;
}

/* What is in no batch, a run; how many there were, or -errno. */
static int64_t read_run(struct disk_integrity *integrity, uint64_t first, uint32_t count,
	uint8_t *bytes, uint8_t *tags)
{
	const struct integrity_layout *layout = &integrity->layout;
	size_t got, got_tags = 0;
	int code = pread_full(integrity->fd, bytes, (size_t)count * layout->block_bytes,
		integrity_block_at(layout, first), &got);

	if (!code)
		code = pread_full(integrity->fd, tags, (size_t)count * layout->tag_bytes,
			integrity_tag_at(layout, first), &got_tags);
	got /= layout->block_bytes;
	got_tags /= layout->tag_bytes;
	return code ? code : (int64_t)(got < got_tags ? got : got_tags);
}

static int64_t read_all(struct disk_integrity *integrity, uint64_t first, uint32_t count,
	uint8_t *bytes, uint8_t *tags)
{
	const struct integrity_layout *layout = &integrity->layout;
	uint32_t done = 0;

	while (done < count) {
		uint64_t most = integrity_run(layout, first + done);
		uint32_t part = count - done < most ? count - done : (uint32_t)most;
		uint8_t *to = bytes + (size_t)done * layout->block_bytes;
		uint8_t *tag = tags + (size_t)done * layout->tag_bytes;
		bool got;
		uint32_t missing = get(integrity, first + done, part, to, tag, &got);
		int64_t found =
			missing ? read_run(integrity, first + done, missing, to, tag) : 0;

		if (found < 0)
			return done ? done : found;
		done += (uint32_t)found;
		if (found < missing)
			break;
		done += got;
	}
	return done;
}

int64_t disk_integrity_read(struct disk_integrity *integrity, uint64_t first,
	uint32_t count, uint8_t *ret_bytes, uint8_t *ret_tags, bool alone)
{
	int64_t got;

	if (alone)
		pthread_mutex_lock(&integrity->placing);
	got = read_all(integrity, first, count, ret_bytes, ret_tags);
	if (alone)
		pthread_mutex_unlock(&integrity->placing);
	return got;
}

/* ---- life -------------------------------------------------------------------------- */

uint64_t disk_integrity_blocks(const struct disk_integrity *integrity)
{
	return integrity->layout.blocks;
}

static int read_layout(struct disk_integrity *integrity,
	const struct disk_integrity_options *options, struct error *err)
{
	uint8_t superblock[INTEGRITY_SUPERBLOCK_BYTES] = {0};
	const char *wrong;
	size_t got;
	int code = pread_full(
		options->fd, superblock, sizeof(superblock), options->start_bytes, &got);

	if (code)
		return error_set(err, code, options->pos, "cannot read %s: %s",
			options->path, strerror(-code));
	wrong = integrity_layout_read(superblock, options->start_bytes,
		options->file_bytes, options->block_bytes, options->tag_bytes,
		&integrity->layout);
	if (wrong)
		return error_set(
			err, -EINVAL, options->pos, "%s %s", options->path, wrong);
	return 0;
}

/* Also where it is not to be used: it may have been, before. */
static int open_journal(struct disk_integrity *integrity,
	const struct disk_integrity_options *options, struct error *err)
{
	int code = integrity_journal_open(
		integrity->fd, &integrity->layout, place, integrity, &integrity->journal);

	if (!code && options->no_journal) {
		code = integrity_journal_empty(integrity->journal);
		integrity_journal_destroy(integrity->journal);
		integrity->journal = NULL;
	}
	if (code == -EROFS)
		return error_set(err, -EINVAL, options->pos,
			"%s was not closed: what its journal has must be written first; "
			"open it once without readonly=\"yes\"",
			options->path);
	if (code == -EILSEQ)
		return error_set(err, -EINVAL, options->pos,
			"%s has an integrity journal that is damaged", options->path);
	if (code)
		return error_set(err, code, options->pos,
			"cannot recover the integrity journal of %s: %s", options->path,
			strerror(-code));
	return 0;
}

static int make_batches(
	struct disk_integrity *integrity, const struct disk_integrity_options *options)
{
	const struct integrity_layout *layout = &integrity->layout;
	uint32_t room = BATCH_BYTES / layout->block_bytes;
	int code;

	if (integrity->journal && integrity_journal_room(integrity->journal) < room)
		room = integrity_journal_room(integrity->journal);
	if (layout->blocks < room)
		room = (uint32_t)layout->blocks;
	code = integrity_batch_create(
		room, layout->block_bytes, options->tag_bytes, &integrity->open);
	if (!code)
		code = integrity_batch_create(
			room, layout->block_bytes, options->tag_bytes, &integrity->going);
	return code;
}

static int set_up(struct disk_integrity *integrity,
	const struct disk_integrity_options *options, struct error *err)
{
	int code = read_layout(integrity, options, err);

	if (code)
		return code;
	integrity->run_bytes = malloc(RUN_BYTES);
	integrity->run_tags =
		malloc((size_t)RUN_BYTES / options->block_bytes * options->tag_bytes);
	if (!integrity->run_bytes || !integrity->run_tags)
		return error_set(
			err, -ENOMEM, options->pos, "no memory for %s", options->path);
	code = open_journal(integrity, options, err);
	if (code)
		return code;
	code = make_batches(integrity, options);
	if (code)
		return error_set(
			err, code, options->pos, "no memory for %s", options->path);
	return 0;
}

static void destroy(struct disk_integrity *integrity)
{
	integrity_batch_destroy(integrity->going);
	integrity_batch_destroy(integrity->open);
	integrity_journal_destroy(integrity->journal);
	free(integrity->run_tags);
	free(integrity->run_bytes);
	pthread_mutex_destroy(&integrity->lock);
	pthread_mutex_destroy(&integrity->placing);
	pthread_mutex_destroy(&integrity->settling);
	free(integrity);
}

int disk_integrity_open(const struct disk_integrity_options *options,
	struct disk_integrity **ret, struct error *err)
{
	struct disk_integrity *integrity = calloc(1, sizeof(*integrity));
	int code;

	if (!integrity)
		return error_set(
			err, -ENOMEM, options->pos, "no memory for %s", options->path);
	integrity->path = options->path;
	integrity->fd = options->fd;
	pthread_mutex_init(&integrity->settling, NULL);
	pthread_mutex_init(&integrity->placing, NULL);
	pthread_mutex_init(&integrity->lock, NULL);
	code = set_up(integrity, options, err);
	if (code) {
		destroy(integrity);
		return code;
	}
	*ret = integrity;
	return 0;
}

void disk_integrity_close(struct disk_integrity *integrity)
{
	int code;

	if (!integrity)
		return;
	code = disk_integrity_sync(integrity);
	if (!code && integrity->journal) {
		/* In their places for good, that is, before the journal forgets them. */
		code = fdatasync(integrity->fd) ? -errno : 0;
		if (!code)
			code = integrity_journal_empty(integrity->journal);
	}
	if (code)
		log_host("%s could not be closed: %s; what the guest wrote last may be "
			 "lost",
			integrity->path, strerror(-code));
	destroy(integrity);
}
