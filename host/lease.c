/* SPDX-License-Identifier: Apache-2.0 */
#include "host/lease.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/error.h"

#define PATIENCE_S 5

static int connect_to(
	const char *path, int *ret, const struct source_pos *pos, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret = fd;
	if (fd < 0)
		return error_set(err, -errno, pos, "no socket: %s", strerror(errno));
	/* The configuration has seen to its length. */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_set(err, -errno, pos,
			"cannot ask for a lease at %s: %s; it is the socket of a bonsai "
			"lease",
			path, strerror(errno));
	return 0;
}

static int send_request(int fd, const char *connectors)
{
	char request[LEASE_REQUEST_BYTES];
	int length = snprintf(request, sizeof(request), "lease %s\n", connectors);

	if (length >= (int)sizeof(request))
		return -E2BIG;
	return send(fd, request, (size_t)length, MSG_NOSIGNAL) == length ? 0 : -EPIPE;
}

/* One message has all of an answer: the text, and the descriptor where it is "ok". */
static int receive_answer(int fd, char *text, size_t bytes, int *ret_card)
{
	struct iovec iov = {text, bytes - 1};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

	*ret_card = -1;
	if (got <= 0)
		return got < 0 ? -errno : -EPIPE;
	text[got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET &&
		header->cmsg_type == SCM_RIGHTS &&
		header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_card, CMSG_DATA(header), sizeof(int));
	return 0;
}

int lease_take(const char *socket_path, const char *connectors, int *ret_card,
	int *ret_connection, const struct source_pos *pos, struct error *err)
{
	char text[LEASE_REQUEST_BYTES];
	int code = connect_to(socket_path, ret_connection, pos, err);

	*ret_card = -1;
	if (code)
		goto fail;
	code = send_request(*ret_connection, connectors);
	if (!code)
		code = receive_answer(*ret_connection, text, sizeof(text), ret_card);
	if (code) {
		error_set(err, code, pos, "no answer from the lessor at %s: %s",
			socket_path, strerror(-code));
		goto fail;
	}
	if (*ret_card >= 0)
		return 0;
	code = error_set(
		err, -EBUSY, pos, "the lessor at %s says: %s", socket_path, text);
fail:
	if (*ret_connection >= 0)
		close(*ret_connection);
	*ret_connection = -1;
	return code;
}
