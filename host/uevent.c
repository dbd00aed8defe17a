/* SPDX-License-Identifier: Apache-2.0 */
#include "host/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/container_of.h"

#define GROUP_KERNEL 1
#define MESSAGE_BYTES 8192

/* "ACTION@PATH", then "NAME=VALUE" of each, ended by zeros. */
static bool is_of(const char *message, size_t bytes, const char *subsystem)
{
	char wanted[64];
	size_t length =
		(size_t)snprintf(wanted, sizeof(wanted), "SUBSYSTEM=%s", subsystem);

	for (size_t at = 0; at < bytes; at += strnlen(message + at, bytes - at) + 1)
		if (bytes - at > length && !memcmp(message + at, wanted, length + 1))
			return true;
	return false;
}

static void socket_ready(struct loop_fd *watch, uint32_t events)
{
	struct uevent *uevent = container_of(watch, struct uevent, watch);
	char message[MESSAGE_BYTES];
	bool happened = false;

	for (;;) {
		ssize_t got = recv(watch->fd, message, sizeof(message), MSG_DONTWAIT);

		if (got < 0 && errno != ENOBUFS && errno != EINTR)
			break;
		/* Where some were lost, one of them may have been ours. */
		happened |= got < 0 || is_of(message, (size_t)got, uevent->subsystem);
	}
	if (happened)
		uevent->happened(uevent);
}

int uevent_open(struct uevent *uevent, struct loop *loop, const char *subsystem,
	void (*happened)(struct uevent *uevent))
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL};
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		NETLINK_KOBJECT_UEVENT);

	memset(uevent, 0, sizeof(*uevent));
	if (fd < 0)
		return -errno;
	uevent->happened = happened;
	uevent->subsystem = subsystem;
	uevent->watch.fd = fd;
	uevent->watch.events = EPOLLIN;
	uevent->watch.ready = socket_ready;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		int code = -errno;

		close(fd);
		return code;
	}
	return loop_fd_add(loop, &uevent->watch);
}

void uevent_close(struct uevent *uevent)
{
	if (!uevent->watch.loop)
		return;
	loop_fd_remove(&uevent->watch);
	close(uevent->watch.fd);
}
