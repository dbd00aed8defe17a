/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_kms.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/drm_sys.h"
#include "host/uevent.h"
#include "src/container_of.h"
#include "test/unit/test.h"

#define CURSOR_SIDE 64
#define BLOB 400

/* Numbers of objects: 10, 11 CRTCs, 20, 21 connectors, 30, 31 encoders, 40, 41 planes. */
enum { CRTC = 10, CONNECTOR = 20, ENCODER = 30, PLANE = 40, HANDLE = 100 };
enum { P_TYPE = 50, P_FB, P_X, P_Y, P_DAMAGE };

struct fake_kms fake_kms;

static struct memory {
	uint32_t *pixels;
	uint32_t stride_bytes;
	bool mapped;
} memories[FAKE_KMS_FBS];
static int events[2];
static struct uevent *listener;

static void *at(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

static void mode_of(struct drm_mode_modeinfo *mode, uint32_t width, uint32_t height)
{
	memset(mode, 0, sizeof(*mode));
	mode->hdisplay = (uint16_t)width;
	mode->vdisplay = (uint16_t)height;
	mode->htotal = (uint16_t)(width + 2);
	mode->vtotal = (uint16_t)(height + 2);
	mode->clock = 60u * mode->htotal * mode->vtotal / 1000 + 1;
}

void fake_kms_reset(void)
{
	memset(&fake_kms, 0, sizeof(fake_kms));
	memset(memories, 0, sizeof(memories));
	fake_kms.atomic = fake_kms.damage = fake_kms.dirty = true;
	fake_kms.import = fake_kms.cursors = true;
	for (unsigned int i = 0; i < FAKE_KMS_SCREENS; i++)
		fake_kms.screens[i].connected = true;
	fake_kms.screens[0].width = 800;
	fake_kms.screens[0].height = 600;
	fake_kms.screens[1].width = 400;
	fake_kms.screens[1].height = 300;
}

/* ---- frames
 * ---------------------------------------------------------------------------- */

void fake_kms_frame(void)
{
	for (unsigned int i = 0; i < FAKE_KMS_SCREENS; i++) {
		struct fake_screen *screen = &fake_kms.screens[i];
		struct drm_event_vblank event = {
			.base = {DRM_EVENT_FLIP_COMPLETE, sizeof(event)},
			.user_data = screen->data,
		};

		if (!screen->flipping)
			continue;
		screen->flipping = false;
		screen->fb = screen->next_fb;
		screen->x = screen->next_x;
		screen->y = screen->next_y;
		CHECK_EQ(write(events[1], &event, sizeof(event)), sizeof(event));
	}
}

uint32_t fake_kms_pixel(unsigned int screen, uint32_t x, uint32_t y)
{
	const struct fake_screen *shown = &fake_kms.screens[screen];
	const struct fake_fb *fb = &fake_kms.fbs[shown->fb];

	if (!shown->active || !fb->pixels)
		return 0xdead;
	CHECK(fb->there);
	return fb->pixels[(y + shown->y) * (fb->stride_bytes / 4) + x + shown->x];
}

uint32_t *fake_kms_cursor(unsigned int screen)
{
	uint32_t handle = fake_kms.screens[screen].cursor;

	return handle ? memories[handle - HANDLE].pixels : NULL;
}

static int flip(uint32_t crtc, uint32_t fb, uint32_t x, uint32_t y, uint64_t data)
{
	struct fake_screen *screen = &fake_kms.screens[crtc - CRTC];

	if (fake_kms.flip_error)
		return fake_kms.flip_error;
	if (screen->flipping)
		return -EBUSY;
	CHECK(screen->active);
	CHECK(fake_kms.fbs[fb].there);
	fake_kms.flips++;
	screen->flipping = true;
	screen->next_fb = fb;
	screen->next_x = x;
	screen->next_y = y;
	screen->data = data;
	return 0;
}

static int commit(const struct drm_mode_atomic *commit)
{
	const uint32_t *plane = at(commit->objs_ptr),
		       *count = at(commit->count_props_ptr);
	const uint32_t *properties = at(commit->props_ptr);
	const uint64_t *values = at(commit->prop_values_ptr);
	uint32_t fb = 0, x = 0, y = 0;

	CHECK_EQ(commit->count_objs, 1);
	for (uint32_t i = 0; i < *count; i++) {
		fb = properties[i] == P_FB ? (uint32_t)values[i] : fb;
		x = properties[i] == P_X ? (uint32_t)(values[i] >> 16) : x;
		y = properties[i] == P_Y ? (uint32_t)(values[i] >> 16) : y;
		CHECK(properties[i] != P_DAMAGE || values[i] == BLOB);
	}
	return flip(*plane - PLANE + CRTC, fb, x, y, commit->user_data);
}

static int set_crtc(const struct drm_mode_crtc *crtc)
{
	struct fake_screen *screen = &fake_kms.screens[crtc->crtc_id - CRTC];
	const struct fake_fb *fb = &fake_kms.fbs[crtc->fb_id];

	fake_kms_frame(); /* waits for what is on its way */
	fake_kms.mode_sets++;
	screen->active = crtc->mode_valid;
	screen->fb = crtc->fb_id;
	if (!crtc->mode_valid)
		return 0;
	if (!fb->there)
		return -ENOENT;
	CHECK_EQ(*(uint32_t *)at(crtc->set_connectors_ptr) - CONNECTOR,
		crtc->crtc_id - CRTC);
	CHECK(!fb->pixels || crtc->x + crtc->mode.hdisplay <= fb->width);
	CHECK(!fb->pixels || crtc->y + crtc->mode.vdisplay <= fb->height);
	screen->mode = crtc->mode;
	screen->x = crtc->x;
	screen->y = crtc->y;
	return 0;
}

static int dirty(const struct drm_mode_fb_dirty_cmd *command)
{
	const struct drm_clip_rect *clip = at(command->clips_ptr);

	if (!fake_kms.dirty)
		return -ENOSYS;
	fake_kms.touches++;
	fake_kms.clip = (struct drm_mode_rect){clip->x1, clip->y1, clip->x2, clip->y2};
	return 0;
}

/* ---- memory
 * ---------------------------------------------------------------------------- */

static int create_dumb(struct drm_mode_create_dumb *dumb)
{
	for (uint32_t i = 1; i < FAKE_KMS_FBS; i++) {
		if (memories[i].pixels)
			continue;
		dumb->handle = HANDLE + i;
		dumb->pitch = (dumb->width + 1) * 4; /* not what one would think */
		dumb->size = (uint64_t)dumb->pitch * dumb->height;
		memories[i].pixels = calloc(1, (size_t)dumb->size);
		memories[i].stride_bytes = dumb->pitch;
		fake_kms.memories++;
		return 0;
	}
	return -ENOMEM;
}

static int destroy_dumb(const struct drm_mode_destroy_dumb *dumb)
{
	struct memory *memory = &memories[dumb->handle - HANDLE];

	CHECK(memory->pixels && !memory->mapped);
	free(memory->pixels);
	memory->pixels = NULL;
	fake_kms.memories--;
	return 0;
}

static int add_fb(struct drm_mode_fb_cmd2 *command)
{
	uint32_t handle = command->handles[0];

	for (uint32_t i = 2; i < FAKE_KMS_FBS; i++) {
		struct fake_fb *fb = &fake_kms.fbs[i];

		if (fb->there)
			continue;
		fb->there = true;
		fb->pixels = handle == HANDLE ? fake_kms.dmabuf + command->offsets[0] / 4
					      : memories[handle - HANDLE].pixels;
		fb->width = command->width;
		fb->height = command->height;
		fb->stride_bytes = command->pitches[0];
		fb->format = command->pixel_format;
		command->fb_id = i;
		return 0;
	}
	return -ENOSPC;
}

static int remove_fb(uint32_t id)
{
	CHECK(fake_kms.fbs[id].there);
	fake_kms.fbs[id].there = false;
	for (unsigned int i = 0; i < FAKE_KMS_SCREENS; i++)
		CHECK(!fake_kms.screens[i].active || fake_kms.screens[i].fb != id);
	return 0;
}

void *drm_sys_map(int fd, uint64_t offset, size_t bytes)
{
	memories[offset].mapped = true;
	return memories[offset].pixels;
}

void drm_sys_unmap(void *mapped, size_t bytes)
{
	for (unsigned int i = 0; i < FAKE_KMS_FBS; i++)
		if (memories[i].pixels == mapped)
			memories[i].mapped = false;
}

/* ---- what there is
 * --------------------------------------------------------------------- */

static int resources(struct drm_mode_card_res *res)
{
	uint32_t *crtcs = at(res->crtc_id_ptr), *connectors = at(res->connector_id_ptr);

	for (uint32_t i = 0; i < FAKE_KMS_SCREENS && res->count_crtcs; i++)
		crtcs[i] = CRTC + i;
	for (uint32_t i = 0; i < FAKE_KMS_SCREENS && res->count_connectors; i++)
		connectors[i] = CONNECTOR + i;
	res->count_crtcs = res->count_connectors = FAKE_KMS_SCREENS;
	return 0;
}

static int connector(struct drm_mode_get_connector *state)
{
	uint32_t number = state->connector_id - CONNECTOR;
	const struct fake_screen *screen = &fake_kms.screens[number];
	struct drm_mode_modeinfo *modes = at(state->modes_ptr);

	if (state->count_encoders)
		*(uint32_t *)at(state->encoders_ptr) = ENCODER + number;
	if (state->count_modes >= 2 && screen->connected) {
		mode_of(&modes[0], 640, 480);
		mode_of(&modes[1], screen->width, screen->height);
		modes[1].type = DRM_MODE_TYPE_PREFERRED;
	}
	state->connector_type = DRM_MODE_CONNECTOR_HDMIA;
	state->connector_type_id = number + 1;
	state->connection = screen->connected ? 1 : 2;
	state->mm_width = 310;
	state->mm_height = 170;
	state->count_modes = screen->connected ? 2 : 0;
	state->count_encoders = 1;
	return 0;
}

static int get_crtc(struct drm_mode_crtc *crtc)
{
	const struct fake_screen *screen = &fake_kms.screens[crtc->crtc_id - CRTC];

	crtc->fb_id = screen->fb;
	crtc->mode_valid = screen->active;
	crtc->mode = screen->mode;
	return 0;
}

static int planes(struct drm_mode_get_plane_res *res)
{
	uint32_t *ids = at(res->plane_id_ptr);

	for (uint32_t i = 0; i < FAKE_KMS_SCREENS; i++)
		ids[i] = PLANE + i;
	res->count_planes = FAKE_KMS_SCREENS;
	return 0;
}

static int properties(struct drm_mode_obj_get_properties *list)
{
	uint32_t *ids = at(list->props_ptr);
	uint64_t *values = at(list->prop_values_ptr);

	list->count_props = fake_kms.damage ? 5 : 4;
	for (uint32_t i = 0; i < list->count_props; i++) {
		ids[i] = P_TYPE + i;
		values[i] = 1; /* of a type: primary */
	}
	return 0;
}

static int property(struct drm_mode_get_property *property)
{
	static const char *const names[] = {
		"type", "FB_ID", "SRC_X", "SRC_Y", "FB_DAMAGE_CLIPS"};

	strncpy(property->name, names[property->prop_id - P_TYPE],
		sizeof(property->name) - 1);
	return 0;
}

static int cursor(const struct drm_mode_cursor2 *command)
{
	struct fake_screen *screen = &fake_kms.screens[command->crtc_id - CRTC];

	if (!fake_kms.cursors)
		return -ENXIO;
	if (command->flags & DRM_MODE_CURSOR_MOVE) {
		screen->cursor_x = command->x;
		screen->cursor_y = command->y;
		return 0;
	}
	CHECK(!command->handle || command->width == CURSOR_SIDE);
	screen->cursor = command->handle;
	screen->cursor_hot_x = (uint32_t)command->hot_x;
	return 0;
}

static int capability(struct drm_get_cap *cap)
{
	cap->value = cap->capability == DRM_CAP_DUMB_BUFFER ? 1 : CURSOR_SIDE;
	return 0;
}

static int create_lease(struct drm_mode_create_lease *lease)
{
	const uint32_t *objects = at(lease->object_ids);

	fake_kms.lease_objects = lease->object_count;
	for (uint32_t i = 0; i < lease->object_count && i < 4; i++)
		fake_kms.lease_object[i] = objects[i];
	lease->lessee_id = ++fake_kms.leases;
	lease->fd = (uint32_t)fcntl(events[0], F_DUPFD_CLOEXEC, 0);
	return 0;
}

bool fake_kms_is_open(void)
{
	struct pollfd writer = {.fd = fake_kms.open ? events[1] : -1};

	/* A pipe that nobody reads is an error of its writer's. */
	return fake_kms.open && (poll(&writer, 1, 0), !(writer.revents & POLLERR));
}

/* ---- the door
 * -------------------------------------------------------------------------- */

int drm_sys_open(const char *path)
{
	if (strcmp(path, "/dev/dri/card0"))
		return -ENOENT;
	CHECK(!fake_kms_is_open());
	if (fake_kms.open)
		close(events[1]);
	CHECK_EQ(pipe2(events, O_CLOEXEC | O_NONBLOCK), 0);
	fake_kms.open = true;
	return events[0];
}

static int make_blob(struct drm_mode_create_blob *blob)
{
	memcpy(&fake_kms.clip, at(blob->data), sizeof(fake_kms.clip));
	blob->blob_id = BLOB;
	return 0;
}

static int import(struct drm_prime_handle *prime)
{
	CHECK_EQ(prime->fd, FAKE_KMS_DMABUF);
	prime->handle = HANDLE;
	return fake_kms.import ? 0 : -EOPNOTSUPP;
}

static int become_master(void)
{
	fake_kms.masters += !fake_kms.master_error;
	return fake_kms.master_error;
}

int drm_sys_ioctl(int fd, unsigned long request, void *argument)
{
	switch (request) {
	case DRM_IOCTL_GET_CAP:
		return capability(argument);
	case DRM_IOCTL_SET_CLIENT_CAP:
		return fake_kms.atomic ? 0 : -EOPNOTSUPP;
	case DRM_IOCTL_SET_MASTER:
		return become_master();
	case DRM_IOCTL_DROP_MASTER:
		fake_kms.masters--;
		return 0;
	case DRM_IOCTL_MODE_CREATE_LEASE:
		return create_lease(argument);
	case DRM_IOCTL_MODE_REVOKE_LEASE:
		fake_kms.leases--;
		return 0;
	case DRM_IOCTL_MODE_GETRESOURCES:
		return resources(argument);
	case DRM_IOCTL_MODE_GETCONNECTOR:
		return connector(argument);
	case DRM_IOCTL_MODE_GETENCODER:
		((struct drm_mode_get_encoder *)argument)->possible_crtcs =
			1u << (((struct drm_mode_get_encoder *)argument)->encoder_id -
				ENCODER);
		return 0;
	case DRM_IOCTL_MODE_GETCRTC:
		return get_crtc(argument);
	case DRM_IOCTL_MODE_SETCRTC:
		return set_crtc(argument);
	case DRM_IOCTL_MODE_GETPLANERESOURCES:
		return planes(argument);
	case DRM_IOCTL_MODE_GETPLANE:
		((struct drm_mode_get_plane *)argument)->crtc_id =
			((struct drm_mode_get_plane *)argument)->plane_id - PLANE + CRTC;
		return 0;
	case DRM_IOCTL_MODE_OBJ_GETPROPERTIES:
		return properties(argument);
	case DRM_IOCTL_MODE_GETPROPERTY:
		return property(argument);
	case DRM_IOCTL_MODE_CREATE_DUMB:
		return create_dumb(argument);
	case DRM_IOCTL_MODE_MAP_DUMB:
		((struct drm_mode_map_dumb *)argument)->offset =
			((struct drm_mode_map_dumb *)argument)->handle - HANDLE;
		return 0;
	case DRM_IOCTL_MODE_DESTROY_DUMB:
		return destroy_dumb(argument);
	case DRM_IOCTL_MODE_ADDFB2:
		return add_fb(argument);
	case DRM_IOCTL_MODE_RMFB:
		return remove_fb(*(uint32_t *)argument);
	case DRM_IOCTL_MODE_PAGE_FLIP: {
		const struct drm_mode_crtc_page_flip *page = argument;
		const struct fake_screen *screen =
			&fake_kms.screens[page->crtc_id - CRTC];

		return flip(page->crtc_id, page->fb_id, screen->x, screen->y,
			page->user_data);
	}
	case DRM_IOCTL_MODE_ATOMIC:
		return commit(argument);
	case DRM_IOCTL_MODE_DIRTYFB:
		return dirty(argument);
	case DRM_IOCTL_MODE_CURSOR2:
		return cursor(argument);
	case DRM_IOCTL_MODE_CREATEPROPBLOB:
		return make_blob(argument);
	case DRM_IOCTL_MODE_DESTROYPROPBLOB:
	case DRM_IOCTL_GEM_CLOSE:
		return 0;
	case DRM_IOCTL_PRIME_FD_TO_HANDLE:
		return import(argument);
	}
	return -ENOTTY;
}

int uevent_open(struct uevent *uevent, struct loop *loop, const char *subsystem,
	void (*happened)(struct uevent *uevent))
{
	uevent->happened = happened;
	listener = uevent;
	return 0;
}

void uevent_close(struct uevent *uevent)
{
	if (fake_kms.open)
		close(events[1]);
	fake_kms.open = false;
}

void fake_kms_cable(void)
{
	listener->happened(listener);
}
