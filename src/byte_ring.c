/* SPDX-License-Identifier: Apache-2.0 */
#include "src/byte_ring.h"

#include <stdlib.h>
#include <string.h>

void byte_ring_reserve(struct byte_ring *ring)
{
	if (!ring->bytes)
		ring->bytes = malloc(ring->size);
}

void byte_ring_put(struct byte_ring *ring, const uint8_t *from, size_t bytes)
{
	byte_ring_reserve(ring);
	if (!ring->bytes)
		return;
	if (bytes > ring->size) {
		from += bytes - ring->size;
		bytes = ring->size;
	}
	if (ring->count + bytes > ring->size)
		byte_ring_drop(ring, ring->count + bytes - ring->size);
	for (size_t done = 0; done < bytes;) {
		size_t at = (ring->first + ring->count) % ring->size;
		size_t run = ring->size - at;

		if (run > bytes - done)
			run = bytes - done;
		memcpy(ring->bytes + at, from + done, run);
		ring->count += run;
		done += run;
	}
}

size_t byte_ring_run(const struct byte_ring *ring, size_t offset, const uint8_t **ret)
{
	size_t at = (ring->first + offset) % ring->size;
	size_t run = ring->size - at;

	*ret = ring->bytes + at;
	return run < ring->count - offset ? run : ring->count - offset;
}

void byte_ring_drop(struct byte_ring *ring, size_t bytes)
{
	ring->first = (ring->first + bytes) % ring->size;
	ring->count -= bytes;
}

void byte_ring_finish(struct byte_ring *ring)
{
	free(ring->bytes);
	ring->bytes = NULL;
	ring->count = 0;
}
