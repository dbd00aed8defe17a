/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a guest as a dma-buf, which hardware can show without a copy: Linux's
 * /dev/udmabuf over memfds that cannot shrink. Any thread.
 */
#ifndef HOST_UDMABUF_H
#define HOST_UDMABUF_H

#include <stdint.h>

/* More the kernel does not take unless its administrator says so. */
#define UDMABUF_PIECES_MAX 1024u

struct udmabuf_piece {
	int memfd;
	uint64_t offset_bytes; /* both whole pages of the host */
	uint64_t bytes;
};

/* The device, the caller's to close; -errno where the host has none for this user. */
int udmabuf_open(void);

/*
 * A dma-buf of count pieces in that order, 1 to UDMABUF_PIECES_MAX; the caller's to
 * close. -errno where the kernel takes them not, or not so much.
 */
int udmabuf_create(int device, const struct udmabuf_piece *pieces, unsigned int count);

#endif
