/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's thread and the verbs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "host/drm_display.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/loop.h"

#define LATE_NS 5000000ull

static struct drm_display *drm_of(struct display *display)
{
	return container_of(display, struct drm_display, base);
}

/* ---- pictures
 * -------------------------------------------------------------------------- */

static void tell_run(struct loop_task *task)
{
	struct drm_display *drm = container_of(task, struct drm_display, tell);

	for (unsigned int i = 0; i < drm->screen_count; i++) {
		struct drm_screen *screen = &drm->screens[i];

		if (!screen->waiting || screen->flipping || drm_screen_is_late(screen))
			continue;
		screen->waiting = false;
		display_presented(&drm->base, i);
	}
}

/* What follows from what was done to screens. */
static void settle(struct drm_display *drm)
{
	for (unsigned int i = 0; i < drm->screen_count; i++) {
		struct drm_screen *screen = &drm->screens[i];

		if (drm_screen_is_late(screen))
			loop_timer_arm(drm->loop, &drm->late, LATE_NS);
		else if (screen->waiting && !screen->flipping)
			loop_post(drm->loop, &drm->tell);
	}
}

static void late_expired(struct loop_timer *timer)
{
	struct drm_display *drm = container_of(timer, struct drm_display, late);

	for (unsigned int i = 0; i < drm->screen_count; i++)
		drm_screen_present(&drm->screens[i]);
	settle(drm);
}

static void take_event(struct drm_display *drm, const uint8_t *at)
{
	struct drm_event_vblank flip;

	memcpy(&flip, at, sizeof(flip));
	if (flip.base.type != DRM_EVENT_FLIP_COMPLETE ||
		drm_screen_of(flip.user_data) >= drm->screen_count)
		return;
	drm_screen_flipped(&drm->screens[drm_screen_of(flip.user_data)], flip.user_data);
}

static void events_ready(struct loop_fd *watch, uint32_t events)
{
	struct drm_display *drm = container_of(watch, struct drm_display, events);
	uint8_t buffer[1024];
	ssize_t got = read(watch->fd, buffer, sizeof(buffer));
	struct drm_event event;

	for (ssize_t at = 0; got - at >= (ssize_t)sizeof(struct drm_event_vblank);) {
		memcpy(&event, buffer + at, sizeof(event));
		if (event.length < sizeof(event) || event.length > (size_t)(got - at))
			break;
		if (event.length >= sizeof(struct drm_event_vblank))
			take_event(drm, buffer + at);
		at += event.length;
	}
	/* A card that was unplugged, or a lease that was taken back. */
	if (got <= 0 && (events & (EPOLLHUP | EPOLLERR)))
		loop_fd_remove(watch);
	settle(drm);
}

static void drm_show(struct display *display, unsigned int scanout)
{
	struct drm_display *drm = drm_of(display);

	drm_screen_show(&drm->screens[scanout]);
	settle(drm);
}

static bool drm_flush(
	struct display *display, unsigned int scanout, const struct rect *rect)
{
	struct drm_display *drm = drm_of(display);
	bool later = drm_screen_flush(&drm->screens[scanout], rect);

	settle(drm);
	return later;
}

static void drm_cursor_set(struct display *display, unsigned int scanout)
{
	struct drm_display *drm = drm_of(display);

	drm_screen_cursor_set(&drm->screens[scanout]);
	settle(drm);
}

static void drm_cursor_move(struct display *display, unsigned int scanout)
{
	struct drm_display *drm = drm_of(display);

	drm_screen_cursor_move(&drm->screens[scanout]);
	settle(drm);
}

/* ---- buffers
 * --------------------------------------------------------------------------- */

/* Memory of the card is for what fills a screen; it may be scarce, and slow to read. */
static bool fills_a_screen(const struct drm_display *drm, uint32_t width, uint32_t height)
{
	for (unsigned int i = 0; i < drm->screen_count; i++)
		if (drm->screens[i].output.mode.hdisplay == width &&
			drm->screens[i].output.mode.vdisplay == height)
			return true;
	return false;
}

