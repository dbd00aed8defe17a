/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libwayland-client as windows see it, with a compositor behind it that does what a test
 * says: in place of the library's functions, for a program that is linked with this. One
 * connection, one surface of SDL's, one seat with a pointer; the calling thread's.
 */
#ifndef TEST_UNIT_FAKE_COMPOSITOR_H
#define TEST_UNIT_FAKE_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

/* An object of the protocol, a struct wl_proxy to the program. */
struct fake_object {
	const struct wl_interface *interface; /* NULL: there is none any more */
	const void *listener;
	void *data;

	/* A pool's and its buffers': mapped as a compositor does. */
	const uint32_t *pixels;
	int seals;
	int32_t width;
	int32_t height;

	/* A surface's. */
	struct fake_object *buffer; /* attached; kept by a commit */
	struct fake_object *frame;  /* a callback */
	int32_t damaged[4];         /* the last rectangle */
	unsigned int commits;
};

extern struct fake_compositor {
	struct fake_object *window;  /* the surface of SDL's window */
	struct fake_object *pointer; /* NULL: the program has not asked for it */
	struct fake_object *cursor;  /* what it shows there; NULL: nothing */
	int32_t hot_x;
	unsigned int cursors_set;
	struct fake_object *arrow; /* the buffer of the theme's */
} compositor;

/* Forgets all. */
void fake_compositor_reset(void);
/* The buffer may be drawn on again. */
void fake_compositor_release(struct fake_object *buffer);
/* Another frame of the window is wanted. */
void fake_compositor_want_frame(void);
void fake_compositor_plug_pointer(struct wl_seat *seat, bool plugged);
void fake_compositor_enter(struct fake_object *surface);
/* How many of them there are. */
unsigned int fake_compositor_count(const struct wl_interface *interface);

#endif
