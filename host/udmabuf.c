/* SPDX-License-Identifier: Apache-2.0 */
#include "host/udmabuf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdlib.h>
#include <sys/ioctl.h>

int udmabuf_open(void)
{
	int fd = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int udmabuf_create(int device, const struct udmabuf_piece *pieces, unsigned int count)
{
	struct udmabuf_create_list *list =
		calloc(1, sizeof(*list) + count * sizeof(list->list[0]));
	int code;

	if (!list)
		return -ENOMEM;
	list->flags = UDMABUF_FLAGS_CLOEXEC;
	list->count = count;
	for (unsigned int i = 0; i < count; i++) {
		list->list[i].memfd = (uint32_t)pieces[i].memfd;
		list->list[i].offset = pieces[i].offset_bytes;
		list->list[i].size = pieces[i].bytes;
	}
	code = ioctl(device, UDMABUF_CREATE_LIST, list);
	if (code < 0)
		code = -errno;
	free(list);
	return code;
}
