/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on SDL's own desktop that nobody sees; its events are ours. */
#include "host/display_sdl.h"

#include <SDL.h>
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "host/display_sdl_impl.h"
#include "host/input.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

#define PATIENCE 400 /* turns of at most 10 ms */
#define TURN_MS 10

struct rig {
	struct display_user user;
	struct input_user listeners[4];
	struct loop *loop;
	struct seat *seat;
	struct input_source *sources[4];
	struct display *display;
	struct display_buffer *buffer;
	unsigned int presented;
	unsigned int changes;
	unsigned int closed;
	struct evdev_event seen[256];
	unsigned int count;
};

static struct rig rig;

static void note_change(struct display_user *user, unsigned int scanout)
{
	rig.changes++;
}

static void note_presented(struct display_user *user, unsigned int scanout)
{
	rig.presented++;
}

static void note_closed(void *data)
{
	(*(unsigned int *)data)++;
}

static void note_events(
	struct input_user *user, const struct evdev_event *events, unsigned int count)
{
	for (unsigned int i = 0; i < count && rig.count < ARRAY_SIZE(rig.seen); i++)
		if (events[i].type != EV_SYN)
			rig.seen[rig.count++] = events[i];
}

static bool fullscreen; /* what rigs are opened with */

/* Windows with the input devices of that set of kinds. */
static void open_rig(unsigned int kinds, unsigned int windows)
{
	static const struct display_events display_events = {note_change, note_presented};
	static const struct input_listener_events input_events = {note_events};
	static const struct display_size sizes[] = {{64, 48}, {128, 48}};
	struct display_sdl_options options = {
		.title = "test", .closed = note_closed, .closed_data = &rig.closed};
	struct error err;

	setenv("SDL_VIDEODRIVER", "dummy", 1);
	rig = (struct rig){.user.events = &display_events};
	CHECK_EQ(loop_create(&rig.loop, &err), 0);
	CHECK_EQ(seat_create(rig.loop, &rig.seat, &err), 0);
	for (unsigned int kind = 0; kind < 4; kind++) {
		if (!(kinds & 1u << kind))
			continue;
		rig.listeners[kind].events = &input_events;
		CHECK_EQ(seat_source_create(
				 rig.seat, kind, "test", &rig.sources[kind], &err),
			0);
		input_source_set_user(rig.sources[kind], &rig.listeners[kind]);
	}
	options.seat = rig.seat;
	options.fullscreen = fullscreen;
	CHECK_EQ(display_sdl_create(
			 rig.loop, sizes, windows, &options, &rig.display, &err),
		0);
	display_set_user(rig.display, &rig.user);
}

static void close_rig(void)
{
	loop_lock(rig.loop);
	display_buffer_destroy(rig.display, rig.buffer);
	loop_unlock(rig.loop);
	display_destroy(rig.display);
	for (unsigned int kind = 0; kind < 4; kind++)
		if (rig.sources[kind])
			input_source_destroy(rig.sources[kind]);
	seat_destroy(rig.seat);
	loop_destroy(rig.loop);
}

/* Turns the loop until the condition holds. */
#define WAIT_FOR(condition)                                                              \
	do {                                                                             \
		unsigned int turns_ = PATIENCE;                                          \
                                                                                         \
		while (!(condition) && turns_--)                                         \
			loop_turn(rig.loop, TURN_MS);                                    \
		CHECK(condition);                                                        \
	} while (0)

static bool flush(const struct rect *rect)
{
	bool takes_a_while;

	loop_lock(rig.loop);
	takes_a_while = display_flush(rig.display, 0, rig.buffer, rect);
	loop_unlock(rig.loop);
	return takes_a_while;
}

/* The window has the pixels of rect. */
static void flush_and_wait(const struct rect *rect)
{
	unsigned int before = rig.presented;

	WAIT_FOR(flush(rect)); /* nobody looks before the window is there */
	WAIT_FOR(rig.presented > before);
}

static void show(const struct rect *part)
{
	loop_lock(rig.loop);
	display_show(rig.display, 0, rig.buffer, part);
	loop_unlock(rig.loop);
}

static void create_buffer(uint32_t width, uint32_t height, uint32_t colour)
{
	CHECK_EQ(display_buffer_create(rig.display, width, height, &rig.buffer), 0);
	for (uint32_t i = 0; i < width * height; i++)
		rig.buffer->pixels[i] = colour;
}

/* What the window shows; its thread has nothing to do. */
static uint32_t on_screen(int x, int y)
{
	SDL_Surface *surface = SDL_GetWindowSurface(SDL_GetWindowFromID(1));

	if (!surface)
		return 0xdeadbeef;
	CHECK(x < surface->w && y < surface->h);
	return ((uint32_t *)surface->pixels)[y * (surface->pitch / 4) + x] & 0xffffff;
}

