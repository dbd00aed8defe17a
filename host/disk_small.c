/* SPDX-License-Identifier: Apache-2.0 */
#include "host/disk_small.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

#include "host/disk_impl.h"
#include "host/disk_layer.h"

/* What is larger keeps the loop for longer than a worker takes to wake up. */
#define PLACE_BYTES 4096u
/* A bit each in places_taken. */
#define PLACES 64u

int disk_small_create(struct disk *disk)
{
	void *at;

	if (!disk->ring || !disk->layer)
		return 0;
	at = mmap(NULL, (size_t)PLACES * PLACE_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return -ENOMEM;
	/* Parts of sectors are decrypted there. */
	madvise(at, (size_t)PLACES * PLACE_BYTES, MADV_DONTDUMP);
	disk->places = at;
	return 0;
}

void disk_small_destroy(struct disk *disk)
{
	if (disk->places)
		munmap(disk->places, (size_t)PLACES * PLACE_BYTES);
}

/* The first free place: it is in the cache, and the rest stay untouched. */
bool disk_small_take(struct disk_request *request)
{
	struct disk *disk = request->disk;
	uint64_t offset_bytes = request->offset_bytes + request->done_bytes;
	uint64_t bytes = request->bytes - request->done_bytes;

	if (!disk->places || request->op == DISK_WRITE_ZEROES || bytes > PLACE_BYTES ||
		!~disk->places_taken)
		return false;
	if ((offset_bytes | bytes) & (disk->info.block_bytes - 1))
		return false;
	request->place = (unsigned int)__builtin_ctzll(~disk->places_taken);
	disk->places_taken |= 1ull << request->place;
	if (request->op == DISK_WRITE)
		disk->layer->ops->close(disk->layer, disk_small_place(request),
			request->iov, request->iov_count, offset_bytes, bytes);
	return true;
}

uint8_t *disk_small_place(const struct disk_request *request)
{
	return request->disk->places + (size_t)request->place * PLACE_BYTES;
}

bool disk_small_done(struct disk_request *request, int result)
{
	struct disk_layer *layer = request->disk->layer;
	uint64_t bytes = request->bytes - request->done_bytes;
	bool all = result >= 0 && (uint64_t)result == bytes;

	if (all && request->op == DISK_READ)
		layer->ops->open(layer, disk_small_place(request), request->iov,
			request->iov_count, request->offset_bytes + request->done_bytes,
			bytes);
	request->disk->places_taken &= ~(1ull << request->place);
	return all;
}
