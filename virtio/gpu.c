/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter as a virtio device: its queues, what each command is, and when it is
 * answered. Runs with the lock of the loop held.
 */
#include "virtio/gpu.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "virtio/gpu_impl.h"

/* What one turn of the loop copies for a guest, give or take a command. */
#define TURN_BYTES (32u << 20)

/* How long a display may take to present what was flushed, before nobody waits for it. */
#define PRESENT_NS 100000000u

/* ---- answers that wait ----------------------------------------------------------------
 */

/*
 * A fenced flush is answered when the display says so; what was fenced later waits
 * behind it, since drivers take a fence for all that came before.
 */
static void hold(struct virtio_gpu *gpu, const struct gpu_command *command, size_t bytes)
{
	struct gpu_held *held = &gpu->held[gpu->held_count++];

	held->head = gpu->chain.head;
	held->bytes = (uint32_t)bytes;
	held->waits = command->waits;
	held->deadline_ns = loop_now_ns() + PRESENT_NS;
	if (gpu->held_count == 1)
		loop_timer_arm(gpu->dev.loop, &gpu->held_timer, PRESENT_NS);
}

/* Gives the answers back that nothing is missing of any more. */
static void release_held(struct virtio_gpu *gpu)
{
	struct virtq *q = &gpu->dev.queues[GPU_CONTROL_QUEUE];
	unsigned int done = 0;
	uint64_t now;

	for (; done < gpu->held_count && !gpu->held[done].waits; done++)
		virtq_push(q, gpu->held[done].head, gpu->held[done].bytes);
	if (!done)
		return;
	gpu->held_count -= done;
	memmove(gpu->held, &gpu->held[done], gpu->held_count * sizeof(gpu->held[0]));
	virtio_device_signal(&gpu->dev, GPU_CONTROL_QUEUE);
	loop_timer_cancel(&gpu->held_timer);
	if (!gpu->held_count)
		return;
	now = loop_now_ns();
	loop_timer_arm(gpu->dev.loop, &gpu->held_timer,
		gpu->held[0].deadline_ns > now ? gpu->held[0].deadline_ns - now : 0);
}

static void presented(struct display_user *user, unsigned int scanout)
{
	struct virtio_gpu *gpu = container_of(user, struct virtio_gpu, user);

	for (unsigned int i = 0; i < gpu->held_count; i++)
		gpu->held[i].waits &= ~(1u << scanout);
	release_held(gpu);
}

static void present_late(struct loop_timer *timer)
{
	struct virtio_gpu *gpu = container_of(timer, struct virtio_gpu, held_timer);

	gpu->held[0].waits = 0;
	release_held(gpu);
}

/* ---- commands -------------------------------------------------------------------------
 */

struct command_def {
	uint32_t type;
	unsigned int queue;
	int feature;  /* that has to be negotiated; -1: none */
	size_t bytes; /* of the request, its header included */
	uint32_t (*run)(struct virtio_gpu *gpu, struct gpu_command *command);
};

#define BYTES(member) sizeof(((struct gpu_command *)0)->request.member)

static const struct command_def commands[] = {
	{VIRTIO_GPU_CMD_GET_DISPLAY_INFO, GPU_CONTROL_QUEUE, -1, BYTES(hdr),
		gpu_get_display_info},
	{VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, GPU_CONTROL_QUEUE, -1, BYTES(create_2d),
		gpu_create_2d},
	{VIRTIO_GPU_CMD_RESOURCE_UNREF, GPU_CONTROL_QUEUE, -1, BYTES(unref), gpu_unref},
	{VIRTIO_GPU_CMD_SET_SCANOUT, GPU_CONTROL_QUEUE, -1, BYTES(set_scanout),
		gpu_set_scanout},
	{VIRTIO_GPU_CMD_RESOURCE_FLUSH, GPU_CONTROL_QUEUE, -1, BYTES(flush), gpu_flush},
	{VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, GPU_CONTROL_QUEUE, -1, BYTES(transfer),
		gpu_transfer},
	{VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, GPU_CONTROL_QUEUE, -1, BYTES(attach),
		gpu_attach},
	{VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, GPU_CONTROL_QUEUE, -1, BYTES(detach),
		gpu_detach},
	{VIRTIO_GPU_CMD_GET_EDID, GPU_CONTROL_QUEUE, VIRTIO_GPU_F_EDID, BYTES(get_edid),
		gpu_get_edid},
	{VIRTIO_GPU_CMD_RESOURCE_ASSIGN_UUID, GPU_CONTROL_QUEUE,
		VIRTIO_GPU_F_RESOURCE_UUID, BYTES(assign_uuid), gpu_assign_uuid},
	{VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, GPU_CONTROL_QUEUE,
		VIRTIO_GPU_F_RESOURCE_BLOB, BYTES(create_blob), gpu_create_blob},
	{VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, GPU_CONTROL_QUEUE, VIRTIO_GPU_F_RESOURCE_BLOB,
		BYTES(set_scanout_blob), gpu_set_scanout_blob},
	{VIRTIO_GPU_CMD_UPDATE_CURSOR, GPU_CURSOR_QUEUE, -1, BYTES(cursor),
		gpu_update_cursor},
	{VIRTIO_GPU_CMD_MOVE_CURSOR, GPU_CURSOR_QUEUE, -1, BYTES(cursor),
		gpu_move_cursor},
};

