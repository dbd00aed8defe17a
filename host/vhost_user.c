/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Greeting a vhost-user back end, handing rings over and taking them back. Runs with the
 * loop's lock held. Calls wait for answers, which is the price of a device that others
 * serve; they are few, at the start and the reset of a driver, and never on a request's
 * way.
 */
#include "host/vhost_user.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/vhost.h"
#include "host/vhost_user_wire.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "src/thread.h"

#define FEATURE_PROTOCOL                                                                 \
	(1ull << 30) /* of vhost-user, in the place of a virtio feature */
#define FEATURE_VERSION_1 (1ull << 32)

#define PROTOCOL_MQ (1ull << 0)
#define PROTOCOL_REPLY_ACK (1ull << 3)
#define PROTOCOL_BACKEND_REQ (1ull << 5)
#define PROTOCOL_CONFIG (1ull << 9)
#define PROTOCOL_WANTED                                                                  \
	(PROTOCOL_MQ | PROTOCOL_REPLY_ACK | PROTOCOL_BACKEND_REQ | PROTOCOL_CONFIG)

/* What the back end begins to say on its own channel is to end soon. */
#define CHANNEL_TIMEOUT_NS 100000000u

struct vhost_user {
	struct loop *loop;
	const char *name;
	struct vhost_source *source;
	unsigned int queues;
	unsigned int timeout_ms;
	const struct vhost_user_events *events;
	void *user;

	struct loop_fd watch;   /* the connection; fd -1: there is none */
	struct loop_fd channel; /* on which the back end asks; fd -1: none */
	bool greeting; /* events->gone() is not told; the deadline is one for all */
	uint64_t deadline_ns;
	uint64_t features;
	uint64_t protocol;
	char why[320]; /* the connection ended */
};

/* ---- the end of a connection ------------------------------------------------------ */

