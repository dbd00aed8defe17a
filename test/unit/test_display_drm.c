/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libdrm/drm_fourcc.h>

#include "host/display.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/fake_kms.h"
#include "test/unit/test.h"

#define WIDTH 800
#define HEIGHT 600

static const struct rect whole = {0, 0, WIDTH, HEIGHT};

/* A display of the fake card, and a guest that looks at it. */
struct rig {
	struct display_user user;
	struct loop *loop;
	struct display *display;
	struct error err;
	unsigned int presented;
	unsigned int mode_changes;
};

static void on_mode(struct display_user *user, unsigned int scanout)
{
	((struct rig *)user)->mode_changes++;
}

static void on_presented(struct display_user *user, unsigned int scanout)
{
	((struct rig *)user)->presented++;
}

static const struct display_events events = {on_mode, on_presented};

static int rig_open(
	struct rig *rig, const struct display_drm_options *options, unsigned int scanouts)
{
	int code;

	memset(rig, 0, sizeof(*rig));
	rig->user.events = &events;
	CHECK_EQ(loop_create(&rig->loop, &rig->err), 0);
	code = display_drm_open(rig->loop, options, scanouts, &rig->display, &rig->err);
	if (!code)
		display_set_user(rig->display, &rig->user);
	else
		loop_destroy(rig->loop);
	return code;
}

static void rig_make(struct rig *rig, unsigned int scanouts)
{
	struct display_drm_options options = {.device = "/dev/dri/card0"};

	CHECK_EQ(rig_open(rig, &options, scanouts), 0);
}

static void rig_close(struct rig *rig)
{
	display_destroy(rig->display);
	loop_destroy(rig->loop);
	CHECK_EQ(fake_kms.memories, 0);
	for (unsigned int i = 2; i < FAKE_KMS_FBS; i++)
		CHECK(!fake_kms.fbs[i].there);
}

/* The next frame, and what follows from it. */
static void frame(struct rig *rig)
{
	fake_kms_frame();
	for (int turns = 0; turns < 3; turns++)
		loop_turn(rig->loop, 0);
}

static struct display_buffer *make_buffer(struct rig *rig, uint32_t color)
{
	struct display_buffer *buffer;

	CHECK_EQ(display_buffer_create(rig->display, WIDTH, HEIGHT, &buffer), 0);
	CHECK_EQ(buffer->pixels[0], 0);
	for (uint32_t y = 0; y < HEIGHT; y++)
		for (uint32_t x = 0; x < WIDTH; x++)
			buffer->pixels[y * (buffer->stride_bytes / 4) + x] = color;
	return buffer;
}

static uint32_t memory[WIDTH * HEIGHT];

/* What a guest has in its own memory. */
static struct display_buffer *import(struct rig *rig, uint32_t width, uint32_t height,
	enum pixel_format format, int dmabuf)
{
	static struct iovec iov;
	struct pixel_source source = {&iov, 1, 0, width * 4, width, height, format};
	struct display_buffer *buffer;

	iov = (struct iovec){memory, sizeof(memory)};
	CHECK_EQ(display_buffer_import(rig->display, &source, dmabuf, &buffer), 0);
	return buffer;
}

/* ---- modes ----------------------------------------------------------------------------
 */

TEST(has_the_modes_that_the_screens_prefer)
{
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 2);
	CHECK_EQ(display_mode(rig.display, 0)->width, 800);
	CHECK_EQ(display_mode(rig.display, 0)->width_mm, 310);
	CHECK_EQ(display_mode(rig.display, 1)->height, 300);
	CHECK(display_mode(rig.display, 1)->connected);
	CHECK_EQ((display_mode(rig.display, 0)->refresh_mhz + 500) / 1000, 60);
	rig_close(&rig);
	CHECK_EQ(fake_kms.mode_sets, 0);
}

TEST(takes_the_connectors_and_the_mode_that_it_is_told)
{
	struct display_drm_options options = {
		.connectors = "HDMI-A-2 HDMI-A-1",
		.width = 640,
		.height = 480,
	};
	struct rig rig;

	fake_kms_reset();
	CHECK_EQ(rig_open(&rig, &options, 2), 0);
	CHECK_EQ(display_mode(rig.display, 0)->width, 640);
	rig_close(&rig);
	options.connectors = "HDMI-A-2";
	options.width = 0;
	CHECK_EQ(rig_open(&rig, &options, 1), 0);
	CHECK_EQ(display_mode(rig.display, 0)->width, 400);
	rig_close(&rig);
}

