/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/gpu_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/test.h"
#include "virtio/gpu.h"

#define REQUEST_BYTES 65536u
#define ALL_FEATURES                                                                     \
	(VIRTIO_BIT(VIRTIO_GPU_F_EDID) | VIRTIO_BIT(VIRTIO_GPU_F_RESOURCE_UUID) |        \
		VIRTIO_BIT(VIRTIO_GPU_F_RESOURCE_BLOB))

struct gpu_bench gpu_bench;

/* ---- the display ----------------------------------------------------------------------
 */

static int buffer_create(struct display *display, uint32_t width, uint32_t height,
	struct display_buffer **ret)
{
	struct display_buffer *buffer = calloc(1, sizeof(*buffer));

	/* Rows with a gap between them, as hardware has. */
	buffer->width = width;
	buffer->height = height;
	buffer->dmabuf = -1;
	buffer->stride_bytes = (width + 3) * PIXEL_BYTES;
	buffer->pixels = calloc(height, buffer->stride_bytes);
	*ret = buffer;
	gpu_bench.buffers++;
	if (!gpu_bench.out_of_memory)
		return 0;
	gpu_bench.buffers--;
	free(buffer->pixels);
	free(buffer);
	return -ENOMEM;
}

static int buffer_import(struct display *display, const struct pixel_source *source,
	int dmabuf, struct display_buffer **ret)
{
	struct display_buffer *buffer;

	if (gpu_bench.out_of_memory)
		return -ENOMEM;
	buffer = calloc(1, sizeof(*buffer));
	buffer->width = source->width;
	buffer->height = source->height;
	buffer->source = *source;
	buffer->dmabuf = dmabuf;
	*ret = buffer;
	gpu_bench.buffers++;
	return 0;
}

static void buffer_destroy(struct display *display, struct display_buffer *buffer)
{
	gpu_bench.buffers--;
	free(buffer->pixels);
	free(buffer);
}

static void show(struct display *display, unsigned int scanout)
{
	gpu_bench.shows++;
	CHECK(display_frame_show(display, scanout));
}

static bool flush(struct display *display, unsigned int scanout, const struct rect *rect)
{
	gpu_bench.flushes++;
	gpu_bench.flushed = *rect;
	display_frame_flush(display, scanout, rect);
	return gpu_bench.slow;
}

static const struct display_ops ops = {
	.buffer_create = buffer_create,
	.buffer_import = buffer_import,
	.buffer_destroy = buffer_destroy,
	.show = show,
	.flush = flush,
};

uint32_t guest_seen(unsigned int scanout, uint32_t x, uint32_t y)
{
	uint32_t *pixels, width, height, pixel = 0xdeadbeef;

	if (display_capture(&gpu_bench.display, scanout, &pixels, &width, &height))
		return pixel;
	if (x < width && y < height)
		pixel = pixels[y * width + x];
	free(pixels);
	return pixel;
}

/* ---- the driver -----------------------------------------------------------------------
 */

static void begin(uint64_t features, int udmabuf)
{
	static const struct display_size sizes[] = {
		{GPU_BENCH_WIDTH, GPU_BENCH_HEIGHT}, {2 * GPU_BENCH_WIDTH, 40}};
	struct virtio_gpu_options options = {
		.max_memory_bytes = GPU_BENCH_MEMORY, .udmabuf = udmabuf};
	struct gpu_bench *bench = &gpu_bench;
	struct virtio_device *dev;

	memset(bench, 0, sizeof(*bench));
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
	display_init(&bench->display, &ops, sizes, 2);
	CHECK_EQ(virtio_gpu_create(
			 bench->loop, "gpu0", &bench->display, &options, &dev, NULL),
		0);
	if (udmabuf >= 0)
		driver_init_shared(&bench->driver, dev);
	else
		driver_init(&bench->driver, dev);
	CHECK(driver_start(
		&bench->driver, features | VIRTIO_BIT(VIRTIO_F_INDIRECT_DESC)));
	bench->request_gpa = driver_alloc(&bench->driver, REQUEST_BYTES, 8);
	bench->answer_gpa = driver_alloc(&bench->driver, 4096, 8);
	bench->picture_gpa = driver_alloc(&bench->driver, 1 << 20, 4096);
	bench->picture = driver_hva(&bench->driver, bench->picture_gpa, 1 << 20);
}

