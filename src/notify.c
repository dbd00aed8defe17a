/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocol of sd_notify(3), sd_watchdog_enabled(3) and sd_listen_fds(3), which is
 * small enough not to need their library.
 */
#include "src/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/error.h"

#define MESSAGE_BYTES 512
#define LISTEN_FDS_START 3
#define LISTEN_FDS_MAX 1024u

/* A path, or behind an @ a name of the abstract kind, which begins with a zero byte. */
static int address_of(const char *name, struct sockaddr_un *ret, socklen_t *ret_bytes,
	struct error *err)
{
	size_t chars = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || chars < 2)
		return error_set(err, -EINVAL, NULL,
			"NOTIFY_SOCKET is '%s', allowed: a path that begins with /, or "
			"an "
			"abstract name that begins with @",
			name);
	if (chars >= sizeof(ret->sun_path))
		return error_set(err, -ENAMETOOLONG, NULL,
			"NOTIFY_SOCKET has %zu bytes, a socket's name has at most %zu",
			chars, sizeof(ret->sun_path) - 1);
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path, name, chars);
	*ret_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + chars);
	if (name[0] == '@')
		ret->sun_path[0] = '\0';
	return 0;
}

/* The socket stays connected, so that it serves when no path can be opened any more. */
static int connect_to(const char *name, int *ret_fd, struct error *err)
{
	struct sockaddr_un address;
	socklen_t bytes = 0;
	int code = address_of(name, &address, &bytes, err);
	int fd;

	if (code)
		return code;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, bytes) < 0) {
		code = error_set(
			err, -errno, NULL, "NOTIFY_SOCKET %s: %s", name, strerror(errno));
		if (fd >= 0)
			close(fd);
		return code;
	}
	*ret_fd = fd;
	return 0;
}

/* What is no number, or meant for another process, asks for nothing. */
static uint64_t watchdog_ns(const char *usec, const char *pid)
{
	char *end = NULL;
	uintmax_t us;

	if (!usec || (pid && strtoumax(pid, NULL, 10) != (uintmax_t)getpid()))
		return 0;
	us = strtoumax(usec, &end, 10);
	if (*end || end == usec || us > UINT64_MAX / 1000)
		return 0;
	return us * 1000;
}

int notify_open(struct notify *notify, struct error *err)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int code = 0;

	*notify = (struct notify){.fd = -1};
	if (name && name[0])
		code = connect_to(name, &notify->fd, err);
	if (notify->fd >= 0)
		notify->watchdog_ns =
			watchdog_ns(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	return code;
}

void notify_send(const struct notify *notify, const char *fmt, ...)
{
	char message[MESSAGE_BYTES];
	va_list args;

	if (notify->fd < 0)
		return;
	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (send(notify->fd, message, strlen(message), MSG_NOSIGNAL) < 0)
		return; /* it has gone, or is busy: the VM goes on */
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0)
		close(notify->fd);
	notify->fd = -1;
}

/* Where the name is in a list with colons between; count where it is not there. */
static unsigned int index_of(const char *name, const char *names, unsigned int count)
{
	size_t chars = strlen(name);

	for (unsigned int i = 0; i < count; i++) {
		size_t here = strcspn(names, ":");

		if (here == chars && !memcmp(names, name, chars))
			return i;
		names += here + (names[here] == ':');
	}
	return count;
}

static bool is_option(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t bytes = sizeof(value);

	return !getsockopt(fd, SOL_SOCKET, option, &value, &bytes) && value == wanted;
}

int notify_take_socket(const char *name, int *ret, struct error *err)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	uintmax_t count = 0;
	unsigned int index;

	*ret = -1;
	if (pid && fds && names && strtoumax(pid, NULL, 10) == (uintmax_t)getpid())
		count = strtoumax(fds, NULL, 10);
	if (count > LISTEN_FDS_MAX)
		count = 0;
	index = index_of(name, names ? names : "", (unsigned int)count);
	if (index < count)
		*ret = LISTEN_FDS_START + (int)index;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (*ret < 0)
		return 0;
	if (is_option(*ret, SO_DOMAIN, AF_UNIX) &&
		is_option(*ret, SO_TYPE, SOCK_STREAM) &&
		is_option(*ret, SO_ACCEPTCONN, 1) &&
		fcntl(*ret, F_SETFD, FD_CLOEXEC) == 0 &&
		fcntl(*ret, F_SETFL, O_NONBLOCK) == 0)
		return 0;
	*ret = -1;
	return error_set(err, -EINVAL, NULL,
		"what the service manager calls %s is no unix socket that listens", name);
}
