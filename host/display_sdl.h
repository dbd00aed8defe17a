/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A display (host/display.h) of windows on a desktop, by SDL: of X11 or Wayland, whatever
 * DISPLAY or WAYLAND_DISPLAY names, here or, with X11, on another machine. A window's
 * size is its scanout's mode. Keys go to the seat by their place on the keyboard;
 * Ctrl-Alt-F is full screen and back, Ctrl-Alt-G takes and gives back keyboard and
 * pointer.
 *
 * It has a thread of its own, which waits for what happens there: neither a slow display
 * server nor one that is gone holds the VM up.
 */
#ifndef HOST_DISPLAY_SDL_H
#define HOST_DISPLAY_SDL_H

#include "host/display.h"

struct error;
struct loop;
struct seat;
struct source_pos;

struct display_sdl_options {
	const char *title;
	bool fullscreen;   /* the first window */
	struct seat *seat; /* what the person does goes there; outlives the display */
	/* The person has closed a window, which stays. On the loop's thread. */
	void (*closed)(void *closed_data);
	void *closed_data;
	const struct source_pos *pos;
};

/*
 * A window each on the desktop of DISPLAY or WAYLAND_DISPLAY, and a thread that waits for
 * what happens there. One such display a process. Its modes follow the windows' sizes.
 */
int display_sdl_create(struct loop *loop, const struct display_size *sizes,
	unsigned int scanouts, const struct display_sdl_options *options,
	struct display **ret, struct error *err);

#endif
