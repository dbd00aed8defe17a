/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a person does to a window: reports for the loop, and what is the window's own
 * business. The window thread's.
 *
 * With a tablet the guest's pointer is where the desktop's is. Without one a click grabs
 * it: it is hidden and kept, and how it moves is what the guest hears, until Ctrl-Alt-G.
 */
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdio.h>

#include "host/display_sdl_impl.h"

/* ---- whose window ---------------------------------------------------------------------
 */

static int scanout_of(const struct display_sdl *sdl, uint32_t id)
{
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++)
		if (sdl->windows[i].id == id)
			return (int)i;
	return -1;
}

void sdl_set_titles(struct display_sdl *sdl)
{
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++) {
		char number[16] = "", title[256];

		if (sdl->display.scanout_count > 1)
			snprintf(number, sizeof(number), " (%u)", i + 1);
		snprintf(title, sizeof(title), "%s%s%s", sdl->title, number,
			sdl->grabbed ? " - Ctrl-Alt-G releases pointer and keyboard"
				     : "");
		SDL_SetWindowTitle(sdl->windows[i].window, title);
	}
}

static bool guest_has(struct display_sdl *sdl, enum input_kind kind)
{
	bool has;

	loop_lock(sdl->loop);
	has = seat_has(sdl->seat, kind);
	loop_unlock(sdl->loop);
	return has;
}

static void set_grab(struct display_sdl *sdl, SDL_Window *window, bool grab)
{
	if (sdl->grabbed == grab)
		return;
	sdl->grabbed = grab;
	sdl->relative = grab && !guest_has(sdl, INPUT_TABLET);
	SDL_SetRelativeMouseMode(sdl->relative ? SDL_TRUE : SDL_FALSE);
	SDL_SetWindowKeyboardGrab(window, grab ? SDL_TRUE : SDL_FALSE);
	SDL_SetWindowMouseGrab(window, grab ? SDL_TRUE : SDL_FALSE);
	sdl_wayland_show_cursor(sdl);
	sdl_set_titles(sdl);
}

/* ---- keys -----------------------------------------------------------------------------
 */

static void look_away(struct display_sdl *sdl)
{
	const struct sdl_report report = {.kind = SDL_REPORT_AWAY};

	for (unsigned int i = 0; i < SEAT_TOUCHES; i++)
		sdl->finger_down[i] = false;
	sdl_report(sdl, &report);
}

static void toggle_fullscreen(SDL_Window *window)
{
	Uint32 full = SDL_GetWindowFlags(window) & SDL_WINDOW_FULLSCREEN_DESKTOP;

	SDL_SetWindowFullscreen(window, full ? 0 : SDL_WINDOW_FULLSCREEN_DESKTOP);
}

/* Whether the key is the window's own, with Ctrl and Alt. */
static bool is_hotkey(
	struct display_sdl *sdl, SDL_Window *window, const SDL_KeyboardEvent *key)
{
	SDL_Scancode scancode = key->keysym.scancode;

	if (!(key->keysym.mod & KMOD_CTRL) || !(key->keysym.mod & KMOD_ALT) ||
		(scancode != SDL_SCANCODE_F && scancode != SDL_SCANCODE_G))
		return false;
	/* Ctrl and Alt were meant for the window, too. */
	look_away(sdl);
	sdl->swallowed = (int)scancode;
	if (scancode == SDL_SCANCODE_F)
		toggle_fullscreen(window);
	else
		set_grab(sdl, window, !sdl->grabbed);
	return true;
}

static void on_key(
	struct display_sdl *sdl, unsigned int scanout, const SDL_KeyboardEvent *key)
{
	struct sdl_report report = {
		.kind = SDL_REPORT_KEY,
		.scanout = (uint8_t)scanout,
		.down = key->state == SDL_PRESSED,
		.code = sdl_key_code(key->keysym.scancode),
	};

	/* Guests repeat keys themselves. */
	if (key->repeat || !report.code)
		return;
	if (report.down && is_hotkey(sdl, sdl->windows[scanout].window, key))
		return;
	if (!report.down && sdl->swallowed == (int)key->keysym.scancode) {
		sdl->swallowed = SDL_SCANCODE_UNKNOWN;
		return;
	}
	sdl_report(sdl, &report);
}

