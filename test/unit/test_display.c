/* SPDX-License-Identifier: Apache-2.0 */
#include "host/display.h"

#include <errno.h>
#include <stdlib.h>

#include "host/display_impl.h"
#include "src/error.h"
#include "test/unit/test.h"

static struct display *open_display(void)
{
	static const struct display_size sizes[] = {{640, 480}, {800, 600}};
	struct display *display;
	struct error err;

	CHECK_EQ(display_headless_create(sizes, 2, &display, &err), 0);
	return display;
}

/* One pixel of what the scanout shows. */
static uint32_t seen(struct display *display, uint32_t x, uint32_t y)
{
	uint32_t *pixels, width, height, pixel = 0;

	if (display_capture(display, 0, &pixels, &width, &height))
		return 0xdeadbeef;
	CHECK(x < width && y < height);
	pixel = pixels[y * width + x];
	free(pixels);
	return pixel;
}

TEST(has_the_modes_that_it_was_made_with)
{
	struct display *display = open_display();

	CHECK_EQ(display_scanouts(display), 2);
	CHECK(display_mode(display, 1)->connected);
	CHECK_EQ(display_mode(display, 0)->width, 640);
	CHECK_EQ(display_mode(display, 1)->height, 600);
	CHECK_EQ(display_mode(display, 1)->refresh_mhz, 60000);
	display_destroy(display);
	display_destroy(NULL);
}

TEST(shows_a_part_of_a_buffer_as_it_is)
{
	struct display *display = open_display();
	struct display_buffer *buffer;
	struct rect part = {2, 1, 2, 2}, all = {0, 0, 4, 4};
	uint32_t *pixels, width, height;

	CHECK_EQ(display_capture(display, 0, &pixels, &width, &height), -ENOENT);
	CHECK_EQ(display_buffer_create(display, 4, 4, &buffer), 0);
	CHECK_EQ(buffer->pixels[15], 0);
	buffer->pixels[1 * 4 + 2] = 0x123456;
	display_show(display, 0, buffer, &part);
	CHECK_EQ(seen(display, 0, 0), 0x123456);
	buffer->pixels[2 * 4 + 3] = 0x654321;
	CHECK(!display_flush(display, 0, buffer, &all));
	CHECK_EQ(seen(display, 1, 1), 0x654321);
	CHECK_EQ(display_capture(display, 0, &pixels, &width, &height), 0);
	CHECK_EQ(width, 2);
	CHECK_EQ(height, 2);
	free(pixels);
	CHECK_EQ(display_capture(display, 1, &pixels, &width, &height), -ENOENT);
	display_buffer_destroy(display, buffer);
	display_destroy(display);
}

TEST(keeps_the_last_frame_of_a_buffer_that_is_gone)
{
	struct display *display = open_display();
	struct display_buffer *buffer, *other;
	struct rect part = {1, 0, 1, 2};

	CHECK_EQ(display_buffer_create(display, 2, 2, &buffer), 0);
	buffer->pixels[3] = 7;
	display_show(display, 0, buffer, &part);
	display_buffer_destroy(display, buffer);
	CHECK_EQ(seen(display, 0, 1), 7);
	CHECK_EQ(display_buffer_create(display, 2, 2, &other), 0);
	display_show(display, 0, other, &part);
	CHECK_EQ(seen(display, 0, 1), 0);
	display_show(display, 0, NULL, NULL);
	display_buffer_destroy(display, other);
	CHECK_EQ(seen(display, 0, 1), 0);
	display_destroy(display);
}

/* Of the guest's own pixels, only what it has flushed, when somebody asks. */
TEST(copies_what_a_guest_flushes)
{
	struct display *display = open_display();
	uint32_t memory[16] = {0};
	struct iovec iov[] = {{memory, 24}, {memory + 6, 40}};
	struct pixel_source source = {iov, 2, 0, 16, 4, 4, PIXEL_BGRA};
	struct rect part = {1, 1, 3, 3}, left = {1, 1, 1, 3}, outside = {0, 0, 4, 1};
	struct display_buffer *buffer;

	CHECK_EQ(display_buffer_import(display, &source, -1, &buffer), 0);
	CHECK(!buffer->pixels);
	display_show(display, 0, buffer, &part);
	memory[1 * 4 + 1] = 7;
	CHECK_EQ(seen(display, 0, 0), 7);
	memory[1 * 4 + 1] = 1;
	memory[1 * 4 + 2] = 2;
	CHECK_EQ(seen(display, 0, 0), 7);
	CHECK(!display_flush(display, 0, buffer, &outside));
	CHECK(!display_flush(display, 0, buffer, &left));
	CHECK_EQ(seen(display, 0, 0), 1);
	CHECK_EQ(seen(display, 1, 0), 0);
	CHECK(!display_flush(display, 0, buffer, &left));
	memory[1 * 4 + 1] = 8;
	display_buffer_destroy(display, buffer);
	memory[1 * 4 + 1] = 9;
	CHECK_EQ(seen(display, 0, 0), 8);
	display_destroy(display);
}

struct listener {
	struct display_user user;
	unsigned int changes;
	unsigned int presented;
};

static void note_change(struct display_user *user, unsigned int scanout)
{
	((struct listener *)user)->changes++;
	CHECK_EQ(scanout, 1);
}

static void note_presented(struct display_user *user, unsigned int scanout)
{
	((struct listener *)user)->presented++;
	CHECK_EQ(scanout, 1);
}

TEST(tells_its_user_of_changes)
{
	static const struct display_events events = {note_change, note_presented};
	struct listener listener = {.user.events = &events};
	struct display *display = open_display();
	struct display_mode mode = *display_mode(display, 1);

	display_set_user(display, &listener.user);
	display_set_mode(display, 1, &mode);
	CHECK_EQ(listener.changes, 0);
	mode.connected = false;
	display_set_mode(display, 1, &mode);
	CHECK_EQ(listener.changes, 1);
	CHECK(!display_mode(display, 1)->connected);
	display_presented(display, 1);
	CHECK_EQ(listener.presented, 1);
	display_destroy(display);
}

TEST_MAIN(CASE(has_the_modes_that_it_was_made_with),
	CASE(shows_a_part_of_a_buffer_as_it_is),
	CASE(keeps_the_last_frame_of_a_buffer_that_is_gone),
	CASE(copies_what_a_guest_flushes), CASE(tells_its_user_of_changes))
