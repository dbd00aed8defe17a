/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies between a disk and its file: the guest reads something else than what is in
 * the file, at least something that was looked at. A layer's requests run in the disk's
 * workers, several at once; it reads and writes the file itself. They are in whole
 * blocks, as the disk's info says. Small requests may be the disk's own, and only
 * what comes of them the layer's (disk_small.c).
 */
#ifndef HOST_DISK_LAYER_H
#define HOST_DISK_LAYER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct disk_layer;

struct disk_layer_ops {
	/*
	 * Mandatory. As preadv(): how many bytes it read, from the front; 0 where the
	 * file has no more; -EILSEQ where the first of them are not what they should be,
	 * another -errno where the host fails.
	 */
	ssize_t (*read)(struct disk_layer *layer, const struct iovec *iov,
		unsigned int count, uint64_t offset_bytes, uint64_t bytes);
	/*
	 * As pwritev(), likewise; NULL where the disk is read-only. What iov points to is
	 * the guest's and stays as it is.
	 */
	ssize_t (*write)(struct disk_layer *layer, const struct iovec *iov,
		unsigned int count, uint64_t offset_bytes, uint64_t bytes);
	/*
	 * Returns when all that was written is in the file, for good; 0 or -errno. NULL
	 * where fdatasync() does that. A layer that has it may hold written blocks back,
	 * a second at most: the disk sees to it.
	 */
	int (*sync)(struct disk_layer *layer);
	/*
	 * Optional, both or none, where that is a matter of microseconds: what read()
	 * makes of bytes of the file that are in memory already, which it may change; and
	 * the bytes that write() would put into the file. On the loop's thread.
	 */
	void (*open)(struct disk_layer *layer, uint8_t *from, const struct iovec *iov,
		unsigned int count, uint64_t offset_bytes, uint64_t bytes);
	void (*close)(struct disk_layer *layer, uint8_t *to, const struct iovec *iov,
		unsigned int count, uint64_t offset_bytes, uint64_t bytes);
	/* Mandatory; no request is under way. */
	void (*destroy)(struct disk_layer *layer);
};

/* Embedded in each kind; constant once it is made. */
struct disk_layer {
	const struct disk_layer_ops *ops;
	uint64_t capacity_bytes; /* that the guest sees */
	uint64_t offset_bytes; /* where it begins in the file, where it can be written */
	uint32_t block_bytes;  /* that its requests are made of; 0: those of the file */
	bool direct;           /* it reads and writes past the page cache */
	bool discards;         /* the guest may free space though nobody said so */
	bool keeps_all;        /* it may not, whoever said so */
	const char *proof;     /* what says that a block is wrong, for messages */
	bool fixed;            /* the capacity is what it is, whatever the file has */
};

#endif