/* ---- pointer and fingers --------------------------------------------------------------
 */

/* One way: a place in the window, as one in the picture. */
static int32_t place(double at, uint32_t start, uint32_t side)
{
	double share = side > 1 ? (at - start) / (side - 1) : 0;

	return (int32_t)lround(SDL_clamp(share, 0.0, 1.0) * SEAT_ABS_MAX);
}

static void set_place(
	const struct sdl_window *window, double x, double y, struct sdl_report *report)
{
	const struct rect *picture = &window->picture;

	report->x = place(x, picture->x, picture->width);
	report->y = place(y, picture->y, picture->height);
}

static void on_motion(
	struct display_sdl *sdl, unsigned int scanout, const SDL_MouseMotionEvent *motion)
{
	struct sdl_report report = {
		.kind = SDL_REPORT_POINTER,
		.scanout = (uint8_t)scanout,
		.down = sdl->relative,
		.dx = motion->xrel,
		.dy = motion->yrel,
	};

	set_place(&sdl->windows[scanout], motion->x, motion->y, &report);
	sdl_report(sdl, &report);
}

static void on_button(
	struct display_sdl *sdl, unsigned int scanout, const SDL_MouseButtonEvent *button)
{
	static const uint16_t codes[] = {
		[SDL_BUTTON_LEFT] = BTN_LEFT,
		[SDL_BUTTON_MIDDLE] = BTN_MIDDLE,
		[SDL_BUTTON_RIGHT] = BTN_RIGHT,
		[SDL_BUTTON_X1] = BTN_SIDE,
		[SDL_BUTTON_X2] = BTN_EXTRA,
	};
	struct sdl_report report = {
		.kind = SDL_REPORT_KEY,
		.scanout = (uint8_t)scanout,
		.down = button->state == SDL_PRESSED,
	};

	/* This click was for the window. Its release is no news to the guest. */
	if (report.down && !sdl->grabbed && guest_has(sdl, INPUT_POINTER) &&
		!guest_has(sdl, INPUT_TABLET)) {
		set_grab(sdl, sdl->windows[scanout].window, true);
		return;
	}
	if (button->button < SDL_arraysize(codes))
		report.code = codes[button->button];
	if (report.code)
		sdl_report(sdl, &report);
}

/* The whole steps of a sum; what is left waits for more. */
static int32_t take_steps(double *sum, double more)
{
	double whole = trunc(*sum += more * SEAT_WHEEL_NOTCH);

	whole = SDL_clamp(whole, -1e6, 1e6);
	*sum -= whole;
	return (int32_t)whole;
}

static void on_wheel(
	struct display_sdl *sdl, unsigned int scanout, const SDL_MouseWheelEvent *wheel)
{
	struct sdl_report report = {
		.kind = SDL_REPORT_WHEEL, .scanout = (uint8_t)scanout};

	report.dx = take_steps(&sdl->wheel_x, (double)wheel->preciseX);
	report.dy = take_steps(&sdl->wheel_y, (double)wheel->preciseY);
	if (report.dx || report.dy)
		sdl_report(sdl, &report);
}

/* The number of a finger that is down, or one that is free; -1: none. */
static int find_finger(const struct display_sdl *sdl, SDL_FingerID id, bool down)
{
	int spare = -1;

	for (int i = 0; i < (int)SEAT_TOUCHES; i++) {
		if (sdl->finger_down[i] && sdl->fingers[i] == id)
			return i;
		if (!sdl->finger_down[i] && spare < 0)
			spare = i;
	}
	return down ? spare : -1;
}

static void on_finger(
	struct display_sdl *sdl, unsigned int scanout, const SDL_TouchFingerEvent *finger)
{
	const struct sdl_window *window = &sdl->windows[scanout];
	bool down = finger->type != SDL_FINGERUP;
	int number = find_finger(sdl, finger->fingerId, finger->type == SDL_FINGERDOWN);
	struct sdl_report report = {.kind = SDL_REPORT_TOUCH,
		.scanout = (uint8_t)scanout,
		.down = down,
		.code = (uint16_t)number};
	int width, height;

