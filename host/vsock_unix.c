/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A virtio socket's streams as unix stream sockets of the host, in the form that clients
 * of other monitors know: one socket for whoever wants to reach a port of the guest, one
 * a port for whom the guest wants to reach. Loop's thread and the verbs.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/listener.h"
#include "host/vsock.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/outside.h"

#define BACKLOG 64

/* "CONNECT 4294967295\r\n", and no more than that. */
#define REQUEST_BYTES 20u
/* Who has not said what it wants by then, or is one too many who have not, goes. */
#define REQUEST_NS 5000000000ull
#define UNDECIDED_MAX 64u

struct unix_stream {
	struct vsock_stream base;
	struct loop *loop;
	struct loop_fd watch; /* not added: the peer left */

	/* Until the client has said what it wants. */
	struct unix_host *host;
	struct unix_stream *next; /* a later one */
	struct loop_timer patience;
	unsigned int request_bytes;
	char request[REQUEST_BYTES];
};

struct unix_host {
	struct vsock_host base;
	struct listener listener;
	const char *path;
	struct outside_job connecting;
	unsigned int undecided_count;
	struct unix_stream *undecided; /* the oldest first */
};

static struct unix_stream *stream_of(struct vsock_stream *stream)
{
	return container_of(stream, struct unix_stream, base);
}

/* ---- streams --------------------------------------------------------------------------
 */

/* EPOLLHUP comes whatever is wanted, again and again: the watch ends with it. */
static void stream_ready(struct loop_fd *watch, uint32_t events)
{
	struct unix_stream *stream = container_of(watch, struct unix_stream, watch);
	struct vsock_stream_user *user = stream->base.user;

	if (events & (EPOLLHUP | EPOLLERR)) {
		loop_fd_remove(watch);
		user->events->gone(user);
	} else if (events & EPOLLOUT) {
		/* Reading has its turn in the next round: the user may close here. */
		user->events->writable(user);
	} else if (events & EPOLLIN) {
		user->events->readable(user);
	}
}

static void stream_agree(struct vsock_stream *base, uint32_t host_port)
{
	char answer[32];
	int bytes = snprintf(answer, sizeof(answer), "OK %" PRIu32 "\n", host_port);

	/* There is room: it is the first that is sent. If it left, that comes as well. */
	(void)!send(stream_of(base)->watch.fd, answer, (size_t)bytes, MSG_NOSIGNAL);
}

static ssize_t stream_read(
	struct vsock_stream *base, const struct iovec *iov, unsigned int count)
{
	ssize_t n = readv(stream_of(base)->watch.fd, iov, (int)count);

	return n < 0 ? -errno : n;
}

static ssize_t stream_write(
	struct vsock_stream *base, const struct iovec *iov, unsigned int count)
{
	struct msghdr message = {.msg_iov = (struct iovec *)iov, .msg_iovlen = count};
	ssize_t n = sendmsg(stream_of(base)->watch.fd, &message, MSG_NOSIGNAL);

	return n < 0 ? -errno : n;
}

static void stream_shut(struct vsock_stream *base, bool input, bool output)
{
	if (input || output)
		shutdown(stream_of(base)->watch.fd, !output  ? SHUT_RD
						    : !input ? SHUT_WR
							     : SHUT_RDWR);
}

static void stream_want(struct vsock_stream *base, bool input, bool output)
{
	struct unix_stream *stream = stream_of(base);

	if (stream->watch.loop)
		loop_fd_modify(
			&stream->watch, (input ? EPOLLIN : 0) | (output ? EPOLLOUT : 0));
}

static void stream_close(struct vsock_stream *base)
{
	struct unix_stream *stream = stream_of(base);

	loop_timer_cancel(&stream->patience);
	loop_fd_remove(&stream->watch);
	close(stream->watch.fd);
	free(stream);
}

static const struct vsock_stream_ops stream_ops = {
	.agree = stream_agree,
	.read = stream_read,
	.write = stream_write,
	.shut = stream_shut,
	.want = stream_want,
	.close = stream_close,
};

/* Takes fd over, on failure too. */
static int create_stream(struct loop *loop, int fd, struct unix_stream **ret)
{
	struct unix_stream *stream = calloc(1, sizeof(*stream));
	int code = -ENOMEM;

	if (stream) {
		stream->base.ops = &stream_ops;
		stream->loop = loop;
		stream->watch.fd = fd;
		stream->watch.ready = stream_ready;
		code = loop_fd_add(loop, &stream->watch);
	}
	if (code) {
		close(fd);
		free(stream);
		return code;
	}
	*ret = stream;
	return 0;
}

/* ---- who wants to reach the guest -----------------------------------------------------
 */

static void forget_undecided(struct unix_stream *stream)
{
	struct unix_stream **at = &stream->host->undecided;

	while (*at != stream)
		at = &(*at)->next;
	*at = stream->next;
	stream->host->undecided_count--;
	loop_timer_cancel(&stream->patience);
}

static void refuse(struct unix_stream *stream)
{
	forget_undecided(stream);
	stream_close(&stream->base);
}

static void patience_ends(struct loop_timer *timer)
{
	refuse(container_of(timer, struct unix_stream, patience));
}

