/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows of the host's desktop, by SDL 2.26, which wants all of its video on one thread:
 * the window thread (display_sdl_thread.c), which draws (display_sdl_draw.c) and turns
 * what the person does into reports (display_sdl_input.c). It waits for the display
 * server or for the loop's word and for nothing else, so a window where nothing happens
 * costs nothing. The loop's side is display_sdl.c: it gets the reports through a pipe,
 * and leaves its wishes in struct sdl_window, under the loop's lock, and a word in wake.
 *
 * The lock is never held across a call that may talk to the display server.
 */
#ifndef HOST_DISPLAY_SDL_IMPL_H
#define HOST_DISPLAY_SDL_IMPL_H

#include <SDL.h>
#include <pthread.h>
#include <semaphore.h>

#include "host/display_impl.h"
#include "host/display_sdl.h"
#include "host/seat.h"
#include "src/loop.h"

struct wl_display;

enum sdl_report_kind {
	SDL_REPORT_KEY,     /* code; down */
	SDL_REPORT_POINTER, /* x, y; dx, dy */
	SDL_REPORT_WHEEL,   /* dx, dy */
	SDL_REPORT_TOUCH,   /* code is the finger; down; x, y */
	SDL_REPORT_AWAY,    /* the person looks elsewhere */
	SDL_REPORT_RESIZED, /* dx, dy: the window's size; down: it is there to be seen */
	SDL_REPORT_PRESENTED,
	SDL_REPORT_CLOSED,
	SDL_REPORT_LOST, /* the display server is gone, and the thread with it */
};

/* Of the window thread for the loop's. */
struct sdl_report {
	enum sdl_report_kind kind;
	uint8_t scanout;
	bool down;
	uint16_t code;
	int32_t x; /* in the scanout's picture, 0 to SEAT_ABS_MAX */
	int32_t y;
	int32_t dx;
	int32_t dy;
};

#define SDL_CURSOR_PIXELS (DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE)

/* What is to be drawn; the loop's lock. */
struct sdl_wishes {
	struct rect damage; /* of the buffer */
	bool all_new;       /* all of it, and what is around it */
	bool owed;          /* display_presented() is */
	bool cursor_moved;
	bool cursor_set;
};

struct sdl_window {
	struct sdl_wishes wishes;
	bool visible; /* these two are the loop's */
	bool owed;

	/* The window thread's. */
	SDL_Window *window;
	uint32_t id;
	struct rect picture;   /* where in the window it is; empty: none */
	SDL_Surface *unscaled; /* the picture, where the window's size is another */
	int width;             /* of what it was drawn on */
	int height;
	struct rect cursor; /* where one is drawn, in the picture; empty: nowhere */
	struct sdl_wayland_window *wayland; /* NULL: SDL brings the picture there */
};

struct display_sdl {
	struct display display;
	struct loop *loop;
	struct seat *seat;
	void (*closed)(void *closed_data);
	void *closed_data;
	struct loop_fd reports; /* the pipe's end to read from */
	struct loop_task go_task;
	struct loop_timer resized; /* the person may go on resizing */
	struct display_size sizes[DISPLAY_SCANOUTS_MAX]; /* of the windows then */
	bool lost;

	/* Of both sides. */
	pthread_t thread;
	bool thread_runs;
	int report_fd;   /* the pipe's end to write to */
	int wake_fd;     /* an eventfd: there are wishes, or stop */
	bool woken;      /* since the thread looked last; the loop's lock */
	bool stop;       /* likewise */
	bool fullscreen; /* at first; constant */
	sem_t started;   /* by the thread: windows are there, or not */
	sem_t go;        /* by the loop, when it runs: who listens is complete */
	int start_code;
	char start_text[256];
	char title[128];

	/* The window thread's. */
	int server_fd;               /* of the display server; -1: unknown */
	struct sdl_wayland *wayland; /* NULL: it is none of Wayland's */
	int wait_ms;                 /* for a window that will be drawn; -1: none waits */
	bool grabbed;
	bool relative; /* the pointer of the host is hidden, and its way counts */
	SDL_Cursor *host_cursor; /* the guest's; NULL: the desktop's own, or hidden */
	int swallowed;           /* a scancode, whose release is not for the guest */
	double wheel_x;
	double wheel_y;
	bool finger_down[SEAT_TOUCHES];
	SDL_FingerID fingers[SEAT_TOUCHES];

	struct sdl_window windows[DISPLAY_SCANOUTS_MAX];
};

/* The whole of the thread; the argument is the display. */
void *sdl_thread(void *argument);
/* Waits while the loop has too much to do. */
void sdl_report(struct display_sdl *sdl, const struct sdl_report *report);

/* Takes the wishes and draws; true where it did. */
bool sdl_draw(struct display_sdl *sdl, unsigned int scanout);

void sdl_input(struct display_sdl *sdl, const SDL_Event *event);
/* Sets all titles. */
void sdl_set_titles(struct display_sdl *sdl);

/* ---- on Wayland (display_sdl_wayland.c) ---- */

/* What a window is made with, for SDL to leave it alone; 0 or -1, as SDL has it. */
int sdl_wayland_window_flags(Uint32 *ret);
/* When SDL has made the windows; 0 or -1, and sdl_wayland_destroy() in either case. */
int sdl_wayland_create(struct display_sdl *sdl, struct wl_display *display);
/* Reads the desktop's arrow, which takes some files and a while. Nothing where it is not
 * Wayland. */
void sdl_wayland_start_cursor(struct display_sdl *sdl);
/* Before the windows go. */
void sdl_wayland_destroy(struct display_sdl *sdl);
/* Until the window may be drawn: 0, so many ms or the compositor's word, or, -1, that
 * alone. */
int sdl_wayland_wait_ms(struct sdl_window *window);
/* What to draw on now, which has what was there before where the size is the same; NULL:
 * no memory. */
SDL_Surface *sdl_wayland_surface(struct display_sdl *sdl, struct sdl_window *window);
/* It was drawn on there. */
void sdl_wayland_present(struct display_sdl *sdl, struct sdl_window *window,
	const SDL_Rect *rects, int count);
/* What a library has drawn around the windows comes with their next commit: this one.
 * Nothing where it is not Wayland. */
void sdl_wayland_settle(struct display_sdl *sdl);
/* The guest's; NULL hides it. */
void sdl_wayland_set_cursor(
	struct display_sdl *sdl, const uint32_t *pixels, uint32_t hot_x, uint32_t hot_y);
/* Where SDL may have set its own. Nothing where it is not Wayland. */
void sdl_wayland_show_cursor(struct display_sdl *sdl);

/* KEY_*, or 0 for a key that evdev knows nothing of. */
uint16_t sdl_key_code(SDL_Scancode scancode);

#endif
