/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A display of a graphics card: what display_drm.c runs and drm_setup.c sets up.
 */
#ifndef HOST_DRM_DISPLAY_H
#define HOST_DRM_DISPLAY_H

#include "host/drm_screen.h"
#include "host/uevent.h"
#include "host/vt.h"
#include "src/loop.h"

struct drm_display {
	struct display base;
	struct loop *loop;
	struct display_drm_options options;
	struct vt vt;
	struct loop_fd lease; /* its connection; fd -1: the card is our own */
	struct drm_card card;
	struct loop_fd events;
	struct uevent uevent;
	struct loop_timer late; /* the card was busy */
	struct loop_task tell;  /* of what was presented meanwhile */
	uint32_t crtcs;         /* taken */
	unsigned int screen_count;
	struct drm_screen screens[DISPLAY_SCANOUTS_MAX];
};

/* Opens the card that the options name, and a screen for each scanout. */
int drm_display_open_screens(
	struct drm_display *drm, unsigned int scanouts, struct error *err);

/* The mode that a connector is to have; NULL: there is none. */
const struct drm_mode_modeinfo *drm_display_mode(
	const struct drm_display *drm, const struct drm_connector *connector);

/* The scanout's mode becomes the screen's; NULL: nothing is plugged in. */
void drm_display_tell(struct drm_display *drm, struct drm_screen *screen,
	const struct drm_mode_modeinfo *mode);

#endif