TEST(says_what_is_wrong_with_a_card)
{
	static const struct {
		struct display_drm_options options;
		int master_error;
		int code;
		const char *text;
	} table[] = {
		{{.device = "/dev/dri/card9"}, 0, -ENOENT,
			"cannot open /dev/dri/card9: No such file"},
		{{.connectors = "DP-1"}, 0, -ENOENT,
			"the graphics card has no connector DP-1"},
		{{.width = 1280, .height = 800}, 0, -EINVAL,
			"HDMI-A-1 has no mode 1280x800, it has: 640x480@60, 800x600@60"},
		{{.width = 640, .height = 480, .refresh = 75}, 0, -EINVAL,
			"HDMI-A-1 has no mode 640x480 at that rate"},
		{{.connectors = "HDMI-A-1"}, 0, -ENOENT, "1 connectors for 2 scanouts"},
		{{.device = "/dev/dri/card0"}, -EBUSY, -EBUSY,
			"/dev/dri/card0 belongs to another program"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct rig rig;

		fake_kms_reset();
		fake_kms.master_error = table[i].master_error;
		CHECK_EQ(rig_open(&rig, &table[i].options, 2), table[i].code);
		CHECK_HAS(rig.err.text, table[i].text);
		CHECK_EQ(fake_kms.mode_sets, 0);
	}
}

TEST(follows_the_cable)
{
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 1);
	buffer = make_buffer(&rig, 5);
	display_show(rig.display, 0, buffer, &whole);
	fake_kms_cable();
	CHECK_EQ(rig.mode_changes, 0);
	fake_kms.screens[0].width = 1024;
	fake_kms.screens[0].height = 768;
	fake_kms_cable();
	CHECK_EQ(rig.mode_changes, 1);
	CHECK_EQ(display_mode(rig.display, 0)->width, 1024);
	/* The old picture, in the middle of it. */
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 0);
	CHECK_EQ(fake_kms_pixel(0, 112, 84), 5);
	fake_kms.screens[0].connected = false;
	fake_kms_cable();
	CHECK(!display_mode(rig.display, 0)->connected);
	CHECK(!fake_kms.screens[0].active);
	CHECK(!display_flush(rig.display, 0, buffer, &whole));
	fake_kms.screens[0].connected = true;
	fake_kms_cable();
	CHECK(display_mode(rig.display, 0)->connected);
	CHECK_EQ(fake_kms_pixel(0, 112, 84), 5);
	CHECK_EQ(rig.mode_changes, 3);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

TEST(writes_nothing_outside_of_a_screen_that_has_shrunk)
{
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 1);
	for (unsigned int i = 0; i < WIDTH * HEIGHT; i++)
		memory[i] = 9;
	buffer = import(&rig, WIDTH, HEIGHT, PIXEL_BGRX, -1);
	display_show(rig.display, 0, buffer, &whole);
	CHECK(display_flush(rig.display, 0, buffer, &whole));
	frame(&rig);
	/* Both pictures are copies, and more is to be shown. */
	CHECK(display_flush(rig.display, 0, buffer, &whole));
	fake_kms.screens[0].width = 640;
	fake_kms.screens[0].height = 480;
	fake_kms_cable();
	for (int frames = 0; frames < 3; frames++) {
		frame(&rig);
		display_flush(rig.display, 0, buffer, &whole);
		CHECK_EQ(fake_kms_pixel(0, 639, 479), 9);
	}
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

TEST(puts_back_what_was_there)
{
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	fake_kms.fbs[1].there = true; /* the console */
	fake_kms.screens[0].fb = 1;
	fake_kms.screens[0].active = true;
	rig_make(&rig, 1);
	buffer = make_buffer(&rig, 5);
	display_show(rig.display, 0, buffer, &whole);
	CHECK(fake_kms.screens[0].fb != 1);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
	CHECK_EQ(fake_kms.screens[0].fb, 1);
	CHECK(fake_kms.screens[0].active);
}

