/* SPDX-License-Identifier: Apache-2.0 */
/* Modes, and memory that a card can show. */
#include <errno.h>
#include <string.h>

#include <libdrm/drm_fourcc.h>

#include "host/drm_card.h"
#include "host/drm_sys.h"
#include "host/pixels.h"
#include "src/container_of.h"

/* ---- modes ----------------------------------------------------------------------------
 */

uint32_t drm_mode_refresh_mhz(const struct drm_mode_modeinfo *mode)
{
	uint64_t dots = (uint64_t)mode->htotal * mode->vtotal;
	uint64_t mhz = dots ? ((uint64_t)mode->clock * 1000000 + dots / 2) / dots : 0;

	if (mode->flags & DRM_MODE_FLAG_INTERLACE)
		mhz *= 2;
	if (mode->flags & DRM_MODE_FLAG_DBLSCAN)
		mhz /= 2;
	return (uint32_t)mhz;
}

const struct drm_mode_modeinfo *drm_connector_mode(const struct drm_connector *connector,
	uint32_t width, uint32_t height, uint32_t refresh)
{
	const struct drm_mode_modeinfo *first = NULL;

	/* The best ones come first. */
	for (unsigned int i = 0; i < connector->mode_count; i++) {
		const struct drm_mode_modeinfo *mode = &connector->modes[i];

		if (width && (mode->hdisplay != width || mode->vdisplay != height))
			continue;
		if (refresh && (drm_mode_refresh_mhz(mode) + 500) / 1000 != refresh)
			continue;
		if (mode->type & DRM_MODE_TYPE_PREFERRED)
			return mode;
		if (!first)
			first = mode;
	}
	return first;
}

/* ---- memory
 * ---------------------------------------------------------------------------- */

static int add_fb(const struct drm_card *card, uint32_t handle, uint32_t width,
	uint32_t height, uint32_t stride_bytes, uint32_t offset_bytes, uint32_t format,
	uint32_t *ret)
{
	struct drm_mode_fb_cmd2 fb = {
		.width = width,
		.height = height,
		.pixel_format = format,
		.handles = {handle},
		.pitches = {stride_bytes},
		.offsets = {offset_bytes},
	};
	int code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_ADDFB2, &fb);

	if (code < 0)
		return code;
	*ret = fb.fb_id;
	return 0;
}

void drm_fb_destroy(const struct drm_card *card, uint32_t fb)
{
	if (fb)
		drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_RMFB, &fb);
}

int drm_memory_create(const struct drm_card *card, uint32_t width, uint32_t height,
	bool framed, struct drm_memory *ret)
{
	struct drm_mode_create_dumb create = {
		.width = width,
		.height = height,
		.bpp = 8 * PIXEL_BYTES,
	};
	struct drm_mode_map_dumb map = {0};
	int code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_CREATE_DUMB, &create);

	memset(ret, 0, sizeof(*ret));
	if (code < 0)
		return code;
	ret->handle = create.handle;
	ret->stride_bytes = create.pitch;
	ret->bytes = (size_t)create.size;
	map.handle = create.handle;
	code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_MAP_DUMB, &map);
	if (code >= 0) {
		ret->pixels = drm_sys_map(card->fd, map.offset, ret->bytes);
		code = ret->pixels ? 0 : -ENOMEM;
	}
	if (!code && framed)
		code = add_fb(card, ret->handle, width, height, create.pitch, 0,
			DRM_FORMAT_XRGB8888, &ret->fb);
	if (code < 0)
		drm_memory_destroy(card, ret);
	return code < 0 ? code : 0;
}

void drm_memory_destroy(const struct drm_card *card, struct drm_memory *memory)
{
	struct drm_mode_destroy_dumb destroy = {.handle = memory->handle};

	drm_fb_destroy(card, memory->fb);
	if (memory->pixels)
		drm_sys_unmap(memory->pixels, memory->bytes);
	if (memory->handle)
		drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
	memset(memory, 0, sizeof(*memory));
}

/* Screens have nothing behind them: alpha has no meaning. Names go from the highest byte.
 */
static const uint32_t formats[] = {
	[PIXEL_BGRA] = DRM_FORMAT_XRGB8888,
	[PIXEL_BGRX] = DRM_FORMAT_XRGB8888,
	[PIXEL_ARGB] = DRM_FORMAT_BGRX8888,
	[PIXEL_XRGB] = DRM_FORMAT_BGRX8888,
	[PIXEL_RGBA] = DRM_FORMAT_XBGR8888,
	[PIXEL_RGBX] = DRM_FORMAT_XBGR8888,
	[PIXEL_XBGR] = DRM_FORMAT_RGBX8888,
	[PIXEL_ABGR] = DRM_FORMAT_RGBX8888,
};

int drm_fb_import(const struct drm_card *card, const struct pixel_source *source,
	int dmabuf, uint32_t *ret_fb)
{
	struct drm_prime_handle prime = {.fd = dmabuf};
	struct drm_gem_close gem = {0};
	int code;

	if (source->offset_bytes > UINT32_MAX || source->stride_bytes > UINT32_MAX)
		return -ERANGE;
	code = drm_sys_ioctl(card->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
	if (code < 0)
		return code;
	code = add_fb(card, prime.handle, source->width, source->height,
		(uint32_t)source->stride_bytes, (uint32_t)source->offset_bytes,
		formats[source->format], ret_fb);
	/*
	 * The frame buffer keeps what it shows, and the same memory imported again would
	 * have the same handle, which is closed once.
	 */
	gem.handle = prime.handle;
	drm_sys_ioctl(card->fd, DRM_IOCTL_GEM_CLOSE, &gem);
	return code;
}
