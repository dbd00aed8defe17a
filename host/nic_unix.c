/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames to and from whoever listens on a unix stream socket: passt, another monitor, a
 * switch. Runs with the loop's lock held; events on the loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/nic_stream.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/outside.h"

struct unix_nic {
	struct nic_stream stream;
	struct sockaddr_un address;
	bool waiting_logged;
	struct outside_job connecting;
};

static int connect_outside(struct outside_job *job, struct outside_message *message)
{
	struct unix_nic *unix_nic = container_of(job, struct unix_nic, connecting);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&unix_nic->address,
		    sizeof(unix_nic->address)) < 0) {
		code = -errno;
		close(fd);
		return code;
	}
	message->fds[0] = fd;
	message->fd_count = 1;
	return 0;
}

static int open_socket(struct unix_nic *unix_nic)
{
	struct outside_message *message = outside_message();
	int code = outside_do(&unix_nic->connecting, message);

	return code ? code : message->fds[0];
}

static void unix_wait(struct unix_nic *unix_nic, const char *why)
{
	if (!unix_nic->waiting_logged)
		log_host("network socket %s: %s; link down, trying again",
			unix_nic->address.sun_path, why);
	unix_nic->waiting_logged = true;
	nic_stream_retry(&unix_nic->stream, NIC_STREAM_RETRY_NS);
}

static void unix_connect(struct nic_stream *stream)
{
	struct unix_nic *unix_nic = container_of(stream, struct unix_nic, stream);
	int fd = open_socket(unix_nic);
	int code = fd < 0 ? fd : nic_stream_connected(stream, fd);

	if (code < 0) {
		unix_wait(unix_nic, strerror(-code));
		return;
	}
	if (unix_nic->waiting_logged)
		log_host("network socket %s: connected", unix_nic->address.sun_path);
	unix_nic->waiting_logged = false;
}

static void unix_disconnected(struct nic_stream *stream, const char *why)
{
	unix_wait(container_of(stream, struct unix_nic, stream), why);
}

static void unix_destroy(struct nic_stream *stream)
{
	struct unix_nic *unix_nic = container_of(stream, struct unix_nic, stream);

	nic_stream_finish(stream);
	outside_remove(&unix_nic->connecting);
	free(unix_nic);
}

static const struct nic_stream_ops unix_ops = {
	.connect = unix_connect,
	.disconnected = unix_disconnected,
	.destroy = unix_destroy,
};

/* Somebody may come to listen later; what else fails now fails for good. */
static bool is_absence(int code)
{
	return code == -ENOENT || code == -ECONNREFUSED || code == -EAGAIN;
}

int nic_unix_open(struct loop *loop, const char *path, const struct source_pos *pos,
	struct nic **ret, struct error *err)
{
	struct unix_nic *unix_nic;
	int fd;
	int code;

	if (strlen(path) >= sizeof(unix_nic->address.sun_path))
		return error_set(err, -ENAMETOOLONG, pos,
			"socket path %s is longer than %zu bytes", path,
			sizeof(unix_nic->address.sun_path) - 1);
	unix_nic = calloc(1, sizeof(*unix_nic));
	if (!unix_nic)
		return error_set(err, -ENOMEM, pos, "no memory for a network socket");
	unix_nic->address.sun_family = AF_UNIX;
	memcpy(unix_nic->address.sun_path, path, strlen(path));
	code = nic_stream_init(&unix_nic->stream, loop, &unix_ops);
	if (!code)
		code = outside_add(&unix_nic->connecting, connect_outside);
	if (code) {
		error_set(err, code, pos, "no memory for a network socket");
		goto fail;
	}
	fd = open_socket(unix_nic);
	code = fd < 0 ? fd : nic_stream_connected(&unix_nic->stream, fd);
	if (code && !is_absence(code)) {
		error_set(err, code, pos, "network socket %s: %s", path, strerror(-code));
		goto fail;
	}
	if (code)
		unix_wait(unix_nic, strerror(-code));
	*ret = &unix_nic->stream.nic;
	return 0;

fail:
	unix_destroy(&unix_nic->stream);
	return code;
}
