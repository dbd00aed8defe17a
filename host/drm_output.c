/* SPDX-License-Identifier: Apache-2.0 */
#include "host/drm_output.h"

#include <errno.h>
#include <string.h>

#include "host/drm_sys.h"
#include "host/pixels.h"
#include "src/container_of.h"

int drm_output_init(struct drm_output *output, const struct drm_card *card,
	const struct drm_connector *connector, uint32_t *crtcs)
{
	int crtc = drm_card_take_crtc(card, connector, crtcs);

	if (crtc < 0)
		return crtc;
	memset(output, 0, sizeof(*output));
	output->card = card;
	output->connector = *connector;
	output->crtc = card->crtcs[crtc];
	output->before.crtc_id = output->crtc;
	drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETCRTC, &output->before);
	return 0;
}

/* ---- modes ----------------------------------------------------------------------------
 */

int drm_output_light(struct drm_output *output, uint32_t fb, uint32_t x, uint32_t y)
{
	struct drm_mode_crtc crtc = {
		.crtc_id = output->crtc,
		.set_connectors_ptr = drm_sys_address(&output->connector.id),
		.count_connectors = 1,
		.fb_id = fb,
		.x = x,
		.y = y,
		.mode_valid = 1,
		.mode = output->mode,
	};
	int code = drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_SETCRTC, &crtc);

	if (code < 0)
		return code;
	output->lit = output->touched = true;
	output->fb = fb;
	output->x = x;
	output->y = y;
	if (!output->card->atomic ||
		!drm_card_plane(output->card, output->crtc, &output->plane))
		output->plane.id = 0;
	return 0;
}

void drm_output_darken(struct drm_output *output)
{
	struct drm_mode_crtc crtc = {.crtc_id = output->crtc};

	output->lit = false;
	drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_SETCRTC, &crtc);
}

void drm_output_restore(struct drm_output *output)
{
	struct drm_mode_crtc crtc = output->before;

	if (!output->touched)
		return;
	drm_output_cursor(output, 0, 0, 0);
	crtc.set_connectors_ptr = drm_sys_address(&output->connector.id);
	crtc.count_connectors = 1;
	/* A picture that is gone by now cannot come back: dark. */
	if (!crtc.mode_valid || !crtc.fb_id ||
		drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_SETCRTC, &crtc) < 0)
		drm_output_darken(output);
	output->lit = false;
}

/* ---- pictures -------------------------------------------------------------------------
 */

static uint32_t damage_blob(const struct drm_output *output, const struct rect *damage)
{
	struct drm_mode_rect clip = {
		.x1 = (int32_t)damage->x,
		.y1 = (int32_t)damage->y,
		.x2 = (int32_t)(damage->x + damage->width),
		.y2 = (int32_t)(damage->y + damage->height),
	};
	struct drm_mode_create_blob blob = {
		.data = drm_sys_address(&clip),
		.length = sizeof(clip),
	};

	if (!output->plane.damage ||
		drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_CREATEPROPBLOB, &blob) < 0)
		return 0;
	return blob.blob_id;
}

static int flip_plane(struct drm_output *output, uint32_t fb, uint32_t x, uint32_t y,
	const struct rect *damage, uint64_t data)
{
	const struct drm_plane *plane = &output->plane;
	uint32_t blob = damage_blob(output, damage), count = blob ? 4 : 3;
	uint32_t properties[] = {plane->fb_id, plane->src_x, plane->src_y, plane->damage};
	/* Places in a picture are fixed-point numbers. */
	uint64_t values[] = {fb, (uint64_t)x << 16, (uint64_t)y << 16, blob};
	struct drm_mode_atomic commit = {
		.flags = DRM_MODE_PAGE_FLIP_EVENT | DRM_MODE_ATOMIC_NONBLOCK,
		.count_objs = 1,
		.objs_ptr = drm_sys_address(&plane->id),
		.count_props_ptr = drm_sys_address(&count),
		.props_ptr = drm_sys_address(properties),
		.prop_values_ptr = drm_sys_address(values),
		.user_data = data,
	};
	struct drm_mode_destroy_blob gone = {.blob_id = blob};
	int code = drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_ATOMIC, &commit);

	if (blob)
		drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_DESTROYPROPBLOB, &gone);
	return code;
}

static int flip_crtc(struct drm_output *output, uint32_t fb, uint64_t data)
{
	struct drm_mode_crtc_page_flip flip = {
		.crtc_id = output->crtc,
		.fb_id = fb,
		.flags = DRM_MODE_PAGE_FLIP_EVENT,
		.user_data = data,
	};

	return drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_PAGE_FLIP, &flip);
}

int drm_output_flip(struct drm_output *output, uint32_t fb, uint32_t x, uint32_t y,
	const struct rect *damage, uint64_t data)
{
	int code;

	if (output->plane.id)
		code = flip_plane(output, fb, x, y, damage, data);
	else if (x == output->x && y == output->y)
		code = flip_crtc(output, fb, data);
	else
		code = -EOPNOTSUPP;
	if (code < 0)
		return code;
	output->fb = fb;
	output->x = x;
	output->y = y;
	return 0;
}

bool drm_output_touch(struct drm_output *output, const struct rect *damage)
{
	struct drm_clip_rect clip = {
		.x1 = (unsigned short)damage->x,
		.y1 = (unsigned short)damage->y,
		.x2 = (unsigned short)(damage->x + damage->width),
		.y2 = (unsigned short)(damage->y + damage->height),
	};
	struct drm_mode_fb_dirty_cmd dirty = {
		.fb_id = output->fb,
		.num_clips = 1,
		.clips_ptr = drm_sys_address(&clip),
	};

	if (output->plane.damage || output->never_dirty)
		return false;
	if (drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_DIRTYFB, &dirty) < 0)
		output->never_dirty = true;
	return !output->never_dirty;
}

/* ---- the cursor -----------------------------------------------------------------------
 */

int drm_output_cursor(
	struct drm_output *output, uint32_t handle, uint32_t hot_x, uint32_t hot_y)
{
	const struct drm_card *card = output->card;
	struct drm_mode_cursor2 cursor = {
		.flags = DRM_MODE_CURSOR_BO,
		.crtc_id = output->crtc,
		.width = handle ? card->cursor_width : 0,
		.height = handle ? card->cursor_height : 0,
		.handle = handle,
		.hot_x = (int32_t)hot_x,
		.hot_y = (int32_t)hot_y,
	};
	int code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_CURSOR2, &cursor);

	return code < 0 ? code : 0;
}

void drm_output_cursor_move(struct drm_output *output, int32_t x, int32_t y)
{
	struct drm_mode_cursor2 cursor = {
		.flags = DRM_MODE_CURSOR_MOVE,
		.crtc_id = output->crtc,
		.x = x,
		.y = y,
	};

	drm_sys_ioctl(output->card->fd, DRM_IOCTL_MODE_CURSOR2, &cursor);
}
