/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors (5.7.6.10). */
#include <endian.h>
#include <string.h>

#include "virtio/gpu_impl.h"

#define SIDE DISPLAY_CURSOR_SIDE
#define OPAQUE 0xff000000u

/* The guest says where the image is, the display wants to know where it points. */
static void place(struct virtio_gpu *gpu, const struct virtio_gpu_cursor_pos *pos)
{
	const uint32_t index = le32toh(pos->scanout_id);
	const struct gpu_scanout *scanout = &gpu->scanouts[index];

	/* Both may be negative; what is absurdly far away wraps around. */
	display_cursor_move(gpu->display, index,
		(int32_t)(le32toh(pos->x) + scanout->hot_x),
		(int32_t)(le32toh(pos->y) + scanout->hot_y));
}

/* Premultiplied by convention of drivers. False: the resource is no cursor. */
static bool copy_image(const struct gpu_resource *resource, uint32_t *to)
{
	struct pixel_source source = {
		.iov = resource->iov,
		.iov_count = resource->iov_count,
		.stride_bytes = SIDE * PIXEL_BYTES,
		.width = SIDE,
		.height = SIDE,
		.format = PIXEL_BGRA,
	};
	const struct display_buffer *buffer;

	/* A blob has no format: it is what cursors are everywhere. */
	if (resource->blob) {
		if (!pixel_source_fits(&source))
			return false;
		pixel_source_copy(&source, &(struct rect){0, 0, SIDE, SIDE}, to,
			SIDE * PIXEL_BYTES);
		return true;
	}
	buffer = resource->views->buffer;
	if (buffer->width != SIDE || buffer->height != SIDE)
		return false;
	for (size_t row = 0; row < SIDE; row++)
		memcpy(to + row * SIDE,
			buffer->pixels + row * (buffer->stride_bytes / PIXEL_BYTES),
			SIDE * PIXEL_BYTES);
	for (size_t i = 0; i < SIDE * SIDE && resource->format == PIXEL_BGRX; i++)
		to[i] |= OPAQUE;
	return true;
}

uint32_t gpu_update_cursor(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_update_cursor *update = &command->request.cursor;
	const uint32_t index = le32toh(update->pos.scanout_id);
	const uint32_t hot_x = le32toh(update->hot_x);
	const uint32_t hot_y = le32toh(update->hot_y);
	uint32_t pixels[SIDE * SIDE];
	struct gpu_resource *resource;

	if (index >= display_scanouts(gpu->display))
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	if (!update->resource_id) {
		display_cursor_set(gpu->display, index, NULL, 0, 0);
		return VIRTIO_GPU_RESP_OK_NODATA;
	}
	resource = gpu_resource_find(gpu, update->resource_id);
	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (hot_x >= SIDE || hot_y >= SIDE || !copy_image(resource, pixels))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	gpu->scanouts[index].hot_x = hot_x;
	gpu->scanouts[index].hot_y = hot_y;
	display_cursor_set(gpu->display, index, pixels, hot_x, hot_y);
	place(gpu, &update->pos);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t gpu_move_cursor(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_cursor_pos *pos = &command->request.cursor.pos;

	if (le32toh(pos->scanout_id) >= display_scanouts(gpu->display))
		return VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID;
	place(gpu, pos);
	return VIRTIO_GPU_RESP_OK_NODATA;
}