/* ---- buffers of the card
 * --------------------------------------------------------------- */

TEST(shows_a_buffer_as_it_is)
{
	struct display_buffer *buffer;
	struct rect part = {10, 20, 30, 40};
	uint32_t *pixels, width, height;
	struct rig rig;

	fake_kms_reset();
	fake_kms.damage = false;
	rig_make(&rig, 1);
	buffer = make_buffer(&rig, 1);
	display_show(rig.display, 0, buffer, &whole);
	CHECK_EQ(fake_kms_pixel(0, WIDTH - 1, HEIGHT - 1), 1);
	buffer->pixels[0] = 2;
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 2);
	/* The card is told, and need not wait. */
	CHECK(!display_flush(rig.display, 0, buffer, &part));
	CHECK_EQ(fake_kms.touches, 1);
	CHECK_EQ(fake_kms.clip.x1, 10);
	CHECK_EQ(fake_kms.clip.y2, 60);
	CHECK_EQ(display_capture(rig.display, 0, &pixels, &width, &height), 0);
	CHECK_EQ(width, WIDTH);
	CHECK_EQ(pixels[0], 2);
	free(pixels);
	CHECK_EQ(fake_kms.memories, 1);
	display_show(rig.display, 0, NULL, NULL);
	CHECK(!fake_kms.screens[0].active);
	display_buffer_destroy(rig.display, buffer);
	CHECK_EQ(display_capture(rig.display, 0, &pixels, &width, &height), 0);
	CHECK_EQ(pixels[0], 2);
	free(pixels);
	rig_close(&rig);
}

static void flips_between_buffers(bool atomic)
{
	struct display_buffer *one, *two;
	struct rect part = {10, 20, 30, 40};
	struct rig rig;

	fake_kms_reset();
	fake_kms.atomic = atomic;
	fake_kms.dirty = false;
	rig_make(&rig, 1);
	one = make_buffer(&rig, 1);
	two = make_buffer(&rig, 2);
	display_show(rig.display, 0, one, &whole);
	display_show(rig.display, 0, two, &whole);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 1);
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 2);
	CHECK_EQ(rig.presented, 0);
	/* Damage is a flip to where it is, too; one answer for all until then. */
	CHECK(display_flush(rig.display, 0, two, &part));
	CHECK(display_flush(rig.display, 0, two, &part));
	CHECK_EQ(rig.presented, 0);
	frame(&rig);
	CHECK_EQ(rig.presented, 0);
	frame(&rig);
	CHECK_EQ(rig.presented, 1);
	CHECK_EQ(fake_kms.mode_sets, 1);
	CHECK_EQ(fake_kms.flips, 3);
	CHECK(!atomic || fake_kms.clip.x2 == 40);
	display_buffer_destroy(rig.display, one);
	display_buffer_destroy(rig.display, two);
	rig_close(&rig);
}

TEST(flips_between_buffers_of_the_guest)
{
	flips_between_buffers(true);
	flips_between_buffers(false);
}

TEST(answers_what_waits_when_nothing_is_shown_any_more)
{
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 1);
	buffer = make_buffer(&rig, 1);
	display_show(rig.display, 0, buffer, &whole);
	CHECK(display_flush(rig.display, 0, buffer, &whole));
	display_buffer_destroy(rig.display, buffer);
	CHECK_EQ(rig.presented, 0);
	frame(&rig);
	CHECK_EQ(rig.presented, 1);
	frame(&rig);
	CHECK_EQ(rig.presented, 1);
	rig_close(&rig);
}

TEST(tries_again_when_the_card_is_busy)
{
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 1);
	buffer = make_buffer(&rig, 1);
	display_show(rig.display, 0, buffer, &whole);
	fake_kms.flip_error = -EBUSY;
	CHECK(display_flush(rig.display, 0, buffer, &whole));
	CHECK_EQ(fake_kms.flips, 0);
	fake_kms.flip_error = 0;
	while (!fake_kms.flips)
		loop_turn(rig.loop, -1);
	frame(&rig);
	CHECK_EQ(rig.presented, 1);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

/* ---- the guest's pixels
 * ---------------------------------------------------------------- */

