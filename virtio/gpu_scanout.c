/* SPDX-License-Identifier: Apache-2.0 */
/* What the scanouts of the display are, and what they show. */
#include <endian.h>

#include "virtio/gpu_edid.h"
#include "virtio/gpu_impl.h"

/* ---- what they are --------------------------------------------------------------------
 */

/* Side by side, as the guest should use them (5.7.6.8). */
uint32_t gpu_get_display_info(struct virtio_gpu *gpu, struct gpu_command *command)
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

uint32_t gpu_get_edid(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const uint32_t scanout = le32toh(command->request.get_edid.scanout);
	struct virtio_gpu_resp_edid *answer = &command->answer.edid;

	if (scanout >= display_scanouts(gpu->display))
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	answer->size = htole32(gpu_edid_make(
		display_mode(gpu->display, scanout), scanout, answer->edid));
	command->answer_bytes = sizeof(*answer);
	return VIRTIO_GPU_RESP_OK_EDID;
}

/* ---- what they show -------------------------------------------------------------------
 */

/* Leaves the display as it is. */
static void release(struct gpu_scanout *scanout)
{
	if (scanout->view)
		scanout->view->scanouts--;
	scanout->view = NULL;
	scanout->resource = NULL;
	scanout->due = false;
}

static void show_nothing(struct virtio_gpu *gpu, unsigned int index)
{
	release(&gpu->scanouts[index]);
	display_show(gpu->display, index, NULL, NULL);
}

static uint32_t show(struct virtio_gpu *gpu, unsigned int index,
	struct gpu_resource *resource, struct gpu_view *view, const struct rect *part)
{
	struct gpu_scanout *scanout = &gpu->scanouts[index];
	const uint64_t bytes = display_buffer_bytes(part->width, part->height);

	gpu_refund(gpu, scanout->charged_bytes);
	if (!gpu_charge(gpu, bytes)) {
		gpu_charge(gpu, scanout->charged_bytes);
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	}
	scanout->charged_bytes = bytes;
	release(scanout);
	scanout->resource = resource;
	scanout->view = view;
	scanout->part = *part;
	scanout->due = true;
	view->scanouts++;
	return VIRTIO_GPU_RESP_OK_NODATA;
}

static void show_now(struct virtio_gpu *gpu, unsigned int index)
{
	struct gpu_scanout *scanout = &gpu->scanouts[index];

	scanout->due = false;
	gpu->turn_bytes += scanout->charged_bytes;
	display_show(gpu->display, index, scanout->view->buffer, &scanout->part);
}

void gpu_scanouts_show(struct virtio_gpu *gpu)
{
	for (unsigned int i = 0; i < display_scanouts(gpu->display); i++)
		if (gpu->scanouts[i].due)
			show_now(gpu, i);
}

void gpu_scanouts_forget(struct virtio_gpu *gpu, const struct gpu_resource *resource)
{
	for (unsigned int i = 0; i < display_scanouts(gpu->display); i++)
		if (gpu->scanouts[i].resource == resource)
			show_nothing(gpu, i);
}

void gpu_scanouts_clear(struct virtio_gpu *gpu)
{
	for (unsigned int i = 0; i < display_scanouts(gpu->display); i++) {
		show_nothing(gpu, i);
		display_cursor_set(gpu->display, i, NULL, 0, 0);
	}
}

/* ---- commands -------------------------------------------------------------------------
 */

uint32_t gpu_set_scanout(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_set_scanout *set = &command->request.set_scanout;
	const uint32_t index = le32toh(set->scanout_id);
	struct gpu_resource *resource;
	const struct display_buffer *buffer;
	struct rect part;

	if (index >= display_scanouts(gpu->display))
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	if (!set->resource_id) {
		show_nothing(gpu, index);
		return VIRTIO_GPU_RESP_OK_NODATA;
	}
	resource = gpu_resource_find(gpu, set->resource_id);
	if (!resource || resource->blob)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	buffer = resource->views->buffer;
	if (!gpu_rect(&set->r, buffer->width, buffer->height, &part) ||
		rect_is_empty(&part))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	return show(gpu, index, resource, resource->views, &part);
}

uint32_t gpu_set_scanout_blob(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_set_scanout_blob *set =
		&command->request.set_scanout_blob;
	const uint32_t index = le32toh(set->scanout_id);
	struct gpu_resource *resource;
	struct pixel_source source;
	struct gpu_view *view;
	struct rect part;

	if (index >= display_scanouts(gpu->display))
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	if (!set->resource_id) {
		show_nothing(gpu, index);
		return VIRTIO_GPU_RESP_OK_NODATA;
	}
	resource = gpu_resource_find(gpu, set->resource_id);
	if (!resource || !resource->blob)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	source = (struct pixel_source){
		.iov = resource->iov,
		.iov_count = resource->iov_count,
		.offset_bytes = le32toh(set->offsets[0]),
		.stride_bytes = le32toh(set->strides[0]),
		.width = le32toh(set->width),
		.height = le32toh(set->height),
	};
	if (!gpu_format(set->format, &source.format) || source.width > DISPLAY_SIDE_MAX ||
		source.height > DISPLAY_SIDE_MAX || !pixel_source_fits(&source) ||
		!gpu_rect(&set->r, source.width, source.height, &part) ||
		rect_is_empty(&part))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	gpu->turn_bytes += resource->iov_count * sizeof(resource->iov[0]);
	view = gpu_view_get(gpu, resource, &source);
	if (!view)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	return show(gpu, index, resource, view, &part);
}

uint32_t gpu_flush(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_resource_flush *flush = &command->request.flush;
	struct gpu_resource *resource = gpu_resource_find(gpu, flush->resource_id);
	struct rect rect = {0};

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	/* A blob is as large as who shows it says. */
	for (struct gpu_view *view = resource->views; view; view = view->next)
		if ((view->scanouts || !resource->blob) &&
			!gpu_rect(&flush->r, view->buffer->width, view->buffer->height,
				&rect))
			return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	for (unsigned int i = 0; i < display_scanouts(gpu->display); i++) {
		struct gpu_scanout *scanout = &gpu->scanouts[i];

		struct rect new = rect;

		if (scanout->resource != resource)
			continue;
		if (scanout->due) {
			show_now(gpu, i);
			/* All of it is new; one pixel tells when that is presented. */
			new = (struct rect){scanout->part.x, scanout->part.y, 1, 1};
		}
		gpu->turn_bytes += display_buffer_bytes(new.width, new.height);
		if (display_flush(gpu->display, i, scanout->view->buffer, &new))
			command->waits |= 1u << i;
	}
	return VIRTIO_GPU_RESP_OK_NODATA;
}