void gpu_bench_begin_with(uint64_t features)
{
	begin(features, -1);
}

void gpu_bench_begin(void)
{
	begin(ALL_FEATURES, -1);
}

void gpu_bench_begin_shared(int udmabuf)
{
	begin(ALL_FEATURES, udmabuf);
}

void gpu_bench_finish(void)
{
	driver_reset(&gpu_bench.driver);
	CHECK_EQ(gpu_bench.buffers, 0);
	driver_finish(&gpu_bench.driver);
	display_finish(&gpu_bench.display);
	loop_destroy(gpu_bench.loop);
}

uint16_t guest_post(uint32_t type, void *request, size_t bytes)
{
	struct gpu_bench *bench = &gpu_bench;
	struct driver_buffer buffers[] = {{bench->request_gpa, (uint32_t)bytes, false},
		{bench->answer_gpa, sizeof(bench->answer), true}};
	uint16_t head;

	memcpy(request, &type, sizeof(type));
	memcpy(driver_hva(&bench->driver, bench->request_gpa, bytes), request, bytes);
	head = driver_add(&bench->driver, 0, buffers, 2, true);
	driver_kick(&bench->driver, 0);
	return head;
}

void guest_offer(unsigned int index, uint32_t type, void *request, size_t bytes)
{
	struct gpu_bench *bench = &gpu_bench;
	struct driver_buffer buffers[] = {
		{bench->request_gpa + 256 * index, (uint32_t)bytes, false},
		{bench->answer_gpa + 64 * index, sizeof(struct virtio_gpu_ctrl_hdr),
			true}};

	memcpy(request, &type, sizeof(type));
	memcpy(driver_hva(&bench->driver, buffers[0].gpa, bytes), request, bytes);
	driver_add(&bench->driver, 0, buffers, 2, false);
}

static uint32_t take_answer(void)
{
	struct gpu_bench *bench = &gpu_bench;
	struct driver_used used;

	memset(&bench->answer, 0, sizeof(bench->answer));
	bench->answer_bytes = 0;
	if (!driver_used(&bench->driver, 0, &used))
		return 0;
	bench->answer_bytes = used.bytes;
	memcpy(&bench->answer,
		driver_hva(&bench->driver, bench->answer_gpa, sizeof(bench->answer)),
		used.bytes);
	return bench->answer.hdr.type;
}

uint32_t guest_ask(uint32_t type, void *request, size_t bytes)
{
	guest_post(type, request, bytes);
	return take_answer();
}

uint32_t guest_ask_with(uint32_t type, void *request, size_t bytes,
	const struct virtio_gpu_mem_entry *entries, uint32_t count)
{
	struct gpu_bench *bench = &gpu_bench;
	const uint32_t more = count * (uint32_t)sizeof(entries[0]);
	struct driver_buffer buffers[] = {{bench->request_gpa, (uint32_t)bytes, false},
		{bench->request_gpa + bytes, more, false},
		{bench->answer_gpa, sizeof(bench->answer), true}};

	memcpy(request, &type, sizeof(type));
	memcpy(driver_hva(&bench->driver, bench->request_gpa, bytes), request, bytes);
	memcpy(driver_hva(&bench->driver, buffers[1].gpa, more), entries, more);
	driver_add(&bench->driver, 0, buffers, 3, false);
	driver_kick(&bench->driver, 0);
	return take_answer();
}

