/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A back end that answers anything: first as many right answers as the input says, then
 * bytes of its own on the connection and on its channel. Beyond the sanitizers it holds
 * the device to this: whatever comes, each call ends, and a driver can always reset.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/vhost_user.h"
#include "host/vhost_user_wire.h"
#include "src/error.h"
#include "src/log.h"
#include "src/loop.h"
#include "test/unit/virtio_driver.h"
#include "virtio/vhost_user.h"

/* Nobody waits for long: the end of the input is the end of the connection. */
#define TIMEOUT_MS 20u
#define RIGHT_BYTES 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The answers of a whole life, in the order of the requests; 0 is an acknowledgement. */
static const struct {
	uint32_t request;
	uint32_t bytes;
	uint64_t value;
} script[] = {
	{WIRE_GET_FEATURES, 8, 1ull << 32 | 1ull << 30 | 3ull << 28},
	{WIRE_GET_PROTOCOL_FEATURES, 8, 1 << 0 | 1 << 3 | 1 << 5 | 1 << 9},
	{WIRE_GET_QUEUE_NUM, 8, 4},
	{WIRE_SET_OWNER, 8, 0},
	{WIRE_SET_BACKEND_FD, 8, 0},
	{WIRE_GET_CONFIG, 12 + 8, 0},
	{WIRE_SET_FEATURES, 8, 0},
	{WIRE_SET_MEM_TABLE, 8, 0},
	{WIRE_SET_VRING_NUM, 8, 0},
	{WIRE_SET_VRING_BASE, 8, 0},
	{WIRE_SET_VRING_ADDR, 8, 0},
	{WIRE_SET_VRING_CALL, 8, 0},
	{WIRE_SET_VRING_KICK, 8, 0},
	{WIRE_SET_VRING_ENABLE, 8, 0},
	{WIRE_SET_CONFIG, 8, 0},
	{WIRE_GET_CONFIG, 12 + 8, 0},
	{WIRE_GET_VRING_BASE, 8, 0},
};
#define SCRIPT_COUNT (sizeof(script) / sizeof(script[0]))

static struct {
	struct vhost_source source;
	const uint8_t *data;
	size_t bytes;
	unsigned int right;
	int peer; /* -1: none */
} world = {.peer = -1};

static size_t put_right_answers(uint8_t *to)
{
	size_t used = 0;

	for (unsigned int i = 0; i < world.right && i < SCRIPT_COUNT; i++) {
		struct wire_header header = {
			script[i].request, WIRE_VERSION | WIRE_REPLY, script[i].bytes};

		memcpy(to + used, &header, sizeof(header));
		memset(to + used + sizeof(header), 0, script[i].bytes);
		memcpy(to + used + sizeof(header), &script[i].value, 8);
		used += sizeof(header) + script[i].bytes;
	}
	return used;
}

/* All that it will ever say is there from the start. */
static int fuzz_connect(struct vhost_source *source, struct error *err)
{
	uint8_t right[RIGHT_BYTES];
	size_t used = put_right_answers(right);
	int ends[2];

	if (world.peer >= 0)
		return error_set(err, -1, NULL, "not a second time");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		abort();
	if (send(ends[1], right, used, MSG_NOSIGNAL) != (ssize_t)used ||
		send(ends[1], world.data, world.bytes, MSG_NOSIGNAL) < 0)
		abort();
	if (world.right <= SCRIPT_COUNT)
		shutdown(ends[1], SHUT_WR);
	world.peer = ends[1];
	return ends[0];
}

static void fuzz_destroy(struct vhost_source *source)
{
}

static const struct vhost_source_ops ops = {
	.connect = fuzz_connect, .destroy = fuzz_destroy};

/* The one descriptor that came before any ring's is the channel. */
static int take_channel(void)
{
	union {
		char room[CMSG_SPACE(8 * sizeof(int))];
		struct cmsghdr align;
	} control;
	uint8_t bytes[256];
	struct iovec iov = {bytes, sizeof(bytes)};

	for (;;) {
		struct msghdr message = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.room,
			.msg_controllen = sizeof(control.room)};
		struct cmsghdr *part;
		int fd;

		if (recvmsg(world.peer, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
			return -1;
		part = CMSG_FIRSTHDR(&message);
		if (!part)
			continue;
		memcpy(&fd, CMSG_DATA(part), sizeof(fd));
		return fd;
	}
}

static void live(struct loop *loop, struct virtio_device *dev)
{
	static struct virtio_driver driver;
	int channel = take_channel();

	driver_init_shared(&driver, dev);
	driver_start(&driver, VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC));
	driver_write_sized(&driver, 0x100, 4, 1);
	driver_write(&driver, VIRTIO_MMIO_QUEUE_NOTIFY, 0);
	if (channel >= 0) {
		send(channel, world.data, world.bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
		close(channel);
	}
	for (unsigned int i = 0; i < 4; i++)
		loop_turn(loop, 0);
	driver_config(&driver, 0, 8);
	driver_reset(&driver);
	if (driver_status(&driver))
		abort();
	driver_start(&driver, 0);
	driver_finish(&driver);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const struct virtio_vhost_user_options options = {.device_id = 18,
		.queues = 1,
		.config_bytes = 8,
		.timeout_ms = TIMEOUT_MS};
	struct virtio_device *dev = NULL;
	struct loop *loop = NULL;
	struct error err;

	if (!bytes || bytes > 4096 || loop_create(&loop, NULL))
		return 0;
	world.source.ops = &ops;
	world.right = data[0] % (SCRIPT_COUNT + 2);
	world.data = data + 1;
	world.bytes = bytes - 1;
	if (!virtio_vhost_user_create(loop, "fuzz", &world.source, &options, &dev, &err))
		live(loop, dev);
	if (world.peer >= 0)
		close(world.peer);
	world.peer = -1;
	loop_destroy(loop);
	return 0;
}
