/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_vhost.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

struct fake_source {
	struct vhost_source source;
	struct fake_vhost *fake;
};

union payload {
	uint64_t u64;
	struct wire_state state;
	struct wire_addr addr;
	struct wire_memory memory;
	struct wire_config config;
};

/* ---- answering -------------------------------------------------------------------- */

/* With the first fds that come along; the rest of the message is waited for. */
static bool receive(int fd, void *to, size_t bytes, int *fds, unsigned int *fd_count)
{
	union {
		char room[CMSG_SPACE(VHOST_USER_REGIONS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control;
	size_t done = 0;

	while (done < bytes) {
		struct iovec iov = {(uint8_t *)to + done, bytes - done};
		struct msghdr message = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.room,
			.msg_controllen = sizeof(control.room)};
		ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
		struct cmsghdr *part = CMSG_FIRSTHDR(&message);

		if (got <= 0)
			return false;
		done += (size_t)got;
		if (part && fd_count) {
			size_t room = part->cmsg_len - CMSG_LEN(0);

			*fd_count = (unsigned int)(room / sizeof(int));
			memcpy(fds, CMSG_DATA(part), room);
		}
	}
	return true;
}

static void answer(struct fake_vhost *fake, const struct wire_header *request,
	const void *payload, uint32_t bytes)
{
	uint8_t message[sizeof(struct wire_header) + 2 * sizeof(union payload)] = {0};
	struct wire_header header = {.request = request->request,
		.flags = WIRE_VERSION | WIRE_REPLY,
		.bytes = bytes};
	size_t total;

	if (request->request == fake->fault_request) {
		switch (fake->fault) {
		case FAULT_OTHER_REQUEST:
			header.request++;
			break;
		case FAULT_NO_REPLY:
			header.flags = WIRE_VERSION;
			break;
		case FAULT_VERSION:
			header.flags = WIRE_REPLY | 2;
			break;
		case FAULT_LONG:
			header.bytes += 8;
			break;
		case FAULT_SHORT:
			header.bytes = 1;
			break;
		case FAULT_EMPTY:
			header.bytes = 0;
			break;
		default:
			break;
		}
	}
	total = sizeof(header) + header.bytes;
	if (request->request == fake->fault_request && fake->fault == FAULT_HUGE)
		header.bytes = UINT32_MAX;
	if (request->request == fake->fault_request && fake->fault == FAULT_HALF)
		total = sizeof(header) + bytes / 2;
	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), payload, bytes);
	send(fake->fd, message, total, MSG_NOSIGNAL);
}

static void map_memory(
	struct fake_vhost *fake, const struct wire_memory *memory, const int *fds)
{
	for (unsigned int i = 0; i < fake->region_count; i++)
		munmap(fake->maps[i], fake->regions[i].bytes);
	fake->region_count = memory->count;
	for (unsigned int i = 0; i < memory->count; i++) {
		fake->regions[i] = memory->regions[i];
		fake->maps[i] = mmap(NULL, memory->regions[i].bytes,
			PROT_READ | PROT_WRITE, MAP_SHARED, fds[i],
			(off_t)memory->regions[i].file_offset);
		close(fds[i]);
	}
}

static void keep_fd(int *to, int fd)
{
	if (*to >= 0)
		close(*to);
	*to = fd;
}

/* What a request tells. Returns whether it has an answer of its own in *payload. */
static bool obey(struct fake_vhost *fake, struct wire_header *header,
	union payload *payload, const int *fds)
{
	struct fake_vhost_ring *ring =
		&fake->rings[payload->state.index % FAKE_VHOST_RINGS];

