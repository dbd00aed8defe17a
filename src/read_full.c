/* SPDX-License-Identifier: Apache-2.0 */
#include "src/read_full.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

int read_text(const char *path, size_t bytes_max, char **ret, size_t *ret_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = fd < 0 ? NULL : malloc(bytes_max + 1);
	int rc = fd < 0 ? -errno : -ENOMEM;

	if (text)
		rc = read_full(fd, text, bytes_max, ret_bytes);
	if (fd >= 0)
		close(fd);
	if (rc) {
		free(text);
		text = NULL;
	} else {
		text[*ret_bytes] = '\0';
	}
	*ret = text;
	return rc;
}