TEST(copies_damage_into_the_picture_that_is_not_seen)
{
	static const struct rect left = {0, 0, 10, 10}, right = {20, 0, 10, 10};
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 1);
	memset(memory, 0, sizeof(memory));
	buffer = import(&rig, WIDTH, HEIGHT, PIXEL_BGRX, -1);
	display_show(rig.display, 0, buffer, &whole);
	memory[0] = 1;
	CHECK(display_flush(rig.display, 0, buffer, &left));
	/* Not before the frame. */
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 0);
	frame(&rig);
	CHECK_EQ(rig.presented, 1);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 1);
	CHECK_EQ(fake_kms.clip.x2, WIDTH);
	/* What the other picture missed meanwhile goes into it as well. */
	memory[20] = 2;
	CHECK(display_flush(rig.display, 0, buffer, &right));
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 1);
	CHECK_EQ(fake_kms_pixel(0, 20, 0), 2);
	CHECK_EQ(fake_kms.clip.x1, 0);
	CHECK_EQ(fake_kms.clip.x2, 30);
	memory[0] = 3;
	memory[50] = 4;
	CHECK(display_flush(rig.display, 0, buffer, &left));
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 3);
	CHECK_EQ(fake_kms_pixel(0, 20, 0), 2);
	CHECK_EQ(fake_kms_pixel(0, 50, 0), 0);
	CHECK_EQ(fake_kms.clip.x2, 30);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

TEST(shows_what_was_flushed_during_a_flip_with_the_next)
{
	static const struct rect left = {0, 0, 10, 10};
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 1);
	memset(memory, 0, sizeof(memory));
	buffer = import(&rig, WIDTH, HEIGHT, PIXEL_BGRX, -1);
	display_show(rig.display, 0, buffer, &whole);
	CHECK(display_flush(rig.display, 0, buffer, &left));
	memory[0] = 7;
	CHECK(display_flush(rig.display, 0, buffer, &left));
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 0);
	CHECK_EQ(rig.presented, 0);
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 7);
	CHECK_EQ(rig.presented, 1);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

TEST(centres_what_is_smaller_and_cuts_what_is_larger)
{
	static const struct rect small = {0, 0, 100, 50}, large = {0, 0, 1000, 400};
	struct display_buffer *buffer, *other;
	uint32_t *pixels, width, height;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 1);
	for (unsigned int i = 0; i < WIDTH * HEIGHT; i++)
		memory[i] = 9;
	buffer = import(&rig, 100, 50, PIXEL_BGRX, -1);
	other = import(&rig, 1000, 400, PIXEL_BGRX, -1);
	display_show(rig.display, 0, buffer, &small);
	CHECK_EQ(fake_kms_pixel(0, 350, 275), 9);
	CHECK_EQ(fake_kms_pixel(0, 449, 324), 9);
	CHECK_EQ(fake_kms_pixel(0, 349, 275), 0);
	CHECK_EQ(fake_kms_pixel(0, 450, 324), 0);
	CHECK_EQ(display_capture(rig.display, 0, &pixels, &width, &height), 0);
	CHECK_EQ(width, 100);
	CHECK_EQ(height, 50);
	CHECK_EQ(pixels[99], 9);
	free(pixels);
	display_cursor_set(rig.display, 0, (uint32_t[64 * 64]){0}, 1, 2);
	display_cursor_move(rig.display, 0, 0, 0);
	CHECK_EQ(fake_kms.screens[0].cursor_x, 349);
	CHECK_EQ(fake_kms.screens[0].cursor_y, 273);
	display_show(rig.display, 0, other, &large);
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 0, 99), 0);
	CHECK_EQ(fake_kms_pixel(0, 0, 100), 9);
	CHECK_EQ(fake_kms_pixel(0, 799, 499), 9);
	CHECK_EQ(fake_kms_pixel(0, 799, 500), 0);
	CHECK(!display_flush(rig.display, 0, buffer, &small));
	/* Once more, with nothing left of the larger one. */
	display_show(rig.display, 0, buffer, &small);
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 0, 100), 0);
	CHECK_EQ(fake_kms_pixel(0, 350, 275), 9);
	display_buffer_destroy(rig.display, buffer);
	display_buffer_destroy(rig.display, other);
	rig_close(&rig);
}

