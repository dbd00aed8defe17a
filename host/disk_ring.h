/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a disk that knows what a ring can do, for the disk's own files. */
#ifndef HOST_DISK_RING_H
#define HOST_DISK_RING_H

#include <stdbool.h>

struct disk;
struct disk_io;
struct disk_request;
struct io_uring_sqe;

/* Before other threads; -errno where the host has none. disk_destroy() ends it. */
int disk_ring_create(struct disk *disk, unsigned int depth);
/* False also where there is no ring: a worker does it. */
bool disk_ring_takes(const struct disk *disk, const struct disk_io *io);
void disk_ring_fill(struct io_uring_sqe *sqe, const struct disk_request *request,
	const struct disk_io *io);

#endif
