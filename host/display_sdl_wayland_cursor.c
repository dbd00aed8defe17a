/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pointer's cursor above the windows on Wayland: the guest's, the desktop's arrow, or
 * none. SDL's own is hidden. Whenever SDL says so anew, which it does where it tells that
 * the pointer has entered a window or changes the pointer's mode, ours is set again.
 */
#include <stdlib.h>
#include <string.h>
#include <wayland-cursor.h>

#include "host/display_sdl_wayland.h"

#define USUAL_SIZE 24
#define LARGEST 512

void sdl_wayland_show_cursor(struct display_sdl *sdl)
{
	struct wayland_cursor *cursor = sdl->wayland ? &sdl->wayland->cursor : NULL;
	struct wl_buffer *buffer = NULL;
	int32_t hot_x = 0, hot_y = 0;

	if (!cursor || !cursor->pointer || !cursor->over)
		return;
	if (cursor->kind == WAYLAND_CURSOR_GUEST) {
		buffer = cursor->images[cursor->image].buffer;
		hot_x = cursor->hot_x;
		hot_y = cursor->hot_y;
	} else if (cursor->kind == WAYLAND_CURSOR_ARROW && cursor->arrow) {
		buffer = wl_cursor_image_get_buffer(cursor->arrow);
		hot_x = (int32_t)cursor->arrow->hotspot_x;
		hot_y = (int32_t)cursor->arrow->hotspot_y;
	}
	if (!buffer || sdl->relative) {
		wl_pointer_set_cursor(cursor->pointer, cursor->serial, NULL, 0, 0);
		return;
	}
	wl_pointer_set_cursor(
		cursor->pointer, cursor->serial, cursor->surface, hot_x, hot_y);
	wl_surface_attach(cursor->surface, buffer, 0, 0);
	wl_surface_damage(cursor->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(cursor->surface);
}

void sdl_wayland_set_cursor(
	struct display_sdl *sdl, const uint32_t *pixels, uint32_t hot_x, uint32_t hot_y)
{
	struct wayland_cursor *cursor = &sdl->wayland->cursor;
	unsigned int other = !cursor->image;
	struct wayland_image *image = &cursor->images[other];

	cursor->kind = WAYLAND_CURSOR_NONE;
	wayland_image_destroy(image);
	if (pixels && !wayland_image_create(sdl->wayland->shm, DISPLAY_CURSOR_SIDE,
			      DISPLAY_CURSOR_SIDE, WL_SHM_FORMAT_ARGB8888, image)) {
		memcpy(image->pixels, pixels, SDL_CURSOR_PIXELS * PIXEL_BYTES);
		cursor->kind = WAYLAND_CURSOR_GUEST;
		cursor->image = other;
		cursor->hot_x = (int32_t)hot_x;
		cursor->hot_y = (int32_t)hot_y;
	}
	sdl_wayland_show_cursor(sdl);
	wl_display_flush(sdl->wayland->display);
}

/* ---- where the pointer is -------------------------------------------------------------
 */

/* Frames around windows belong to another library, with a cursor of its own. */
static void on_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct display_sdl *sdl = data;
	struct wayland_cursor *cursor = &sdl->wayland->cursor;

	cursor->over = sdl_wayland_has_surface(sdl, surface);
	cursor->serial = serial;
	sdl_wayland_show_cursor(sdl);
}

static void on_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
	struct wl_surface *surface)
{
	struct display_sdl *sdl = data;

	sdl->wayland->cursor.over = false;
}

/* The rest is for SDL, which hears it as well. */
static void on_motion(
	void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x, wl_fixed_t y)
{
}

static void on_button(void *data, struct wl_pointer *pointer, uint32_t serial,
	uint32_t time, uint32_t button, uint32_t state)
{
}

static void on_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
	wl_fixed_t value)
{
}

static void on_capabilities(void *data, struct wl_seat *seat, uint32_t capabilities)
{
	static const struct wl_pointer_listener listener = {
		on_enter, on_leave, on_motion, on_button, on_axis};
	struct display_sdl *sdl = data;
	struct wayland_cursor *cursor = &sdl->wayland->cursor;
	bool has_pointer = capabilities & WL_SEAT_CAPABILITY_POINTER;

	if (cursor->pointer && !has_pointer) {
		wl_pointer_destroy(cursor->pointer);
		cursor->pointer = NULL;
		cursor->over = false;
	} else if (!cursor->pointer && has_pointer) {
		cursor->pointer = wl_seat_get_pointer(seat);
		wl_pointer_add_listener(cursor->pointer, &listener, sdl);
	}
}

/* ---- life -----------------------------------------------------------------------------
 */

static struct wl_cursor_image *load_arrow(struct sdl_wayland *wayland)
{
	const char *size = getenv("XCURSOR_SIZE");
	struct wl_cursor *arrow = NULL;
	long pixels = size ? strtol(size, NULL, 10) : 0;

	if (pixels < 1 || pixels > LARGEST)
		pixels = USUAL_SIZE;
	wayland->cursor.theme =
		wl_cursor_theme_load(getenv("XCURSOR_THEME"), (int)pixels, wayland->shm);
	if (wayland->cursor.theme)
		arrow = wl_cursor_theme_get_cursor(wayland->cursor.theme, "left_ptr");
	return arrow ? arrow->images[0] : NULL;
}

void sdl_wayland_start_cursor(struct display_sdl *sdl)
{
	static const struct wl_seat_listener listener = {on_capabilities};
	struct wayland_cursor *cursor;

	if (!sdl->wayland)
		return;
	cursor = &sdl->wayland->cursor;
	SDL_ShowCursor(SDL_DISABLE);
	cursor->arrow = load_arrow(sdl->wayland);
	cursor->surface = wl_compositor_create_surface(sdl->wayland->compositor);
	if (cursor->seat)
		wl_seat_add_listener(cursor->seat, &listener, sdl);
}

void wayland_cursor_finish(struct wayland_cursor *cursor)
{
	if (cursor->pointer)
		wl_pointer_destroy(cursor->pointer);
	if (cursor->seat)
		wl_seat_destroy(cursor->seat);
	if (cursor->surface)
		wl_surface_destroy(cursor->surface);
	for (unsigned int i = 0; i < SDL_arraysize(cursor->images); i++)
		wayland_image_destroy(&cursor->images[i]);
	if (cursor->theme)
		wl_cursor_theme_destroy(cursor->theme);
}
