/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pixels that several threads look at: the loop's, which writes them, and one for each
 * client of a VNC server, which encodes them and may take its time. The last one that
 * puts them back frees them. Any thread.
 */
#ifndef HOST_VNC_FRAME_H
#define HOST_VNC_FRAME_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "host/pixels.h"

struct vnc_frame {
	atomic_uint users;
	size_t stride_bytes;
	uint32_t *pixels;
};

#define VNC_DAMAGE_MAX 32u /* rectangles; more become one around them */

/* What of a picture is new. */
struct vnc_damage {
	unsigned int count;
	struct rect rects[VNC_DAMAGE_MAX];
};

void vnc_damage_add(struct vnc_damage *damage, const struct rect *rect);

/* A part of a frame, or, where frame is NULL, nothing. */
struct vnc_view {
	struct vnc_frame *frame;
	struct rect part;
};

/* Black, with one user; NULL: no memory. */
struct vnc_frame *vnc_frame_create(uint32_t width, uint32_t height);
/* One more user of it, which is returned. */
struct vnc_frame *vnc_frame_get(struct vnc_frame *frame);
void vnc_frame_put(struct vnc_frame *frame); /* NULL is fine */

/* One more user of what from shows; gives back what to showed before. */
void vnc_view_copy(struct vnc_view *to, const struct vnc_view *from);
uint32_t *vnc_view_pixels(const struct vnc_view *view);

#endif
