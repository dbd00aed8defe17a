/* SPDX-License-Identifier: Apache-2.0 */
#include "src/read_full.h"

#include <errno.h>
#include <unistd.h>

int read_full(int fd, void *buf, size_t room, size_t *ret_bytes)
{
	size_t done = 0;

	while (done < room) {
		ssize_t got = read(fd, (uint8_t *)buf + done, room - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		done += (size_t)got;
	}
	*ret_bytes = done;
	return 0;
}

int pread_full(int fd, void *buf, size_t room, uint64_t offset, size_t *ret_bytes)
{
	size_t done = 0;

	while (done < room) {
		ssize_t got = pread(
			fd, (uint8_t *)buf + done, room - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		done += (size_t)got;
	}
	*ret_bytes = done;
	return 0;
}
