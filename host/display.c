/* SPDX-License-Identifier: Apache-2.0 */
#include "host/display_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REFRESH_MHZ 60000u

/* ---- what every display has -----------------------------------------------------------
 */

void display_init(struct display *display, const struct display_ops *ops,
	const struct display_size *sizes, unsigned int scanouts)
{
	assert(scanouts && scanouts <= DISPLAY_SCANOUTS_MAX);
	memset(display, 0, sizeof(*display));
	display->ops = ops;
	display->scanout_count = scanouts;
	for (unsigned int i = 0; i < scanouts; i++)
		display->scanouts[i].mode = (struct display_mode){
			.connected = true,
			.width = sizes[i].width,
			.height = sizes[i].height,
			.refresh_mhz = REFRESH_MHZ,
		};
}

void display_finish(struct display *display)
{
	for (unsigned int i = 0; i < display->scanout_count; i++)
		free(display->scanouts[i].frame.copy);
}

void display_destroy(struct display *display)
{
	if (display)
		display->ops->destroy(display);
}

void display_stop(struct display *display)
{
	if (display->ops->stop)
		display->ops->stop(display);
}

void display_set_user(struct display *display, struct display_user *user)
{
	display->user = user;
}

unsigned int display_scanouts(const struct display *display)
{
	return display->scanout_count;
}

const struct display_mode *display_mode(
	const struct display *display, unsigned int scanout)
{
	return &display->scanouts[scanout].mode;
}

void display_set_mode(
	struct display *display, unsigned int scanout, const struct display_mode *mode)
{
	struct display_mode *old = &display->scanouts[scanout].mode;

	if (old->connected == mode->connected && old->width == mode->width &&
		old->height == mode->height && old->refresh_mhz == mode->refresh_mhz &&
		old->width_mm == mode->width_mm && old->height_mm == mode->height_mm)
		return;
	*old = *mode;
	if (display->user)
		display->user->events->mode_changed(display->user, scanout);
}

void display_presented(struct display *display, unsigned int scanout)
{
	if (display->user)
		display->user->events->presented(display->user, scanout);
}

/* ---- buffers --------------------------------------------------------------------------
 */

size_t display_buffer_bytes(uint32_t width, uint32_t height)
{
	return (size_t)width * height * PIXEL_BYTES;
}

int display_buffer_create(struct display *display, uint32_t width, uint32_t height,
	struct display_buffer **ret)
{
	struct display_buffer *buffer;

	assert(width && width <= DISPLAY_SIDE_MAX && height &&
		height <= DISPLAY_SIDE_MAX);
	if (display->ops->buffer_create)
		return display->ops->buffer_create(display, width, height, ret);
	buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return -ENOMEM;
	buffer->width = width;
	buffer->height = height;
	buffer->dmabuf = -1;
	buffer->stride_bytes = (size_t)width * PIXEL_BYTES;
	buffer->pixels = calloc(height, buffer->stride_bytes);
	if (!buffer->pixels) {
		free(buffer);
		return -ENOMEM;
	}
	*ret = buffer;
	return 0;
}

int display_buffer_import(struct display *display, const struct pixel_source *source,
	int dmabuf, struct display_buffer **ret)
{
	struct display_buffer *buffer;

	assert(pixel_source_fits(source));
	if (display->ops->buffer_import)
		return display->ops->buffer_import(display, source, dmabuf, ret);
	buffer = calloc(1, sizeof(*buffer));
	if (!buffer)
		return -ENOMEM;
	buffer->width = source->width;
	buffer->height = source->height;
	buffer->source = *source;
	buffer->dmabuf = dmabuf;
	*ret = buffer;
	return 0;
}

void display_buffer_destroy(struct display *display, struct display_buffer *buffer)
{
	if (!buffer)
		return;
	for (unsigned int i = 0; i < display->scanout_count; i++)
		if (display->scanouts[i].buffer == buffer)
			display_show(display, i, NULL, NULL);
	if (display->ops->buffer_destroy) {
		display->ops->buffer_destroy(display, buffer);
		return;
	}
	free(buffer->pixels);
	free(buffer);
}

