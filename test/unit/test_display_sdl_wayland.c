/* SPDX-License-Identifier: Apache-2.0 */
/* Frames and cursors in a window that SDL believes to be hidden, for a compositor of
 * ours. */
#include "host/display_sdl_wayland.h"

#include <SDL.h>
#include <SDL_syswm.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "test/unit/fake_compositor.h"
#include "test/unit/test.h"

#define WIDTH 64
#define HEIGHT 48

static struct display_sdl sdl;
static struct sdl_window *const window = &sdl.windows[0];
static Uint32 now_ms;

Uint32 SDL_GetTicks(void)
{
	return now_ms;
}

SDL_bool SDL_GetWindowWMInfo(SDL_Window *of, SDL_SysWMinfo *info)
{
	info->subsystem = SDL_SYSWM_WAYLAND;
	info->info.wl.surface = (void *)compositor.window;
	return SDL_TRUE;
}

static void open_rig(void)
{
	static struct fake_object display = {.interface = &wl_display_interface};

	setenv("SDL_VIDEODRIVER", "dummy", 1);
	fake_compositor_reset();
	now_ms = 1000;
	sdl = (struct display_sdl){.display.scanout_count = 1};
	CHECK_EQ(SDL_Init(SDL_INIT_VIDEO), 0);
	window->window = SDL_CreateWindow("", 0, 0, WIDTH, HEIGHT, SDL_WINDOW_HIDDEN);
	CHECK_EQ(sdl_wayland_create(&sdl, (void *)&display), 0);
	sdl_wayland_start_cursor(&sdl);
}

/* Nothing of it is left: but for the surface and the arrow, which are not its own. */
static void close_rig(void)
{
	sdl_wayland_destroy(&sdl);
	CHECK_EQ(fake_compositor_count(&wl_surface_interface), 1);
	CHECK_EQ(fake_compositor_count(&wl_buffer_interface), 1);
	CHECK_EQ(fake_compositor_count(&wl_callback_interface), 0);
	CHECK_EQ(fake_compositor_count(&wl_pointer_interface), 0);
	SDL_DestroyWindow(window->window);
	SDL_Quit();
}

/* ---- frames ---------------------------------------------------------------------------
 */

/* Draws that part of the window, and has the compositor show it. */
static struct fake_object *draw(SDL_Rect part, uint32_t colour)
{
	SDL_Surface *surface = sdl_wayland_surface(&sdl, window);

	SDL_FillRect(surface, &part, colour);
	sdl_wayland_present(&sdl, window, &part, 1);
	return compositor.window->buffer;
}

static struct fake_object *draw_all(uint32_t colour)
{
	SDL_Rect all = {0, 0, 0, 0};

	SDL_GetWindowSize(window->window, &all.w, &all.h);
	return draw(all, colour);
}

static uint32_t pixel(const struct fake_object *buffer, int x, int y)
{
	return buffer->pixels[y * buffer->width + x] & 0xffffff;
}

TEST(a_frame_is_in_memory_that_cannot_shrink_and_says_what_is_new)
{
	struct fake_object *buffer;

	open_rig();
	draw_all(0x123456);
	buffer = draw((SDL_Rect){5, 6, 7, 8}, 0xabcdef);
	CHECK_EQ(buffer->width, WIDTH);
	CHECK_EQ(buffer->height, HEIGHT);
	CHECK_EQ(buffer->seals, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW);
	CHECK_EQ(compositor.window->commits, 2);
	CHECK_EQ(compositor.window->damaged[0], 5);
	CHECK_EQ(compositor.window->damaged[1], 6);
	CHECK_EQ(compositor.window->damaged[2], 7);
	CHECK_EQ(compositor.window->damaged[3], 8);
	CHECK_EQ(pixel(buffer, 11, 13), 0xabcdef);
	CHECK_EQ(pixel(buffer, 12, 13), 0x123456);
	close_rig();
}