	switch (header->request) {
	case WIRE_GET_FEATURES:
		payload->u64 = fake->features;
		break;
	case WIRE_GET_PROTOCOL_FEATURES:
		payload->u64 = fake->protocol;
		break;
	case WIRE_GET_QUEUE_NUM:
		payload->u64 = fake->queues;
		break;
	case WIRE_GET_VRING_BASE:
		payload->state.value = ring->base;
		ring->running = ring->enabled = false;
		header->bytes = sizeof(payload->state);
		return true;
	case WIRE_GET_CONFIG:
		memcpy(payload->config.data, fake->config + payload->config.offset,
			payload->config.bytes);
		if (payload->config.offset + payload->config.bytes > fake->config_bytes)
			header->bytes = 0;
		return true;
	case WIRE_SET_CONFIG:
		fake->wrote_offset = payload->config.offset;
		fake->wrote_bytes = payload->config.bytes;
		memcpy(fake->config + payload->config.offset, payload->config.data,
			payload->config.bytes);
		return false;
	case WIRE_SET_FEATURES:
		fake->agreed_features = payload->u64;
		return false;
	case WIRE_SET_PROTOCOL_FEATURES:
		fake->agreed_protocol = payload->u64;
		return false;
	case WIRE_SET_OWNER:
		fake->owners++;
		return false;
	case WIRE_SET_MEM_TABLE:
		map_memory(fake, &payload->memory, fds);
		return false;
	case WIRE_SET_VRING_NUM:
		ring->size = payload->state.value;
		return false;
	case WIRE_SET_VRING_BASE:
		ring->base = payload->state.value;
		return false;
	case WIRE_SET_VRING_ADDR:
		ring->addr = payload->addr;
		return false;
	case WIRE_SET_VRING_KICK:
		keep_fd(&ring->kick_fd, fds[0]);
		ring->running = true;
		return false;
	case WIRE_SET_VRING_CALL:
		keep_fd(&ring->call_fd, fds[0]);
		return false;
	case WIRE_SET_VRING_ENABLE:
		ring->enabled = payload->state.value;
		return false;
	case WIRE_SET_BACKEND_FD:
		keep_fd(&fake->channel_fd, fds[0]);
		return false;
	default:
		return false;
	}
	header->bytes = sizeof(payload->u64);
	return true;
}

static void *serve(void *user)
{
	struct fake_vhost *fake = user;
	struct wire_header header;
	union payload payload;
	int fds[VHOST_USER_REGIONS_MAX];
	unsigned int fd_count = 0;

	while (receive(fake->fd, &header, sizeof(header), fds, &fd_count) &&
		receive(fake->fd, &payload, header.bytes, fds, &fd_count)) {
		bool due = header.request == fake->fault_request;
		bool acknowledge = header.flags & WIRE_NEED_REPLY;
		bool answers;
		char byte;

		fake->messages++;
		if (due && fake->fault == FAULT_CLOSE)
			break;
		if (due && fake->fault == FAULT_HANG) {
			/* Until the other end is closed. */
			while (read(fake->hanging[0], &byte, 1) < 0 && errno == EINTR)
				;
			break;
		}
		answers = obey(fake, &header, &payload, fds);
		if (!answers && acknowledge) {
			payload.u64 = due && fake->fault == FAULT_REFUSE;
			header.bytes = sizeof(payload.u64);
		}
		if (answers || acknowledge)
			answer(fake, &header, &payload, header.bytes);
	}
	close(fake->fd);
	return NULL;
}

/* ---- as a source ------------------------------------------------------------------ */

/* The thread ends with its connection. */
static void join(struct fake_vhost *fake)
{
	if (!fake->running)
		return;
	close(fake->hanging[1]);
	pthread_join(fake->thread, NULL);
	close(fake->hanging[0]);
	keep_fd(&fake->channel_fd, -1);
	fake->running = false;
}

static int fake_connect(struct vhost_source *source, struct error *err)
{
	struct fake_vhost *fake = container_of(source, struct fake_source, source)->fake;
	int ends[2];

	join(fake);
	if (fake->refused_connects) {
		fake->refused_connects--;
		return error_set(err, -ECONNREFUSED, NULL, "nobody listens");
	}
	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	CHECK_EQ(pipe(fake->hanging), 0);
	fake->fd = ends[1];
	fake->running = true;
	CHECK_EQ(pthread_create(&fake->thread, NULL, serve, fake), 0);
	return ends[0];
}

