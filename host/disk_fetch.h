/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small reads of a disk with a layer, in the ring: as many at once as the guest has in
 * flight, without a worker to be woken for each. What the file has comes into a place of
 * ours, and the layer makes of it what the guest gets. With the loop's lock held.
 */
#ifndef HOST_DISK_FETCH_H
#define HOST_DISK_FETCH_H

#include <stdbool.h>
#include <stdint.h>

struct disk;
struct disk_request;

/* Nothing where the disk has no ring or no layer that opens; else 0 or -ENOMEM. */
int disk_fetch_create(struct disk *disk);
void disk_fetch_destroy(struct disk *disk); /* also where nothing was created */

/* Whether what is left of the request is such a read, and has a place now. */
bool disk_fetch_take(struct disk_request *request);
/* Of one that has; also in workers. */
uint8_t *disk_fetch_place(const struct disk_request *request);
/*
 * With how many bytes were read, or -errno, and gives the place back: whether all that
 * was wanted is in the guest's memory.
 */
bool disk_fetch_done(struct disk_request *request, int result);

#endif
