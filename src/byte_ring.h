/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last so many bytes of a stream, in order of arrival. Zeroed but for its size it is
 * empty; the storage is allocated with the first byte. Locks are its owner's.
 */
#ifndef SRC_BYTE_RING_H
#define SRC_BYTE_RING_H

#include <stddef.h>
#include <stdint.h>

struct byte_ring {
	uint8_t *bytes;
	size_t size;
	size_t first;
	size_t count;
};

/* Allocates now, where the first byte may come on a thread that cannot (a vCPU's). */
void byte_ring_reserve(struct byte_ring *ring);

/* The oldest bytes give way. Without memory nothing is kept. */
void byte_ring_put(struct byte_ring *ring, const uint8_t *from, size_t bytes);

/*
 * How many bytes from the one at offset on, which counts from the oldest, lie in one
 * piece; *ret is the first of them.
 */
size_t byte_ring_run(const struct byte_ring *ring, size_t offset, const uint8_t **ret);

/* Forgets so many of the oldest. */
void byte_ring_drop(struct byte_ring *ring, size_t bytes);

void byte_ring_finish(struct byte_ring *ring);

#endif