TEST(an_image_that_is_read_is_left_alone_and_the_next_has_all_of_it)
{
	struct fake_object *first, *second, *last;

	open_rig();
	first = draw_all(1);
	second = draw((SDL_Rect){2, 2, 1, 1}, 2);
	CHECK(second != first);
	CHECK_EQ(pixel(first, 2, 2), 1);
	CHECK_EQ(pixel(second, 0, 0), 1);
	CHECK_EQ(pixel(second, 2, 2), 2);
	draw((SDL_Rect){4, 4, 1, 1}, 3);
	CHECK_EQ(pixel(first, 4, 4), 1);
	CHECK_EQ(pixel(second, 4, 4), 1);
	fake_compositor_release(first);
	last = draw((SDL_Rect){6, 6, 1, 1}, 4);
	CHECK(last == first);
	CHECK_EQ(pixel(last, 0, 0), 1);
	CHECK_EQ(pixel(last, 2, 2), 2);
	CHECK_EQ(pixel(last, 4, 4), 3);
	CHECK_EQ(pixel(last, 6, 6), 4);
	close_rig();
}

/* The arrow's is one more. */
TEST(a_compositor_has_no_more_images_than_it_reads)
{
	struct fake_object *before, *now;

	open_rig();
	for (uint32_t i = 0; i < 5; i++)
		fake_compositor_release(draw_all(i));
	CHECK_EQ(fake_compositor_count(&wl_buffer_interface), 2);
	before = draw_all(5);
	for (uint32_t i = 6; i < 10; i++) {
		now = draw_all(i);
		fake_compositor_release(before);
		before = now;
	}
	CHECK_EQ(fake_compositor_count(&wl_buffer_interface), 3);
	close_rig();
}

TEST(waits_for_an_image_when_all_are_read)
{
	struct fake_object *first;

	open_rig();
	first = draw_all(1);
	draw_all(2);
	draw_all(3);
	now_ms += 1000;
	CHECK_EQ(sdl_wayland_wait_ms(window), -1);
	fake_compositor_release(first);
	CHECK_EQ(sdl_wayland_wait_ms(window), 0);
	close_rig();
}

TEST(draws_when_a_frame_is_wanted_and_rarely_where_none_is)
{
	open_rig();
	CHECK_EQ(sdl_wayland_wait_ms(window), 0);
	draw_all(1);
	now_ms += 10;
	CHECK_EQ(sdl_wayland_wait_ms(window), 40);
	fake_compositor_want_frame();
	CHECK_EQ(sdl_wayland_wait_ms(window), 0);
	draw_all(2);
	now_ms += 50;
	CHECK_EQ(sdl_wayland_wait_ms(window), 0);
	/* Whose callback is not called any more. */
	draw_all(3);
	CHECK_EQ(fake_compositor_count(&wl_callback_interface), 1);
	close_rig();
}

/* Of frames around windows, which wait for it. */
TEST(a_commit_without_a_frame_leaves_the_picture)
{
	struct fake_object *buffer;

	open_rig();
	buffer = draw_all(1);
	sdl_wayland_settle(&sdl);
	CHECK_EQ(compositor.window->commits, 2);
	CHECK(compositor.window->buffer == buffer);
	CHECK_EQ(fake_compositor_count(&wl_callback_interface), 1);
	close_rig();
}

/* With images that the compositor reads all the while, and that are larger than the
 * window, or smaller, when they are drawn on again. */
TEST(a_window_of_another_size_has_images_of_that_size)
{
	struct fake_object *small[2], *large, *last;

	open_rig();
	small[0] = draw_all(1);
	small[1] = draw_all(2);
	SDL_SetWindowSize(window->window, 2 * WIDTH, 2 * HEIGHT);
	large = draw((SDL_Rect){0, 0, 1, 1}, 7);
	CHECK_EQ(large->width, 2 * WIDTH);
	CHECK_EQ(pixel(large, 1, 1), 0);
	fake_compositor_release(large);
	CHECK(draw_all(3) == large);
	CHECK_EQ(pixel(large, 2 * WIDTH - 1, 2 * HEIGHT - 1), 3);
	SDL_SetWindowSize(window->window, WIDTH, HEIGHT);
	fake_compositor_release(small[0]);
	CHECK(draw_all(4) == small[0]);
	fake_compositor_release(small[1]);
	last = draw((SDL_Rect){0, 0, 1, 1}, 5);
	CHECK(last == small[1]);
	CHECK_EQ(pixel(last, 0, 0), 5);
	CHECK_EQ(pixel(last, WIDTH - 1, HEIGHT - 1), 4);
	/* The large one goes when it is read. */
	CHECK_EQ(fake_compositor_count(&wl_buffer_interface), 4);
	fake_compositor_release(large);
	fake_compositor_release(small[0]);
	draw_all(6);
	CHECK_EQ(fake_compositor_count(&wl_buffer_interface), 3);
	close_rig();
}