TEST(shows_a_part_of_a_buffer)
{
	struct rect part = {2, 1, 64, 48}, dot = {5, 4, 1, 1};

	open_rig(0, 1);
	create_buffer(80, 60, 0x102030);
	show(&part);
	flush_and_wait(&dot);
	CHECK_EQ(on_screen(0, 0), 0x102030);
	CHECK_EQ(on_screen(63, 47), 0x102030);
	rig.buffer->pixels[4 * 80 + 5] = 0xabcdef;
	flush_and_wait(&dot);
	CHECK_EQ(on_screen(3, 3), 0xabcdef);
	close_rig();
}

/* Straight from the guest's memory. A window that is uncovered is drawn anew at any time.
 */
TEST(shows_pixels_of_the_guest)
{
	static uint32_t memory[64 * 48];
	struct iovec iov[] = {{memory, 1000}, {memory + 250, sizeof(memory) - 1000}};
	struct pixel_source source = {iov, 2, 0, 256, 64, 48, PIXEL_RGBA};
	struct rect all = {0, 0, 64, 48}, row = {0, 7, 64, 1};
	uint32_t *pixels = NULL, width, height;

	open_rig(0, 1);
	CHECK_EQ(display_buffer_import(rig.display, &source, -1, &rig.buffer), 0);
	show(&all);
	flush_and_wait(&row);
	for (unsigned int i = 0; i < ARRAY_SIZE(memory); i++)
		memory[i] = 0x0000ff; /* red comes first */
	flush_and_wait(&row);
	CHECK_EQ(on_screen(0, 7), 0xff0000);
	CHECK_EQ(on_screen(63, 7), 0xff0000);
	flush_and_wait(&all);
	CHECK_EQ(on_screen(63, 47), 0xff0000);
	/* What was shown last can be had afterwards, too. */
	loop_lock(rig.loop);
	display_buffer_destroy(rig.display, rig.buffer);
	rig.buffer = NULL;
	CHECK_EQ(display_capture(rig.display, 0, &pixels, &width, &height), 0);
	loop_unlock(rig.loop);
	CHECK_EQ(width, 64);
	CHECK_EQ(pixels[0] & 0xffffff, 0xff0000);
	free(pixels);
	close_rig();
}

TEST(a_larger_window_is_a_larger_mode_and_scales_what_is_there)
{
	struct rect all = {0, 0, 64, 48};

	open_rig(0, 1);
	create_buffer(64, 48, 0x808080);
	show(&all);
	flush_and_wait(&all);
	SDL_SetWindowSize(SDL_GetWindowFromID(1), 200, 96);
	WAIT_FOR(rig.changes);
	CHECK_EQ(display_mode(rig.display, 0)->width, 200);
	CHECK_EQ(display_mode(rig.display, 0)->height, 96);
	flush_and_wait(&all);
	CHECK_EQ(on_screen(35, 50), 0);
	CHECK_EQ(on_screen(36, 0), 0x808080);
	CHECK_EQ(on_screen(163, 95), 0x808080);
	CHECK_EQ(on_screen(164, 95), 0);
	close_rig();
}

/* ---- input ----------------------------------------------------------------------------
 */

static void push(SDL_Event event)
{
	event.window.windowID = 1;
	SDL_PushEvent(&event);
}

static void push_key(SDL_Scancode scancode, bool down, uint16_t mod, bool repeat)
{
	push((SDL_Event){.key = {.type = down ? SDL_KEYDOWN : SDL_KEYUP,
				 .state = down ? SDL_PRESSED : SDL_RELEASED,
				 .repeat = repeat,
				 .keysym = {.scancode = scancode, .mod = mod}}});
}

static void push_motion(int x, int y, int dx, int dy)
{
	push((SDL_Event){.motion = {.type = SDL_MOUSEMOTION,
				 .x = x,
				 .y = y,
				 .xrel = dx,
				 .yrel = dy}});
}

static void push_button(bool down)
{
	push((SDL_Event){
		.button = {.type = down ? SDL_MOUSEBUTTONDOWN : SDL_MOUSEBUTTONUP,
			.state = down ? SDL_PRESSED : SDL_RELEASED,
			.button = SDL_BUTTON_LEFT}});
}

static void push_window(uint8_t what)
{
	push((SDL_Event){.window = {.type = SDL_WINDOWEVENT, .event = what}});
}