static int drm_buffer_create(struct display *display, uint32_t width, uint32_t height,
	struct display_buffer **ret)
{
	struct drm_display *drm = drm_of(display);
	struct drm_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer)
		return -ENOMEM;
	buffer->base.width = width;
	buffer->base.height = height;
	buffer->base.dmabuf = -1;
	if (fills_a_screen(drm, width, height) &&
		!drm_memory_create(&drm->card, width, height, true, &buffer->memory)) {
		buffer->base.pixels = buffer->memory.pixels;
		buffer->base.stride_bytes = buffer->memory.stride_bytes;
	} else {
		buffer->base.stride_bytes = (size_t)width * PIXEL_BYTES;
		buffer->base.pixels = calloc(height, buffer->base.stride_bytes);
	}
	if (!buffer->base.pixels) {
		free(buffer);
		return -ENOMEM;
	}
	*ret = &buffer->base;
	return 0;
}

static int drm_buffer_import(struct display *display, const struct pixel_source *source,
	int dmabuf, struct display_buffer **ret)
{
	struct drm_display *drm = drm_of(display);
	struct drm_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer)
		return -ENOMEM;
	buffer->base.width = source->width;
	buffer->base.height = source->height;
	buffer->base.source = *source;
	buffer->base.dmabuf = dmabuf;
	/* A card that cannot show it where it is gets copies. */
	if (dmabuf >= 0 && fills_a_screen(drm, source->width, source->height))
		drm_fb_import(&drm->card, source, dmabuf, &buffer->memory.fb);
	*ret = &buffer->base;
	return 0;
}

static void drm_buffer_destroy(struct display *display, struct display_buffer *base)
{
	struct drm_buffer *buffer = container_of(base, struct drm_buffer, base);

	if (!buffer->memory.handle)
		free(base->pixels);
	drm_memory_destroy(&drm_of(display)->card, &buffer->memory);
	free(buffer);
}

/* ---- what is plugged in
 * ---------------------------------------------------------------- */

static void look_again(struct drm_display *drm, struct drm_screen *screen)
{
	struct drm_output *output = &screen->output;
	const struct drm_mode_modeinfo *mode;
	struct drm_connector now;
	bool was = output->connector.connected;

	if (drm_card_connector(&drm->card, output->connector.id, &now))
		return;
	output->connector = now;
	mode = now.connected ? drm_display_mode(drm, &now) : NULL;
	/* Another screen, without the mode that was asked for: better than none. */
	if (now.connected && !mode)
		mode = drm_connector_mode(&now, 0, 0, 0);
	if (now.connected == was &&
		(!mode || !memcmp(mode, &output->mode, sizeof(*mode))))
		return;
	if (mode) {
		/* What is shown is made anew; the guest will bring another picture. */
		if (output->lit)
			drm_output_darken(output);
		drm_screen_forget(screen);
		output->mode = *mode;
	}
	drm_screen_show(screen);
	if (mode)
		log_host("%s: %ux%u", now.name, mode->hdisplay, mode->vdisplay);
	else
		log_host("%s: unplugged", now.name);
	drm_display_tell(drm, screen, mode);
}

static void cables_changed(struct uevent *uevent)
{
	struct drm_display *drm = container_of(uevent, struct drm_display, uevent);

	for (unsigned int i = 0; i < drm->screen_count; i++)
		look_again(drm, &drm->screens[i]);
	settle(drm);
}

/* ---- who has the screens -------------------------------------------------------------
 */

static void vt_left(struct vt *vt)
{
	struct drm_display *drm = container_of(vt, struct drm_display, vt);

	for (unsigned int i = 0; i < drm->screen_count; i++)
		drm_screen_leave(&drm->screens[i]);
	drm_card_drop_master(&drm->card);
	settle(drm);
}