uint32_t guest_point(uint32_t type, struct virtio_gpu_update_cursor *request)
{
	struct driver_buffer buffers[] = {
		{gpu_bench.request_gpa, sizeof(*request), false},
		{gpu_bench.answer_gpa, sizeof(gpu_bench.answer), true}};
	struct driver_used used = {0};

	request->hdr.type = type;
	memcpy(driver_hva(&gpu_bench.driver, gpu_bench.request_gpa, sizeof(*request)),
		request, sizeof(*request));
	driver_add(&gpu_bench.driver, 1, buffers, 2, false);
	driver_kick(&gpu_bench.driver, 1);
	CHECK(driver_used(&gpu_bench.driver, 1, &used));
	memcpy(&gpu_bench.answer,
		driver_hva(&gpu_bench.driver, gpu_bench.answer_gpa, used.bytes),
		used.bytes);
	return gpu_bench.answer.hdr.type;
}

/* ---- the usual requests ---------------------------------------------------------------
 */

uint32_t guest_make(uint32_t id, uint32_t format, uint32_t width, uint32_t height)
{
	struct virtio_gpu_resource_create_2d request = {
		.resource_id = id, .format = format, .width = width, .height = height};

	return guest_ask(VIRTIO_GPU_CMD_RESOURCE_CREATE_2D, &request, sizeof(request));
}

uint32_t guest_lend(uint32_t id, uint64_t gpa, uint32_t bytes)
{
	struct virtio_gpu_resource_attach_backing request = {
		.resource_id = id, .nr_entries = 1};
	struct virtio_gpu_mem_entry entry = {.addr = gpa, .length = bytes};

	return guest_ask_with(VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING, &request,
		sizeof(request), &entry, 1);
}

static struct virtio_gpu_rect guest_rect(struct rect rect)
{
	return (struct virtio_gpu_rect){rect.x, rect.y, rect.width, rect.height};
}

uint32_t guest_show(uint32_t scanout, uint32_t id, struct rect rect)
{
	struct virtio_gpu_set_scanout request = {
		.r = guest_rect(rect), .scanout_id = scanout, .resource_id = id};

	return guest_ask(VIRTIO_GPU_CMD_SET_SCANOUT, &request, sizeof(request));
}

uint32_t guest_send(uint32_t id, struct rect rect, uint64_t offset)
{
	struct virtio_gpu_transfer_to_host_2d request = {
		.r = guest_rect(rect), .offset = offset, .resource_id = id};

	return guest_ask(VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, &request, sizeof(request));
}

uint32_t guest_flush(uint32_t id, struct rect rect)
{
	struct virtio_gpu_resource_flush request = {
		.r = guest_rect(rect), .resource_id = id};

	return guest_ask(VIRTIO_GPU_CMD_RESOURCE_FLUSH, &request, sizeof(request));
}

uint32_t guest_unref(uint32_t id)
{
	struct virtio_gpu_resource_unref request = {.resource_id = id};

	return guest_ask(VIRTIO_GPU_CMD_RESOURCE_UNREF, &request, sizeof(request));
}

uint32_t guest_make_blob(uint32_t id, uint64_t gpa, uint32_t bytes)
{
	struct virtio_gpu_resource_create_blob request = {.resource_id = id,
		.blob_mem = VIRTIO_GPU_BLOB_MEM_GUEST,
		.blob_flags = VIRTIO_GPU_BLOB_FLAG_USE_SHAREABLE,
		.nr_entries = 1,
		.size = bytes};
	struct virtio_gpu_mem_entry entry = {.addr = gpa, .length = bytes};

	return guest_ask_with(VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB, &request,
		sizeof(request), &entry, 1);
}

uint32_t guest_show_blob(uint32_t scanout, uint32_t id, struct rect rect, uint32_t width,
	uint32_t height, uint32_t stride, uint32_t offset)
{
	struct virtio_gpu_set_scanout_blob request = {.r = guest_rect(rect),
		.scanout_id = scanout,
		.resource_id = id,
		.width = width,
		.height = height,
		.format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
		.strides = {stride},
		.offsets = {offset}};

	return guest_ask(VIRTIO_GPU_CMD_SET_SCANOUT_BLOB, &request, sizeof(request));
}
