/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of an integrity volume that wait to be written together: the newest copy of
 * each, with its tag, found by number. One thread at a time.
 */
#ifndef HOST_INTEGRITY_BATCH_H
#define HOST_INTEGRITY_BATCH_H

#include <stdbool.h>
#include <stdint.h>

struct integrity_block;

struct integrity_batch;

/* For so many blocks at most; memory is taken as it fills. -ENOMEM. */
int integrity_batch_create(uint32_t room, uint32_t block_bytes, uint32_t tag_bytes,
	struct integrity_batch **ret);
void integrity_batch_destroy(struct integrity_batch *batch); /* NULL is fine */

uint32_t integrity_batch_count(const struct integrity_batch *batch);
/* Copies block and tag, in place of an older copy of it. False: there is no room. */
bool integrity_batch_put(
	struct integrity_batch *batch, const struct integrity_block *block);
/* Copies both; false where it is not in the batch. */
bool integrity_batch_get(const struct integrity_batch *batch, uint64_t number,
	uint8_t *ret_bytes, uint8_t *ret_tag);
/* All of them by number; the batch's until it changes. */
const struct integrity_block *integrity_batch_sort(struct integrity_batch *batch);
void integrity_batch_clear(struct integrity_batch *batch);

#endif
