/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A listening stream socket, unix or tcp, with one client at a time. Loop's thread and
 * the verbs.
 *
 * A client that has closed its sending side of a unix socket still gets output, as after
 * "echo halt | socat - UNIX:…", but gives way to the next one; so does one that stalls.
 * TCP does not tell a half-closed peer from one that is gone, so there it is gone.
 */
#include "host/terminal_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

#define RETRY_NS 1000000000ull

static const char busy[] = "bonsai: another client is at this console\r\n";

struct socket_terminal {
	struct terminal base;
	struct loop_fd listener;
	struct loop_fd client;   /* fd stays open while gone until its input is taken */
	struct loop_timer retry; /* accept() was short of something */
	struct loop_task drain_task;
	bool tcp;
	bool ended; /* the client sends no more, but may read */
	bool input_wanted;
	bool output_wanted;
	/* The socket file that is ours to remove. */
	const char *path;
	dev_t device;
	ino_t inode;
};

static struct socket_terminal *socket_of(struct terminal *terminal)
{
	return container_of(terminal, struct socket_terminal, base);
}

/* ---- the client ------------------------------------------------------------------- */

static void watch_client(struct socket_terminal *sock)
{
	uint32_t events = (sock->tcp ? EPOLLRDHUP : 0) |
			  (sock->input_wanted && !sock->ended ? EPOLLIN : 0) |
			  (sock->output_wanted ? EPOLLOUT : 0);

	if (sock->client.loop)
		loop_fd_modify(&sock->client, events);
	else
		sock->client.events = events;
}

static void close_client(struct socket_terminal *sock)
{
	loop_fd_remove(&sock->client);
	if (sock->client.fd >= 0)
		close(sock->client.fd);
	sock->client.fd = -1;
}

/* Takes in what a client sent before it left, as far as there is room for it. */
static void drain(struct socket_terminal *sock)
{
	ssize_t n;

	if (sock->client.loop || sock->client.fd < 0)
		return;
	do
		n = terminal_read_fd(&sock->base, sock->client.fd);
	while (n > 0);
	if (n != -ENOBUFS)
		close_client(sock);
}

static void run_drain_task(struct loop_task *task)
{
	drain(container_of(task, struct socket_terminal, drain_task));
}

static void leave(struct socket_terminal *sock)
{
	loop_fd_remove(&sock->client);
	terminal_set_attached(&sock->base, false);
	drain(sock);
}

static void read_client(struct socket_terminal *sock)
{
	ssize_t n = terminal_read_fd(&sock->base, sock->client.fd);

	if (n == 0 && !sock->tcp) {
		sock->ended = true;
		watch_client(sock);
	} else if (n == 0 || (n < 0 && n != -EAGAIN && n != -ENOBUFS)) {
		leave(sock);
	}
}

static void client_ready(struct loop_fd *watch, uint32_t events)
{
	struct socket_terminal *sock =
		container_of(watch, struct socket_terminal, client);

	if (!watch->loop)
		return;
	if (events & (EPOLLHUP | EPOLLRDHUP | EPOLLERR)) {
		leave(sock);
		return;
	}
	if (events & EPOLLIN)
		read_client(sock);
	if (events & EPOLLOUT && watch->loop)
		terminal_output_ready(&sock->base);
}

static void welcome(struct socket_terminal *sock, int fd)
{
	int on = 1;

	if (sock->base.attached)
		leave(sock);
	close_client(sock);
	if (sock->tcp) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	}
	sock->client.fd = fd;
	sock->ended = false;
	sock->output_wanted = false;
	watch_client(sock);
	if (loop_fd_add(sock->base.loop, &sock->client))
		close_client(sock);
	else
		terminal_set_attached(&sock->base, true);
}

