/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tls_tunnel.h"

#include <errno.h>
#include <mbedtls/version.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/tls_desk.h"
#include "host/tls_impl.h"
#include "host/vencrypt.h"
#include "host/web.h"
#include "src/container_of.h"
#include "src/loop.h"

#define RECORD_BYTES 16384u /* as large as they get */
#define NS_PER_MS 1000000ull
#define AGAIN_NS (TLS_HANDSHAKE_MS / 10 * NS_PER_MS)
#define PART_READS 8

/* What one side has said and the other has not taken yet. */
struct chunk {
	size_t at;
	size_t count;
	unsigned char bytes[RECORD_BYTES];
};

struct tls_tunnel {
	struct loop *loop;
	struct tls_tunnel_user *user;
	struct tls_peer peer;
	mbedtls_ssl_context ssl;
	struct loop_fd secret; /* the peer's socket */
	struct loop_fd plain;  /* our end of the pair; fd -1 before it is open */
	struct tls_turn turn;  /* to shake hands */
	struct loop_timer patience;
	uint64_t latest_ns; /* for the end of a handshake */
	enum tls_prelude prelude;
	struct loop_timer moment; /* in which a client may begin with TLS */
	struct vencrypt outer;    /* before TLS; without a step where there is none */
	struct vencrypt inner;    /* behind it, likewise */
	struct loop_task more;    /* the library has taken in what the socket had */
	bool wants_out;           /* the library waits to send */
	bool peer_ended;
	bool heard;        /* something from the peer, by TLS */
	const char *fault; /* of a peer with whom it was open */
	struct chunk inward;
	struct chunk outward;
};

/* ---- the library's socket --------------------------------------------------------- */

static int send_secret(void *data, const unsigned char *bytes, size_t count)
{
	struct tls_tunnel *tunnel = data;
	ssize_t n = send(tunnel->secret.fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0)
		return (int)n;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_WRITE
						 : MBEDTLS_ERR_SSL_CONN_EOF;
}

static int receive_secret(void *data, unsigned char *bytes, size_t room)
{
	struct tls_tunnel *tunnel = data;
	ssize_t n = recv(tunnel->secret.fd, bytes, room, MSG_DONTWAIT);

	if (n >= 0)
		return (int)n;
	return errno == EAGAIN || errno == EINTR ? MBEDTLS_ERR_SSL_WANT_READ
						 : MBEDTLS_ERR_SSL_CONN_EOF;
}

/* ---- the end ---------------------------------------------------------------------- */