/* ---- frames ---------------------------------------------------------------------------
 */

/* Room for a copy of so many pixels, or an empty frame. */
static bool frame_make_copy(struct display_frame *frame, uint32_t width, uint32_t height)
{
	size_t bytes = display_buffer_bytes(width, height);

	if (frame->copy_bytes != bytes) {
		free(frame->copy);
		frame->copy = malloc(bytes);
		frame->copy_bytes = frame->copy ? bytes : 0;
	}
	frame->pixels = frame->copy;
	frame->stride_bytes = (size_t)width * PIXEL_BYTES;
	frame->width = frame->copy ? width : 0;
	frame->height = frame->copy ? height : 0;
	frame->stale = (struct rect){0};
	return frame->copy;
}

bool display_frame_show(struct display *display, unsigned int scanout)
{
	struct display_scanout *s = &display->scanouts[scanout];
	struct display_frame *frame = &s->frame;
	const struct display_buffer *buffer = s->buffer;

	if (!buffer)
		return true;
	if (!buffer->pixels) {
		if (!frame_make_copy(frame, s->part.width, s->part.height))
			return false;
		frame->stale = (struct rect){0, 0, frame->width, frame->height};
		return true;
	}
	free(frame->copy);
	frame->copy = NULL;
	frame->copy_bytes = 0;
	frame->width = s->part.width;
	frame->height = s->part.height;
	frame->stride_bytes = buffer->stride_bytes;
	frame->pixels = buffer->pixels +
			s->part.y * (buffer->stride_bytes / PIXEL_BYTES) + s->part.x;
	return true;
}

void display_frame_flush(
	struct display *display, unsigned int scanout, const struct rect *rect)
{
	struct display_scanout *s = &display->scanouts[scanout];
	struct rect moved = *rect;

	moved.x -= s->part.x;
	moved.y -= s->part.y;
	if (s->frame.copy)
		s->frame.stale = rect_union(&s->frame.stale, &moved);
}

void display_frame_drop(struct display_frame *frame)
{
	free(frame->copy);
	memset(frame, 0, sizeof(*frame));
}

static void frame_make(struct display *display, unsigned int scanout)
{
	struct display_scanout *s = &display->scanouts[scanout];
	struct display_frame *frame = &s->frame;
	struct rect from;

	if (!frame->width && s->buffer)
		display_frame_show(display, scanout);
	from = frame->stale;
	if (!s->buffer || rect_is_empty(&from))
		return;
	from.x += s->part.x;
	from.y += s->part.y;
	pixel_source_copy(&s->buffer->source, &from,
		frame->copy + frame->stale.y * (size_t)frame->width + frame->stale.x,
		frame->stride_bytes);
	frame->stale = (struct rect){0};
}

void display_copy(const struct display_buffer *buffer, const struct rect *rect,
	uint32_t *to, size_t stride_bytes)
{
	if (buffer->pixels)
		pixels_copy_rows(to, stride_bytes,
			buffer->pixels + rect->x +
				rect->y * (buffer->stride_bytes / PIXEL_BYTES),
			buffer->stride_bytes, rect->width, rect->height);
	else
		pixel_source_copy(&buffer->source, rect, to, stride_bytes);
}

/* The buffer is going, and somebody may still ask for what was last shown. */
static void frame_keep(struct display_frame *frame)
{
	const uint32_t *from = frame->pixels;
	size_t stride_bytes = frame->stride_bytes;

	if (!from || from == frame->copy)
		return;
	if (!frame_make_copy(frame, frame->width, frame->height))
		return;
	pixels_copy_rows(frame->copy, frame->stride_bytes, from, stride_bytes,
		frame->width, frame->height);
}

