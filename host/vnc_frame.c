/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vnc_frame.h"

#include <stdlib.h>

struct vnc_frame *vnc_frame_create(uint32_t width, uint32_t height)
{
	struct vnc_frame *frame = malloc(sizeof(*frame));

	if (!frame)
		return NULL;
	atomic_init(&frame->users, 1);
	frame->stride_bytes = (size_t)width * PIXEL_BYTES;
	frame->pixels = calloc(height, frame->stride_bytes);
	if (!frame->pixels) {
		free(frame);
		return NULL;
	}
	return frame;
}

struct vnc_frame *vnc_frame_get(struct vnc_frame *frame)
{
	atomic_fetch_add(&frame->users, 1);
	return frame;
}

void vnc_frame_put(struct vnc_frame *frame)
{
	if (!frame || atomic_fetch_sub(&frame->users, 1) > 1)
		return;
	free(frame->pixels);
	free(frame);
}

void vnc_view_copy(struct vnc_view *to, const struct vnc_view *from)
{
	if (from->frame)
		vnc_frame_get(from->frame);
	vnc_frame_put(to->frame);
	*to = *from;
}

void vnc_damage_add(struct vnc_damage *damage, const struct rect *rect)
{
	struct rect *last = &damage->rects[VNC_DAMAGE_MAX - 1];

	if (damage->count < VNC_DAMAGE_MAX)
		damage->rects[damage->count++] = *rect;
	else
		*last = rect_union(last, rect);
}

uint32_t *vnc_view_pixels(const struct vnc_view *view)
{
	return view->frame->pixels +
	       view->part.y * (view->frame->stride_bytes / PIXEL_BYTES) + view->part.x;
}