static void push_finger(uint32_t type, SDL_FingerID finger, float x, float y)
{
	SDL_Event event = {
		.tfinger = {
			.type = type, .fingerId = finger, .x = x, .y = y, .windowID = 1}};

	SDL_PushEvent(&event);
}

static void wait_for_picture(void)
{
	struct rect all = {0, 0, 64, 48};

	create_buffer(64, 48, 0);
	show(&all);
	flush_and_wait(&all);
	rig.count = 0;
}

/* The guest has heard of exactly these, and forgets them. */
static void check_seen(const struct evdev_event *events, unsigned int count)
{
	WAIT_FOR(rig.count >= count);
	CHECK_EQ(rig.count, count);
	for (unsigned int i = 0; i < count && i < rig.count; i++) {
		CHECK_EQ(rig.seen[i].type, events[i].type);
		CHECK_EQ(rig.seen[i].code, events[i].code);
		CHECK_EQ((uint32_t)rig.seen[i].value, (uint32_t)events[i].value);
	}
	rig.count = 0;
}

#define SEEN(...)                                                                        \
	check_seen((const struct evdev_event[]){__VA_ARGS__},                            \
		ARRAY_SIZE(((const struct evdev_event[]){__VA_ARGS__})))

#define KEYBOARD (1u << INPUT_KEYBOARD)
#define POINTER (1u << INPUT_POINTER)
#define TABLET (1u << INPUT_TABLET)
#define TOUCH (1u << INPUT_TOUCH)

