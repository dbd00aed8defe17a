/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory balloon (virtio 1.2, section 5.5): the guest hands pages over and takes them
 * back, reports pages that it does not use, and tells how its memory is. What it hands
 * over goes back to the host at once.
 *
 * Runs with the lock of the device's loop held, as does every function here.
 */
#ifndef VIRTIO_BALLOON_H
#define VIRTIO_BALLOON_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;
struct virtio_device;

/* The balloon's unit, whatever the pages of host and guest are. */
#define VIRTIO_BALLOON_PAGE_BYTES 4096u

/* Page frames that one chain can name; a longer one is cut. */
#define VIRTIO_BALLOON_CHAIN_PFNS 16384u

/* Statistics that have a number (5.5.6.4 and Linux's own after it). */
#define VIRTIO_BALLOON_STATS 16

struct virtio_balloon_options {
	uint64_t taken_bytes;        /* what the guest is asked for at first */
	unsigned int stats_interval; /* seconds; 0: statistics are not asked for */
	bool deflate_on_oom;         /* the guest may take pages back before it kills */
	bool free_page_reporting;
	uint64_t host_page_bytes; /* guest_mem_page_bytes() */
};

/* name is borrowed for the device's life; virtio_device_destroy() frees it. */
int virtio_balloon_create(struct loop *loop, const char *name,
	const struct virtio_balloon_options *options, struct virtio_device **ret,
	struct error *err);

/* What the guest is asked to have handed over, in whole pages; it follows as it can. */
void virtio_balloon_take(struct virtio_device *dev, uint64_t bytes);
/* What it says that it has, never more than there is RAM. */
uint64_t virtio_balloon_taken(const struct virtio_device *dev);
/* changed() is called where that may be another than before. NULL detaches. */
void virtio_balloon_watch(
	struct virtio_device *dev, void (*changed)(void *user), void *user);

/* The first question comes soon; 0 seconds: no further one. */
void virtio_balloon_set_stats_interval(struct virtio_device *dev, unsigned int seconds);
unsigned int virtio_balloon_stats_interval(const struct virtio_device *dev);
/*
 * By number; UINT64_MAX: not told. *ret_time is when they came, in seconds of the host's
 * clock; 0: never.
 */
const uint64_t *virtio_balloon_stats(const struct virtio_device *dev, uint64_t *ret_time);

#endif
