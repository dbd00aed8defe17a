/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers over scattered buffers, for headers and payloads that lie across them. Pure
 * functions, any thread.
 */
#ifndef SRC_IOV_H
#define SRC_IOV_H

#include <stddef.h>
#include <sys/uio.h>

/* Copies bytes out of / into iov at an offset; returns how many there were. */
size_t iov_copy_out(const struct iovec *iov, unsigned int count, size_t offset, void *to,
	size_t bytes);
size_t iov_copy_in(const struct iovec *iov, unsigned int count, size_t offset,
	const void *from, size_t bytes);
/*
 * Drops the first (last) bytes in place; returns the buffers left. discard_front moves
 * the remaining entries to the front of the array.
 */
unsigned int iov_discard_front(struct iovec *iov, unsigned int count, size_t bytes);
unsigned int iov_discard_back(struct iovec *iov, unsigned int count, size_t bytes);
/* Keeps no more than the first bytes; returns the buffers left. */
unsigned int iov_keep_front(struct iovec *iov, unsigned int count, size_t bytes);

#endif