int display_capture(struct display *display, unsigned int scanout, uint32_t **ret_pixels,
	uint32_t *ret_width, uint32_t *ret_height)
{
	const struct display_frame *frame = &display->scanouts[scanout].frame;
	uint32_t *pixels;

	if (display->ops->capture)
		return display->ops->capture(
			display, scanout, ret_pixels, ret_width, ret_height);
	frame_make(display, scanout);
	if (!frame->width)
		return -ENOENT;
	pixels = malloc(display_buffer_bytes(frame->width, frame->height));
	if (!pixels)
		return -ENOMEM;
	pixels_copy_rows(pixels, (size_t)frame->width * PIXEL_BYTES, frame->pixels,
		frame->stride_bytes, frame->width, frame->height);
	*ret_pixels = pixels;
	*ret_width = frame->width;
	*ret_height = frame->height;
	return 0;
}

/* ---- showing --------------------------------------------------------------------------
 */

void display_show(struct display *display, unsigned int scanout,
	struct display_buffer *buffer, const struct rect *part)
{
	struct display_scanout *s = &display->scanouts[scanout];

	if (!buffer && !s->buffer)
		return;
	if (!buffer && display->ops->leave) {
		display->ops->leave(display, scanout);
	} else if (!buffer) {
		frame_make(display, scanout);
		frame_keep(&s->frame);
	}
	s->buffer = buffer;
	s->part = buffer ? *part : (struct rect){0};
	display->ops->show(display, scanout);
}

bool display_flush(struct display *display, unsigned int scanout,
	struct display_buffer *buffer, const struct rect *rect)
{
	struct display_scanout *s = &display->scanouts[scanout];
	struct rect visible;

	if (s->buffer != buffer)
		return false;
	visible = rect_intersect(rect, &s->part);
	if (rect_is_empty(&visible))
		return false;
	return display->ops->flush(display, scanout, &visible);
}

/* ---- the cursor -----------------------------------------------------------------------
 */

void display_cursor_set(struct display *display, unsigned int scanout,
	const uint32_t *pixels, uint32_t hot_x, uint32_t hot_y)
{
	struct display_cursor *cursor = &display->scanouts[scanout].cursor;

	cursor->visible = pixels;
	cursor->hot_x = hot_x;
	cursor->hot_y = hot_y;
	if (pixels)
		memcpy(cursor->pixels, pixels, sizeof(cursor->pixels));
	if (display->ops->cursor_set)
		display->ops->cursor_set(display, scanout);
}

void display_cursor_move(
	struct display *display, unsigned int scanout, int32_t x, int32_t y)
{
	struct display_cursor *cursor = &display->scanouts[scanout].cursor;

	cursor->x = x;
	cursor->y = y;
	if (display->ops->cursor_move)
		display->ops->cursor_move(display, scanout);
}

struct rect display_cursor_place(const struct display_scanout *scanout)
{
	const struct display_cursor *cursor = &scanout->cursor;
	int64_t left = (int64_t)cursor->x - cursor->hot_x;
	int64_t top = (int64_t)cursor->y - cursor->hot_y;
	int64_t right = left + DISPLAY_CURSOR_SIDE, bottom = top + DISPLAY_CURSOR_SIDE;

	left = left > 0 ? left : 0;
	top = top > 0 ? top : 0;
	right = right < scanout->part.width ? right : scanout->part.width;
	bottom = bottom < scanout->part.height ? bottom : scanout->part.height;
	if (left >= right || top >= bottom)
		return (struct rect){0};
	return (struct rect){(uint32_t)left, (uint32_t)top, (uint32_t)(right - left),
		(uint32_t)(bottom - top)};
}

void display_cursor_draw(const struct display_scanout *scanout, const struct rect *rect,
	uint32_t *to, size_t stride_bytes)
{
	const struct display_cursor *cursor = &scanout->cursor;
	uint32_t from_x = (uint32_t)((int64_t)rect->x - cursor->x + cursor->hot_x);
	uint32_t from_y = (uint32_t)((int64_t)rect->y - cursor->y + cursor->hot_y);

	for (uint32_t row = 0; row < rect->height; row++)
		pixels_blend(to + row * (stride_bytes / PIXEL_BYTES),
			cursor->pixels + (from_y + row) * DISPLAY_CURSOR_SIDE + from_x,
			rect->width);
}