TEST(shows_the_guests_memory_where_the_card_can)
{
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	fake_kms.dmabuf = memory;
	rig_make(&rig, 1);
	memset(memory, 0, sizeof(memory));
	buffer = import(&rig, WIDTH, HEIGHT, PIXEL_RGBX, FAKE_KMS_DMABUF);
	display_show(rig.display, 0, buffer, &whole);
	CHECK_EQ(fake_kms.memories, 0); /* nothing is copied */
	CHECK_EQ(fake_kms.fbs[fake_kms.screens[0].fb].format, DRM_FORMAT_XBGR8888);
	memory[1] = 6;
	CHECK_EQ(fake_kms_pixel(0, 1, 0), 6);
	CHECK(display_flush(rig.display, 0, buffer, &whole));
	frame(&rig);
	CHECK_EQ(rig.presented, 1);
	display_buffer_destroy(rig.display, buffer);
	/* One that cannot gets copies, of which the colours are the host's. */
	fake_kms.import = false;
	buffer = import(&rig, WIDTH, HEIGHT, PIXEL_RGBX, FAKE_KMS_DMABUF);
	memory[0] = 0x332211;
	display_show(rig.display, 0, buffer, &whole);
	CHECK_EQ(fake_kms.memories, 2);
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 0xff112233);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

/* ---- the cursor
 * ------------------------------------------------------------------------ */

TEST(has_a_cursor_of_the_hardware)
{
	static uint32_t image[64 * 64];
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	rig_make(&rig, 2);
	buffer = make_buffer(&rig, 1);
	image[64] = 0x80400000;
	display_cursor_set(rig.display, 0, image, 3, 4);
	display_cursor_move(rig.display, 0, 100, 2);
	CHECK(!fake_kms.screens[0].cursor); /* nothing is shown yet */
	display_show(rig.display, 0, buffer, &whole);
	CHECK_EQ(fake_kms_cursor(0)[65], 0x80400000); /* rows are a pixel longer */
	CHECK_EQ(fake_kms.screens[0].cursor_hot_x, 3);
	CHECK_EQ(fake_kms.screens[0].cursor_x, 97);
	CHECK_EQ(fake_kms.screens[0].cursor_y, -2);
	CHECK(!fake_kms.screens[1].cursor);
	display_cursor_move(rig.display, 0, 0, 0);
	CHECK_EQ(fake_kms.screens[0].cursor_x, -3);
	display_cursor_set(rig.display, 0, NULL, 0, 0);
	CHECK(!fake_kms.screens[0].cursor);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

/* A red square of 8 pixels, half of it see-through, the hotspot in its corner. */
static const uint32_t *square(void)
{
	static uint32_t image[64 * 64];

	for (unsigned int i = 0; i < 64; i++)
		image[i / 8 * 64 + i % 8] = i % 8 < 4 ? 0xffff0000 : 0x80800000;
	return image;
}

#define RED 0xffff0000u
#define GREEN 0xff008000u

/* Where the square is, as a card without cursors shows it; nothing around it. */
static void check_square(uint32_t x, uint32_t y)
{
	CHECK_EQ(fake_kms_pixel(0, x, y) | 0xff000000, RED);
	CHECK_EQ(fake_kms_pixel(0, x + 3, y + 7) | 0xff000000, RED);
	CHECK_EQ(fake_kms_pixel(0, x + 4, y) | 0xff000000, 0xff804000);
	CHECK_EQ(fake_kms_pixel(0, x + 8, y) | 0xff000000, GREEN);
	CHECK_EQ(fake_kms_pixel(0, x, y + 8) | 0xff000000, GREEN);
}

static void check_no_square(uint32_t x, uint32_t y)
{
	CHECK_EQ(fake_kms_pixel(0, x, y) | 0xff000000, GREEN);
	CHECK_EQ(fake_kms_pixel(0, x + 7, y + 7) | 0xff000000, GREEN);
}

TEST(draws_the_cursor_where_the_card_has_none)
{
	struct display_buffer *buffer;
	struct rig rig;

	fake_kms_reset();
	fake_kms.cursors = false;
	rig_make(&rig, 1);
	buffer = make_buffer(&rig, GREEN);
	display_show(rig.display, 0, buffer, &whole);
	CHECK_EQ(fake_kms.memories, 1);
	display_cursor_set(rig.display, 0, square(), 0, 0);
	display_cursor_move(rig.display, 0, 100, 50);
	for (int i = 0; i < 2; i++)
		frame(&rig);
	check_square(100, 50);
	/* It moves, in both pictures. */
	for (int32_t x = 100; x <= 400; x += 100) {
		display_cursor_move(rig.display, 0, x, 60);
		frame(&rig);
		check_square((uint32_t)x, 60);
		check_no_square((uint32_t)x - 100, 60);
		check_no_square(100, 50);
	}
	/* What the guest draws comes to lie below it. */
	CHECK(display_flush(rig.display, 0, buffer, &(struct rect){402, 0, 1, 600}));
	frame(&rig);
	CHECK_EQ(rig.presented, 1);
	check_square(400, 60);
	/* Cut off at an edge, and gone beyond it. */
	display_cursor_move(rig.display, 0, 798, -4);
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 799, 3) | 0xff000000, RED);
	CHECK_EQ(fake_kms_pixel(0, 799, 4) | 0xff000000, GREEN);
	check_no_square(400, 60);
	display_cursor_move(rig.display, 0, INT32_MAX, INT32_MIN);
	frame(&rig);
	CHECK_EQ(fake_kms_pixel(0, 799, 3) | 0xff000000, GREEN);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

