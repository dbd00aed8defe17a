/* SPDX-License-Identifier: Apache-2.0 */
#include "host/integrity_batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host/integrity_journal.h"

struct integrity_batch {
	uint32_t block_bytes;
	uint32_t tag_bytes;
	uint32_t room;
	uint32_t count;
	uint32_t mask;   /* of a place in the table */
	uint32_t *table; /* number + 1 of a block; 0: free. Never more than half full */
	uint64_t *numbers;
	uint8_t *bytes;
	uint8_t *tags;
	struct integrity_block *sorted;
};

int integrity_batch_create(uint32_t room, uint32_t block_bytes, uint32_t tag_bytes,
	struct integrity_batch **ret)
{
	struct integrity_batch *batch = calloc(1, sizeof(*batch));
	uint32_t places = 2;

	if (!batch)
		return -ENOMEM;
	while (places < 2 * room)
		places *= 2;
	batch->block_bytes = block_bytes;
	batch->tag_bytes = tag_bytes;
	batch->room = room;
	batch->mask = places - 1;
	batch->table = calloc(places, sizeof(*batch->table));
	batch->numbers = calloc(room, sizeof(*batch->numbers));
	batch->bytes = calloc(room, block_bytes);
	batch->tags = calloc(room, tag_bytes);
	batch->sorted = calloc(room, sizeof(*batch->sorted));
	if (!batch->table || !batch->numbers || !batch->bytes || !batch->tags ||
		!batch->sorted) {
		integrity_batch_destroy(batch);
		return -ENOMEM;
	}
	*ret = batch;
	return 0;
}

void integrity_batch_destroy(struct integrity_batch *batch)
{
	if (!batch)
		return;
	free(batch->sorted);
	free(batch->tags);
	free(batch->bytes);
	free(batch->numbers);
	free(batch->table);
	free(batch);
}

uint32_t integrity_batch_count(const struct integrity_batch *batch)
{
	return batch->count;
}

/* Where it is in the table, or where it belongs. */
static uint32_t *find(const struct integrity_batch *batch, uint64_t number)
{
	uint32_t place = (uint32_t)((number * 0x9e3779b97f4a7c15ull) >> 32) & batch->mask;

	while (batch->table[place] && batch->numbers[batch->table[place] - 1] != number)
		place = (place + 1) & batch->mask;
	return &batch->table[place];
}

static uint8_t *bytes_at(const struct integrity_batch *batch, uint32_t index)
{
	return batch->bytes + (size_t)index * batch->block_bytes;
}

static uint8_t *tag_at(const struct integrity_batch *batch, uint32_t index)
{
	return batch->tags + (size_t)index * batch->tag_bytes;
}

bool integrity_batch_put(
	struct integrity_batch *batch, const struct integrity_block *block)
{
	uint32_t *place = find(batch, block->number);

	if (!*place) {
		if (batch->count == batch->room)
			return false;
		batch->numbers[batch->count] = block->number;
		*place = ++batch->count;
	}
	memcpy(bytes_at(batch, *place - 1), block->bytes, batch->block_bytes);
	memcpy(tag_at(batch, *place - 1), block->tag, batch->tag_bytes);
	return true;
}

bool integrity_batch_get(const struct integrity_batch *batch, uint64_t number,
	uint8_t *ret_bytes, uint8_t *ret_tag)
{
	uint32_t found = *find(batch, number);

	if (!found)
		return false;
	memcpy(ret_bytes, bytes_at(batch, found - 1), batch->block_bytes);
	memcpy(ret_tag, tag_at(batch, found - 1), batch->tag_bytes);
	return true;
}

static int compare(const void *one, const void *other)
{
	uint64_t a = ((const struct integrity_block *)one)->number;
	uint64_t b = ((const struct integrity_block *)other)->number;

	return (a > b) - (a < b);
}

const struct integrity_block *integrity_batch_sort(struct integrity_batch *batch)
{
	for (uint32_t i = 0; i < batch->count; i++)
		batch->sorted[i] = (struct integrity_block){
			batch->numbers[i], bytes_at(batch, i), tag_at(batch, i)};
	qsort(batch->sorted, batch->count, sizeof(*batch->sorted), compare);
	return batch->sorted;
}

void integrity_batch_clear(struct integrity_batch *batch)
{
	batch->count = 0;
	memset(batch->table, 0, ((size_t)batch->mask + 1) * sizeof(*batch->table));
}
