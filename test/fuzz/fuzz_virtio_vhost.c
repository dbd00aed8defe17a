/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices whose rings somebody else serves, under a driver made of the input: a file
 * system, a device of another class by vhost-user, the kernel's sockets. The back end may
 * fail at any request, ask for what it likes, leave, and come back or not.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "host/vhost_user.h"
#include "src/loop.h"
#include "test/fuzz/steps.h"
#include "test/unit/fake_vhost.h"
#include "test/unit/fake_vhost_kernel.h"
#include "virtio/fs.h"
#include "virtio/vhost_user.h"
#include "virtio/vhost_vsock.h"

#define TIMEOUT_MS 10u
#define CONFIG_BYTES 48u
#define CHANNEL_BYTES 32u

enum kind { KIND_FS, KIND_ANY, KIND_VSOCK, KIND_COUNT };

static void misbehave(struct fake_vhost *fake, struct rings_input *input)
{
	fake->fault_request = rings_take(input, 1) % 40;
	fake->fault = rings_take(input, 1) % FAULT_COUNT;
}

static void ask(struct fake_vhost *fake, struct rings_input *input)
{
	uint8_t bytes[CHANNEL_BYTES];
	uint32_t count = rings_take(input, 1) % sizeof(bytes);

	for (uint32_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)rings_take(input, 1);
	if (fake->channel_fd >= 0)
		send(fake->channel_fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void user_acts(void *user, struct rings_input *input)
{
	struct fake_vhost *fake = user;

	switch (rings_take(input, 1) % 5) {
	case 0:
	case 1:
		ask(fake, input);
		break;
	case 2:
		misbehave(fake, input);
		break;
	case 3:
		if (fake->running)
			fake_vhost_close(fake);
		break;
	default:
		fake->refused_connects = rings_take(input, 1) % 3;
	}
}

static void kernel_acts(void *user, struct rings_input *input)
{
	fake_vhost_kernel.refuse_set_up = rings_take(input, 1) % 4 ? 0 : -EINVAL;
}

static int create_any(struct loop *loop, struct vhost_source *source,
	struct rings_input *input, struct virtio_device **ret)
{
	struct virtio_vhost_user_options options = {
		.device_id = rings_take(input, 1) % 48,
		.queues = 1 + rings_take(input, 1) % FAKE_VHOST_RINGS,
		.config_bytes = rings_take(input, 1) % CONFIG_BYTES,
		.timeout_ms = TIMEOUT_MS,
	};

	return virtio_vhost_user_create(loop, "any", source, &options, ret, NULL);
}

static void run_user(struct loop *loop, enum kind kind, struct rings_input *input)
{
	struct virtio_device *dev;
	struct vhost_source *source;
	static struct fake_vhost fake;
	struct steps_host host = {.act = user_acts, .user = &fake};
	int code;

	fake_vhost_init(&fake, &source);
	fake.features = FAKE_VHOST_FEATURES | rings_take(input, 3);
	fake.protocol = FAKE_VHOST_PROTOCOL & ~(uint64_t)rings_take(input, 2);
	fake.config_bytes = rings_take(input, 1) % CONFIG_BYTES;
	misbehave(&fake, input);
	code = kind == KIND_FS
		       ? virtio_fs_create(loop, "fs", source, "tag",
				 1 + rings_take(input, 1) % 3, 64, TIMEOUT_MS, &dev, NULL)
		       : create_any(loop, source, input, &dev);
	if (!code)
		steps_run(loop, dev, input, &host);
	fake_vhost_finish(&fake);
}

static void run_kernel(struct loop *loop, struct rings_input *input)
{
	static const struct steps_host host = {.act = kernel_acts};
	struct virtio_device *dev;

	fake_vhost_kernel_reset(UINT64_MAX);
	if (virtio_vhost_vsock_create(loop, "vsock", 3, NULL, &dev, NULL))
		abort();
	steps_run(loop, dev, input, &host);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
	struct rings_input input = {bytes, count};
	enum kind kind = rings_take(&input, 1) % KIND_COUNT;
	struct loop *loop;

	if (loop_create(&loop, NULL))
		abort();
	if (kind == KIND_VSOCK)
		run_kernel(loop, &input);
	else
		run_user(loop, kind, &input);
	loop_destroy(loop);
	return 0;
}
