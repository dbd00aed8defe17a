/* SPDX-License-Identifier: Apache-2.0 */
/* Resources: pictures in the display's memory, and blobs in the guest's own. */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "virtio/gpu_impl.h"

/* What is allocated with a resource beside its pixels, with room for the allocator. */
#define OVERHEAD_BYTES (sizeof(struct gpu_resource) + sizeof(struct gpu_resource *) + 64)

#define BLOB_FLAGS                                                                       \
	(VIRTIO_GPU_BLOB_FLAG_USE_MAPPABLE | VIRTIO_GPU_BLOB_FLAG_USE_SHAREABLE |        \
		VIRTIO_GPU_BLOB_FLAG_USE_CROSS_DEVICE)

/* ---- the table ------------------------------------------------------------------------
 */

/* Where the resource of that id is, or would go. */
static unsigned int place_of(const struct virtio_gpu *gpu, uint32_t id)
{
	unsigned int low = 0;
	unsigned int high = gpu->resource_count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (gpu->resources[middle]->id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct gpu_resource *gpu_resource_find(struct virtio_gpu *gpu, uint32_t le_id)
{
	uint32_t id = le32toh(le_id);
	unsigned int place = place_of(gpu, id);

	if (place == gpu->resource_count || gpu->resources[place]->id != id)
		return NULL;
	return gpu->resources[place];
}

static bool make_room(struct virtio_gpu *gpu)
{
	unsigned int room = gpu->resource_room ? 2 * gpu->resource_room : 16;
	struct gpu_resource **resources;

	if (gpu->resource_count < gpu->resource_room)
		return true;
	if (gpu->resource_count == GPU_RESOURCES_MAX)
		return false;
	resources = realloc(gpu->resources, room * sizeof(*resources));
	if (!resources)
		return false;
	gpu->resources = resources;
	gpu->resource_room = room;
	return true;
}

/* A new resource of that id in the table, or the error in *ret_error. */
static struct gpu_resource *add(
	struct virtio_gpu *gpu, uint32_t le_id, uint32_t *ret_error)
{
	uint32_t id = le32toh(le_id);
	unsigned int place = place_of(gpu, id);
	struct gpu_resource *resource;

	*ret_error = VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!id || gpu_resource_find(gpu, le_id))
		return NULL;
	*ret_error = VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	if (!make_room(gpu) || !gpu_charge(gpu, OVERHEAD_BYTES))
		return NULL;
	resource = calloc(1, sizeof(*resource));
	if (!resource) {
		gpu_refund(gpu, OVERHEAD_BYTES);
		return NULL;
	}
	resource->id = id;
	resource->dmabuf = -1;
	memmove(&gpu->resources[place + 1], &gpu->resources[place],
		(gpu->resource_count - place) * sizeof(gpu->resources[0]));
	gpu->resources[place] = resource;
	gpu->resource_count++;
	return resource;
}

/* Frees what no scanout shows and the table does not know any more. */
static void release(struct virtio_gpu *gpu, struct gpu_resource *resource)
{
	gpu_views_drop(gpu, resource);
	gpu_memory_detach(gpu, resource);
	gpu_refund(gpu, OVERHEAD_BYTES);
	free(resource);
}

static void drop(struct virtio_gpu *gpu, struct gpu_resource *resource)
{
	unsigned int place = place_of(gpu, resource->id);

	gpu_scanouts_forget(gpu, resource);
	gpu->resource_count--;
	memmove(&gpu->resources[place], &gpu->resources[place + 1],
		(gpu->resource_count - place) * sizeof(gpu->resources[0]));
	release(gpu, resource);
}

void gpu_resources_clear(struct virtio_gpu *gpu)
{
	while (gpu->resource_count)
		release(gpu, gpu->resources[--gpu->resource_count]);
	free(gpu->resources);
	gpu->resources = NULL;
	gpu->resource_room = 0;
}

/* ---- views ----------------------------------------------------------------------------
 */

/* Takes the buffer over, or frees it. */
static struct gpu_view *add_view(struct virtio_gpu *gpu, struct gpu_resource *resource,
	struct display_buffer *buffer, uint64_t charged_bytes)
{
	struct gpu_view *view = calloc(1, sizeof(*view));

	if (!view) {
		display_buffer_destroy(gpu->display, buffer);
		gpu_refund(gpu, charged_bytes);
		return NULL;
	}
	view->buffer = buffer;
	view->charged_bytes = charged_bytes;
	view->next = resource->views;
	resource->views = view;
	return view;
}

static uint64_t view_bytes(uint32_t width, uint32_t height)
{
	return display_buffer_bytes(width, height) + sizeof(struct gpu_view) +
	       sizeof(struct display_buffer);
}

static bool same_pixels(const struct pixel_source *a, const struct pixel_source *b)
{
	return a->offset_bytes == b->offset_bytes && a->stride_bytes == b->stride_bytes &&
	       a->width == b->width && a->height == b->height && a->format == b->format;
}

struct gpu_view *gpu_view_get(struct virtio_gpu *gpu, struct gpu_resource *resource,
	const struct pixel_source *source)
{
	const uint64_t bytes = view_bytes(source->width, source->height);
	struct display_buffer *buffer;

	for (struct gpu_view *view = resource->views; view; view = view->next)
		if (same_pixels(&view->buffer->source, source))
			return view;
	gpu_views_drop(gpu, resource);
	if (!gpu_charge(gpu, bytes))
		return NULL;
	if (display_buffer_import(
		    gpu->display, source, gpu_memory_dmabuf(gpu, resource), &buffer)) {
		gpu_refund(gpu, bytes);
		return NULL;
	}
	return add_view(gpu, resource, buffer, bytes);
}

void gpu_views_drop(struct virtio_gpu *gpu, struct gpu_resource *resource)
{
	struct gpu_view **link = &resource->views;

	while (*link) {
		struct gpu_view *view = *link;

		if (view->scanouts) {
			link = &view->next;
			continue;
		}
		/* The display may show it until it is told of the next. */
		gpu_scanouts_show(gpu);
		*link = view->next;
		display_buffer_destroy(gpu->display, view->buffer);
		gpu_refund(gpu, view->charged_bytes);
		free(view);
	}
}

/* ---- what requests say ----------------------------------------------------------------
 */

bool gpu_format(uint32_t le_format, enum pixel_format *ret)
{
	switch (le32toh(le_format)) {
	case VIRTIO_GPU_FORMAT_B8G8R8A8_UNORM:
		*ret = PIXEL_BGRA;
		return true;
	case VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM:
		*ret = PIXEL_BGRX;
		return true;
	case VIRTIO_GPU_FORMAT_A8R8G8B8_UNORM:
		*ret = PIXEL_ARGB;
		return true;
	case VIRTIO_GPU_FORMAT_X8R8G8B8_UNORM:
		*ret = PIXEL_XRGB;
		return true;
	case VIRTIO_GPU_FORMAT_R8G8B8A8_UNORM:
		*ret = PIXEL_RGBA;
		return true;
	case VIRTIO_GPU_FORMAT_X8B8G8R8_UNORM:
		*ret = PIXEL_XBGR;
		return true;
	case VIRTIO_GPU_FORMAT_A8B8G8R8_UNORM:
		*ret = PIXEL_ABGR;
		return true;
	case VIRTIO_GPU_FORMAT_R8G8B8X8_UNORM:
		*ret = PIXEL_RGBX;
		return true;
	}
	return false;
}

bool gpu_rect(const struct virtio_gpu_rect *le_rect, uint32_t width, uint32_t height,
	struct rect *ret)
{
	ret->x = le32toh(le_rect->x);
	ret->y = le32toh(le_rect->y);
	ret->width = le32toh(le_rect->width);
	ret->height = le32toh(le_rect->height);
	return rect_fits(ret, width, height);
}

/* ---- commands -------------------------------------------------------------------------
 */

uint32_t gpu_create_2d(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_resource_create_2d *create = &command->request.create_2d;
	const uint32_t width = le32toh(create->width);
	const uint32_t height = le32toh(create->height);
	struct gpu_resource *resource;
	struct display_buffer *buffer;
	enum pixel_format format;
	uint64_t bytes;
	uint32_t error;

	if (!width || width > DISPLAY_SIDE_MAX || !height || height > DISPLAY_SIDE_MAX ||
		!gpu_format(create->format, &format))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	resource = add(gpu, create->resource_id, &error);
	if (!resource)
		return error;
	resource->format = format;
	bytes = view_bytes(width, height);
	if (gpu_charge(gpu, bytes)) {
		if (display_buffer_create(gpu->display, width, height, &buffer))
			gpu_refund(gpu, bytes);
		else if (add_view(gpu, resource, buffer, bytes))
			return VIRTIO_GPU_RESP_OK_NODATA;
	}
	drop(gpu, resource);
	return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
}

uint32_t gpu_create_blob(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_resource_create_blob *create =
		&command->request.create_blob;
	const uint64_t bytes = le64toh(create->size);
	struct gpu_resource *resource;
	uint32_t type;

	if (le32toh(create->blob_mem) != VIRTIO_GPU_BLOB_MEM_GUEST ||
		le32toh(create->blob_flags) & ~BLOB_FLAGS || !bytes ||
		bytes > GPU_BLOB_BYTES_MAX)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	resource = add(gpu, create->resource_id, &type);
	if (!resource)
		return type;
	resource->blob = true;
	resource->bytes = bytes;
	type = gpu_memory_attach(
		gpu, resource, le32toh(create->nr_entries), sizeof(*create));
	if (type != VIRTIO_GPU_RESP_OK_NODATA)
		drop(gpu, resource);
	return type;
}

uint32_t gpu_unref(struct virtio_gpu *gpu, struct gpu_command *command)
{
	struct gpu_resource *resource =
		gpu_resource_find(gpu, command->request.unref.resource_id);

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	drop(gpu, resource);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t gpu_attach(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_resource_attach_backing *attach =
		&command->request.attach;
	struct gpu_resource *resource = gpu_resource_find(gpu, attach->resource_id);

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (resource->iov)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	return gpu_memory_attach(
		gpu, resource, le32toh(attach->nr_entries), sizeof(*attach));
}

uint32_t gpu_detach(struct virtio_gpu *gpu, struct gpu_command *command)
{
	struct gpu_resource *resource =
		gpu_resource_find(gpu, command->request.detach.resource_id);

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!resource->iov)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (resource->blob) {
		gpu_scanouts_forget(gpu, resource);
		gpu_views_drop(gpu, resource);
	}
	gpu_memory_detach(gpu, resource);
	return VIRTIO_GPU_RESP_OK_NODATA;
}

uint32_t gpu_assign_uuid(struct virtio_gpu *gpu, struct gpu_command *command)
{
	struct gpu_resource *resource =
		gpu_resource_find(gpu, command->request.assign_uuid.resource_id);
	struct virtio_gpu_resp_resource_uuid *answer = &command->answer.uuid;

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (!resource->has_uuid) {
		if (getrandom(resource->uuid, sizeof(resource->uuid), GRND_NONBLOCK) !=
			sizeof(resource->uuid))
			return VIRTIO_GPU_RESP_ERR_UNSPEC;
		/* A random one (RFC 9562, 5.4). */
		resource->uuid[6] = (uint8_t)((resource->uuid[6] & 0x0f) | 0x40);
		resource->uuid[8] = (uint8_t)((resource->uuid[8] & 0x3f) | 0x80);
		resource->has_uuid = true;
	}
	memcpy(answer->uuid, resource->uuid, sizeof(answer->uuid));
	command->answer_bytes = sizeof(*answer);
	return VIRTIO_GPU_RESP_OK_RESOURCE_UUID;
}

/* Rows of the picture's width, from that offset of the guest's memory on (5.7.6.8). */
uint32_t gpu_transfer(struct virtio_gpu *gpu, struct gpu_command *command)
{
	const struct virtio_gpu_transfer_to_host_2d *transfer =
		&command->request.transfer;
	struct gpu_resource *resource = gpu_resource_find(gpu, transfer->resource_id);
	const struct display_buffer *to;
	struct pixel_source from;
	struct rect rect;

	if (!resource)
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	/* Drivers ask for it all the same; the display looks at the guest's memory. */
	if (resource->blob)
		return VIRTIO_GPU_RESP_OK_NODATA;
	to = resource->views->buffer;
	if (!gpu_rect(&transfer->r, to->width, to->height, &rect))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (!resource->iov)
		return VIRTIO_GPU_RESP_ERR_UNSPEC;
	if (rect_is_empty(&rect))
		return VIRTIO_GPU_RESP_OK_NODATA;
	from = (struct pixel_source){
		.iov = resource->iov,
		.iov_count = resource->iov_count,
		.offset_bytes = le64toh(transfer->offset),
		.stride_bytes = (uint64_t)to->width * PIXEL_BYTES,
		.width = rect.width,
		.height = rect.height,
		.format = resource->format,
	};
	gpu->turn_bytes += resource->iov_count * sizeof(resource->iov[0]);
	if (!pixel_source_fits(&from))
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	gpu->turn_bytes += display_buffer_bytes(rect.width, rect.height);
	pixel_source_copy(&from, &(struct rect){0, 0, rect.width, rect.height},
		to->pixels + rect.y * (to->stride_bytes / PIXEL_BYTES) + rect.x,
		to->stride_bytes);
	return VIRTIO_GPU_RESP_OK_NODATA;
}
