/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/drm_display.h"
#include "host/drm_sys.h"
#include "host/lease.h"
#include "src/error.h"

#define CARDS_MAX 16u

/* ---- modes ----------------------------------------------------------------------------
 */

const struct drm_mode_modeinfo *drm_display_mode(
	const struct drm_display *drm, const struct drm_connector *connector)
{
	return drm_connector_mode(
		connector, drm->options.width, drm->options.height, drm->options.refresh);
}

void drm_display_tell(struct drm_display *drm, struct drm_screen *screen,
	const struct drm_mode_modeinfo *mode)
{
	const struct drm_connector *connector = &screen->output.connector;
	struct display_mode told = *display_mode(&drm->base, screen->number);

	told.connected = connector->connected;
	if (mode) {
		told.width = mode->hdisplay;
		told.height = mode->vdisplay;
		told.refresh_mhz = drm_mode_refresh_mhz(mode);
		told.width_mm = connector->width_mm;
		told.height_mm = connector->height_mm;
	}
	display_set_mode(&drm->base, screen->number, &told);
}

/* ---- screens
 * --------------------------------------------------------------------------- */

static int no_mode(const struct drm_display *drm, const struct drm_connector *connector,
	struct error *err)
{
	char list[160] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < connector->mode_count && used + 24 < sizeof(list);
		i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%ux%u@%u",
			i ? ", " : "", connector->modes[i].hdisplay,
			connector->modes[i].vdisplay,
			(drm_mode_refresh_mhz(&connector->modes[i]) + 500) / 1000);
	return error_set(err, -EINVAL, drm->options.pos,
		"%s has no mode %ux%u%s, it has: %s", connector->name, drm->options.width,
		drm->options.height, drm->options.refresh ? " at that rate" : "", list);
}

static int add_screen(
	struct drm_display *drm, const struct drm_connector *connector, struct error *err)
{
	struct drm_screen *screen = &drm->screens[drm->screen_count];
	const struct drm_mode_modeinfo *mode = drm_display_mode(drm, connector);

	if (connector->connected && !mode)
		return no_mode(drm, connector, err);
	if (drm_output_init(&screen->output, &drm->card, connector, &drm->crtcs))
		return error_set(err, -EBUSY, drm->options.pos,
			"%s: the card drives fewer screens at once", connector->name);
	screen->number = drm->screen_count++;
	screen->scanout = &drm->base.scanouts[screen->number];
	if (mode)
		screen->output.mode = *mode;
	drm_display_tell(drm, screen, mode);
	return 0;
}

static int add_named_screens(struct drm_display *drm, unsigned int scanouts,
	struct drm_connector *connector, struct error *err)
{
	const char *name = drm->options.connectors;

	while (*name) {
		int length = (int)strcspn(name, " ");
		int code;

		if (drm_card_find(&drm->card, name, (size_t)length, connector) < 0)
			return error_set(err, -ENOENT, drm->options.pos,
				"the graphics card has no connector %.*s", length, name);
		code = drm->screen_count < scanouts ? add_screen(drm, connector, err) : 0;
		if (code)
			return code;
		name += length;
		name += strspn(name, " ");
	}
	return 0;
}

/* Those with a screen first. */
static int add_any_screens(struct drm_display *drm, unsigned int scanouts,
	struct drm_connector *connector, struct error *err)
{
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0;
			i < drm->card.connector_count && drm->screen_count < scanouts;
			i++) {
			int code;

			if (drm_card_connector(
				    &drm->card, drm->card.connectors[i], connector) ||
				connector->connected == (pass != 0))
				continue;
			code = add_screen(drm, connector, err);
			if (code)
				return code;
		}
	}
	return 0;
}

/* ---- the card
 * -------------------------------------------------------------------------- */

/* The first that has something plugged in. */
static int open_any_card(const struct source_pos *pos, struct drm_card *card,
	struct drm_connector *connector, struct error *err)
{
	int code = error_set(err, -ENOENT, pos,
		"no graphics card of this host has a screen: bonsai host shows what "
		"there "
		"is");

	for (unsigned int i = 0; i < CARDS_MAX; i++) {
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/card%u", i);
		fd = drm_sys_open(path);
		if (fd < 0 || drm_card_init(card, fd, path, pos, NULL))
			continue;
		for (unsigned int j = 0; j < card->connector_count; j++)
			if (!drm_card_connector(card, card->connectors[j], connector) &&
				connector->connected)
				return 0;
		drm_card_finish(card);
	}
	return code;
}

static int open_lease(struct drm_display *drm, struct error *err)
{
	const struct display_drm_options *options = &drm->options;
	int fd, code = lease_take(options->lease, options->connectors, &fd,
			&drm->lease.fd, options->pos, err);

	if (!code)
		code = drm_card_init(&drm->card, fd, "the lease", options->pos, err);
	if (!code)
		drm_card_use_planes(&drm->card);
	return code;
}

static int open_card(
	struct drm_display *drm, struct drm_connector *room, struct error *err)
{
	const char *path = drm->options.device;
	const struct source_pos *pos = drm->options.pos;
	int code, fd;

	if (!path) {
		code = open_any_card(pos, &drm->card, room, err);
	} else {
		fd = drm_sys_open(path);
		if (fd < 0)
			return error_set(
				err, fd, pos, "cannot open %s: %s", path, strerror(-fd));
		code = drm_card_init(&drm->card, fd, path, pos, err);
	}
	if (code)
		return code;
	code = drm_card_become_master(&drm->card);
	if (code)
		return error_set(err, code, pos,
			"%s belongs to another program, such as a window system: %s",
			path ? path : "the graphics card", strerror(-code));
	drm_card_use_planes(&drm->card);
	return 0;
}

int drm_display_open_screens(
	struct drm_display *drm, unsigned int scanouts, struct error *err)
{
	struct drm_connector *room = malloc(sizeof(*room));
	int code;

	if (!room)
		return error_set(err, -ENOMEM, NULL, "no memory for a display");
	code = drm->options.lease ? open_lease(drm, err) : open_card(drm, room, err);
	if (!code && drm->options.connectors)
		code = add_named_screens(drm, scanouts, room, err);
	else if (!code)
		code = add_any_screens(drm, scanouts, room, err);
	if (!code && drm->screen_count < scanouts)
		code = error_set(err, -ENOENT, drm->options.pos,
			"%u connectors for %u scanouts", drm->screen_count, scanouts);
	free(room);
	return code;
}

bool display_drm_suits(void)
{
	struct drm_connector *room = vt_is_stdin() ? malloc(sizeof(*room)) : NULL;
	struct drm_card card;
	bool suits = room && !open_any_card(NULL, &card, room, NULL);

	if (suits)
		drm_card_finish(&card);
	free(room);
	return suits;
}
