/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tls_call.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/tls.h"
#include "host/tls_desk.h"
#include "host/tls_tunnel.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "src/thread.h"

#define NS_PER_MS 1000000ull
#define LAST_WORDS_NS 1000000000ull

struct tls_call {
	struct tls *tls;
	struct loop *loop;
	struct tls_desk desk;
	struct tls_tunnel *tunnel;
	struct tls_tunnel_user user;
	struct loop_task closing;
	struct loop_timer last_words;
	const char *fault; /* the tunnel is over, for this reason or none */
	bool over;
	int plain; /* -1 before the tunnel is open */
	pthread_t thread;
	bool running;
};

/* ---- the socket ------------------------------------------------------------------- */

static int left_ms(uint64_t deadline_ns)
{
	uint64_t now = loop_now_ns();

	return deadline_ns > now ? (int)((deadline_ns - now) / NS_PER_MS) + 1 : 0;
}

/* A connected socket, or -errno. */
static int connect_to(const struct addrinfo *address, uint64_t deadline_ns)
{
	int fd =
		socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd wait = {.fd = fd, .events = POLLOUT};
	socklen_t bytes = sizeof(int);
	int code = fd < 0 ? errno : 0;

	if (!code && connect(fd, address->ai_addr, address->ai_addrlen) < 0)
		code = errno;
	if (code == EINPROGRESS) {
		code = ETIMEDOUT;
		if (poll(&wait, 1, left_ms(deadline_ns)) > 0 &&
			getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &bytes) < 0)
			code = errno;
	}
	if (code && fd >= 0)
		close(fd);
	return code ? -code : fd;
}

/* Keys are typed by hand, and whoever has gone without a word is to be noticed. */
static void set_socket(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static int find_peer(
	const char *host, const char *port, uint64_t deadline_ns, struct error *err)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	int code = getaddrinfo(host, port, &hints, &list);
	int fd = -EHOSTUNREACH;

	if (code)
		return error_set(
			err, -EHOSTUNREACH, NULL, "%s: %s", host, gai_strerror(code));
	for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
		fd = connect_to(at, deadline_ns);
	freeaddrinfo(list);
	if (fd < 0)
		return error_set(err, fd, NULL, "cannot connect to %s port %s: %s", host,
			port, strerror(-fd));
	set_socket(fd);
	return fd;
}

/* ---- the tunnel ------------------------------------------------------------------- */

static void opened(struct tls_tunnel_user *user, int plain)
{
	fcntl(plain, F_SETFL, fcntl(plain, F_GETFL) & ~O_NONBLOCK);
	container_of(user, struct tls_call, user)->plain = plain;
}

static void over(struct tls_tunnel_user *user, const char *fault)
{
	struct tls_call *call = container_of(user, struct tls_call, user);

	call->over = true;
	call->fault = fault;
	if (call->running)
		loop_stop(call->loop);
}

static const struct tls_tunnel_events tunnel_events = {.opened = opened, .over = over};

static void *run(void *argument)
{
	struct tls_call *call = argument;

	loop_run(call->loop);
	return NULL;
}

static void run_last_words(struct loop_timer *timer)
{
	loop_stop(container_of(timer, struct tls_call, last_words)->loop);
}

static void run_closing(struct loop_task *task)
{
	struct tls_call *call = container_of(task, struct tls_call, closing);

	loop_timer_arm(call->loop, &call->last_words, LAST_WORDS_NS);
}

/* Until the tunnel is open; then a thread goes on. */
static int shake_hands(struct tls_call *call, const char *host, const char *port,
	uint64_t deadline_ns, struct error *err)
{
	int code = 0;

	while (!code && call->plain < 0 && !call->over && left_ms(deadline_ns))
		code = loop_turn(call->loop, left_ms(deadline_ns));
	if (call->over)
		return error_set(err, -EACCES, NULL, "TLS: %s port %s %s", host, port,
			call->fault ? call->fault : "has left");
	if (!code && call->plain < 0)
		code = -ETIMEDOUT;
	if (!code) {
		call->running = true;
		code = thread_start(&call->thread, 0, run, call);
		call->running = !code;
	}
	return code ? error_set(err, code, NULL, "TLS: %s port %s: %s", host, port,
			      strerror(-code))
		    : 0;
}

int tls_call_open(const struct tls_files *files, const char *host, const char *port,
	int timeout_ms, struct tls_call **ret, int *ret_fd, struct error *err)
{
	uint64_t deadline_ns = loop_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
	struct tls_call *call = calloc(1, sizeof(*call));
	int code;
	int fd;

	if (!call)
		return error_set(err, -ENOMEM, NULL, "no memory for a connection");
	call->plain = -1;
	call->user.events = &tunnel_events;
	call->closing.run = run_closing;
	call->last_words.expired = run_last_words;
	code = tls_create(TLS_CLIENT, files, &call->tls, err);
	if (!code)
		code = loop_create(&call->loop, err);
	if (!code) {
		fd = find_peer(host, port, deadline_ns, err);
		code = fd < 0 ? fd : 0;
	}
	if (!code) {
		tls_desk_init(&call->desk, call->loop);
		code = tls_tunnel_create(&call->desk, call->tls, fd, host, TLS_AT_ONCE,
			&call->user, &call->tunnel);
		if (code)
			error_set(err, code, NULL, "no memory for a connection");
	}
	if (!code)
		code = shake_hands(call, host, port, deadline_ns, err);
	if (code) {
		if (call->plain >= 0)
			close(call->plain);
		tls_call_close(call);
		return code;
	}
	*ret = call;
	*ret_fd = call->plain;
	return 0;
}

const char *tls_call_fault(struct tls_call *call)
{
	if (call->running) {
		loop_post(call->loop, &call->closing);
		pthread_join(call->thread, NULL);
	}
	call->running = false;
	return call->fault;
}

void tls_call_close(struct tls_call *call)
{
	if (!call)
		return;
	tls_call_fault(call);
	tls_tunnel_destroy(call->tunnel);
	loop_timer_cancel(&call->last_words);
	loop_destroy(call->loop);
	tls_destroy(call->tls);
	free(call);
}
