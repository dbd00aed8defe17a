/* SPDX-License-Identifier: Apache-2.0 */
#include "host/drm_screen.h"

#include <errno.h>
#include <string.h>

#include "src/container_of.h"
#include "src/log.h"

static const struct rect nothing;

static struct rect whole_screen(const struct drm_screen *screen)
{
	return (struct rect){
		0, 0, screen->output.mode.hdisplay, screen->output.mode.vdisplay};
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

struct rect drm_screen_place(const struct drm_screen *screen)
{
	const struct rect *part = &screen->scanout->part;
	struct rect place = whole_screen(screen);

	place.x = (place.width - least(place.width, part->width)) / 2;
	place.y = (place.height - least(place.height, part->height)) / 2;
	place.width = least(place.width, part->width);
	place.height = least(place.height, part->height);
	return place;
}

/* ---- copies
 * ---------------------------------------------------------------------------- */

static uint32_t *pixel_at(uint32_t *pixels, size_t stride_bytes, uint32_t x, uint32_t y)
{
	return pixels + y * (stride_bytes / PIXEL_BYTES) + x;
}

/* rect of the screen gets what the buffer has there; around it all is black. */
static void copy_to(const struct drm_screen *screen, const struct drm_memory *picture,
	const struct rect *rect)
{
	struct rect place = drm_screen_place(screen);
	struct rect from = rect_intersect(rect, &place);
	uint32_t *to = pixel_at(picture->pixels, picture->stride_bytes, rect->x, rect->y);

	if (from.width != rect->width || from.height != rect->height)
		for (uint32_t row = 0; row < rect->height; row++)
			memset((uint8_t *)to + row * picture->stride_bytes, 0,
				(size_t)rect->width * PIXEL_BYTES);
	if (rect_is_empty(&from))
		return;
	to = pixel_at(picture->pixels, picture->stride_bytes, from.x, from.y);
	from.x += screen->scanout->part.x - place.x;
	from.y += screen->scanout->part.y - place.y;
	display_copy(screen->scanout->buffer, &from, to, picture->stride_bytes);
}

static bool has_to_draw_cursor(const struct drm_screen *screen)
{
	return screen->draws_cursor && screen->scanout->cursor.visible;
}

/* On the screen, and drawn by us. */
static struct rect cursor_place(const struct drm_screen *screen)
{
	struct rect screen_place = drm_screen_place(screen), cursor;

	if (screen->direct || !has_to_draw_cursor(screen))
		return nothing;
	cursor = display_cursor_place(screen->scanout);
	cursor.x += screen_place.x;
	cursor.y += screen_place.y;
	return rect_intersect(&cursor, &screen_place);
}

/* Over what copy_to() has copied to rect. */
static void draw_cursor(const struct drm_screen *screen, const struct drm_memory *picture,
	const struct rect *rect)
{
	struct rect place = drm_screen_place(screen);
	struct rect part = rect_intersect(rect, &screen->cursor_place);
	uint32_t *to = pixel_at(picture->pixels, picture->stride_bytes, part.x, part.y);

	if (rect_is_empty(&part))
		return;
	part.x -= place.x;
	part.y -= place.y;
	display_cursor_draw(screen->scanout, &part, to, picture->stride_bytes);
}

static bool make_pictures(struct drm_screen *screen)
{
	const struct drm_mode_modeinfo *mode = &screen->output.mode;
	int code = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(screen->pictures) && !code; i++)
		if (!screen->pictures[i].handle) {
			code = drm_memory_create(screen->output.card, mode->hdisplay,
				mode->vdisplay, true, &screen->pictures[i]);
			screen->stale[i] = whole_screen(screen);
		}
	if (code)
		log_host("%s: no memory for pictures of %ux%u: %s",
			screen->output.connector.name, mode->hdisplay, mode->vdisplay,
			strerror(-code));
	return !code;
}

void drm_screen_forget(struct drm_screen *screen)
{
	struct display_frame *frame = &screen->scanout->frame;

	if (frame->pixels != frame->copy)
		display_frame_drop(frame);
	for (unsigned int i = 0; i < ARRAY_SIZE(screen->pictures); i++) {
		drm_memory_destroy(screen->output.card, &screen->pictures[i]);
		screen->stale[i] = nothing;
	}
	/* Places on a screen of the old size, which a smaller one does not have. */
	screen->damage = screen->cursor_place = nothing;
}

/* ---- frames
 * ---------------------------------------------------------------------------- */

static uint64_t flip_data(const struct drm_screen *screen)
{
	return (uint64_t)screen->turn << 16 | screen->number;
}

unsigned int drm_screen_of(uint64_t data)
{
	return data & 0xffff;
}