static void fake_destroy(struct vhost_source *source)
{
	struct fake_source *fake_source =
		container_of(source, struct fake_source, source);

	fake_source->fake->source = NULL;
	free(fake_source);
}

static const struct vhost_source_ops fake_ops = {
	.connect = fake_connect, .destroy = fake_destroy};

void fake_vhost_init(struct fake_vhost *fake, struct vhost_source **ret)
{
	struct fake_source *source = calloc(1, sizeof(*source));

	*fake = (struct fake_vhost){.features = FAKE_VHOST_FEATURES,
		.protocol = FAKE_VHOST_PROTOCOL,
		.queues = FAKE_VHOST_RINGS,
		.channel_fd = -1};
	for (unsigned int i = 0; i < FAKE_VHOST_RINGS; i++)
		fake->rings[i].kick_fd = fake->rings[i].call_fd = -1;
	CHECK(source);
	source->source.ops = &fake_ops;
	source->fake = fake;
	fake->source = &source->source;
	*ret = &source->source;
}

void fake_vhost_close(struct fake_vhost *fake)
{
	shutdown(fake->fd, SHUT_RDWR);
	join(fake);
}

void fake_vhost_finish(struct fake_vhost *fake)
{
	CHECK(!fake->source);
	join(fake);
	for (unsigned int i = 0; i < FAKE_VHOST_RINGS; i++) {
		keep_fd(&fake->rings[i].kick_fd, -1);
		keep_fd(&fake->rings[i].call_fd, -1);
	}
	for (unsigned int i = 0; i < fake->region_count; i++)
		munmap(fake->maps[i], fake->regions[i].bytes);
}

/* ---- serving a ring --------------------------------------------------------------- */

static uint8_t *at_hva(const struct fake_vhost *fake, uint64_t hva)
{
	for (unsigned int i = 0; i < fake->region_count; i++) {
		if (hva - fake->regions[i].hva < fake->regions[i].bytes)
			return fake->maps[i] + (hva - fake->regions[i].hva);
	}
	return NULL;
}

static uint8_t *at_gpa(const struct fake_vhost *fake, uint64_t gpa)
{
	for (unsigned int i = 0; i < fake->region_count; i++) {
		if (gpa - fake->regions[i].gpa < fake->regions[i].bytes)
			return fake->maps[i] + (gpa - fake->regions[i].gpa);
	}
	return NULL;
}

struct desc {
	uint64_t gpa;
	uint32_t bytes;
	uint16_t flags;
	uint16_t next;
};

unsigned int fake_vhost_serve(struct fake_vhost *fake, unsigned int index)
{
	struct fake_vhost_ring *ring = &fake->rings[index];
	const struct desc *descs = (void *)at_hva(fake, ring->addr.desc);
	const uint16_t *avail = (void *)at_hva(fake, ring->addr.avail);
	uint16_t *used = (void *)at_hva(fake, ring->addr.used);
	unsigned int served = 0;
	uint64_t count;

	if (!ring->running || !ring->enabled ||
		read(ring->kick_fd, &count, sizeof(count)) < 0)
		return 0;
	while ((uint16_t)ring->base != avail[1]) {
		uint16_t slot = (uint16_t)(ring->base++ % ring->size);
		uint16_t head = avail[2 + slot];
		const struct desc *in = &descs[head];
		const struct desc *out = &descs[in->next];
		uint32_t *entry = (uint32_t *)(void *)(used + 2) + 2 * slot;
		const uint8_t *from = at_gpa(fake, in->gpa);
		uint8_t *to = at_gpa(fake, out->gpa);

		for (uint32_t i = 0; i < in->bytes; i++)
			to[i] = (uint8_t)toupper(from[i]);
		entry[0] = head;
		entry[1] = in->bytes;
		__atomic_store_n(&used[1], (uint16_t)ring->base, __ATOMIC_RELEASE);
		served++;
	}
	count = 1;
	CHECK_EQ(write(ring->call_fd, &count, sizeof(count)), sizeof(count));
	return served;
}