static void close_watch(struct loop_fd *watch)
{
	loop_fd_remove(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

static void stop(struct tls_tunnel *tunnel)
{
	loop_timer_cancel(&tunnel->patience);
	loop_timer_cancel(&tunnel->moment);
	tls_turn_cancel(&tunnel->turn);
	loop_task_cancel(tunnel->loop, &tunnel->more);
	close_watch(&tunnel->secret);
	close_watch(&tunnel->plain);
}

/* What the peer has said meanwhile would have the kernel throw away our last word. */
static void part(int fd)
{
	char bytes[4096];

	shutdown(fd, SHUT_WR);
	for (unsigned int i = 0; i < PART_READS; i++)
		if (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0)
			break;
}

/* The tunnel may be gone after that. */
static void end(struct tls_tunnel *tunnel, const char *fault)
{
	part(tunnel->secret.fd);
	stop(tunnel);
	tunnel->user->events->over(tunnel->user, fault);
}

/* ---- shaking hands ---------------------------------------------------------------- */

static int open_plain(struct tls_tunnel *tunnel, int *ret)
{
	int fds[2];
	int code;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	tunnel->plain.fd = fds[0];
	code = loop_fd_add(tunnel->loop, &tunnel->plain);
	if (code)
		close(fds[1]);
	else
		*ret = fds[1];
	return code;
}

static bool has_spoken(const struct tls_tunnel *tunnel)
{
	unsigned char first;

	return recv(tunnel->secret.fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       (errno != EAGAIN && errno != EINTR);
}

/* What comes before TLS: -EAGAIN where there is more of it, else as vencrypt_run(). */
static int run_prelude(struct tls_tunnel *tunnel)
{
	bool password = tunnel->prelude == TLS_VENCRYPT_PASSWORD;
	int code;

	if (tunnel->prelude == TLS_AT_ONCE)
		return 0;
	if (tunnel->outer.step) {
		code = vencrypt_run(&tunnel->outer, tunnel->secret.fd);
		if (code)
			return code;
		tunnel->inner.step = vencrypt_inner(password);
	} else if (!has_spoken(tunnel)) {
		return -EAGAIN;
	}
	loop_timer_cancel(&tunnel->moment);
	tunnel->prelude = TLS_AT_ONCE;
	return 0;
}

/* What a server of plain VNC hears before the client does: likewise. */
static int run_interlude(struct tls_tunnel *tunnel)
{
	int code =
		tunnel->inner.step ? vencrypt_run(&tunnel->inner, tunnel->plain.fd) : 0;

	if (!code)
		tunnel->inner.step = NULL;
	return code;
}

static bool is_done(const mbedtls_ssl_context *ssl)
{
#if MBEDTLS_VERSION_MAJOR < 3
	return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
#else
	return ssl->MBEDTLS_PRIVATE(state) >= MBEDTLS_SSL_HANDSHAKE_OVER;
#endif
}

/* A step of it; false where it is over. */
static bool shake_hands(struct tls_tunnel *tunnel)
{
	int code = mbedtls_ssl_handshake_step(&tunnel->ssl);
	int plain = -1;

	tunnel->wants_out = code == MBEDTLS_ERR_SSL_WANT_WRITE;
	if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE)
		return true;
	if (!code && !is_done(&tunnel->ssl)) {
		tls_turn_ask(&tunnel->turn);
		return true;
	}
	if (!code && open_plain(tunnel, &plain))
		code = MBEDTLS_ERR_SSL_ALLOC_FAILED;
	if (code) {
		end(tunnel, tls_fault(&tunnel->peer, &tunnel->ssl, code));
		return false;
	}
	loop_timer_cancel(&tunnel->patience);
	tunnel->user->events->opened(tunnel->user, plain);
	return true;
}

/* ---- carrying --------------------------------------------------------------------- */

static bool is_pause(int code)
{
#ifdef MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET
	if (code == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
		return true;
#endif
	return code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE;
}

/* By TLS 1.3 a server looks at a client's certificate when that is through already. */
static void note_refusal(struct tls_tunnel *tunnel, int code)
{
	if (code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE &&
		tunnel->peer.tls->end == TLS_CLIENT)
		tunnel->fault = tunnel->heard
					? "has broken off"
					: tls_fault(&tunnel->peer, &tunnel->ssl, code);
}

/* False where neither side will have any use for more. */
static bool carry_in(struct tls_tunnel *tunnel)
{
	struct chunk *chunk = &tunnel->inward;
	ssize_t n;

	if (!chunk->count && !tunnel->peer_ended) {
		int code = mbedtls_ssl_read(
			&tunnel->ssl, chunk->bytes, sizeof(chunk->bytes));

		chunk->at = 0;
		if (code > 0) {
			chunk->count = (size_t)code;
			tunnel->heard = true;
		} else if (!is_pause(code)) {
			tunnel->peer_ended = true;
			note_refusal(tunnel, code);
		}
	}
	if (chunk->count) {
		n = send(tunnel->plain.fd, chunk->bytes + chunk->at, chunk->count,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n > 0) {
			chunk->at += (size_t)n;
			chunk->count -= (size_t)n;
		}
	}
	return chunk->count || !tunnel->peer_ended;
}

static bool carry_out(struct tls_tunnel *tunnel)
{
	struct chunk *chunk = &tunnel->outward;
	ssize_t n;
	int code;

	if (!chunk->count) {
		n = recv(tunnel->plain.fd, chunk->bytes, sizeof(chunk->bytes),
			MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			mbedtls_ssl_close_notify(&tunnel->ssl);
			return false;
		}
		if (n < 0)
			return true;
		chunk->at = 0;
		chunk->count = (size_t)n;
	}
	/* A record of TLS 1.3 has room for one byte less. */
	do {
		code = mbedtls_ssl_write(
			&tunnel->ssl, chunk->bytes + chunk->at, chunk->count);
		if (code > 0) {
			chunk->at += (size_t)code;
			chunk->count -= (size_t)code;
		}
	} while (code > 0 && chunk->count);
	tunnel->wants_out = code == MBEDTLS_ERR_SSL_WANT_WRITE;
	return code > 0 || is_pause(code);
}

static void watch(struct tls_tunnel *tunnel)
{
	bool open = tunnel->plain.fd >= 0;
	bool reads = !tunnel->inward.count && !tunnel->peer_ended &&
		     !tunnel->turn.waits && !(open && tunnel->inner.step);

	if (tunnel->secret.loop)
		loop_fd_modify(&tunnel->secret,
			(reads ? EPOLLIN : 0) | (tunnel->wants_out ? EPOLLOUT : 0));
	if (!open)
		return;
	if (tunnel->plain.loop)
		loop_fd_modify(
			&tunnel->plain, (tunnel->outward.count ? 0 : EPOLLIN) |
						(tunnel->inward.count ? EPOLLOUT : 0));
	if ((reads && mbedtls_ssl_check_pending(&tunnel->ssl)) ||
		(!tunnel->plain.loop && !tunnel->outward.count))
		loop_post(tunnel->loop, &tunnel->more);
}

/* A chunk each way; the loop comes back for the rest. */
static void step(struct tls_tunnel *tunnel)
{
	int code = run_prelude(tunnel);

	if (code && code != -EAGAIN) {
		end(tunnel, code == -EPIPE ? "has left" : "wants no X509 by VeNCrypt");
		return;
	}
	if (!code && tunnel->plain.fd < 0)
		tls_turn_ask(&tunnel->turn);
	if (tunnel->plain.fd >= 0) {
		code = run_interlude(tunnel);
		if ((code && code != -EAGAIN) ||
			(!code && (!carry_in(tunnel) || !carry_out(tunnel)))) {
			end(tunnel, tunnel->fault);
			return;
		}
	}
	watch(tunnel);
}

static void take_turn(struct tls_turn *turn)
{
	struct tls_tunnel *tunnel = container_of(turn, struct tls_tunnel, turn);

	if (!shake_hands(tunnel))
		return;
	if (tunnel->plain.fd >= 0)
		step(tunnel);
	else
		watch(tunnel);
}

static void moment_ended(struct loop_timer *timer)
{
	struct tls_tunnel *tunnel = container_of(timer, struct tls_tunnel, moment);

	/* Its first word may have waited for us: others' handshakes take their time. */
	if (!has_spoken(tunnel))
		tunnel->outer.step =
			vencrypt_outer(tunnel->prelude == TLS_VENCRYPT_PASSWORD);
	step(tunnel);
}

/* A peer that is gone would be ready for good while its last words wait for room. */
static void secret_ready(struct loop_fd *fd_watch, uint32_t events)
{
	struct tls_tunnel *tunnel = container_of(fd_watch, struct tls_tunnel, secret);

	if (events & (EPOLLHUP | EPOLLERR) &&
		(tunnel->inward.count || (tunnel->plain.fd >= 0 && tunnel->inner.step))) {
		tunnel->peer_ended = true;
		loop_fd_remove(fd_watch);
	}
	step(tunnel);
}

/* So would a user who is gone, but that its last words do not wait for good. */
static void plain_ready(struct loop_fd *fd_watch, uint32_t events)
{
	struct tls_tunnel *tunnel = container_of(fd_watch, struct tls_tunnel, plain);

	if (events & (EPOLLHUP | EPOLLERR) && tunnel->outward.count) {
		loop_fd_remove(fd_watch);
		loop_timer_arm(
			tunnel->loop, &tunnel->patience, TLS_HANDSHAKE_MS * NS_PER_MS);
	}
	step(tunnel);
}

static void run_more(struct loop_task *task)
{
	step(container_of(task, struct tls_tunnel, more));
}

static void patience_ended(struct loop_timer *timer)
{
	struct tls_tunnel *tunnel = container_of(timer, struct tls_tunnel, patience);
	bool open = tunnel->plain.fd >= 0;

	/* Then it is not the peer that has taken so long. */
	if (!open && (tunnel->turn.waits || has_spoken(tunnel)) &&
		loop_now_ns() < tunnel->latest_ns) {
		loop_timer_arm(tunnel->loop, timer, AGAIN_NS);
		return;
	}
	end(tunnel,
		open ? NULL
		     : tls_fault(&tunnel->peer, &tunnel->ssl, MBEDTLS_ERR_SSL_TIMEOUT));
}

/* ---- life ------------------------------------------------------------------------- */

int tls_tunnel_create(struct tls_desk *desk, const struct tls *tls, int fd,
	const char *host, enum tls_prelude prelude, struct tls_tunnel_user *user,
	struct tls_tunnel **ret)
{
	struct loop *loop = desk->loop;
	struct tls_tunnel *tunnel = calloc(1, sizeof(*tunnel));
	int code;

	if (!tunnel) {
		close(fd);
		return -ENOMEM;
	}
	mbedtls_ssl_init(&tunnel->ssl);
	tunnel->loop = loop;
	tunnel->user = user;
	tunnel->peer.host = host;
	tunnel->secret = (struct loop_fd){
		.fd = fd, .events = EPOLLIN | EPOLLOUT, .ready = secret_ready};
	tunnel->plain =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = plain_ready};
	tls_turn_init(&tunnel->turn, desk, take_turn);
	tunnel->patience.expired = patience_ended;
	tunnel->more.run = run_more;
	tunnel->prelude = prelude;
	tunnel->moment.expired = moment_ended;
	code = tls_prepare(tls, &tunnel->peer, &tunnel->ssl);
	if (!code) {
		mbedtls_ssl_set_bio(
			&tunnel->ssl, tunnel, send_secret, receive_secret, NULL);
		code = loop_fd_add(loop, &tunnel->secret);
	}
	if (code) {
		tls_tunnel_destroy(tunnel);
		return code;
	}
	tunnel->latest_ns = loop_now_ns() + TLS_HANDSHAKE_BUSY_MS * NS_PER_MS;
	loop_timer_arm(loop, &tunnel->patience, TLS_HANDSHAKE_MS * NS_PER_MS);
	if (prelude != TLS_AT_ONCE)
		loop_timer_arm(loop, &tunnel->moment, WEB_FIRST_WORD_MS * NS_PER_MS);
	*ret = tunnel;
	return 0;
}

void tls_tunnel_destroy(struct tls_tunnel *tunnel)
{
	if (!tunnel)
		return;
	stop(tunnel);
	mbedtls_ssl_free(&tunnel->ssl);
	explicit_bzero(&tunnel->inward, sizeof(tunnel->inward));
	explicit_bzero(&tunnel->outward, sizeof(tunnel->outward));
	free(tunnel);
}
