/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the implementations of host/display.h. display.c keeps what every display knows:
 * what each scanout shows, where its cursor is, who is to be told. Where an
 * implementation has no memory of its own that pictures could be shown from, it shows
 * frames: pixels that are the buffer's own where it has some, and else a copy of what was
 * flushed.
 */
#ifndef HOST_DISPLAY_IMPL_H
#define HOST_DISPLAY_IMPL_H

#include "host/display.h"

struct display_ops {
	/*
	 * Optional: a buffer in memory that the hardware can show. Fills width and height
	 * in, and pixels and stride_bytes; the struct may be a larger one's first member.
	 */
	int (*buffer_create)(struct display *display, uint32_t width, uint32_t height,
		struct display_buffer **ret);
	/* Optional: fills source and dmabuf in; pixels stays NULL. */
	int (*buffer_import)(struct display *display, const struct pixel_source *source,
		int dmabuf, struct display_buffer **ret);
	/* Mandatory with one of the above; for both kinds. */
	void (*buffer_destroy)(struct display *display, struct display_buffer *buffer);
	/* Mandatory. display->scanouts[scanout] shows something else; all of it is new.
	 */
	void (*show)(struct display *display, unsigned int scanout);
	/* Mandatory; rect lies in what the scanout shows, in the buffer's coordinates. */
	bool (*flush)(
		struct display *display, unsigned int scanout, const struct rect *rect);
	/* Optional: the scanout's cursor has another image; another place. */
	void (*cursor_set)(struct display *display, unsigned int scanout);
	void (*cursor_move)(struct display *display, unsigned int scanout);
	/*
	 * Optional: the scanout is about to show nothing, and its buffer to go. Without
	 * it the frame is kept.
	 */
	void (*leave)(struct display *display, unsigned int scanout);
	/* Optional, with leave: without it display_capture() copies the frame. */
	int (*capture)(struct display *display, unsigned int scanout,
		uint32_t **ret_pixels, uint32_t *ret_width, uint32_t *ret_height);
	/* Optional: for one with a thread. */
	void (*stop)(struct display *display);
	/* Mandatory: ends with display_finish() and free(). Takes half-built ones. */
	void (*destroy)(struct display *display);
};

struct display_cursor {
	bool visible;
	uint32_t hot_x;
	uint32_t hot_y;
	int32_t x; /* of the hotspot, in what is shown */
	int32_t y;
	uint32_t pixels[DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE];
};

/*
 * What a scanout shows, or has shown last: width x height pixels. They are copy where the
 * buffer has none of its own or is gone. A copy is made when somebody asks for it, or
 * when the buffer goes: until then stale is what was flushed.
 */
struct display_frame {
	uint32_t width; /* 0: nothing yet */
	uint32_t height;
	const uint32_t *pixels;
	size_t stride_bytes;
	uint32_t *copy;
	size_t copy_bytes;
	struct rect stale; /* of the copy */
};

struct display_scanout {
	struct display_mode mode;
	struct display_buffer *buffer; /* NULL: shows nothing */
	struct rect part;              /* of the buffer */
	struct display_frame frame;    /* see display_frame_show() */
	struct display_cursor cursor;
};

/* Embedded in each implementation, first initialized by display_init(). */
struct display {
	const struct display_ops *ops;
	struct display_user *user;
	unsigned int scanout_count;
	struct display_scanout scanouts[DISPLAY_SCANOUTS_MAX];
};

/* Scanouts are connected, of the sizes given, at 60 Hz. */
void display_init(struct display *display, const struct display_ops *ops,
	const struct display_size *sizes, unsigned int scanouts);
void display_finish(struct display *display);

/* Sets the mode, and tells the user where it has changed. The loop's thread. */
void display_set_mode(
	struct display *display, unsigned int scanout, const struct display_mode *mode);
void display_presented(struct display *display, unsigned int scanout);

/*
 * For ops->show and ops->flush of an implementation without buffers of its own: notes
 * what the scanout's frame is to be. show gives the frame another size and other pixels;
 * it keeps what was last shown where nothing is. False: no memory, the frame is empty.
 */
bool display_frame_show(struct display *display, unsigned int scanout);
/* Of a buffer of either kind; rect lies in it. */
void display_copy(const struct display_buffer *buffer, const struct rect *rect,
	uint32_t *to, size_t stride_bytes);
void display_frame_flush(
	struct display *display, unsigned int scanout, const struct rect *rect);

/*
 * For who draws cursors into pictures: where in what is shown the image is, cut off at
 * the edges; empty where it cannot be seen. Draws what lies in rect, a part of that: to
 * is where its corner goes.
 */
struct rect display_cursor_place(const struct display_scanout *scanout);
void display_cursor_draw(const struct display_scanout *scanout, const struct rect *rect,
	uint32_t *to, size_t stride_bytes);

/* Empties a frame: one that is asked for while its scanout shows a buffer is made then.
 */
void display_frame_drop(struct display_frame *frame);

#endif
