/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a window shows: the scanout's part of its buffer, one pixel each where the window
 * has that size, which is where a guest follows it; else scaled to fit, in its
 * proportions. The guest's cursor is the desktop's own where a tablet says where it is;
 * else it is drawn where the guest has it.
 */
#include <string.h>

#include "host/display_sdl_impl.h"

/* The damage, where the cursor was, where it is. */
#define PLACES 3u

/* All of a turn, taken with the lock held. */
struct turn {
	struct sdl_wishes wishes;
	bool cursor_visible;
	bool host_cursor; /* the guest's is to be the desktop's */
	bool tablet;
	unsigned int count;
	struct rect places[PLACES]; /* of the picture */
	uint32_t cursor[SDL_CURSOR_PIXELS];
	uint32_t hot_x;
	uint32_t hot_y;
};

/* The largest place for the part in the window, in the middle of it. */
static struct rect fit(const struct rect *part, uint32_t width, uint32_t height)
{
	struct rect place = {.width = width, .height = height};

	if ((uint64_t)part->width * height > (uint64_t)part->height * width)
		place.height = (uint32_t)((uint64_t)part->height * width / part->width);
	else
		place.width = (uint32_t)((uint64_t)part->width * height / part->height);
	place.width += !place.width;
	place.height += !place.height;
	place.x = (width - place.width) / 2;
	place.y = (height - place.height) / 2;
	return place;
}

static bool holds_pixels(const SDL_Surface *surface)
{
	return surface->format->BytesPerPixel == PIXEL_BYTES &&
	       surface->format->Rmask == 0xff0000 && surface->format->Bmask == 0xff;
}

/* Where the picture is drawn at its own size: the window itself, or beside it. */
static SDL_Surface *target_of(
	struct sdl_window *window, SDL_Surface *surface, const struct rect *part)
{
	SDL_Surface *unscaled = window->unscaled;

	if (holds_pixels(surface) && window->picture.width == part->width &&
		window->picture.height == part->height && !window->picture.x &&
		!window->picture.y) {
		SDL_FreeSurface(unscaled);
		window->unscaled = NULL;
		return surface;
	}
	if (!unscaled || (uint32_t)unscaled->w != part->width ||
		(uint32_t)unscaled->h != part->height) {
		SDL_FreeSurface(unscaled);
		window->unscaled = SDL_CreateRGBSurfaceWithFormat(0, (int)part->width,
			(int)part->height, 32, SDL_PIXELFORMAT_RGB888);
		window->cursor = (struct rect){0};
	}
	return window->unscaled;
}

static uint32_t *pixel_at(const SDL_Surface *surface, uint32_t x, uint32_t y)
{
	return (uint32_t *)surface->pixels +
	       (size_t)y * ((size_t)surface->pitch / PIXEL_BYTES) + x;
}

static void add_place(struct turn *turn, const struct rect *place)
{
	if (!rect_is_empty(place))
		turn->places[turn->count++] = *place;
}

/* The only copy of what the guest has drawn. */
static void copy_place(const struct display_scanout *s, const SDL_Surface *target,
	const struct rect *place)
{
	struct rect from = {
		s->part.x + place->x, s->part.y + place->y, place->width, place->height};
	uint32_t *to = pixel_at(target, place->x, place->y);

	display_copy(s->buffer, &from, to, (size_t)target->pitch);
}

/* With the lock held. */
static void draw_picture(struct sdl_window *window, const struct display_scanout *s,
	struct turn *turn, const SDL_Surface *target)
{
	struct rect all = {.width = s->part.width, .height = s->part.height};
	struct rect damage = turn->wishes.damage, cursor = {0};
	bool drawn = turn->cursor_visible && !turn->tablet;

	if (turn->wishes.all_new) {
		add_place(turn, &all);
	} else if (!rect_is_empty(&damage)) {
		damage = rect_intersect(&damage, &s->part);
		damage.x -= s->part.x;
		damage.y -= s->part.y;
		add_place(turn, &damage);
	}
	if (!turn->wishes.all_new)
		add_place(turn, &window->cursor);
	if (drawn)
		cursor = display_cursor_place(s);
	add_place(turn, &cursor);
	for (unsigned int i = 0; i < turn->count; i++)
		copy_place(s, target, &turn->places[i]);
	display_cursor_draw(
		s, &cursor, pixel_at(target, cursor.x, cursor.y), (size_t)target->pitch);
	window->cursor = cursor;
}

static bool another_cursor_shows(const struct display_sdl *sdl, unsigned int scanout)
{
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++)
		if (i != scanout && sdl->display.scanouts[i].cursor.visible)
			return true;
	return false;
}

/* The desktop has one cursor; a guest takes its own from one screen to another. */
static void take_cursor(struct display_sdl *sdl, unsigned int scanout, struct turn *turn)
{
	const struct display_cursor *cursor = &sdl->display.scanouts[scanout].cursor;

	turn->tablet = seat_has(sdl->seat, INPUT_TABLET);
	turn->cursor_visible = cursor->visible;
	turn->host_cursor = turn->wishes.cursor_set && turn->tablet &&
			    (cursor->visible || !another_cursor_shows(sdl, scanout));
	if (turn->host_cursor) {
		memcpy(turn->cursor, cursor->pixels, sizeof(turn->cursor));
		turn->hot_x = cursor->hot_x;
		turn->hot_y = cursor->hot_y;
	}
}

