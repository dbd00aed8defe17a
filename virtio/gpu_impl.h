/* SPDX-License-Identifier: Apache-2.0 */
/* For the files of the graphics adapter: what one consists of. */
#ifndef VIRTIO_GPU_IMPL_H
#define VIRTIO_GPU_IMPL_H

#include <linux/virtio_gpu.h>

#include "host/display.h"
#include "virtio/gpu.h"
#include "virtio/virtio.h"

#define GPU_CONTROL_QUEUE 0
#define GPU_CURSOR_QUEUE 1

/* A request, copied out once, and what it is answered with. */
struct gpu_command {
	union {
		struct virtio_gpu_ctrl_hdr hdr;
	} request;
	union {
		struct virtio_gpu_ctrl_hdr hdr;
		struct virtio_gpu_resp_display_info display_info;
	} answer;
	uint32_t answer_bytes;
};

struct virtio_gpu {
	struct virtio_device dev;
	struct display *display;
	struct display_user user;
	struct virtio_gpu_config config;
	struct gpu_command command;
	struct virtq_chain chain;
};

#endif
