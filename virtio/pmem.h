/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persistent memory (virtio 1.2, section 5.19): a file that the guest finds as memory.
 * The device itself only says where that is and answers flushes; nobody here touches the
 * mapping, since a file that has shrunk would end the process.
 *
 * Runs with the lock of the loop held, which is the disk's loop too.
 */
#ifndef VIRTIO_PMEM_H
#define VIRTIO_PMEM_H

#include <stdbool.h>
#include <stdint.h>

struct disk;
struct error;
struct loop;
struct virtio_device;

/* Flushes that the disk sees at a time: the depth to open it with. */
#define VIRTIO_PMEM_DEPTH 1

struct virtio_pmem_options {
	uint64_t gpa; /* where the guest finds the memory */
	uint64_t bytes;
	bool flush; /* what the guest writes reaches the file; else flushes do nothing */
};

/* name and disk are borrowed and outlive the device; it becomes the disk's user. */
int virtio_pmem_create(struct loop *loop, const char *name, struct disk *disk,
	const struct virtio_pmem_options *options, struct virtio_device **ret,
	struct error *err);

#endif