/* With the lock held: takes the wishes; what to draw on, or NULL: nothing. */
static SDL_Surface *take_turn(struct display_sdl *sdl, unsigned int scanout,
	SDL_Surface *surface, struct turn *turn)
{
	const struct display_scanout *s = &sdl->display.scanouts[scanout];
	struct sdl_window *window = &sdl->windows[scanout];
	SDL_Surface *target;

	turn->wishes = window->wishes;
	window->wishes = (struct sdl_wishes){0};
	take_cursor(sdl, scanout, turn);
	if (surface && (surface->w != window->width || surface->h != window->height)) {
		turn->wishes.all_new = true;
		window->width = surface->w;
		window->height = surface->h;
	}
	if (turn->wishes.all_new) {
		window->picture = window->cursor = (struct rect){0};
		if (s->buffer && surface)
			window->picture =
				fit(&s->part, (uint32_t)surface->w, (uint32_t)surface->h);
		/* What the picture leaves. */
		if (surface && (window->picture.width != (uint32_t)surface->w ||
				       window->picture.height != (uint32_t)surface->h))
			SDL_FillRect(surface, NULL, 0);
	}
	if (!s->buffer || !surface)
		return NULL;
	target = target_of(window, surface, &s->part);
	if (target)
		draw_picture(window, s, turn, target);
	return target;
}

/* The guest's cursor becomes the desktop's, above the windows. */
static void set_host_cursor(struct display_sdl *sdl, struct turn *turn)
{
	SDL_Cursor *cursor = NULL;
	SDL_Surface *image;

	if (sdl->wayland) {
		sdl_wayland_set_cursor(sdl, turn->cursor_visible ? turn->cursor : NULL,
			turn->hot_x, turn->hot_y);
		return;
	}
	if (turn->cursor_visible) {
		image = SDL_CreateRGBSurfaceWithFormatFrom(turn->cursor,
			DISPLAY_CURSOR_SIDE, DISPLAY_CURSOR_SIDE, 32,
			DISPLAY_CURSOR_SIDE * PIXEL_BYTES, SDL_PIXELFORMAT_ARGB8888);
		cursor = SDL_CreateColorCursor(image, (int)turn->hot_x, (int)turn->hot_y);
		SDL_FreeSurface(image);
		SDL_SetCursor(cursor);
	}
	if (sdl->host_cursor)
		SDL_FreeCursor(sdl->host_cursor);
	sdl->host_cursor = cursor;
	SDL_ShowCursor(turn->cursor_visible ? SDL_ENABLE : SDL_DISABLE);
}

static SDL_Rect of_window(const struct rect *rect)
{
	return (SDL_Rect){
		(int)rect->x, (int)rect->y, (int)rect->width, (int)rect->height};
}

/* What has changed in the window, for the server. */
static void put(struct display_sdl *sdl, struct sdl_window *window, SDL_Surface *surface,
	SDL_Surface *target, const struct turn *turn)
{
	SDL_Rect rects[PLACES];
	SDL_Rect all = {0, 0, surface->w, surface->h};
	unsigned int count = turn->count;

	for (unsigned int i = 0; i < count; i++)
		rects[i] = of_window(&turn->places[i]);
	if (target && target != surface && count) {
		SDL_Rect place = of_window(&window->picture);

		/* The smooth one knows no other format than its own. */
		if (SDL_SoftStretchLinear(target, NULL, surface, &place))
			SDL_BlitScaled(target, NULL, surface, &place);
		rects[0] = place;
		count = 1;
	}
	if (turn->wishes.all_new) {
		rects[0] = all;
		count = 1;
	}
	if (count && window->wayland)
		sdl_wayland_present(sdl, window, rects, (int)count);
	else if (count)
		SDL_UpdateWindowSurfaceRects(window->window, rects, (int)count);
}

static bool is_wished(struct display_sdl *sdl, const struct sdl_wishes *wishes)
{
	bool wished;

	loop_lock(sdl->loop);
	wished = wishes->all_new || wishes->owed || wishes->cursor_set ||
		 wishes->cursor_moved || !rect_is_empty(&wishes->damage);
	loop_unlock(sdl->loop);
	return wished;
}

/* Whether the server takes a frame now, or when. */
static bool is_due(struct display_sdl *sdl, struct sdl_window *window)
{
	int wait_ms = window->wayland ? sdl_wayland_wait_ms(window) : 0;

	if (wait_ms > 0 && (sdl->wait_ms < 0 || sdl->wait_ms > wait_ms))
		sdl->wait_ms = wait_ms;
	return !wait_ms;
}

bool sdl_draw(struct display_sdl *sdl, unsigned int scanout)
{
	struct sdl_window *window = &sdl->windows[scanout];
	const struct sdl_report presented = {
		.kind = SDL_REPORT_PRESENTED, .scanout = (uint8_t)scanout};
	SDL_Surface *surface, *target;
	struct turn turn = {0};

	if (!is_wished(sdl, &window->wishes) || !is_due(sdl, window))
		return false;
	/* Another one where the window has another size. */
	surface = window->wayland ? sdl_wayland_surface(sdl, window)
				  : SDL_GetWindowSurface(window->window);
	loop_lock(sdl->loop);
	target = take_turn(sdl, scanout, surface, &turn);
	loop_unlock(sdl->loop);
	if (surface)
		put(sdl, window, surface, target, &turn);
	if (turn.host_cursor)
		set_host_cursor(sdl, &turn);
	if (turn.wishes.owed)
		sdl_report(sdl, &presented);
	return true;
}
