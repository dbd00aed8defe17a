/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter as a virtio device: its queues, what each command is, how it is answered.
 * Runs with the lock of the loop held.
 */
#include "virtio/gpu.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "virtio/gpu_impl.h"

/* ---- what the display shows -----------------------------------------------------------
 */

/* The scanouts side by side, as the guest should show its pictures on them (5.7.6.8). */
static uint32_t get_display_info(struct virtio_gpu *gpu, struct gpu_command *command)
{
	struct virtio_gpu_resp_display_info *info = &command->answer.display_info;
	uint32_t x = 0;

	for (unsigned int i = 0; i < display_scanouts(gpu->display); i++) {
		const struct display_mode *mode = display_mode(gpu->display, i);

		if (!mode->connected)
			continue;
		info->pmodes[i].enabled = htole32(1);
		info->pmodes[i].r.x = htole32(x);
		info->pmodes[i].r.width = htole32(mode->width);
		info->pmodes[i].r.height = htole32(mode->height);
		x += mode->width;
	}
	command->answer_bytes = sizeof(*info);
	return VIRTIO_GPU_RESP_OK_DISPLAY_INFO;
}

static void mode_changed(struct display_user *user, unsigned int scanout)
{
	struct virtio_gpu *gpu = container_of(user, struct virtio_gpu, user);

	gpu->config.events_read |= htole32(VIRTIO_GPU_EVENT_DISPLAY);
	virtio_device_config_changed(&gpu->dev);
}

static void presented(struct display_user *user, unsigned int scanout)
{
	/* Nobody waits for that. */
}

static const struct display_events display_events = {
	.mode_changed = mode_changed,
	.presented = presented,
};

/* ---- commands -------------------------------------------------------------------------
 */

struct command_def {
	uint32_t type;
	size_t bytes; /* of the request, its header included */
	/* Returns the answer's type; answer_bytes is that of a header unless it says. */
	uint32_t (*run)(struct virtio_gpu *gpu, struct gpu_command *command);
};

static const struct command_def control_commands[] = {
	{VIRTIO_GPU_CMD_GET_DISPLAY_INFO, sizeof(struct virtio_gpu_ctrl_hdr),
		get_display_info},
};

static const struct command_def *find_command(uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(control_commands); i++)
		if (control_commands[i].type == type)
			return &control_commands[i];
	return NULL;
}

/* Runs what the chain asks for; the answer's type. */
static uint32_t run_command(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtq_chain *chain = &gpu->chain;
	size_t bytes = iov_copy_out(chain->iov, chain->readable, 0, &command->request,
		sizeof(command->request));
	const struct command_def *def = find_command(le32toh(command->request.hdr.type));

	if (bytes < sizeof(command->request.hdr) || !def || bytes < def->bytes)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	return def->run(gpu, command);
}

/* Answers with the header that belongs to the request (5.7.6.7). */
static void answer(struct virtio_gpu *gpu, struct gpu_command *command, uint32_t type)
{
	const struct virtio_gpu_ctrl_hdr *asked = &command->request.hdr;
	struct virtio_gpu_ctrl_hdr *hdr = &command->answer.hdr;
	const struct virtq_chain *chain = &gpu->chain;
	size_t bytes;

	hdr->type = htole32(type);
	hdr->flags = asked->flags & htole32(VIRTIO_GPU_FLAG_FENCE);
	if (hdr->flags) {
		hdr->fence_id = asked->fence_id;
		hdr->ctx_id = asked->ctx_id;
	}
	bytes = iov_copy_in(&chain->iov[chain->readable], chain->writable, 0,
		&command->answer, command->answer_bytes);
	virtq_push(&gpu->dev.queues[GPU_CONTROL_QUEUE], chain->head, (uint32_t)bytes);
}

static void kick(struct virtio_device *dev, unsigned int queue)
{
	struct virtio_gpu *gpu = container_of(dev, struct virtio_gpu, dev);
	struct gpu_command *command = &gpu->command;

	while (virtq_pop(&dev->queues[queue], &gpu->chain)) {
		memset(command, 0, sizeof(*command));
		command->answer_bytes = sizeof(command->answer.hdr);
		answer(gpu, command, run_command(gpu, command));
	}
}

/* ---- the device -----------------------------------------------------------------------
 */

static void stop(struct virtio_device *dev)
{
	struct virtio_gpu *gpu = container_of(dev, struct virtio_gpu, dev);

	gpu->config.events_read = 0;
}

/* Ones written to events_clear clear the events (5.7.4). */
static void config_write(
	struct virtio_device *dev, uint32_t offset, unsigned int bytes, uint64_t value)
{
	struct virtio_gpu *gpu = container_of(dev, struct virtio_gpu, dev);

	if (offset == offsetof(struct virtio_gpu_config, events_clear) &&
		bytes == sizeof(gpu->config.events_clear))
		gpu->config.events_read &= ~htole32((uint32_t)value);
}

static void destroy(struct virtio_device *dev)
{
	struct virtio_gpu *gpu = container_of(dev, struct virtio_gpu, dev);

	display_set_user(gpu->display, NULL);
	free(gpu);
}

static const struct virtio_ops gpu_ops = {
	.device_id = VIRTIO_ID_GPU,
	.kick = kick,
	.stop = stop,
	.config_write = config_write,
	.destroy = destroy,
};

int virtio_gpu_create(struct loop *loop, const char *name, struct display *display,
	const struct virtio_gpu_options *options, struct virtio_device **ret,
	struct error *err)
{
	struct virtio_gpu *gpu = calloc(1, sizeof(*gpu));

	if (!gpu)
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	gpu->dev.ops = &gpu_ops;
	gpu->dev.name = name;
	gpu->dev.loop = loop;
	gpu->dev.queue_count = 2;
	gpu->dev.config = &gpu->config;
	gpu->dev.config_bytes = sizeof(gpu->config);
	gpu->config.num_scanouts = htole32(display_scanouts(display));
	gpu->display = display;
	gpu->user.events = &display_events;
	display_set_user(display, &gpu->user);
	*ret = &gpu->dev;
	return 0;
}
