/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connector of a graphics card with the CRTC that drives it: what it shows, and what
 * it showed before.
 *
 * Runs with the loop's lock held.
 */
#ifndef HOST_DRM_OUTPUT_H
#define HOST_DRM_OUTPUT_H

#include "host/drm_card.h"

struct rect;

struct drm_output {
	const struct drm_card *card;
	struct drm_connector connector; /* as last looked at */
	struct drm_mode_modeinfo mode;  /* that it has or will have, once lit */
	uint32_t crtc;
	bool lit;
	/* While lit. */
	uint32_t fb;
	uint32_t x; /* what the screen shows of it */
	uint32_t y;
	struct drm_plane plane; /* id 0: pictures are flipped without one */

	bool never_dirty;            /* the card sees by itself what is written */
	bool touched;                /* it shows what we made it show */
	struct drm_mode_crtc before; /* what others had left there */
};

/*
 * connector has been read. crtcs is a mask of the card's CRTCs that others have taken;
 * its own is added. -EBUSY where all that would do are.
 */
int drm_output_init(struct drm_output *output, const struct drm_card *card,
	const struct drm_connector *connector, uint32_t *crtcs);

/* Sets output->mode, with the frame buffer's part from x, y on. Waits for the card. */
int drm_output_light(struct drm_output *output, uint32_t fb, uint32_t x, uint32_t y);
void drm_output_darken(struct drm_output *output);
/* As it was before drm_output_init(), as far as that is still there. */
void drm_output_restore(struct drm_output *output);

/*
 * Of a lit one: shows that part with the next frame; an event with data follows. damage
 * is what the card has not seen of the frame buffer. -EBUSY: the last one is not done.
 */
int drm_output_flip(struct drm_output *output, uint32_t fb, uint32_t x, uint32_t y,
	const struct rect *damage, uint64_t data);

/*
 * What it shows was written to. False where the card does not want to hear of it, or
 * would rather hear of it with a flip.
 */
bool drm_output_touch(struct drm_output *output, const struct rect *damage);

/* Handle 0: none. */
int drm_output_cursor(
	struct drm_output *output, uint32_t handle, uint32_t hot_x, uint32_t hot_y);
void drm_output_cursor_move(struct drm_output *output, int32_t x, int32_t y);

#endif
