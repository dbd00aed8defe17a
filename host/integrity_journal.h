/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of an integrity volume: a ring of sections, in which blocks and tags are
 * written together before they are written to their places, so that they become valid
 * together. Ids of passes through the ring are taken in turns out of four; whoever reads
 * it finds by them where the newest section is, and which one was never finished.
 *
 * One thread at a time.
 */
#ifndef HOST_INTEGRITY_JOURNAL_H
#define HOST_INTEGRITY_JOURNAL_H

#include <stdint.h>

#include "host/integrity_layout.h"

/* A block on its way: ciphertext and tag, whoever's they are. */
struct integrity_block {
	uint64_t number;
	const uint8_t *bytes;
	const uint8_t *tag;
};

/* What brings blocks to their places; of one section at most. 0 or -errno. */
typedef int integrity_place(
	void *context, const struct integrity_block *blocks, uint32_t count);

struct integrity_journal;

/*
 * Reads the journal and has everything in it placed that is whole, oldest first; that
 * which is not whole is cleared. On a descriptor for reading only it is an error that
 * there is something to place. layout is borrowed. -EROFS for that, -EILSEQ for a journal
 * that is none, -ENOMEM, or what the host says.
 */
int integrity_journal_open(int fd, const struct integrity_layout *layout,
	integrity_place *place, void *context, struct integrity_journal **ret);
/*
 * How many blocks can be written at a time, such that what was written the time before is
 * still there: as long as it may not have reached its places for good.
 */
uint32_t integrity_journal_room(const struct integrity_journal *journal);
/*
 * Writes no more blocks than that, and returns when they will be found again whatever
 * happens. By then what was placed before is there for good.
 */
int integrity_journal_write(struct integrity_journal *journal,
	const struct integrity_block *blocks, uint32_t count);
/*
 * Leaves a journal in which there is nothing to place, when all is in its place for good.
 * 0 or -errno, after which what is in it is placed again the next time.
 */
int integrity_journal_empty(struct integrity_journal *journal);
void integrity_journal_destroy(struct integrity_journal *journal); /* NULL is fine */

#endif
