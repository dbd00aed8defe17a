/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A display of the host: what a guest's graphics adapter shows its pictures on. It has a
 * fixed number of scanouts (screens, windows), each of which shows a part of one buffer.
 *
 * A picture is copied at most once between guest and display. A buffer either has memory
 * of its own, which the user writes (the copy) and the display shows as it is; or it is
 * pixels of the guest, of which the display takes what was flushed (the copy), as soon as
 * somebody is to see it, unless its hardware can show them where they are.
 *
 * Everything runs with the loop's lock held; events come on the loop's thread, never from
 * within a verb.
 */
#ifndef HOST_DISPLAY_H
#define HOST_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/pixels.h"

struct display;
struct error;
struct loop;
struct source_pos;
struct vt_terminals;

#define DISPLAY_SCANOUTS_MAX 16u /* virtio 1.2, 5.7.4 */
#define DISPLAY_SIDE_MAX 16384u  /* pixels, of a buffer and of a mode */
#define DISPLAY_CURSOR_SIDE 64u

/* What the guest should know of a screen. */
struct display_mode {
	bool connected;
	uint32_t width; /* of the picture that it would like to have; never 0 */
	uint32_t height;
	uint32_t refresh_mhz; /* 60 Hz are 60000 */
	uint32_t width_mm;    /* 0: nobody knows */
	uint32_t height_mm;
};

struct display_user;

/* All mandatory. */
struct display_events {
	/* display_mode() has changed: a window was resized, a cable plugged in. */
	void (*mode_changed)(struct display_user *user, unsigned int scanout);
	/* What display_flush() said would take a while is on the screen. */
	void (*presented)(struct display_user *user, unsigned int scanout);
};

struct display_user {
	const struct display_events *events;
};

/*
 * A picture. pixels is NULL where it is the guest's; else rows of the host's pixels,
 * zeroed at first, which the user may write at any time and tells of by display_flush().
 */
struct display_buffer {
	uint32_t width;
	uint32_t height;
	uint32_t *pixels;
	size_t stride_bytes;
	struct pixel_source source; /* where pixels is NULL */
	int dmabuf; /* the source's memory as one, from its offset 0 on; -1: none */
};

/* Set once, before the loop runs; NULL detaches. */
void display_set_user(struct display *display, struct display_user *user);

unsigned int display_scanouts(const struct display *display);
const struct display_mode *display_mode(
	const struct display *display, unsigned int scanout);

/* Width and height are 1 to DISPLAY_SIDE_MAX. -ENOMEM, or what the hardware says. */
int display_buffer_create(struct display *display, uint32_t width, uint32_t height,
	struct display_buffer **ret);
/*
 * A view of the guest's pixels. The source fits; what its iov points to stays until
 * display_buffer_destroy(). dmabuf, or -1, is borrowed as long.
 */
int display_buffer_import(struct display *display, const struct pixel_source *source,
	int dmabuf, struct display_buffer **ret);
/* Of its memory; what an import takes is not counted, nor is the buffer's own struct. */
size_t display_buffer_bytes(uint32_t width, uint32_t height);
/* No scanout shows it any more. NULL is fine. */
void display_buffer_destroy(struct display *display, struct display_buffer *buffer);

/*
 * From now on the scanout shows that part of the buffer, all of it new, as if it were
 * flushed; NULL: nothing. part lies in the buffer and is not empty.
 */
void display_show(struct display *display, unsigned int scanout,
	struct display_buffer *buffer, const struct rect *part);

/*
 * The buffer's pixels in rect, which lies in it, are new. True where it takes a while
 * until they are on the screen: events->presented follows, once for each scanout however
 * many flushes it was. False: they are, or nobody looks.
 */
bool display_flush(struct display *display, unsigned int scanout,
	struct display_buffer *buffer, const struct rect *rect);

/*
 * A cursor of DISPLAY_CURSOR_SIDE pixels a side with alpha, premultiplied; copied. The
 * hotspot lies in it and is what display_cursor_move() places, which may be outside of
 * what is shown. NULL: none.
 */
void display_cursor_set(struct display *display, unsigned int scanout,
	const uint32_t *pixels, uint32_t hot_x, uint32_t hot_y);
void display_cursor_move(
	struct display *display, unsigned int scanout, int32_t x, int32_t y);

/*
 * Copies what is on the screen, without the cursor: width * height pixels, the caller's
 * to free. -ENOENT where nothing is shown and nothing has ever been, -ENOMEM.
 */
int display_capture(struct display *display, unsigned int scanout, uint32_t **ret_pixels,
	uint32_t *ret_width, uint32_t *ret_height);

/*
 * No event comes any more, and no thread of the display's looks at its buffers or at the
 * seat: for the end, before any of them goes. Without the loop's lock; once.
 */
void display_stop(struct display *display);

/* Gives everything back to the host; its buffers are destroyed before. NULL is fine. */
void display_destroy(struct display *display);

/* --- one implementation a line ------------------------------------------------------ */

/* The modes of its scanouts; copied. All connected, 60 Hz. */
struct display_size {
	uint32_t width;
	uint32_t height;
};

/* Keeps the last frame of each scanout for whoever asks, and shows it to nobody. */
int display_headless_create(const struct display_size *sizes, unsigned int scanouts,
	struct display **ret, struct error *err);

/* Texts are borrowed. */
struct display_drm_options {
	const char *device;       /* "/dev/dri/card0"; NULL: the first with a screen */
	const char *connectors;   /* one a scanout, with blanks; NULL: those plugged in */
	const char *lease;        /* socket of a lessor (host/lease.h), or NULL */
	unsigned int vt;          /* virtual terminal; 0: stdin where it is one */
	struct vt_terminals *vts; /* shared by all displays; unused with a lease */
	uint32_t width;           /* of the modes; 0: what each screen prefers */
	uint32_t height;
	uint32_t refresh; /* in Hz; 0: any */
	const struct source_pos *pos;
};

/* Whether this process runs on a bare console that has a screen. */
bool display_drm_suits(void);

/*
 * Screens of a graphics card of this host, without a window system, by the kernel's mode
 * setting. Modes follow what is plugged in.
 */
int display_drm_open(struct loop *loop, const struct display_drm_options *options,
	unsigned int scanouts, struct display **ret, struct error *err);

#endif
