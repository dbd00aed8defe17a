/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scanout of a display on a graphics card. What it is to show gets to the screen in one
 * of two ways: a buffer in memory of the card, as large as the screen's mode, is shown as
 * it is. Of any other the changes are copied, in the middle of the screen, into the one
 * of two pictures that is not seen, and the two change places. So they are where a card
 * shows no cursor: it is drawn into the pictures, as a change of its own.
 *
 * Runs with the loop's lock held.
 */
#ifndef HOST_DRM_SCREEN_H
#define HOST_DRM_SCREEN_H

#include "host/display_impl.h"
#include "host/drm_output.h"

/* A display_buffer, with its frame buffer where it has one. */
struct drm_buffer {
	struct display_buffer base;
	struct drm_memory memory; /* its pixels; or only a frame buffer, of an import */
};

struct drm_screen {
	struct drm_output output;
	struct display_scanout *scanout; /* what the user wants */
	unsigned int number;
	bool away;    /* the card belongs to somebody else now */
	bool direct;  /* the buffer is shown as it is */
	bool failed;  /* to set its mode, and it was said */
	bool waiting; /* the user, for display_presented() */

	/* Of the screen, what it has not been told of. */
	struct rect damage;

	bool flipping;
	uint16_t turn; /* counts modes; an event of an earlier one comes too late */

	struct drm_memory pictures[2];
	struct rect stale[2]; /* what has changed since that one was written */
	unsigned int seen;    /* which one is on the screen, or on its way */

	struct drm_memory cursor;
	bool draws_cursor; /* into the pictures: the card shows none, and it was said */
	struct rect cursor_place; /* in them; empty: it is not there */
};

/* Where the part that is shown lies on the screen, and how much of it. */
struct rect drm_screen_place(const struct drm_screen *screen);

/* The scanout shows something else, or the mode is another. */
void drm_screen_show(struct drm_screen *screen);
/* rect of the buffer is new. True where it takes a while until it is on the screen. */
bool drm_screen_flush(struct drm_screen *screen, const struct rect *rect);
/* An event of the card, with the data of the flip. */
void drm_screen_flipped(struct drm_screen *screen, uint64_t data);
unsigned int drm_screen_of(uint64_t data); /* the number of the one that it is for */
/* Brings what has changed on its way, unless the last change is. */
void drm_screen_present(struct drm_screen *screen);
/* Whether the card was busy, and drm_screen_present() is to be called in a while. */
bool drm_screen_is_late(const struct drm_screen *screen);

/* The card is somebody else's now; is ours again. */
void drm_screen_leave(struct drm_screen *screen);
void drm_screen_return(struct drm_screen *screen);

void drm_screen_cursor_set(struct drm_screen *screen);
void drm_screen_cursor_move(struct drm_screen *screen);

/* The mode is to be another: what is made for it goes. */
void drm_screen_forget(struct drm_screen *screen);

#endif