static void listener_ready(struct loop_fd *watch, uint32_t events)
{
	struct socket_terminal *sock =
		container_of(watch, struct socket_terminal, listener);
	int fd = accept4(watch->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		/* Without descriptors it would be ready again at once, and for good. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			errno == ENOBUFS) {
			loop_fd_remove(watch);
			loop_timer_arm(sock->base.loop, &sock->retry, RETRY_NS);
		}
		return;
	}
	if (!terminal_is_attached(&sock->base) || sock->ended) {
		welcome(sock, fd);
		return;
	}
	terminal_send_fd(&sock->base, fd, busy, sizeof(busy) - 1);
	close(fd);
}

static void retry_expired(struct loop_timer *timer)
{
	struct socket_terminal *sock = container_of(timer, struct socket_terminal, retry);

	if (loop_fd_add(sock->base.loop, &sock->listener))
		loop_timer_arm(sock->base.loop, timer, RETRY_NS);
}

/* ---- the terminal's side ---------------------------------------------------------- */

static ssize_t socket_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	return terminal_send_fd(terminal, socket_of(terminal)->client.fd, buf, bytes);
}

static void socket_watch_output(struct terminal *terminal, bool on)
{
	socket_of(terminal)->output_wanted = on;
	watch_client(socket_of(terminal));
}

static void socket_watch_input(struct terminal *terminal, bool on)
{
	struct socket_terminal *sock = socket_of(terminal);

	sock->input_wanted = on;
	watch_client(sock);
	if (on && !sock->client.loop)
		loop_post(terminal->loop, &sock->drain_task);
}

static void socket_lost(struct terminal *terminal)
{
	leave(socket_of(terminal));
}

static void remove_file(struct socket_terminal *sock)
{
	struct stat stat;

	/* Another VM may have put its own there meanwhile. */
	if (sock->path && lstat(sock->path, &stat) == 0 && stat.st_dev == sock->device &&
		stat.st_ino == sock->inode)
		unlink(sock->path);
}

static void socket_destroy(struct terminal *terminal)
{
	struct socket_terminal *sock = socket_of(terminal);

	remove_file(sock);
	loop_timer_cancel(&sock->retry);
	loop_task_cancel(terminal->loop, &sock->drain_task);
	close_client(sock);
	loop_fd_remove(&sock->listener);
	if (sock->listener.fd >= 0)
		close(sock->listener.fd);
	terminal_finish(terminal);
	free(sock);
}

static const struct terminal_ops socket_ops = {
	.write = socket_write,
	.watch_output = socket_watch_output,
	.watch_input = socket_watch_input,
	.lost = socket_lost,
	.destroy = socket_destroy,
};

/* ---- life ------------------------------------------------------------------------- */

static int create(struct loop *loop, const char *name, int family,
	const struct source_pos *pos, struct socket_terminal **ret, struct error *err)
{
	struct socket_terminal *sock = calloc(1, sizeof(*sock));
	int code;

	if (!sock)
		return error_set(err, -ENOMEM, pos, "no memory for a terminal");
	terminal_init(&sock->base, &socket_ops, loop, name, false);
	sock->listener.events = EPOLLIN;
	sock->listener.ready = listener_ready;
	sock->client.fd = -1;
	sock->client.ready = client_ready;
	sock->retry.expired = retry_expired;
	sock->drain_task.run = run_drain_task;
	sock->input_wanted = true;
	sock->tcp = family != AF_UNIX;
	sock->listener.fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sock->listener.fd < 0) {
		code = error_set(
			err, -errno, pos, "no socket for %s: %s", name, strerror(errno));
		socket_destroy(&sock->base);
		return code;
	}
	*ret = sock;
	return 0;
}

static int start_listening(struct socket_terminal *sock)
{
	if (listen(sock->listener.fd, 4) < 0)
		return -errno;
	return loop_fd_add(sock->base.loop, &sock->listener);
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

static int bind_unix(struct socket_terminal *sock, const char *path,
	const struct source_pos *pos, struct error *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
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
	if (fchmod(sock->listener.fd, 0600) < 0 ||
		bind(sock->listener.fd, (struct sockaddr *)&address, sizeof(address)) <
			0 ||
		lstat(path, &stat) < 0)
		return error_set(err, -errno, pos, "cannot make the socket %s: %s", path,
			strerror(errno));
	sock->path = path;
	sock->device = stat.st_dev;
	sock->inode = stat.st_ino;
	return 0;
}

int terminal_unix_create(struct loop *loop, const char *path,
	const struct source_pos *pos, struct terminal **ret, struct error *err)
{
	struct socket_terminal *sock;
	int code = create(loop, path, AF_UNIX, pos, &sock, err);

	if (code)
		return code;
	code = bind_unix(sock, path, pos, err);
	if (code)
		goto fail;
	code = start_listening(sock);
	if (!code)
		code = terminal_set_place(&sock->base, "%s", path);
	if (code) {
		error_set(
			err, code, pos, "cannot listen at %s: %s", path, strerror(-code));
		goto fail;
	}
	*ret = &sock->base;
	return 0;

fail:
	socket_destroy(&sock->base);
	return code;
}

union inet_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static int parse_address(
	const char *text, uint16_t port, union inet_address *ret, socklen_t *ret_bytes)
{
	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons(port);
		*ret_bytes = sizeof(ret->v4);
		return 0;
	}
	if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1) {
		ret->v6.sin6_family = AF_INET6;
		ret->v6.sin6_port = htons(port);
		*ret_bytes = sizeof(ret->v6);
		return 0;
	}
	return -EINVAL;
}

/* Port 0 lets the host choose, so the place says what came out. */
static int listen_tcp(struct socket_terminal *sock, const char *text,
	union inet_address *address, socklen_t bytes)
{
	int on = 1;
	int code;

	setsockopt(sock->listener.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(sock->listener.fd, &address->any, bytes) < 0)
		return -errno;
	code = start_listening(sock);
	if (code)
		return code;
	if (getsockname(sock->listener.fd, &address->any, &bytes) < 0)
		return -errno;
	if (address->any.sa_family == AF_INET)
		return terminal_set_place(
			&sock->base, "%s:%u", text, ntohs(address->v4.sin_port));
	return terminal_set_place(
		&sock->base, "[%s]:%u", text, ntohs(address->v6.sin6_port));
}

int terminal_tcp_create(struct loop *loop, const char *address, uint16_t port,
	const struct source_pos *pos, struct terminal **ret, struct error *err)
{
	union inet_address parsed;
	struct socket_terminal *sock;
	socklen_t bytes;
	int code = parse_address(address, port, &parsed, &bytes);

	if (code)
		return error_set(err, code, pos,
			"address is \"%s\", a numeric IPv4 or IPv6 address is allowed",
			address);
	code = create(loop, address, parsed.any.sa_family, pos, &sock, err);
	if (code)
		return code;
	code = listen_tcp(sock, address, &parsed, bytes);
	if (code) {
		error_set(err, code, pos, "cannot listen at %s port %u: %s", address,
			port,
			code == -EADDRINUSE ? "another program does; choose another port"
					    : strerror(-code));
		socket_destroy(&sock->base);
		return code;
	}
	*ret = &sock->base;
	return 0;
}