TEST(shows_a_buffer_as_it_is_while_no_cursor_is_drawn)
{
	struct display_buffer *buffer;
	uint32_t *pixels, width, height;
	struct rig rig;

	fake_kms_reset();
	fake_kms.cursors = false;
	rig_make(&rig, 1);
	buffer = make_buffer(&rig, GREEN);
	display_cursor_set(rig.display, 0, square(), 4, 0);
	display_cursor_move(rig.display, 0, 4, 0);
	display_show(rig.display, 0, buffer, &whole); /* only now it can be known */
	frame(&rig);
	check_square(0, 0);
	/* A screendump has none. */
	CHECK_EQ(display_capture(rig.display, 0, &pixels, &width, &height), 0);
	CHECK_EQ(pixels[0], GREEN);
	free(pixels);
	display_cursor_set(rig.display, 0, NULL, 0, 0);
	frame(&rig);
	check_no_square(0, 0);
	buffer->pixels[0] = 5; /* without a flush */
	CHECK_EQ(fake_kms_pixel(0, 0, 0), 5);
	display_cursor_set(rig.display, 0, square(), 0, 0);
	frame(&rig);
	check_square(4, 0);
	/* Flips that fail are modes that are set, each of them once. */
	fake_kms.flip_error = -EINVAL;
	fake_kms.mode_sets = 0;
	display_cursor_move(rig.display, 0, 100, 100);
	CHECK_EQ(fake_kms.mode_sets, 1);
	check_square(100, 100);
	display_buffer_destroy(rig.display, buffer);
	rig_close(&rig);
}

TEST_MAIN(CASE(has_the_modes_that_the_screens_prefer),
	CASE(takes_the_connectors_and_the_mode_that_it_is_told),
	CASE(says_what_is_wrong_with_a_card), CASE(follows_the_cable),
	CASE(writes_nothing_outside_of_a_screen_that_has_shrunk),
	CASE(puts_back_what_was_there), CASE(shows_a_buffer_as_it_is),
	CASE(flips_between_buffers_of_the_guest),
	CASE(answers_what_waits_when_nothing_is_shown_any_more),
	CASE(tries_again_when_the_card_is_busy),
	CASE(copies_damage_into_the_picture_that_is_not_seen),
	CASE(shows_what_was_flushed_during_a_flip_with_the_next),
	CASE(centres_what_is_smaller_and_cuts_what_is_larger),
	CASE(shows_the_guests_memory_where_the_card_can),
	CASE(has_a_cursor_of_the_hardware),
	CASE(draws_the_cursor_where_the_card_has_none),
	CASE(shows_a_buffer_as_it_is_while_no_cursor_is_drawn))
