/* SPDX-License-Identifier: Apache-2.0 */
/* A vhost-user back end that listens on a unix socket: somebody else started it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/vhost_user.h"
#include "src/container_of.h"
#include "src/error.h"

struct unix_source {
	struct vhost_source source;
	const char *path;
	const struct source_pos *pos;
};

static int unix_connect(struct vhost_source *source, struct error *err)
{
	struct unix_source *unix_source =
		container_of(source, struct unix_source, source);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code = 0;

	strncpy(address.sun_path, unix_source->path, sizeof(address.sun_path) - 1);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		code = -errno;
	if (!code)
		return fd;
	if (fd >= 0)
		close(fd);
	return error_set(err, code, unix_source->pos, "vhost-user socket %s: %s%s",
		unix_source->path, strerror(-code),
		code == -ENOENT || code == -ECONNREFUSED
			? "; start the back end that listens there first"
			: "");
}

static void unix_destroy(struct vhost_source *source)
{
	free(container_of(source, struct unix_source, source));
}

static const struct vhost_source_ops unix_ops = {
	.connect = unix_connect,
	.destroy = unix_destroy,
};

int vhost_source_unix_create(const char *path, const struct source_pos *pos,
	struct vhost_source **ret, struct error *err)
{
	struct unix_source *unix_source = calloc(1, sizeof(*unix_source));

	if (!unix_source)
		return error_set(err, -ENOMEM, pos, "no memory for a vhost-user socket");
	unix_source->source.ops = &unix_ops;
	unix_source->path = path;
	unix_source->pos = pos;
	*ret = &unix_source->source;
	return 0;
}