static bool fits_as_it_is(const struct drm_screen *screen)
{
	const struct display_scanout *scanout = screen->scanout;
	const struct drm_buffer *buffer =
		container_of(scanout->buffer, struct drm_buffer, base);

	return buffer->memory.fb && scanout->part.width == screen->output.mode.hdisplay &&
	       scanout->part.height == screen->output.mode.vdisplay;
}

static bool wants_as_it_is(const struct drm_screen *screen)
{
	return fits_as_it_is(screen) && !has_to_draw_cursor(screen);
}

/* How the buffer gets to the screen. False where it does not. */
static bool choose_way(struct drm_screen *screen)
{
	screen->direct = wants_as_it_is(screen);
	if (screen->direct || make_pictures(screen))
		return true;
	screen->direct = fits_as_it_is(screen); /* rather without a cursor */
	return screen->direct;
}

/* What the card is to show, and what of it is new to the card. */
struct view {
	uint32_t fb;
	uint32_t x;
	uint32_t y;
	struct rect changed;
};

/* Copies, where that is to be done. */
static struct view next_view(struct drm_screen *screen)
{
	const struct display_scanout *scanout = screen->scanout;
	unsigned int next = !screen->seen;
	struct view view = {.changed = screen->damage};

	if (screen->direct) {
		view.fb =
			container_of(scanout->buffer, struct drm_buffer, base)->memory.fb;
		view.x = scanout->part.x;
		view.y = scanout->part.y;
		view.changed.x += view.x;
		view.changed.y += view.y;
		return view;
	}
	view.changed = rect_union(&screen->damage, &screen->stale[next]);
	copy_to(screen, &screen->pictures[next], &view.changed);
	draw_cursor(screen, &screen->pictures[next], &view.changed);
	screen->stale[next] = nothing;
	view.fb = screen->pictures[next].fb;
	return view;
}

/* The card has taken it. display_capture() finds it here, or makes it of the buffer. */
static void turn_over(struct drm_screen *screen)
{
	struct display_frame *frame = &screen->scanout->frame;
	struct rect place = drm_screen_place(screen);
	const struct drm_memory *picture = &screen->pictures[!screen->seen];

	display_frame_drop(frame);
	if (!screen->direct) {
		screen->stale[screen->seen] =
			rect_union(&screen->stale[screen->seen], &screen->damage);
		screen->seen = !screen->seen;
	}
	if (!screen->direct && rect_is_empty(&screen->cursor_place)) {
		frame->width = place.width;
		frame->height = place.height;
		frame->stride_bytes = picture->stride_bytes;
		frame->pixels = pixel_at(
			picture->pixels, picture->stride_bytes, place.x, place.y);
	}
	screen->damage = nothing;
}

/* ---- the cursor
 * ------------------------------------------------------------------------ */

static int make_cursor(struct drm_screen *screen)
{
	const struct drm_card *card = screen->output.card;

	if (screen->cursor.handle)
		return 0;
	if (card->cursor_width < DISPLAY_CURSOR_SIDE ||
		card->cursor_height < DISPLAY_CURSOR_SIDE)
		return -EOPNOTSUPP;
	return drm_memory_create(
		card, card->cursor_width, card->cursor_height, false, &screen->cursor);
}

static void move_cursor(struct drm_screen *screen)
{
	const struct display_cursor *cursor = &screen->scanout->cursor;
	struct rect place = drm_screen_place(screen);

	/* The kernel wants the image's corner. */
	drm_output_cursor_move(&screen->output,
		(int32_t)place.x + cursor->x - (int32_t)cursor->hot_x,
		(int32_t)place.y + cursor->y - (int32_t)cursor->hot_y);
}

/* The card's own cursor. */
static void set_cursor(struct drm_screen *screen)
{
	const struct display_cursor *cursor = &screen->scanout->cursor;
	int code;

	if (!cursor->visible) {
		drm_output_cursor(&screen->output, 0, 0, 0);
		return;
	}
	code = make_cursor(screen);
	if (!code) {
		pixels_copy_rows(screen->cursor.pixels, screen->cursor.stride_bytes,
			cursor->pixels, DISPLAY_CURSOR_SIDE * PIXEL_BYTES,
			DISPLAY_CURSOR_SIDE, DISPLAY_CURSOR_SIDE);
		move_cursor(screen);
		code = drm_output_cursor(&screen->output, screen->cursor.handle,
			cursor->hot_x, cursor->hot_y);
	}
	if (code && !screen->draws_cursor)
		log_host("%s: the card shows no cursor (%s): it is drawn",
			screen->output.connector.name, strerror(-code));
	screen->draws_cursor = code;
}

