/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of a VNC server: a connection, libvncserver's idea of it, and the thread that
 * serves it. Each has a screen of libvncserver's for itself and shares nothing with the
 * others but the pixels, so that none can hold up another.
 *
 * The thread hears what is new under the client's lock, which nobody holds for longer
 * than a copy of a cursor. What the client does travels the other way, in a queue that is
 * emptied on the loop's thread; the thread waits while that is full.
 *
 * Everything but the thread itself runs with the loop's lock held.
 */
#ifndef HOST_VNC_CLIENT_H
#define HOST_VNC_CLIENT_H

#include <pthread.h>
#include <rfb/rfb.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/display.h"
#include "host/vnc_frame.h"
#include "host/vnc_input.h"
#include "host/web.h"
#include "src/loop.h"

#define VNC_QUEUE_MAX 64u /* of what a client did */

/* Password and pages; the same for all clients, constant. */
struct vnc_rules {
	const char *name;
	const char *password; /* NULL: none */
	struct web_rules web; /* root -1: no pages, no websockets */
};

struct vnc_cursor {
	bool visible;
	uint32_t hot_x;
	uint32_t hot_y;
	uint32_t pixels[DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE];
};

struct vnc_client {
	/* The owner's, filled in before vnc_client_init(). */
	struct loop *loop;
	const struct vnc_rules *rules;
	struct vnc_input *input;

	bool running; /* the rest is the client's */
	pthread_t thread;
	int fd;   /* as long as it runs, whatever libvncserver closes */
	int wake; /* eventfd: there is news */
	struct loop_task heard;
	struct loop_task over;
	struct vnc_pointer pointer; /* the loop's */

	pthread_mutex_t lock; /* guards all up to the next line */
	pthread_cond_t room;
	bool leaving;
	bool view_changed;
	struct vnc_view view;
	struct vnc_damage damage;
	bool cursor_changed;
	struct vnc_cursor cursor;
	unsigned int leds; /* bit n is LED n of evdev */
	unsigned int queue_count;
	struct vnc_event queue[VNC_QUEUE_MAX];

	/* The thread's while it runs. */
	rfbScreenInfoPtr screen;
	rfbClientPtr peer;
	struct vnc_view shown;
	bool has_cursor;
	bool tells_keys; /* asked to be told that it may send codes of keys */
	bool tells_leds; /* asked for LEDs */
	bool leds_changed;
	unsigned int shown_leds;
	rfbCursor shape;
	uint32_t shape_pixels[DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE];
	uint8_t shape_mask[DISPLAY_CURSOR_SIDE * DISPLAY_CURSOR_SIDE / 8];
};

/* Zeroed but for the owner's part. -ENOMEM, -EMFILE; before any of them is started. */
int vnc_client_init(struct vnc_client *client, const struct vnc_view *view);
/* Ends it where it runs. One that was only zeroed is fine. */
void vnc_client_finish(struct vnc_client *client);

/* Takes a connection over. It is closed where there is no thread: -errno. */
int vnc_client_start(struct vnc_client *client, int fd);

/* Whether or not it runs. */
void vnc_client_show(struct vnc_client *client, const struct vnc_view *view);
void vnc_client_damage(struct vnc_client *client, const struct vnc_damage *damage);
void vnc_client_cursor(struct vnc_client *client, const struct vnc_cursor *cursor);
void vnc_client_leds(struct vnc_client *client, unsigned int leds);

#endif
