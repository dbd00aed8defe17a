/* SPDX-License-Identifier: Apache-2.0 */
#include "host/drm_card.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/drm_sys.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/thread.h"

/* Linux 6.8; without it cards of virtual machines hide their cursor planes. */
#define CLIENT_CAP_CURSOR_PLANE_HOTSPOT 6

#define PLANE_TYPE_PRIMARY 1
#define PLANES_MAX 128u
#define CONNECTED 1

/* ---- objects --------------------------------------------------------------------------
 */

/* By the kernel's numbers of connector types (drm_mode.h). */
static const char *const connector_types[] = {
	"Unknown",
	"VGA",
	"DVI-I",
	"DVI-D",
	"DVI-A",
	"Composite",
	"SVIDEO",
	"LVDS",
	"Component",
	"DIN",
	"DP",
	"HDMI-A",
	"HDMI-B",
	"TV",
	"eDP",
	"Virtual",
	"DSI",
	"DPI",
	"Writeback",
	"SPI",
	"USB",
};

static bool capability(const struct drm_card *card, uint64_t which, uint64_t *ret)
{
	struct drm_get_cap cap = {.capability = which};

	if (drm_sys_ioctl(card->fd, DRM_IOCTL_GET_CAP, &cap) < 0)
		return false;
	*ret = cap.value;
	return true;
}

static bool announce(const struct drm_card *card, uint64_t which)
{
	struct drm_set_client_cap cap = {.capability = which, .value = 1};

	return drm_sys_ioctl(card->fd, DRM_IOCTL_SET_CLIENT_CAP, &cap) >= 0;
}

static unsigned int least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int read_resources(struct drm_card *card)
{
	struct drm_mode_card_res resources = {
		.crtc_id_ptr = drm_sys_address(card->crtcs),
		.connector_id_ptr = drm_sys_address(card->connectors),
	};
	struct drm_mode_card_res count = {0};
	int code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETRESOURCES, &count);

	if (code < 0)
		return code;
	if (count.count_crtcs > DRM_CARD_OBJECTS ||
		count.count_connectors > DRM_CARD_OBJECTS)
		return -E2BIG;
	resources.count_crtcs = count.count_crtcs;
	resources.count_connectors = count.count_connectors;
	code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETRESOURCES, &resources);
	card->crtc_count = least(resources.count_crtcs, count.count_crtcs);
	card->connector_count = least(resources.count_connectors, count.count_connectors);
	return code < 0 ? code : 0;
}

/* Returns whether it says that the plane is a primary one. */
static bool take_property(
	const struct drm_card *card, struct drm_plane *plane, uint32_t id, uint64_t value)
{
	struct drm_mode_get_property property = {.prop_id = id};

	if (drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETPROPERTY, &property) < 0)
		return false;
	if (!strcmp(property.name, "FB_ID"))
		plane->fb_id = id;
	else if (!strcmp(property.name, "SRC_X"))
		plane->src_x = id;
	else if (!strcmp(property.name, "SRC_Y"))
		plane->src_y = id;
	else if (!strcmp(property.name, "FB_DAMAGE_CLIPS"))
		plane->damage = id;
	return !strcmp(property.name, "type") && value == PLANE_TYPE_PRIMARY;
}

static bool read_plane(const struct drm_card *card, uint32_t id, struct drm_plane *plane)
{
	uint32_t ids[64];
	uint64_t values[64];
	struct drm_mode_obj_get_properties properties = {
		.obj_id = id,
		.obj_type = DRM_MODE_OBJECT_PLANE,
		.props_ptr = drm_sys_address(ids),
		.prop_values_ptr = drm_sys_address(values),
		.count_props = ARRAY_SIZE(ids),
	};
	bool primary = false;

	if (drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &properties) < 0)
		return false;
	*plane = (struct drm_plane){.id = id};
	for (unsigned int i = 0; i < least(properties.count_props, ARRAY_SIZE(ids)); i++)
		primary |= take_property(card, plane, ids[i], values[i]);
	return primary && plane->fb_id && plane->src_x && plane->src_y;
}

bool drm_card_plane(const struct drm_card *card, uint32_t crtc, struct drm_plane *ret)
{
	uint32_t ids[PLANES_MAX];
	struct drm_mode_get_plane_res resources = {
		.plane_id_ptr = drm_sys_address(ids),
		.count_planes = PLANES_MAX,
	};

	if (drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETPLANERESOURCES, &resources) < 0)
		return false;
	for (unsigned int i = 0; i < least(resources.count_planes, PLANES_MAX); i++) {
		struct drm_mode_get_plane state = {.plane_id = ids[i]};

		if (drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETPLANE, &state) >= 0 &&
			state.crtc_id == crtc && read_plane(card, ids[i], ret))
			return true;
	}
	return false;
}

