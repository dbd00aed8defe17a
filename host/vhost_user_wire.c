/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vhost_user_wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "src/loop.h"
#include "src/thread.h"

const char *wire_name(enum wire_request request)
{
	static const char *const names[] = {
		[WIRE_GET_FEATURES] = "GET_FEATURES",
		[WIRE_SET_FEATURES] = "SET_FEATURES",
		[WIRE_SET_OWNER] = "SET_OWNER",
		[WIRE_SET_MEM_TABLE] = "SET_MEM_TABLE",
		[WIRE_SET_VRING_NUM] = "SET_VRING_NUM",
		[WIRE_SET_VRING_ADDR] = "SET_VRING_ADDR",
		[WIRE_SET_VRING_BASE] = "SET_VRING_BASE",
		[WIRE_GET_VRING_BASE] = "GET_VRING_BASE",
		[WIRE_SET_VRING_KICK] = "SET_VRING_KICK",
		[WIRE_SET_VRING_CALL] = "SET_VRING_CALL",
		[WIRE_GET_PROTOCOL_FEATURES] = "GET_PROTOCOL_FEATURES",
		[WIRE_SET_PROTOCOL_FEATURES] = "SET_PROTOCOL_FEATURES",
		[WIRE_GET_QUEUE_NUM] = "GET_QUEUE_NUM",
		[WIRE_SET_VRING_ENABLE] = "SET_VRING_ENABLE",
		[WIRE_SET_BACKEND_FD] = "SET_BACKEND_REQ_FD",
		[WIRE_GET_CONFIG] = "GET_CONFIG",
		[WIRE_SET_CONFIG] = "SET_CONFIG",
	};

	return names[request];
}

struct patience {
	struct pollfd what;
	uint64_t until_ns;
};

static int wait_here(void *argument)
{
	struct patience *patience = argument;

	for (;;) {
		uint64_t now_ns = loop_now_ns();
		int ready;

		if (now_ns >= patience->until_ns)
			return -ETIMEDOUT;
		ready = poll(&patience->what, 1,
			(int)((patience->until_ns - now_ns) / 1000000u) + 1);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

/* Until the socket is ready for the events, or -ETIMEDOUT. */
static int wait_for(int fd, short events, uint64_t deadline_ns)
{
	struct patience patience = {{.fd = fd, .events = events}, deadline_ns};

	return thread_ask(wait_here, &patience);
}

static void attach(
	struct msghdr *message, void *control, const int *fds, unsigned int count)
{
	struct cmsghdr *part;

	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(count * sizeof(int));
	part = CMSG_FIRSTHDR(message);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(part), fds, count * sizeof(int));
}

int wire_send(int fd, const struct wire_header *header, const void *payload,
	const int *fds, unsigned int fd_count, uint64_t deadline_ns)
{
	union {
		char room[CMSG_SPACE(VHOST_USER_REGIONS_MAX * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	uint8_t bytes[sizeof(*header) + WIRE_PAYLOAD_BYTES_MAX];
	size_t total = sizeof(*header) + header->bytes;
	size_t done = 0;

	memcpy(bytes, header, sizeof(*header));
	if (header->bytes)
		memcpy(bytes + sizeof(*header), payload, header->bytes);
	while (done < total) {
		struct iovec iov = {bytes + done, total - done};
		struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
		ssize_t sent;
		int code;

		/* They travel with the first byte. */
		if (fd_count && !done)
			attach(&message, control.room, fds, fd_count);
		sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent >= 0) {
			done += (size_t)sent;
			continue;
		}
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		code = wait_for(fd, POLLOUT, deadline_ns);
		if (code)
			return code;
	}
	return 0;
}

/* Without room for them, descriptors that come along are closed by the kernel. */
static int receive_bytes(int fd, void *to, size_t bytes, uint64_t deadline_ns)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t got = recv(fd, (uint8_t *)to + done, bytes - done, MSG_DONTWAIT);
		int code;

		if (got > 0) {
			done += (size_t)got;
			continue;
		}
		if (!got)
			return -ECONNRESET;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		code = wait_for(fd, POLLIN, deadline_ns);
		if (code)
			return code;
	}
	return 0;
}

int wire_receive(int fd, struct wire_header *ret, void *payload, uint32_t most,
	uint64_t deadline_ns)
{
	int code = receive_bytes(fd, ret, sizeof(*ret), deadline_ns);

	if (code)
		return code;
	if ((ret->flags & WIRE_VERSION_MASK) != WIRE_VERSION || ret->bytes > most)
		return -EPROTO;
	return receive_bytes(fd, payload, ret->bytes, deadline_ns);
}

int wire_receive_reply(
	int fd, uint32_t request, void *payload, uint32_t most, uint64_t deadline_ns)
{
	struct wire_header header;
	int code = wire_receive(fd, &header, payload, most, deadline_ns);

	if (code)
		return code;
	if (header.request != request || !(header.flags & WIRE_REPLY))
		return -EPROTO;
	return (int)header.bytes;
}
