/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What lies between a disk and its file: the guest reads something else than what is in
 * the file, at least something that was looked at. A layer's requests run in the disk's
 * workers, several at once; it reads the file itself.
 */
#ifndef HOST_DISK_LAYER_H
#define HOST_DISK_LAYER_H

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
	/* Mandatory; no request is under way. */
	void (*destroy)(struct disk_layer *layer);
};

/* Embedded in each kind; constant once it is made. */
struct disk_layer {
	const struct disk_layer_ops *ops;
	uint64_t capacity_bytes; /* that the guest sees */
};

#endif