/* ---- cursors --------------------------------------------------------------------------
 */

static void enter(struct fake_object *surface)
{
	fake_compositor_plug_pointer(sdl.wayland->cursor.seat, true);
	fake_compositor_enter(surface);
}

TEST(the_pointer_is_an_arrow_until_the_guest_has_a_cursor)
{
	static uint32_t pixels[SDL_CURSOR_PIXELS];

	pixels[9] = 0x80402010;
	open_rig();
	enter(compositor.window);
	CHECK(compositor.cursor && compositor.cursor->buffer == compositor.arrow);
	CHECK_EQ(compositor.hot_x, 3);
	for (unsigned int i = 0; i < 3; i++) {
		pixels[0] = i;
		sdl_wayland_set_cursor(&sdl, pixels, 7, 8);
		CHECK_EQ(compositor.cursor->buffer->width, DISPLAY_CURSOR_SIDE);
		CHECK_EQ(compositor.cursor->buffer->pixels[0], i);
		CHECK_EQ(compositor.cursor->buffer->pixels[9], 0x80402010);
		CHECK_EQ(compositor.hot_x, 7);
	}
	/* The one before may be on the screen still. */
	CHECK_EQ(fake_compositor_count(&wl_buffer_interface), 3);
	sdl_wayland_set_cursor(&sdl, NULL, 0, 0);
	CHECK(!compositor.cursor);
	close_rig();
}

TEST(a_pointer_that_the_guest_has_grabbed_is_hidden)
{
	open_rig();
	enter(compositor.window);
	sdl.relative = true;
	sdl_wayland_show_cursor(&sdl);
	CHECK(!compositor.cursor);
	sdl.relative = false;
	sdl_wayland_show_cursor(&sdl);
	CHECK(compositor.cursor);
	close_rig();
}

TEST(a_pointer_elsewhere_or_unplugged_has_no_cursor_of_ours)
{
	struct fake_object frame = {.interface = &wl_surface_interface};

	open_rig();
	sdl_wayland_show_cursor(&sdl);
	enter(&frame);
	CHECK_EQ(compositor.cursors_set, 0);
	fake_compositor_enter(compositor.window);
	CHECK_EQ(compositor.cursors_set, 1);
	fake_compositor_plug_pointer(sdl.wayland->cursor.seat, false);
	sdl_wayland_show_cursor(&sdl);
	CHECK_EQ(compositor.cursors_set, 1);
	CHECK_EQ(fake_compositor_count(&wl_pointer_interface), 0);
	close_rig();
}

TEST_MAIN(CASE(a_frame_is_in_memory_that_cannot_shrink_and_says_what_is_new),
	CASE(an_image_that_is_read_is_left_alone_and_the_next_has_all_of_it),
	CASE(a_compositor_has_no_more_images_than_it_reads),
	CASE(waits_for_an_image_when_all_are_read),
	CASE(draws_when_a_frame_is_wanted_and_rarely_where_none_is),
	CASE(a_commit_without_a_frame_leaves_the_picture),
	CASE(a_window_of_another_size_has_images_of_that_size),
	CASE(the_pointer_is_an_arrow_until_the_guest_has_a_cursor),
	CASE(a_pointer_that_the_guest_has_grabbed_is_hidden),
	CASE(a_pointer_elsewhere_or_unplugged_has_no_cursor_of_ours))