	if (number < 0)
		return;
	sdl->finger_down[number] = down;
	sdl->fingers[number] = finger->fingerId;
	SDL_GetWindowSize(window->window, &width, &height);
	set_place(window, (double)finger->x * (width - 1),
		(double)finger->y * (height - 1), &report);
	sdl_report(sdl, &report);
}

/* ---- the window itself ----------------------------------------------------------------
 */

static void draw_anew(struct display_sdl *sdl, unsigned int scanout)
{
	loop_lock(sdl->loop);
	sdl->windows[scanout].wishes.all_new = true;
	loop_unlock(sdl->loop);
}

static void report_size(struct display_sdl *sdl, unsigned int scanout)
{
	SDL_Window *window = sdl->windows[scanout].window;
	Uint32 unseen = SDL_WINDOW_HIDDEN | SDL_WINDOW_MINIMIZED;
	struct sdl_report report = {
		.kind = SDL_REPORT_RESIZED,
		.scanout = (uint8_t)scanout,
		.down = !(SDL_GetWindowFlags(window) & unseen),
	};

	SDL_GetWindowSize(window, &report.dx, &report.dy);
	sdl_report(sdl, &report);
}

static void on_window(
	struct display_sdl *sdl, unsigned int scanout, const SDL_WindowEvent *event)
{
	const struct sdl_report closed = {
		.kind = SDL_REPORT_CLOSED, .scanout = (uint8_t)scanout};

	switch (event->event) {
	case SDL_WINDOWEVENT_EXPOSED:
		draw_anew(sdl, scanout);
		break;
	case SDL_WINDOWEVENT_SHOWN:
	case SDL_WINDOWEVENT_RESTORED:
	case SDL_WINDOWEVENT_SIZE_CHANGED:
		draw_anew(sdl, scanout);
		report_size(sdl, scanout);
		break;
	case SDL_WINDOWEVENT_HIDDEN:
	case SDL_WINDOWEVENT_MINIMIZED:
		report_size(sdl, scanout);
		break;
	case SDL_WINDOWEVENT_ENTER:
		sdl_wayland_show_cursor(sdl);
		break;
	case SDL_WINDOWEVENT_FOCUS_GAINED:
		draw_anew(sdl, scanout);
		break;
	case SDL_WINDOWEVENT_FOCUS_LOST:
		draw_anew(sdl, scanout);
		set_grab(sdl, sdl->windows[scanout].window, false);
		look_away(sdl);
		break;
	case SDL_WINDOWEVENT_CLOSE:
		sdl_report(sdl, &closed);
		break;
	default:
		break;
	}
}

void sdl_input(struct display_sdl *sdl, const SDL_Event *event)
{
	/* All events that are looked at have their window's number at the same place. */
	int scanout = scanout_of(sdl, event->type == SDL_FINGERDOWN ||
						      event->type == SDL_FINGERMOTION ||
						      event->type == SDL_FINGERUP
					      ? event->tfinger.windowID
					      : event->window.windowID);

	if (scanout < 0)
		return;
	switch (event->type) {
	case SDL_WINDOWEVENT:
		on_window(sdl, (unsigned int)scanout, &event->window);
		break;
	case SDL_KEYDOWN:
	case SDL_KEYUP:
		on_key(sdl, (unsigned int)scanout, &event->key);
		break;
	case SDL_MOUSEMOTION:
		on_motion(sdl, (unsigned int)scanout, &event->motion);
		break;
	case SDL_MOUSEBUTTONDOWN:
	case SDL_MOUSEBUTTONUP:
		on_button(sdl, (unsigned int)scanout, &event->button);
		break;
	case SDL_MOUSEWHEEL:
		on_wheel(sdl, (unsigned int)scanout, &event->wheel);
		break;
	case SDL_FINGERDOWN:
	case SDL_FINGERMOTION:
	case SDL_FINGERUP:
		on_finger(sdl, (unsigned int)scanout, &event->tfinger);
		break;
	default:
		break;
	}
}