/*
 * Reads the request's line and nothing behind it, which is the guest's. 1 when it is
 * there, 0 while it is not, -1 where it never will be.
 */
static int read_request(struct unix_stream *stream)
{
	char *to = stream->request + stream->request_bytes;
	size_t room = sizeof(stream->request) - stream->request_bytes;
	ssize_t n = recv(stream->watch.fd, to, room, MSG_PEEK);
	const char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return -1;
	end = memchr(to, '\n', (size_t)n);
	n = recv(stream->watch.fd, to, end ? (size_t)(end - to) + 1 : (size_t)n, 0);
	if (n <= 0)
		return -1;
	stream->request_bytes += (unsigned int)n;
	if (end)
		return 1;
	return stream->request_bytes < sizeof(stream->request) ? 0 : -1;
}

/* "CONNECT" in any case, one space, a decimal port. */
static bool parse_request(const char *text, unsigned int bytes, uint32_t *ret)
{
	static const char verb[] = "CONNECT ";
	const unsigned int start = sizeof(verb) - 1;
	uint64_t port = 0;

	bytes--; /* the newline */
	if (bytes && text[bytes - 1] == '\r')
		bytes--;
	if (bytes <= start || strncasecmp(text, verb, start) != 0)
		return false;
	for (unsigned int i = start; i < bytes; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		port = port * 10 + (uint64_t)(text[i] - '0');
	}
	*ret = (uint32_t)port;
	return port < UINT32_MAX;
}

static void request_ready(struct loop_fd *watch, uint32_t events)
{
	struct unix_stream *stream = container_of(watch, struct unix_stream, watch);
	struct vsock_host *host = &stream->host->base;
	uint32_t port;
	int got = read_request(stream);

	if (!got && !(events & (EPOLLHUP | EPOLLERR)))
		return;
	if (got != 1 || !host->user ||
		!parse_request(stream->request, stream->request_bytes, &port)) {
		refuse(stream);
		return;
	}
	forget_undecided(stream);
	watch->ready = stream_ready;
	loop_fd_modify(watch, 0);
	if (!host->user->asked(host->user, &stream->base, port))
		stream_close(&stream->base);
}

static void client_comes(struct listener *listener, int fd)
{
	struct unix_host *host = container_of(listener, struct unix_host, listener);
	struct unix_stream **at = &host->undecided;
	struct unix_stream *stream;

	if (host->undecided_count == UNDECIDED_MAX)
		refuse(host->undecided);
	if (create_stream(listener->loop, fd, &stream))
		return;
	while (*at)
		at = &(*at)->next;
	*at = stream;
	host->undecided_count++;
	stream->host = host;
	stream->watch.ready = request_ready;
	stream->patience.expired = patience_ends;
	loop_timer_arm(listener->loop, &stream->patience, REQUEST_NS);
	if (loop_fd_modify(&stream->watch, EPOLLIN))
		refuse(stream);
}

/* ---- whom the guest wants to reach ----------------------------------------------------
 */

static int connect_port(struct outside_job *job, struct outside_message *message)
{
	struct unix_host *host = container_of(job, struct unix_host, connecting);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int length = snprintf(address.sun_path, sizeof(address.sun_path), "%s_%" PRIu32,
		host->path, (uint32_t)message->number);
	int code;
	int fd;

	if (length < 0 || (size_t)length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A unix socket answers at once: with a connection, or that its queue is full. */
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		code = -errno;
		close(fd);
		return code;
	}
	message->fds[0] = fd;
	message->fd_count = 1;
	return 0;
}

static int host_connect(struct vsock_host *base, uint32_t port, struct vsock_stream **ret)
{
	struct unix_host *host = container_of(base, struct unix_host, base);
	struct outside_message *message = outside_message();
	struct unix_stream *stream;
	int code;

	message->number = port;
	code = outside_do(&host->connecting, message);
	if (code)
		return code;
	code = create_stream(host->listener.loop, message->fds[0], &stream);
	if (!code)
		*ret = &stream->base;
	return code;
}

static void host_destroy(struct vsock_host *base)
{
	struct unix_host *host = container_of(base, struct unix_host, base);

	while (host->undecided)
		refuse(host->undecided);
	listener_close(&host->listener);
	outside_remove(&host->connecting);
	free(host);
}

static const struct vsock_host_ops host_ops = {
	.connect = host_connect,
	.destroy = host_destroy,
};

int vsock_unix_open(struct loop *loop, const char *path, const struct source_pos *pos,
	struct vsock_host **ret, struct error *err)
{
	struct unix_host *host = calloc(1, sizeof(*host));
	int code;

	if (!host)
		return error_set(err, -ENOMEM, pos, "no memory for a socket");
	host->base.ops = &host_ops;
	host->path = path;
	code = listener_open_unix(
		&host->listener, loop, path, BACKLOG, client_comes, pos, err);
	if (!code) {
		code = outside_add(&host->connecting, connect_port);
		if (code)
			error_set(err, code, pos, "no memory for a socket");
	}
	if (code) {
		host_destroy(&host->base);
		return code;
	}
	*ret = &host->base;
	return 0;
}
