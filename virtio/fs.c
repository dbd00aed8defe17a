/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/fs.h"

#include <string.h>

#include "src/le.h"
#include "virtio/vhost_user.h"

#define DEVICE_ID 26

/* The config space: a tag, filled up with zeroes, and a number of queues. */
#define TAG_BYTES 36
#define CONFIG_BYTES 40

int virtio_fs_create(struct loop *loop, const char *name, struct vhost_source *source,
	const char *tag, unsigned int request_queues, unsigned int queue_size,
	unsigned int timeout_ms, struct virtio_device **ret, struct error *err)
{
	uint8_t config[CONFIG_BYTES] = {0};
	const struct virtio_vhost_user_options options = {
		.device_id = DEVICE_ID,
		.queues = 1 + request_queues,
		.queue_size = queue_size,
		.config = config,
		.config_bytes = sizeof(config),
		.timeout_ms = timeout_ms,
	};

	memcpy(config, tag, strnlen(tag, TAG_BYTES));
	le32_put(config + TAG_BYTES, request_queues);
	return virtio_vhost_user_create(loop, name, source, &options, ret, err);
}
