/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of a disk that keeps a tag beside each block, in the format of Linux'
 * dm-integrity, for an encryption that authenticates (host/disk_crypt.h). It knows
 * nothing of what a tag says; what it sees to is that block and tag change together,
 * whatever happens in the middle.
 *
 * Written blocks wait in memory, 4 MiB of them at most, until a disk_integrity_sync(): by
 * the journal they are then all there for good, or after a crash some of the old ones
 * are still. Where the volume is one without a journal, block and tag can part in a
 * crash.
 *
 * Any number of threads at once.
 */
#ifndef HOST_DISK_INTEGRITY_H
#define HOST_DISK_INTEGRITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_integrity;
struct error;
struct source_pos;

struct disk_integrity_options {
	const char *path; /* for messages; borrowed for its life, as is */
	int fd;           /* for reading only where it is that */
	uint64_t start_bytes;
	uint64_t file_bytes;
	uint32_t block_bytes; /* which the superblock must have, and these: */
	uint32_t tag_bytes;
	bool no_journal;
	const struct source_pos *pos;
};

/*
 * Reads the superblock, and brings what a crash left in the journal to its places.
 * -EINVAL for a volume that cannot be opened, or what the host says.
 */
int disk_integrity_open(const struct disk_integrity_options *options,
	struct disk_integrity **ret, struct error *err);

uint64_t disk_integrity_blocks(const struct disk_integrity *integrity);

/*
 * Blocks and tags from a number on; -errno, or how many there were in the file. Where one
 * is being written meanwhile, block and tag may not belong together: whoever finds that
 * reads it again, alone, and what is wrong then is wrong.
 */
int64_t disk_integrity_read(struct disk_integrity *integrity, uint64_t first,
	uint32_t count, uint8_t *ret_bytes, uint8_t *ret_tags, bool alone);
/* 0 or -errno, after which some of them may be written. */
int disk_integrity_write(struct disk_integrity *integrity, uint64_t first, uint32_t count,
	const uint8_t *bytes, const uint8_t *tags);
/* Returns when all that was written before is there for good. 0 or -errno. */
int disk_integrity_sync(struct disk_integrity *integrity);

/* Writes what waits, and leaves an empty journal. NULL is fine. */
void disk_integrity_close(struct disk_integrity *integrity);

#endif
