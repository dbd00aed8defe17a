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

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/listener.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

#define BACKLOG 4

static const char busy[] = "bonsai: another client is at this console\r\n";

struct socket_terminal {
	struct terminal base;
	struct listener listener;
	struct loop_fd client; /* fd stays open while gone until its input is taken */
	struct loop_task drain_task;
	bool tcp;   /* and not by TLS, which comes as a unix socket */
	bool ended; /* the client sends no more, but may read */
	bool input_wanted;
	bool output_wanted;
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
	if (sock->base.attached)
		leave(sock);
	close_client(sock);
	sock->client.fd = fd;
	sock->ended = false;
	sock->output_wanted = false;
	watch_client(sock);
	if (loop_fd_add(sock->base.loop, &sock->client))
		close_client(sock);
	else
		terminal_set_attached(&sock->base, true);
}

static void client_comes(struct listener *listener, int fd)
{
	struct socket_terminal *sock =
		container_of(listener, struct socket_terminal, listener);

	if (!terminal_is_attached(&sock->base) || sock->ended) {
		welcome(sock, fd);
		return;
	}
	terminal_send_fd(&sock->base, fd, busy, sizeof(busy) - 1);
	close(fd);
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

static void socket_destroy(struct terminal *terminal)
{
	struct socket_terminal *sock = socket_of(terminal);

	loop_task_cancel(terminal->loop, &sock->drain_task);
	close_client(sock);
	listener_close(&sock->listener);
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

static struct socket_terminal *create(struct loop *loop, const char *name, bool tcp)
{
	struct socket_terminal *sock = calloc(1, sizeof(*sock));

	if (!sock)
		return NULL;
	terminal_init(&sock->base, &socket_ops, loop, name, false);
	sock->listener.watch.fd = -1;
	sock->client.fd = -1;
	sock->client.ready = client_ready;
	sock->drain_task.run = run_drain_task;
	sock->input_wanted = true;
	sock->tcp = tcp;
	return sock;
}

static int listen_unix(struct socket_terminal *sock, const char *path,
	const struct source_pos *pos, struct error *err)
{
	int code = listener_open_unix(
		&sock->listener, sock->base.loop, path, BACKLOG, client_comes, pos, err);

	if (code)
		return code;
	code = terminal_set_place(&sock->base, "%s", path);
	return code ? error_set(err, code, pos, "no memory for a terminal") : 0;
}

int terminal_unix_create(struct loop *loop, const char *path,
	const struct source_pos *pos, struct terminal **ret, struct error *err)
{
	struct socket_terminal *sock = create(loop, path, false);
	int code;

	if (!sock)
		return error_set(err, -ENOMEM, pos, "no memory for a terminal");
	code = listen_unix(sock, path, pos, err);
	if (code)
		socket_destroy(&sock->base);
	else
		*ret = &sock->base;
	return code;
}

/* The place says which port the host chose, and the log whose clients were refused. */
static int listen_tcp(struct socket_terminal *sock, const char *address, uint16_t port,
	const struct tls_files *tls, const struct source_pos *pos, struct error *err)
{
	int code = listener_open_tcp(&sock->listener, sock->base.loop, address, port,
		tls ? (int)TLS_GATE_CONNECTIONS : BACKLOG, client_comes, pos, err);

	if (code)
		return code;
	code = terminal_set_place(&sock->base, strchr(address, ':') ? "[%s]:%u" : "%s:%u",
		address, listener_port(&sock->listener));
	if (code)
		return error_set(err, code, pos, "no memory for a terminal");
	return tls ? listener_use_tls(
			     &sock->listener, tls, TLS_AT_ONCE, sock->base.place, err)
		   : 0;
}

int terminal_tcp_create(struct loop *loop, const char *address, uint16_t port,
	const struct tls_files *tls, const struct source_pos *pos, struct terminal **ret,
	struct error *err)
{
	struct socket_terminal *sock = create(loop, address, !tls);
	int code;

	if (!sock)
		return error_set(err, -ENOMEM, pos, "no memory for a terminal");
	code = listen_tcp(sock, address, port, tls, pos, err);
	if (code)
		socket_destroy(&sock->base);
	else
		*ret = &sock->base;
	return code;
}
