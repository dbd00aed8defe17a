/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Bonsai does itself in SDL's windows of Wayland, by the core protocol alone: it
 * draws (display_sdl_wayland.c), and shows a cursor (display_sdl_wayland_cursor.c). SDL
 * would draw by OpenGL, whose libraries load drivers as they go and start threads, and
 * makes a file for each cursor: a thread in the sandbox can do neither.
 *
 * All of it is the window thread's. SDL reads what the compositor says, and dispatches
 * our listeners beside its own. A compositor that is gone is SDL's to notice, too: what
 * is asked of it then does nothing.
 */
#ifndef HOST_DISPLAY_SDL_WAYLAND_H
#define HOST_DISPLAY_SDL_WAYLAND_H

#include <wayland-client.h>

#include "host/display_sdl_impl.h"

/* Pixels that the compositor can see. */
struct wayland_image {
	struct wl_buffer *buffer; /* NULL: there are none */
	uint32_t *pixels;
	uint32_t width;
	uint32_t height;
	bool busy; /* from wayland_image_attach() on, until it has read them */
};

/* width x height pixels of 0, in a format of enum wl_shm_format; -errno. */
int wayland_image_create(struct wl_shm *shm, uint32_t width, uint32_t height,
	uint32_t format, struct wayland_image *image);
void wayland_image_destroy(struct wayland_image *image);
/* To the surface's next commit. */
void wayland_image_attach(struct wayland_image *image, struct wl_surface *surface);

enum wayland_cursor_kind {
	WAYLAND_CURSOR_ARROW, /* the desktop's own */
	WAYLAND_CURSOR_GUEST,
	WAYLAND_CURSOR_NONE,
};

struct wl_cursor_theme;
struct wl_cursor_image;

struct wayland_cursor {
	struct wl_seat *seat;       /* the first one's; NULL: there is none */
	struct wl_pointer *pointer; /* NULL: none is plugged in */
	bool over;                  /* one of the windows */
	uint32_t serial;            /* of its coming there */

	enum wayland_cursor_kind kind;
	struct wl_surface *surface;
	struct wl_cursor_theme *theme;
	struct wl_cursor_image *arrow;  /* the theme's; NULL: it has none */
	struct wayland_image images[2]; /* the guest's, and the one before */
	unsigned int image;
	int32_t hot_x;
	int32_t hot_y;
};

struct sdl_wayland {
	struct wl_display *display; /* SDL's */
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_shm *shm;
	struct wayland_cursor cursor;
};

bool sdl_wayland_has_surface(
	const struct display_sdl *sdl, const struct wl_surface *surface);

void wayland_cursor_finish(struct wayland_cursor *cursor);

#endif