TEST(names_keys_by_their_place)
{
	static const struct {
		SDL_Scancode scancode;
		uint16_t code;
	} keys[] = {
		{SDL_SCANCODE_A, KEY_A},
		{SDL_SCANCODE_0, KEY_0},
		{SDL_SCANCODE_F12, KEY_F12},
		{SDL_SCANCODE_RGUI, KEY_RIGHTMETA},
		{SDL_SCANCODE_NONUSBACKSLASH, KEY_102ND},
		{SDL_SCANCODE_KP_ENTER, KEY_KPENTER},
		{SDL_SCANCODE_PRINTSCREEN, KEY_SYSRQ},
		{SDL_SCANCODE_INTERNATIONAL1, KEY_RO},
		{SDL_SCANCODE_UNKNOWN, 0},
		{SDL_NUM_SCANCODES, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		CHECK_EQ(sdl_key_code(keys[i].scancode), keys[i].code);
}

TEST(keys_go_to_the_keyboard_and_do_not_repeat)
{
	open_rig(KEYBOARD, 1);
	wait_for_picture();
	push_key(SDL_SCANCODE_LSHIFT, true, 0, false);
	push_key(SDL_SCANCODE_Y, true, 0, false);
	push_key(SDL_SCANCODE_Y, true, 0, true);
	push_key(SDL_SCANCODE_UNKNOWN, true, 0, false);
	push_key(SDL_SCANCODE_Y, false, 0, false);
	SEEN({EV_KEY, KEY_LEFTSHIFT, 1}, {EV_KEY, KEY_Y, 1}, {EV_KEY, KEY_Y, 0});
	push_window(SDL_WINDOWEVENT_FOCUS_LOST);
	SEEN({EV_KEY, KEY_LEFTSHIFT, 0});
	close_rig();
}

static bool fills_its_desktop(unsigned int window)
{
	return SDL_GetWindowFlags(SDL_GetWindowFromID(window)) &
	       SDL_WINDOW_FULLSCREEN_DESKTOP;
}

/* The second would cover it. */
TEST(the_first_window_alone_begins_without_a_border)
{
	fullscreen = true;
	open_rig(KEYBOARD, 2);
	fullscreen = false;
	wait_for_picture();
	CHECK(fills_its_desktop(1));
	CHECK(!fills_its_desktop(2));
	/* Which is another size than the XML's, and the guest is told. */
	WAIT_FOR(rig.changes);
	CHECK(display_mode(rig.display, 0)->width > 64);
	close_rig();
}

TEST(keys_for_the_window_are_not_the_guests)
{
	open_rig(KEYBOARD, 1);
	wait_for_picture();
	push_key(SDL_SCANCODE_LCTRL, true, KMOD_LCTRL, false);
	push_key(SDL_SCANCODE_LALT, true, KMOD_LCTRL | KMOD_LALT, false);
	SEEN({EV_KEY, KEY_LEFTCTRL, 1}, {EV_KEY, KEY_LEFTALT, 1});
	push_key(SDL_SCANCODE_G, true, KMOD_LCTRL | KMOD_LALT, false);
	push_key(SDL_SCANCODE_G, false, KMOD_LCTRL | KMOD_LALT, false);
	push_key(SDL_SCANCODE_A, true, 0, false);
	SEEN({EV_KEY, KEY_LEFTCTRL, 0}, {EV_KEY, KEY_LEFTALT, 0}, {EV_KEY, KEY_A, 1});
	CHECK_HAS(SDL_GetWindowTitle(SDL_GetWindowFromID(1)), "test - Ctrl-Alt-G");
	push_key(SDL_SCANCODE_F, true, KMOD_RCTRL | KMOD_RALT, false);
	push_key(SDL_SCANCODE_F, false, 0, false);
	push_key(SDL_SCANCODE_F, true, 0, false);
	SEEN({EV_KEY, KEY_A, 0}, {EV_KEY, KEY_F, 1});
	CHECK(fills_its_desktop(1));
	close_rig();
}

TEST(a_tablet_follows_the_pointer_to_every_corner)
{
	open_rig(TABLET | POINTER, 1);
	wait_for_picture();
	push_motion(63, 47, 1, 1);
	SEEN({EV_ABS, ABS_X, SEAT_ABS_MAX}, {EV_ABS, ABS_Y, SEAT_ABS_MAX});
	push_motion(0, 0, 1, 1);
	SEEN({EV_ABS, ABS_X, 0}, {EV_ABS, ABS_Y, 0});
	push_button(true);
	push_button(false);
	SEEN({EV_KEY, BTN_LEFT, 1}, {EV_KEY, BTN_LEFT, 0});
	close_rig();
}

TEST(places_of_the_second_window_are_right_of_the_first)
{
	open_rig(TABLET, 2);
	wait_for_picture();
	push_motion(63, 47, 1, 1);
	SEEN({EV_ABS, ABS_X, SEAT_ABS_MAX / 3}, {EV_ABS, ABS_Y, SEAT_ABS_MAX});
	close_rig();
}

/* What was pushed before has been looked at; SDL forgets motions when it grabs. */
static void settle(void)
{
	push_key(SDL_SCANCODE_A, true, 0, false);
	push_key(SDL_SCANCODE_A, false, 0, false);
	WAIT_FOR(rig.count && rig.seen[rig.count - 1].code == KEY_A &&
		 !rig.seen[rig.count - 1].value);
}

TEST(a_click_grabs_the_pointer_where_there_is_no_tablet)
{
	open_rig(KEYBOARD | POINTER, 1);
	wait_for_picture();
	push_motion(10, 10, 3, 4);
	push_button(true);
	push_button(false);
	settle();
	SEEN({EV_KEY, KEY_A, 1}, {EV_KEY, KEY_A, 0});
	push_motion(10, 10, -3, 4);
	push_button(true);
	SEEN({EV_REL, REL_X, -3}, {EV_REL, REL_Y, 4}, {EV_KEY, BTN_LEFT, 1});
	push_window(SDL_WINDOWEVENT_FOCUS_LOST);
	SEEN({EV_KEY, BTN_LEFT, 0});
	push_motion(10, 10, 5, 5);
	push_button(true);
	settle();
	SEEN({EV_KEY, KEY_A, 1}, {EV_KEY, KEY_A, 0});
	push_motion(10, 10, 6, 7);
	SEEN({EV_REL, REL_X, 6}, {EV_REL, REL_Y, 7});
	close_rig();
}

TEST(a_wheel_turns_by_parts_of_a_notch)
{
	unsigned int parts = 0, notches = 0;

	open_rig(POINTER | TABLET, 1);
	wait_for_picture();
	for (unsigned int i = 0; i < 4; i++)
		push((SDL_Event){.wheel = {.type = SDL_MOUSEWHEEL, .preciseY = 0.25f}});
	push_motion(0, 0, 0, 0);
	WAIT_FOR(rig.count && rig.seen[rig.count - 1].code == ABS_Y &&
		 rig.seen[rig.count - 1].type == EV_ABS);
	for (unsigned int i = 0; i < rig.count; i++) {
		if (rig.seen[i].type != EV_REL)
			continue;
		parts += rig.seen[i].code == REL_WHEEL_HI_RES
				 ? (unsigned int)rig.seen[i].value
				 : 0;
		notches += rig.seen[i].code == REL_WHEEL ? (unsigned int)rig.seen[i].value
							 : 0;
	}
	CHECK_EQ(parts, SEAT_WHEEL_NOTCH);
	CHECK_EQ(notches, 1);
	close_rig();
}

TEST(fingers_keep_their_numbers)
{
	unsigned int slots = 0;

	open_rig(TOUCH, 1);
	wait_for_picture();
	push_finger(SDL_FINGERDOWN, 77, 0, 0);
	push_finger(SDL_FINGERDOWN, 5, 1, 1);
	push_finger(SDL_FINGERMOTION, 99, 1, 1);
	push_finger(SDL_FINGERUP, 77, 0, 0);
	push_finger(SDL_FINGERUP, 5, 1, 1);
	WAIT_FOR(rig.count && rig.seen[rig.count - 1].code == BTN_TOUCH &&
		 !rig.seen[rig.count - 1].value);
	for (unsigned int i = 0; i < rig.count; i++)
		slots += rig.seen[i].code == ABS_MT_SLOT && rig.seen[i].value == 1;
	CHECK(slots >= 1);
	close_rig();
}

TEST(closing_a_window_is_told_and_leaves_it_open)
{
	struct rect all = {0, 0, 64, 48};

	open_rig(0, 1);
	wait_for_picture();
	push_window(SDL_WINDOWEVENT_CLOSE);
	WAIT_FOR(rig.closed == 1);
	flush_and_wait(&all);
	close_rig();
}

/* ---- the cursor -----------------------------------------------------------------------
 */

TEST(draws_the_cursor_of_a_guest_without_a_tablet)
{
	static uint32_t image[SDL_CURSOR_PIXELS];
	struct rect all = {0, 0, 64, 48}, dot = {0, 0, 1, 1};

	open_rig(POINTER, 1);
	create_buffer(64, 48, 0x404040);
	show(&all);
	image[0] = 0xff112233;
	image[1] = 0x80000000;
	loop_lock(rig.loop);
	display_cursor_set(rig.display, 0, image, 0, 0);
	display_cursor_move(rig.display, 0, 10, 20);
	loop_unlock(rig.loop);
	flush_and_wait(&dot);
	CHECK_EQ(on_screen(10, 20), 0x112233);
	CHECK_EQ(on_screen(11, 20), 0x202020);
	CHECK_EQ(on_screen(12, 20), 0x404040);
	loop_lock(rig.loop);
	display_cursor_move(rig.display, 0, -1, 30);
	loop_unlock(rig.loop);
	flush_and_wait(&dot);
	CHECK_EQ(on_screen(10, 20), 0x404040);
	CHECK_EQ(on_screen(0, 30), 0x202020);
	loop_lock(rig.loop);
	display_cursor_set(rig.display, 0, NULL, 0, 0);
	loop_unlock(rig.loop);
	flush_and_wait(&dot);
	CHECK_EQ(on_screen(0, 30), 0x404040);
	close_rig();
}

/* ---- beginnings and ends --------------------------------------------------------------
 */

TEST(says_why_there_is_no_window)
{
	static const struct display_size size = {64, 48};
	struct display_sdl_options options = {.title = "test"};
	struct display *display;
	struct loop *loop;
	struct error err;

	CHECK_EQ(loop_create(&loop, &err), 0);
	setenv("SDL_VIDEODRIVER", "nothing", 1);
	CHECK_EQ(display_sdl_create(loop, &size, 1, &options, &display, &err),
		(uint64_t)-ENODEV);
	CHECK_HAS(err.text, "there is no window: nothing not available");
	unsetenv("SDL_VIDEODRIVER");
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	CHECK_EQ(display_sdl_create(loop, &size, 1, &options, &display, &err),
		(uint64_t)-ENODEV);
	CHECK_HAS(err.text, "neither DISPLAY nor WAYLAND_DISPLAY is set");
	loop_destroy(loop);
}

TEST(goes_down_before_the_loop_has_run)
{
	open_rig(KEYBOARD, 2);
	close_rig();
}

TEST_MAIN(CASE(shows_a_part_of_a_buffer), CASE(shows_pixels_of_the_guest),
	CASE(a_larger_window_is_a_larger_mode_and_scales_what_is_there),
	CASE(names_keys_by_their_place), CASE(keys_go_to_the_keyboard_and_do_not_repeat),
	CASE(the_first_window_alone_begins_without_a_border),
	CASE(keys_for_the_window_are_not_the_guests),
	CASE(a_tablet_follows_the_pointer_to_every_corner),
	CASE(places_of_the_second_window_are_right_of_the_first),
	CASE(a_click_grabs_the_pointer_where_there_is_no_tablet),
	CASE(a_wheel_turns_by_parts_of_a_notch), CASE(fingers_keep_their_numbers),
	CASE(closing_a_window_is_told_and_leaves_it_open),
	CASE(draws_the_cursor_of_a_guest_without_a_tablet),
	CASE(says_why_there_is_no_window), CASE(goes_down_before_the_loop_has_run))
