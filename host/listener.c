/* SPDX-License-Identifier: Apache-2.0 */
#include "host/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"

#define RETRY_NS 1000000000ull

static void listener_ready(struct loop_fd *watch, uint32_t events)
{
	struct listener *listener = container_of(watch, struct listener, watch);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		if (listener->gate)
			tls_gate_try(listener->gate, fd);
		else
			listener->accepted(listener, fd);
		return;
	}
	/* Without descriptors it would be ready again at once, and for good. */
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
		loop_fd_remove(watch);
		loop_timer_arm(listener->loop, &listener->retry, RETRY_NS);
	}
}

static void retry_expired(struct loop_timer *timer)
{
	struct listener *listener = container_of(timer, struct listener, retry);

	if (loop_fd_add(listener->loop, &listener->watch))
		loop_timer_arm(listener->loop, timer, RETRY_NS);
}

static int start(struct listener *listener, int backlog)
{
	if (listen(listener->watch.fd, backlog) < 0)
		return -errno;
	return loop_fd_add(listener->loop, &listener->watch);
}

static void init(struct listener *listener, struct loop *loop, int fd,
	void (*accepted)(struct listener *listener, int fd))
{
	listener->accepted = accepted;
	listener->loop = loop;
	listener->watch.fd = fd;
	listener->watch.events = EPOLLIN;
	listener->watch.ready = listener_ready;
	listener->retry.expired = retry_expired;
}

int listener_adopt(struct listener *listener, struct loop *loop, int fd, int backlog,
	void (*accepted)(struct listener *listener, int fd))
{
	init(listener, loop, fd, accepted);
	return start(listener, backlog);
}

static int init_socket(struct listener *listener, struct loop *loop, int family,
	void (*accepted)(struct listener *listener, int fd))
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code = fd < 0 ? -errno : 0;

	init(listener, loop, fd, accepted);
	return code;
}

/*
 * Whether a process still has the socket at this address. A datagram socket cannot
 * connect to it either way, so a living owner does not notice.
 */
static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool alive = true;

	if (fd < 0)
		return true;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		alive = errno != ECONNREFUSED;
	close(fd);
	return alive;
}

static int remove_file(struct outside_job *job, struct outside_message *message)
{
	struct listener *listener = container_of(job, struct listener, removal);
	struct stat stat;

	/* Another VM may have put its own there meanwhile. */
	if (lstat(listener->path, &stat) == 0 && stat.st_dev == listener->device &&
		stat.st_ino == listener->inode)
		unlink(listener->path);
	return 0;
}

static int bind_to_file(struct listener *listener, const char *path,
	const struct source_pos *pos, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = listener->watch.fd;
	size_t length = strlen(path);
	struct stat stat;

	if (length >= sizeof(address.sun_path))
		return error_set(err, -ENAMETOOLONG, pos,
			"socket path has %zu characters, %zu are allowed: %s", length,
			sizeof(address.sun_path) - 1, path);
	memcpy(address.sun_path, path, length);
	if (lstat(path, &stat) == 0) {
		if (!S_ISSOCK(stat.st_mode))
			return error_set(err, -EEXIST, pos,
				"%s exists and is no socket; remove it or choose another "
				"path",
				path);
		if (is_alive(&address))
			return error_set(err, -EADDRINUSE, pos,
				"socket %s belongs to a running process; end it or "
				"choose "
				"another path",
				path);
		unlink(path);
	}
	/* The mode of the descriptor becomes that of the file, without a gap. */
	if (fchmod(fd, 0600) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		lstat(path, &stat) < 0)
		return error_set(err, -errno, pos, "cannot make the socket %s: %s", path,
			strerror(errno));
	listener->path = path;
	listener->device = stat.st_dev;
	listener->inode = stat.st_ino;
	if (outside_add(&listener->removal, remove_file) || outside_removes(path))
		return error_set(err, -ENOMEM, pos, "no memory for a socket");
	return 0;
}

int listener_open_unix(struct listener *listener, struct loop *loop, const char *path,
	int backlog, void (*accepted)(struct listener *listener, int fd),
	const struct source_pos *pos, struct error *err)
{
	int code = init_socket(listener, loop, AF_UNIX, accepted);

	if (code)
		return error_set(
			err, code, pos, "no socket for %s: %s", path, strerror(-code));
	code = bind_to_file(listener, path, pos, err);
	if (code)
		return code;
	code = start(listener, backlog);
	return code ? error_set(err, code, pos, "cannot listen at %s: %s", path,
			      strerror(-code))
		    : 0;
}

/* A numeric IPv4 or IPv6 address and a port. */
struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t bytes;
};

static bool read_address(const char *text, uint16_t port, struct address *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		ret->bytes = sizeof(ret->v4);
		return true;
	}
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons(port);
	ret->bytes = sizeof(ret->v6);
	return inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1;
}

static int start_at(struct listener *listener, const struct address *address, int backlog)
{
	int fd = listener->watch.fd;
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* These are of what it accepts, too: keys are typed by hand, and whoever has gone
	 * without a word is to be noticed. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (bind(fd, &address->any, address->bytes) < 0)
		return -errno;
	return start(listener, backlog);
}

int listener_open_tcp(struct listener *listener, struct loop *loop, const char *text,
	uint16_t port, int backlog, void (*accepted)(struct listener *listener, int fd),
	const struct source_pos *pos, struct error *err)
{
	struct address address;
	int code;

	if (!read_address(text, port, &address)) {
		init(listener, loop, -1, accepted);
		return error_set(err, -EINVAL, pos,
			"address is \"%s\", a numeric IPv4 or IPv6 address is allowed",
			text);
	}
	code = init_socket(listener, loop, address.any.sa_family, accepted);
	if (!code)
		code = start_at(listener, &address, backlog);
	return code ? error_set(err, code, pos, "cannot listen at %s port %u: %s", text,
			      port,
			      code == -EADDRINUSE
				      ? "another program does; choose another port"
				      : strerror(-code))
		    : 0;
}

uint16_t listener_port(const struct listener *listener)
{
	struct address address = {.bytes = sizeof(address.v6)};

	if (getsockname(listener->watch.fd, &address.any, &address.bytes) < 0)
		return 0;
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port
						      : address.v6.sin6_port);
}

static void admitted(struct tls_gate_user *user, int fd)
{
	struct listener *listener = container_of(user, struct listener, admission);

	listener->accepted(listener, fd);
}

int listener_use_tls(struct listener *listener, const struct tls_files *files,
	enum tls_prelude prelude, const char *name, struct error *err)
{
	listener->admission.admitted = admitted;
	return tls_gate_create(listener->loop, files, prelude, name, &listener->admission,
		&listener->gate, err);
}

void listener_close(struct listener *listener)
{
	if (listener->path)
		outside_do(&listener->removal, NULL);
	outside_remove(&listener->removal);
	listener->path = NULL;
	loop_timer_cancel(&listener->retry);
	loop_fd_remove(&listener->watch);
	if (listener->watch.fd >= 0)
		close(listener->watch.fd);
	listener->watch.fd = -1;
	tls_gate_destroy(listener->gate);
	listener->gate = NULL;
}