static void close_watch(struct loop_fd *watch)
{
	loop_fd_remove(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

static void hang_up(struct vhost_user *vu)
{
	close_watch(&vu->channel);
	close_watch(&vu->watch);
}

/* Returns code. vu->why has the text; what the source knows comes in its place. */
static int lose(struct vhost_user *vu, int code)
{
	hang_up(vu);
	if (vu->source->ops->ended)
		vu->source->ops->ended(vu->source, vu->why, sizeof(vu->why));
	if (!vu->greeting)
		vu->events->gone(vu->user, vu->why);
	return code;
}

/* An exchange failed with code, in words. */
static int lose_at(struct vhost_user *vu, enum wire_request request, int code)
{
	const char *name = wire_name(request);
	char *why = vu->why;
	size_t room = sizeof(vu->why);

	if (code == -ETIMEDOUT)
		snprintf(why, room, "the back end does not answer %s within %u s", name,
			vu->timeout_ms / 1000);
	else if (code == -EPROTO)
		snprintf(why, room, "the back end's answer to %s is not of the protocol",
			name);
	else if (code == -EREMOTEIO)
		snprintf(why, room, "the back end refuses %s", name);
	else if (code == -ECONNRESET || code == -EPIPE)
		snprintf(why, room, "the back end closed the connection");
	else
		snprintf(why, room, "%s to the back end: %s", name, strerror(-code));
	return lose(vu, code);
}

/* ---- exchanges -------------------------------------------------------------------- */

static uint64_t deadline(const struct vhost_user *vu)
{
	return vu->greeting ? vu->deadline_ns
			    : loop_now_ns() + vu->timeout_ms * 1000000ull;
}

/* Sends a request and, where room is not 0, takes an answer; returns its bytes. */
static int exchange(struct vhost_user *vu, struct wire_header header, const void *payload,
	const int *fds, unsigned int fd_count, void *reply, uint32_t room)
{
	enum wire_request request = (enum wire_request)header.request;
	uint64_t deadline_ns = deadline(vu);
	int code;

	if (vu->watch.fd < 0)
		return -ENOTCONN;
	header.flags |= WIRE_VERSION;
	code = wire_send(vu->watch.fd, &header, payload, fds, fd_count, deadline_ns);
	if (!code && room)
		code = wire_receive_reply(
			vu->watch.fd, header.request, reply, room, deadline_ns);
	return code < 0 ? lose_at(vu, request, code) : code;
}

/* A request that sets something. It may be acknowledged. */
static int tell(struct vhost_user *vu, enum wire_request request, const void *payload,
	uint32_t bytes, const int *fds, unsigned int fd_count)
{
	bool acknowledged = vu->protocol & PROTOCOL_REPLY_ACK;
	struct wire_header header = {.request = request,
		.flags = acknowledged ? WIRE_NEED_REPLY : 0,
		.bytes = bytes};
	uint64_t failed = 0;
	int got = exchange(vu, header, payload, fds, fd_count, &failed,
		acknowledged ? sizeof(failed) : 0);

	if (got < 0)
		return got;
	if (acknowledged && got != sizeof(failed))
		return lose_at(vu, request, -EPROTO);
	return failed ? lose_at(vu, request, -EREMOTEIO) : 0;
}

static int tell_u64(struct vhost_user *vu, enum wire_request request, uint64_t value)
{
	return tell(vu, request, &value, sizeof(value), NULL, 0);
}

static int tell_state(struct vhost_user *vu, enum wire_request request,
	unsigned int index, uint32_t value)
{
	struct wire_state state = {.index = index, .value = value};

	return tell(vu, request, &state, sizeof(state), NULL, 0);
}

static int tell_fd(
	struct vhost_user *vu, enum wire_request request, unsigned int index, int fd)
{
	uint64_t value = index;

	return tell(vu, request, &value, sizeof(value), &fd, 1);
}

static int ask_u64(struct vhost_user *vu, enum wire_request request, uint64_t *ret)
{
	struct wire_header header = {.request = request};
	int got = exchange(vu, header, NULL, NULL, 0, ret, sizeof(*ret));

	if (got < 0)
		return got;
	return got == sizeof(*ret) ? 0 : lose_at(vu, request, -EPROTO);
}

/* ---- what comes unasked ----------------------------------------------------------- */

static void connection_ready(struct loop_fd *watch, uint32_t events)
{
	struct vhost_user *vu = container_of(watch, struct vhost_user, watch);
	char byte;
	ssize_t got = recv(watch->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	/* A call on another thread may have taken the answer that woke the loop. */
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	snprintf(vu->why, sizeof(vu->why), "the back end %s",
		got > 0 ? "speaks without being asked" : "closed the connection");
	lose(vu, -ECONNRESET);
}

static void channel_ready(struct loop_fd *watch, uint32_t events)
{
	struct vhost_user *vu = container_of(watch, struct vhost_user, channel);
	uint64_t deadline_ns = loop_now_ns() + CHANNEL_TIMEOUT_NS;
	uint8_t payload[WIRE_PAYLOAD_BYTES_MAX];
	struct wire_header header;
	int code =
		wire_receive(watch->fd, &header, payload, sizeof(payload), deadline_ns);
	uint64_t failed;

	if (!code && header.flags & WIRE_NEED_REPLY) {
		failed = header.request != WIRE_CONFIG_CHANGED;
		header.flags = WIRE_VERSION | WIRE_REPLY;
		header.bytes = sizeof(failed);
		code = wire_send(watch->fd, &header, &failed, NULL, 0, deadline_ns);
	}
	if (code)
		close_watch(watch);
	else if (header.request == WIRE_CONFIG_CHANGED)
		vu->events->config_changed(vu->user);
}

static int make_pair(void *argument)
{
	const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	return socketpair(AF_UNIX, type, 0, argument) < 0 ? -errno : 0;
}

static int open_channel(struct vhost_user *vu)
{
	int ends[2];
	int code = thread_ask(make_pair, ends);

	if (code) {
		snprintf(vu->why, sizeof(vu->why), "no socket: %s", strerror(-code));
		return lose(vu, code);
	}
	vu->channel.fd = ends[0];
	code = tell(vu, WIRE_SET_BACKEND_FD, NULL, 0, &ends[1], 1);
	close(ends[1]);
	return code ? code : loop_fd_add(vu->loop, &vu->channel);
}

/* ---- greeting --------------------------------------------------------------------- */

static int agree_on_protocol(struct vhost_user *vu)
{
	uint64_t offered = 0;
	int code = ask_u64(vu, WIRE_GET_PROTOCOL_FEATURES, &offered);

	if (!code)
		code = tell_u64(
			vu, WIRE_SET_PROTOCOL_FEATURES, offered & PROTOCOL_WANTED);
	vu->protocol = offered & PROTOCOL_WANTED;
	return code;
}

static int check_queues(struct vhost_user *vu)
{
	uint64_t queues = 0;
	int code = ask_u64(vu, WIRE_GET_QUEUE_NUM, &queues);

	if (code || queues >= vu->queues)
		return code;
	snprintf(vu->why, sizeof(vu->why), "the back end serves %u queues, %u are wanted",
		(unsigned int)queues, vu->queues);
	return lose(vu, -EINVAL);
}

static int exchange_greetings(struct vhost_user *vu)
{
	uint64_t features = 0;
	int code = ask_u64(vu, WIRE_GET_FEATURES, &features);

	if (!code && !(features & FEATURE_VERSION_1)) {
		snprintf(vu->why, sizeof(vu->why), "the back end does not know virtio 1");
		return lose(vu, -EPROTO);
	}
	vu->features = features;
	vu->protocol = 0;
	if (!code && features & FEATURE_PROTOCOL)
		code = agree_on_protocol(vu);
	if (!code && vu->protocol & PROTOCOL_MQ)
		code = check_queues(vu);
	if (!code)
		code = tell(vu, WIRE_SET_OWNER, NULL, 0, NULL, 0);
	if (!code && vu->protocol & PROTOCOL_BACKEND_REQ)
		code = open_channel(vu);
	return code;
}

static int greet(struct vhost_user *vu, struct error *err)
{
	int code;

	vu->watch.fd = vu->source->ops->connect(vu->source, err);
	if (vu->watch.fd < 0) {
		code = vu->watch.fd;
		vu->watch.fd = -1;
		return code;
	}
	vu->greeting = true;
	vu->deadline_ns = loop_now_ns() + vu->timeout_ms * 1000000ull;
	code = exchange_greetings(vu);
	vu->greeting = false;
	if (code)
		return error_set(err, code, NULL, "%s: %s", vu->name, vu->why);
	code = loop_fd_add(vu->loop, &vu->watch);
	if (!code)
		return 0;
	hang_up(vu);
	return error_set(err, code, NULL, "%s: %s", vu->name, strerror(-code));
}

int vhost_user_open(struct loop *loop, const char *name, struct vhost_source *source,
	unsigned int queues, unsigned int timeout_ms,
	const struct vhost_user_events *events, void *user, struct vhost_user **ret,
	struct error *err)
{
	struct vhost_user *vu = calloc(1, sizeof(*vu));
	int code;

	if (!vu) {
		source->ops->destroy(source);
		return error_set(err, -ENOMEM, NULL, "%s: no memory", name);
	}
	vu->loop = loop;
	vu->name = name;
	vu->source = source;
	vu->queues = queues;
	vu->timeout_ms = timeout_ms;
	vu->events = events;
	vu->user = user;
	vu->watch =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = connection_ready};
	vu->channel =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = channel_ready};
	code = greet(vu, err);
	if (code) {
		vhost_user_destroy(vu);
		return code;
	}
	*ret = vu;
	return 0;
}

void vhost_user_destroy(struct vhost_user *vu)
{
	if (!vu)
		return;
	hang_up(vu);
	vu->source->ops->destroy(vu->source);
	free(vu);
}

int vhost_user_reconnect(struct vhost_user *vu, struct error *err)
{
	return vu->watch.fd >= 0 ? 0 : greet(vu, err);
}

/* ---- the device ------------------------------------------------------------------- */

uint64_t vhost_user_features(const struct vhost_user *vu)
{
	return vu->features & ~FEATURE_PROTOCOL;
}

bool vhost_user_has_config(const struct vhost_user *vu)
{
	return vu->protocol & PROTOCOL_CONFIG;
}

int vhost_user_get_config(struct vhost_user *vu, void *config, uint32_t bytes)
{
	const uint32_t head_bytes = offsetof(struct wire_config, data);
	struct wire_header header = {
		.request = WIRE_GET_CONFIG, .bytes = head_bytes + bytes};
	struct wire_config payload = {.bytes = bytes};
	int got = exchange(vu, header, &payload, NULL, 0, &payload, sizeof(payload));

	if (got < 0)
		return got;
	/* No payload is the word for a failure. */
	if (!got)
		return -ENODATA;
	if ((uint32_t)got != head_bytes + bytes)
		return lose_at(vu, WIRE_GET_CONFIG, -EPROTO);
	memcpy(config, payload.data, bytes);
	return 0;
}

int vhost_user_set_config(
	struct vhost_user *vu, uint32_t offset, const void *data, uint32_t bytes)
{
	struct wire_config payload = {.offset = offset, .bytes = bytes};

	memcpy(payload.data, data, bytes);
	return tell(vu, WIRE_SET_CONFIG, &payload,
		(uint32_t)offsetof(struct wire_config, data) + bytes, NULL, 0);
}

static int tell_memory(
	struct vhost_user *vu, const struct vhost_region *regions, unsigned int count)
{
	struct wire_memory memory = {.count = count};
	int fds[VHOST_USER_REGIONS_MAX];

	for (unsigned int i = 0; i < count; i++) {
		memory.regions[i].gpa = regions[i].gpa;
		memory.regions[i].bytes = regions[i].bytes;
		memory.regions[i].hva = (uintptr_t)regions[i].hva;
		fds[i] = regions[i].fd;
	}
	return tell(vu, WIRE_SET_MEM_TABLE, &memory,
		(uint32_t)offsetof(struct wire_memory, regions) +
			count * (uint32_t)sizeof(memory.regions[0]),
		fds, count);
}

static int start_ring(struct vhost_user *vu, const struct vhost_ring *ring)
{
	struct wire_addr addr = {
		.index = ring->index,
		.desc = (uintptr_t)ring->desc,
		.used = (uintptr_t)ring->used,
		.avail = (uintptr_t)ring->avail,
	};
	int code = tell_state(vu, WIRE_SET_VRING_NUM, ring->index, ring->size);

	if (!code)
		code = tell_state(vu, WIRE_SET_VRING_BASE, ring->index, 0);
	if (!code)
		code = tell(vu, WIRE_SET_VRING_ADDR, &addr, sizeof(addr), NULL, 0);
	if (!code)
		code = tell_fd(vu, WIRE_SET_VRING_CALL, ring->index, ring->call_fd);
	if (!code)
		code = tell_fd(vu, WIRE_SET_VRING_KICK, ring->index, ring->kick_fd);
	if (!code && vu->features & FEATURE_PROTOCOL)
		code = tell_state(vu, WIRE_SET_VRING_ENABLE, ring->index, 1);
	return code;
}

int vhost_user_start(struct vhost_user *vu, uint64_t features,
	const struct vhost_region *regions, unsigned int region_count,
	const struct vhost_ring *rings, unsigned int ring_count)
{
	int code = tell_u64(
		vu, WIRE_SET_FEATURES, features | (vu->features & FEATURE_PROTOCOL));

	if (!code)
		code = tell_memory(vu, regions, region_count);
	for (unsigned int i = 0; i < ring_count && !code; i++)
		code = start_ring(vu, &rings[i]);
	return code;
}

void vhost_user_stop(
	struct vhost_user *vu, const struct vhost_ring *rings, unsigned int count)
{
	for (unsigned int i = 0; i < count && vu->watch.fd >= 0; i++) {
		struct wire_header header = {.request = WIRE_GET_VRING_BASE,
			.bytes = sizeof(struct wire_state)};
		struct wire_state state = {.index = rings[i].index};

		exchange(vu, header, &state, NULL, 0, &state, sizeof(state));
	}
}
