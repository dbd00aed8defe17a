/* SPDX-License-Identifier: Apache-2.0 */
#include "src/iov.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The next piece of at most bytes at offset, which moves on; false at the end. */
static bool piece(const struct iovec **iov, unsigned int *count, size_t *offset,
	size_t bytes, struct iovec *ret)
{
	while (*count && *offset >= (*iov)->iov_len) {
		*offset -= (*iov)->iov_len;
		(*iov)++;
		(*count)--;
	}
	if (!*count || !bytes)
		return false;
	ret->iov_base = (uint8_t *)(*iov)->iov_base + *offset;
	ret->iov_len = (*iov)->iov_len - *offset;
	if (ret->iov_len > bytes)
		ret->iov_len = bytes;
	*offset += ret->iov_len;
	return true;
}

size_t iov_copy_out(const struct iovec *iov, unsigned int count, size_t offset, void *to,
	size_t bytes)
{
	struct iovec part;
	size_t done = 0;

	while (piece(&iov, &count, &offset, bytes - done, &part)) {
		memcpy((uint8_t *)to + done, part.iov_base, part.iov_len);
		done += part.iov_len;
	}
	return done;
}

size_t iov_copy_in(const struct iovec *iov, unsigned int count, size_t offset,
	const void *from, size_t bytes)
{
	struct iovec part;
	size_t done = 0;

	while (piece(&iov, &count, &offset, bytes - done, &part)) {
		memcpy(part.iov_base, (const uint8_t *)from + done, part.iov_len);
		done += part.iov_len;
	}
	return done;
}

unsigned int iov_discard_front(struct iovec *iov, unsigned int count, size_t bytes)
{
	unsigned int gone = 0;

	while (gone < count && bytes >= iov[gone].iov_len)
		bytes -= iov[gone++].iov_len;
	count -= gone;
	if (gone)
		memmove(iov, iov + gone, count * sizeof(*iov));
	if (count) {
		iov[0].iov_base = (uint8_t *)iov[0].iov_base + bytes;
		iov[0].iov_len -= bytes;
	}
	return count;
}

unsigned int iov_discard_back(struct iovec *iov, unsigned int count, size_t bytes)
{
	while (count && bytes >= iov[count - 1].iov_len)
		bytes -= iov[--count].iov_len;
	if (count)
		iov[count - 1].iov_len -= bytes;
	return count;
}

unsigned int iov_keep_front(struct iovec *iov, unsigned int count, size_t bytes)
{
	unsigned int kept = 0;

	while (kept < count && bytes) {
		if (iov[kept].iov_len > bytes)
			iov[kept].iov_len = bytes;
		bytes -= iov[kept++].iov_len;
	}
	return kept;
}