static const struct command_def *find_command(unsigned int queue, uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].type == type && commands[i].queue == queue)
			return &commands[i];
	return NULL;
}

/* Runs what the chain asks for; the answer's type. */
static uint32_t run_command(
	struct virtio_gpu *gpu, unsigned int queue, struct gpu_command *command)
{
	const struct virtq_chain *chain = &gpu->chain;
	size_t bytes = iov_copy_out(chain->iov, chain->readable, 0, &command->request,
		sizeof(command->request));
	const struct command_def *def =
		find_command(queue, le32toh(command->request.hdr.type));

	if (!def || bytes < def->bytes ||
		(def->feature >= 0 &&
			!virtio_device_has(&gpu->dev, (unsigned int)def->feature)))
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	return def->run(gpu, command);
}

/* Answers with the header that belongs to the request (5.7.6.7). */
static void answer(struct virtio_gpu *gpu, unsigned int queue,
	struct gpu_command *command, uint32_t type)
{
	const struct virtio_gpu_ctrl_hdr *asked = &command->request.hdr;
	struct virtio_gpu_ctrl_hdr *hdr = &command->answer.hdr;
	const struct virtq_chain *chain = &gpu->chain;
	size_t bytes;

	if (chain->writable_bytes < command->answer_bytes) {
		type = VIRTIO_GPU_RESP_ERR_UNSPEC;
		command->answer_bytes = sizeof(*hdr);
	}
	hdr->type = htole32(type);
	hdr->flags = asked->flags & htole32(VIRTIO_GPU_FLAG_FENCE);
	if (hdr->flags) {
		hdr->fence_id = asked->fence_id;
		hdr->ctx_id = asked->ctx_id;
	}
	bytes = iov_copy_in(&chain->iov[chain->readable], chain->writable, 0,
		&command->answer, command->answer_bytes);
	if (queue == GPU_CONTROL_QUEUE && hdr->flags &&
		(command->waits || gpu->held_count))
		hold(gpu, command, bytes);
	else
		virtq_push(&gpu->dev.queues[queue], chain->head, (uint32_t)bytes);
}

static void kick(struct virtio_device *dev, unsigned int queue)
{
	struct virtio_gpu *gpu = container_of(dev, struct virtio_gpu, dev);
	struct gpu_command *command = &gpu->command;

	gpu->turn_bytes = 0;
	while (virtq_pop(&dev->queues[queue], &gpu->chain)) {
		memset(command, 0, sizeof(*command));
		command->answer_bytes = sizeof(command->answer.hdr);
		answer(gpu, queue, command, run_command(gpu, queue, command));
		if (gpu->turn_bytes >= TURN_BYTES) {
			virtio_device_kick_soon(dev, queue);
			break;
		}
	}
	gpu_scanouts_show(gpu);
}

/* ---- the device -----------------------------------------------------------------------
 */

static void mode_changed(struct display_user *user, unsigned int scanout)
{
	struct virtio_gpu *gpu = container_of(user, struct virtio_gpu, user);

	gpu->config.events_read |= htole32(VIRTIO_GPU_EVENT_DISPLAY);
	virtio_device_config_changed(&gpu->dev);
}

static const struct display_events display_events = {
	.mode_changed = mode_changed,
	.presented = presented,
};

static void stop(struct virtio_device *dev)
{
	struct virtio_gpu *gpu = container_of(dev, struct virtio_gpu, dev);

	gpu->held_count = 0;
	loop_timer_cancel(&gpu->held_timer);
	gpu_scanouts_clear(gpu);
	gpu_resources_clear(gpu);
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
	if (gpu->udmabuf >= 0)
		close(gpu->udmabuf);
	free(gpu);
}

static const struct virtio_ops gpu_ops = {
	.device_id = VIRTIO_ID_GPU,
	.kick = kick,
	.stop = stop,
	.config_write = config_write,
	.config_is_memory = true,
	.destroy = destroy,
};

int virtio_gpu_create(struct loop *loop, const char *name, struct display *display,
	const struct virtio_gpu_options *options, struct virtio_device **ret,
	struct error *err)
{
	struct virtio_gpu *gpu = calloc(1, sizeof(*gpu));

	if (!gpu) {
		if (options->udmabuf >= 0)
			close(options->udmabuf);
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	}
	gpu->dev.ops = &gpu_ops;
	gpu->dev.name = name;
	gpu->dev.loop = loop;
	gpu->dev.queue_count = 2;
	gpu->dev.features_offered = VIRTIO_BIT(VIRTIO_GPU_F_EDID) |
				    VIRTIO_BIT(VIRTIO_GPU_F_RESOURCE_UUID) |
				    VIRTIO_BIT(VIRTIO_GPU_F_RESOURCE_BLOB);
	gpu->dev.config = &gpu->config;
	gpu->dev.config_bytes = sizeof(gpu->config);
	gpu->config.num_scanouts = htole32(display_scanouts(display));
	gpu->udmabuf = options->udmabuf;
	gpu->max_bytes = options->max_memory_bytes;
	gpu->held_timer.expired = present_late;
	gpu->display = display;
	gpu->user.events = &display_events;
	display_set_user(display, &gpu->user);
	*ret = &gpu->dev;
	return 0;
}