static void vt_entered(struct vt *vt)
{
	struct drm_display *drm = container_of(vt, struct drm_display, vt);
	int code = drm_card_become_master(&drm->card);

	if (code)
		log_host("the graphics card does not come back: %s", strerror(-code));
	for (unsigned int i = 0; i < drm->screen_count; i++)
		drm_screen_return(&drm->screens[i]);
	cables_changed(&drm->uevent);
}

static void lease_ended(struct loop_fd *watch, uint32_t events)
{
	log_host("the lease of the screens has ended: nothing is shown any more");
	loop_fd_remove(watch);
}

/* ---- setting up
 * ------------------------------------------------------------------------ */

static void drm_destroy(struct display *display)
{
	struct drm_display *drm = drm_of(display);

	loop_task_cancel(drm->loop, &drm->tell);
	loop_timer_cancel(&drm->late);
	uevent_close(&drm->uevent);
	loop_fd_remove(&drm->lease);
	loop_fd_remove(&drm->events);
	for (unsigned int i = 0; i < drm->screen_count; i++) {
		drm_output_restore(&drm->screens[i].output);
		drm_screen_forget(&drm->screens[i]);
		drm_memory_destroy(&drm->card, &drm->screens[i].cursor);
	}
	drm_card_finish(&drm->card);
	if (drm->lease.fd >= 0)
		close(drm->lease.fd);
	vt_give_back(&drm->vt);
	display_finish(display);
	free(drm);
}

static const struct display_ops drm_ops = {
	.buffer_create = drm_buffer_create,
	.buffer_import = drm_buffer_import,
	.buffer_destroy = drm_buffer_destroy,
	.show = drm_show,
	.flush = drm_flush,
	.cursor_set = drm_cursor_set,
	.cursor_move = drm_cursor_move,
	.destroy = drm_destroy,
};

static int set_up(struct drm_display *drm, unsigned int scanouts, struct error *err)
{
	int code = 0;

	/* The terminal first: whoever has it gives the card away with it. */
	if (!drm->options.lease)
		code = vt_take(&drm->vt, drm->options.vts, drm->loop, drm->options.vt,
			drm->options.pos, err);
	if (!code)
		code = drm_display_open_screens(drm, scanouts, err);
	if (code)
		return code;
	drm->events.fd = drm->card.fd;
	code = loop_fd_add(drm->loop, &drm->events);
	if (!code && drm->lease.fd >= 0)
		code = loop_fd_add(drm->loop, &drm->lease);
	if (code)
		return error_set(err, code, drm->options.pos, "cannot watch the card: %s",
			strerror(-code));
	/* Without it cables are not seen to change, which is all. */
	uevent_open(&drm->uevent, drm->loop, "drm", cables_changed);
	return 0;
}

int display_drm_open(struct loop *loop, const struct display_drm_options *options,
	unsigned int scanouts, struct display **ret, struct error *err)
{
	/* What a screen that was never plugged in would like to have. */
	static const struct display_size sizes[DISPLAY_SCANOUTS_MAX] = {
		[0 ... DISPLAY_SCANOUTS_MAX - 1] = {1024, 768}};
	struct drm_display *drm = calloc(1, sizeof(*drm));
	int code;

	if (!drm)
		return error_set(err, -ENOMEM, NULL, "no memory for a display");
	display_init(&drm->base, &drm_ops, sizes, scanouts);
	drm->loop = loop;
	drm->options = *options;
	drm->card.fd = drm->lease.fd = -1;
	drm->lease.events = EPOLLIN;
	drm->lease.ready = lease_ended;
	drm->vt.left = vt_left;
	drm->vt.entered = vt_entered;
	drm->events.events = EPOLLIN;
	drm->events.ready = events_ready;
	drm->late.expired = late_expired;
	drm->tell.run = tell_run;
	code = set_up(drm, scanouts, err);
	if (code) {
		drm_destroy(&drm->base);
		return code;
	}
	*ret = &drm->base;
	return 0;
}
