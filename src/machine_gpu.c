/* SPDX-License-Identifier: Apache-2.0 */
#include "src/machine_gpu.h"

#include "src/machine_devices.h"
#include "virtio/gpu.h"

/* What shows the pictures where the XML does not say it. */
static enum config_gpu_kind choose(const struct config_gpu *config)
{
	return config->kind == CONFIG_GPU_HOST ? CONFIG_GPU_HEADLESS : config->kind;
}

static int create_display(
	const struct config_gpu *config, struct display **ret, struct error *err)
{
	struct display_size sizes[DISPLAY_SCANOUTS_MAX];

	for (unsigned int i = 0; i < config->scanouts; i++)
		sizes[i] = (struct display_size){config->width, config->height};
	switch (choose(config)) {
	case CONFIG_GPU_HOST:
	case CONFIG_GPU_HEADLESS:
		break;
	}
	return display_headless_create(sizes, config->scanouts, ret, err);
}

int machine_gpu_create(
	struct machine_device *device, struct loop *loop, struct error *err)
{
	const struct config_gpu *config = &device->plan->config->gpu;
	struct virtio_gpu_options options = {
		.max_memory_bytes = config->max_memory_bytes};
	int code = create_display(config, &device->display, err);

	if (code)
		return code;
	return virtio_gpu_create(loop, device->plan->config->name, device->display,
		&options, &device->dev, err);
}
