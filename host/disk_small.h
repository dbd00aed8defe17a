/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small requests of a disk with a layer, in the ring: as many at once as the guest has in
 * flight, without a worker to be woken for each. Between the file and the guest there is
 * a place of ours, out of which the layer makes what the guest gets, and into which it
 * puts what the file does. With the loop's lock held.
 */
#ifndef HOST_DISK_SMALL_H
#define HOST_DISK_SMALL_H

#include <stdbool.h>
#include <stdint.h>

struct disk;
struct disk_request;

/* Nothing where the disk has no ring or no layer that opens; else 0 or -ENOMEM. */
int disk_small_create(struct disk *disk);
void disk_small_destroy(struct disk *disk); /* also where nothing was created */

/*
 * Whether what is left of the request is such a read or write, and has a place now: that
 * of a write has what the file gets.
 */
bool disk_small_take(struct disk_request *request);
/* Of one that has; also in workers. */
uint8_t *disk_small_place(const struct disk_request *request);
/*
 * With how many bytes were moved, or -errno, and gives the place back: whether that was
 * all, and what was read is in the guest's memory.
 */
bool disk_small_done(struct disk_request *request, int result);

#endif
