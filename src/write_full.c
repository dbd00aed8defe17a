/* SPDX-License-Identifier: Apache-2.0 */
#include "src/write_full.h"

#include <errno.h>
#include <unistd.h>

int write_full(int fd, const void *from, size_t bytes)
{
	const char *at = from;

	while (bytes) {
		ssize_t done = write(fd, at, bytes);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += done;
		bytes -= (size_t)done;
	}
	return 0;
}

int pwrite_full(int fd, const void *from, size_t bytes, uint64_t offset)
{
	const char *at = from;

	while (bytes) {
		ssize_t done = pwrite(fd, at, bytes, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -errno;
		at += done;
		offset += (uint64_t)done;
		bytes -= (size_t)done;
	}
	return 0;
}
