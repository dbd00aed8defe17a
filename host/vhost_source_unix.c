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
#include "src/outside.h"

struct unix_source {
	struct vhost_source source;
	const char *path;
	const struct source_pos *pos;
	struct outside_job connecting;
};

static int connect_outside(struct outside_job *job, struct outside_message *message)
{
	struct unix_source *unix_source =
		container_of(job, struct unix_source, connecting);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code = 0;

	strncpy(address.sun_path, unix_source->path, sizeof(address.sun_path) - 1);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		code = -errno;
	if (!code) {
		message->fds[0] = fd;
		message->fd_count = 1;
	} else if (fd >= 0) {
		close(fd);
	}
	return code;
}

static int unix_connect(struct vhost_source *source, struct error *err)
{
	struct unix_source *unix_source =
		container_of(source, struct unix_source, source);
	struct outside_message *message = outside_message();
	int code = outside_do(&unix_source->connecting, message);

	if (!code)
		return message->fds[0];
	return error_set(err, code, unix_source->pos, "vhost-user socket %s: %s%s",
		unix_source->path, strerror(-code),
		code == -ENOENT || code == -ECONNREFUSED
			? "; start the back end that listens there first"
			: "");
}

static void unix_destroy(struct vhost_source *source)
{
	struct unix_source *unix_source =
		container_of(source, struct unix_source, source);

	outside_remove(&unix_source->connecting);
	free(unix_source);
}

static const struct vhost_source_ops unix_ops = {
	.connect = unix_connect,
	.destroy = unix_destroy,
};

int vhost_source_unix_create(const char *path, const struct source_pos *pos,
	struct vhost_source **ret, struct error *err)
{
	struct unix_source *unix_source = calloc(1, sizeof(*unix_source));

	if (!unix_source || outside_add(&unix_source->connecting, connect_outside)) {
		free(unix_source);
		return error_set(err, -ENOMEM, pos, "no memory for a vhost-user socket");
	}
	unix_source->source.ops = &unix_ops;
	unix_source->path = path;
	unix_source->pos = pos;
	*ret = &unix_source->source;
	return 0;
}
