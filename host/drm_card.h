/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graphics card of the host as its kernel's mode setting (KMS) tells of it: connectors,
 * CRTCs, planes, memory that can be shown. A lease of some of a card's connectors is a
 * card like any other.
 *
 * Runs with the loop's lock held.
 */
#ifndef HOST_DRM_CARD_H
#define HOST_DRM_CARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libdrm/drm.h>
#include <libdrm/drm_mode.h>

struct error;
struct pixel_source;
struct source_pos;

#define DRM_CARD_OBJECTS 32u /* of a kind; the kernel's masks have as many bits */
#define DRM_MODES_MAX 128u
#define DRM_NAME_BYTES 32u

/* One that shows a whole picture, with the numbers of its properties; 0: has none. */
struct drm_plane {
	uint32_t id;
	uint32_t fb_id;
	uint32_t src_x;
	uint32_t src_y;
	uint32_t damage;
};

struct drm_card {
	int fd;
	bool atomic;
	unsigned int crtc_count;
	uint32_t crtcs[DRM_CARD_OBJECTS];
	unsigned int connector_count;
	uint32_t connectors[DRM_CARD_OBJECTS];
	uint32_t cursor_width; /* that its cursors must have */
	uint32_t cursor_height;
};

struct drm_connector {
	uint32_t id;
	char name[DRM_NAME_BYTES]; /* as in /sys/class/drm, without the card: "HDMI-A-1"
				    */
	bool connected;
	uint32_t width_mm; /* 0: nobody knows */
	uint32_t height_mm;
	uint32_t crtcs; /* that can drive it, by the card's list */
	unsigned int mode_count;
	struct drm_mode_modeinfo modes[DRM_MODES_MAX];
};

/* Looks at the card behind fd, which becomes the card's; it is closed on failure too. */
int drm_card_init(struct drm_card *card, int fd, const char *name,
	const struct source_pos *pos, struct error *err);
void drm_card_finish(struct drm_card *card);

/* Asks for all that its kernel can do; whoever hands out leases does not. */
void drm_card_use_planes(struct drm_card *card);

/* Asks what is plugged in there now, which may take the card a while: -errno. */
int drm_card_connector(
	const struct drm_card *card, uint32_t id, struct drm_connector *ret);

/* Its index in the card's list by a name of so many characters, read into ret: -ENOENT.
 */
int drm_card_find(const struct drm_card *card, const char *name, size_t length,
	struct drm_connector *ret);

/*
 * The index of a CRTC that can drive the connector and is not in the mask taken, which
 * gets it: -EBUSY where all that could are.
 */
int drm_card_take_crtc(const struct drm_card *card, const struct drm_connector *connector,
	uint32_t *taken);

/* Whether this process may say what is shown; on a console one at a time. -errno. */
int drm_card_become_master(struct drm_card *card);
void drm_card_drop_master(struct drm_card *card);

/* The plane whose picture fills what the CRTC shows now; false where nobody knows. */
bool drm_card_plane(const struct drm_card *card, uint32_t crtc, struct drm_plane *ret);

/*
 * The mode with that size, and refresh rate in Hz unless it is 0; with width 0 the one
 * that the screen prefers. NULL: none.
 */
const struct drm_mode_modeinfo *drm_connector_mode(const struct drm_connector *connector,
	uint32_t width, uint32_t height, uint32_t refresh);
uint32_t drm_mode_refresh_mhz(const struct drm_mode_modeinfo *mode);

/* Memory that the card can show, zeroed, mapped. */
struct drm_memory {
	uint32_t handle; /* 0: none */
	uint32_t fb;     /* 0: none, as a cursor has */
	uint32_t *pixels;
	size_t stride_bytes;
	size_t bytes;
};

/* -errno; with an opaque frame buffer where framed. */
int drm_memory_create(const struct drm_card *card, uint32_t width, uint32_t height,
	bool framed, struct drm_memory *ret);
/* One that was never created is fine. */
void drm_memory_destroy(const struct drm_card *card, struct drm_memory *memory);

/* A frame buffer of pixels that lie in a dma-buf: -errno where the card cannot. */
int drm_fb_import(const struct drm_card *card, const struct pixel_source *source,
	int dmabuf, uint32_t *ret_fb);
void drm_fb_destroy(const struct drm_card *card, uint32_t fb);

#endif