/* What was below the drawn cursor comes back, and it is drawn where it is now. */
static void redraw_cursor(struct drm_screen *screen)
{
	struct rect place = cursor_place(screen), both;

	both = rect_union(&screen->cursor_place, &place);
	screen->damage = rect_union(&screen->damage, &both);
	screen->cursor_place = place;
	drm_screen_present(screen);
}

/* It came or went, or looks different. */
static void refresh_cursor(struct drm_screen *screen)
{
	if (screen->direct != wants_as_it_is(screen))
		drm_screen_show(screen);
	else
		redraw_cursor(screen);
}

/* ---- the mode
 * -------------------------------------------------------------------------- */

static void light(struct drm_screen *screen)
{
	const struct drm_mode_modeinfo *mode = &screen->output.mode;
	bool drew = screen->draws_cursor;
	struct view view;
	int code;

	screen->turn++;
	screen->flipping = false;
	screen->damage = whole_screen(screen);
	screen->cursor_place = cursor_place(screen);
	view = next_view(screen);
	code = drm_output_light(&screen->output, view.fb, view.x, view.y);
	if (code) {
		screen->output.lit = false;
		if (!screen->failed)
			log_host("%s: cannot set %ux%u: %s",
				screen->output.connector.name, mode->hdisplay,
				mode->vdisplay, strerror(-code));
	} else {
		turn_over(screen);
		set_cursor(screen);
		/* Else it is in the picture already, or never will be. */
		if (screen->draws_cursor != drew)
			refresh_cursor(screen);
	}
	screen->failed = code;
}

void drm_screen_present(struct drm_screen *screen)
{
	struct drm_output *output = &screen->output;
	struct view view;
	int code;

	if (!output->lit || screen->flipping || rect_is_empty(&screen->damage))
		return;
	view = next_view(screen);
	if (view.fb == output->fb && view.x == output->x && view.y == output->y &&
		drm_output_touch(output, &view.changed)) {
		turn_over(screen);
		return;
	}
	code = drm_output_flip(
		output, view.fb, view.x, view.y, &view.changed, flip_data(screen));
	if (!code) {
		turn_over(screen);
		screen->flipping = true;
	} else if (code != -EBUSY) {
		light(screen); /* the long way, which says what is wrong */
	}
}

void drm_screen_flipped(struct drm_screen *screen, uint64_t data)
{
	if (data != flip_data(screen))
		return;
	screen->flipping = false;
	drm_screen_present(screen);
}

bool drm_screen_is_late(const struct drm_screen *screen)
{
	return screen->output.lit && !screen->flipping && !rect_is_empty(&screen->damage);
}

/* ---- what the user does
 * ---------------------------------------------------------------- */

void drm_screen_show(struct drm_screen *screen)
{
	struct drm_output *output = &screen->output;

	if (screen->scanout->buffer)
		display_frame_drop(&screen->scanout->frame);
	if (screen->away)
		return;
	if (!screen->scanout->buffer || !output->connector.connected ||
		!choose_way(screen)) {
		if (output->lit)
			drm_output_darken(output);
		screen->turn++;
		screen->flipping = false;
		return;
	}
	screen->damage = whole_screen(screen);
	screen->cursor_place = cursor_place(screen);
	if (output->lit)
		drm_screen_present(screen);
	else
		light(screen);
}

bool drm_screen_flush(struct drm_screen *screen, const struct rect *rect)
{
	struct rect all = whole_screen(screen), place = drm_screen_place(screen);
	struct rect moved = *rect;

	if (!screen->output.lit) {
		display_frame_drop(&screen->scanout->frame);
		return false;
	}
	moved.x += place.x - screen->scanout->part.x;
	moved.y += place.y - screen->scanout->part.y;
	moved = rect_intersect(&moved, &all);
	screen->damage = rect_union(&screen->damage, &moved);
	drm_screen_present(screen);
	screen->waiting |= screen->flipping || drm_screen_is_late(screen);
	return screen->flipping || drm_screen_is_late(screen);
}

void drm_screen_leave(struct drm_screen *screen)
{
	screen->away = true;
	screen->output.lit = false;
	screen->flipping = false;
	screen->turn++;
}

void drm_screen_return(struct drm_screen *screen)
{
	screen->away = false;
	drm_screen_show(screen);
}

void drm_screen_cursor_set(struct drm_screen *screen)
{
	bool drew = screen->draws_cursor;

	if (!screen->output.lit)
		return;
	set_cursor(screen);
	if (drew || screen->draws_cursor)
		refresh_cursor(screen);
}

void drm_screen_cursor_move(struct drm_screen *screen)
{
	if (!screen->output.lit)
		return;
	if (screen->draws_cursor)
		redraw_cursor(screen);
	else
		move_cursor(screen);
}