int drm_card_init(struct drm_card *card, int fd, const char *name,
	const struct source_pos *pos, struct error *err)
{
	uint64_t dumb = 0, side;
	int code;

	memset(card, 0, sizeof(*card));
	card->fd = fd;
	code = read_resources(card);
	if (!code && (!capability(card, DRM_CAP_DUMB_BUFFER, &dumb) || !dumb))
		code = -EOPNOTSUPP;
	if (!code && (!card->crtc_count || !card->connector_count))
		code = -ENODEV;
	if (code) {
		drm_card_finish(card);
		return error_set(err, code, pos,
			"%s has no screens that can be set (kernel mode setting): %s",
			name, strerror(-code));
	}
	card->cursor_width =
		capability(card, DRM_CAP_CURSOR_WIDTH, &side) ? (uint32_t)side : 64;
	card->cursor_height =
		capability(card, DRM_CAP_CURSOR_HEIGHT, &side) ? (uint32_t)side : 64;
	return 0;
}

void drm_card_use_planes(struct drm_card *card)
{
	card->atomic = announce(card, DRM_CLIENT_CAP_UNIVERSAL_PLANES) &&
		       announce(card, DRM_CLIENT_CAP_ATOMIC);
	announce(card, CLIENT_CAP_CURSOR_PLANE_HOTSPOT);
}

void drm_card_finish(struct drm_card *card)
{
	if (card->fd >= 0)
		close(card->fd);
	card->fd = -1;
}

static uint32_t encoder_crtcs(const struct drm_card *card, uint32_t id)
{
	struct drm_mode_get_encoder encoder = {.encoder_id = id};

	if (drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETENCODER, &encoder) < 0)
		return 0;
	return encoder.possible_crtcs;
}

int drm_card_connector(
	const struct drm_card *card, uint32_t id, struct drm_connector *ret)
{
	uint32_t encoders[DRM_CARD_OBJECTS];
	/* Without room for modes the kernel looks at the cable. */
	struct drm_mode_get_connector state = {.connector_id = id}, probe = state;
	int code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETCONNECTOR, &probe);

	if (code < 0)
		return code;
	if (probe.count_modes > DRM_MODES_MAX || probe.count_encoders > DRM_CARD_OBJECTS)
		return -E2BIG;
	memset(ret, 0, sizeof(*ret));
	state.modes_ptr = drm_sys_address(ret->modes);
	state.count_modes = probe.count_modes;
	state.encoders_ptr = drm_sys_address(encoders);
	state.count_encoders = probe.count_encoders;
	code = drm_sys_ioctl(card->fd, DRM_IOCTL_MODE_GETCONNECTOR, &state);
	if (code < 0)
		return code;
	ret->id = id;
	snprintf(ret->name, sizeof(ret->name), "%s-%u",
		connector_types[state.connector_type < ARRAY_SIZE(connector_types)
					? state.connector_type
					: 0],
		state.connector_type_id);
	/* A list that has grown meanwhile was not copied; there will be a next time. */
	if (state.count_modes <= probe.count_modes)
		ret->mode_count = state.count_modes;
	ret->connected = state.connection == CONNECTED && ret->mode_count;
	ret->width_mm = state.mm_width;
	ret->height_mm = state.mm_height;
	for (unsigned int i = 0;
		state.count_encoders <= probe.count_encoders && i < state.count_encoders;
		i++)
		ret->crtcs |= encoder_crtcs(card, encoders[i]);
	return 0;
}

int drm_card_find(const struct drm_card *card, const char *name, size_t length,
	struct drm_connector *ret)
{
	for (unsigned int i = 0; i < card->connector_count; i++)
		if (!drm_card_connector(card, card->connectors[i], ret) &&
			strlen(ret->name) == length && !memcmp(ret->name, name, length))
			return (int)i;
	return -ENOENT;
}

int drm_card_take_crtc(const struct drm_card *card, const struct drm_connector *connector,
	uint32_t *taken)
{
	uint32_t usable = connector->crtcs & ~*taken;

	for (unsigned int i = 0; i < card->crtc_count; i++) {
		if (!(usable & 1u << i))
			continue;
		*taken |= 1u << i;
		return (int)i;
	}
	return -EBUSY;
}

/*
 * Without privileges a card takes these two from the thread alone that has opened it:
 * Linux 6.1, drm_master_check_perm(). Later ones look at the process.
 */
static int become_master(void *card)
{
	return drm_sys_ioctl(((struct drm_card *)card)->fd, DRM_IOCTL_SET_MASTER, NULL);
}

static int drop_master(void *card)
{
	return drm_sys_ioctl(((struct drm_card *)card)->fd, DRM_IOCTL_DROP_MASTER, NULL);
}

int drm_card_become_master(struct drm_card *card)
{
	int code = thread_ask(become_master, card);

	return code < 0 ? code : 0;
}

void drm_card_drop_master(struct drm_card *card)
{
	thread_ask(drop_master, card);
}
