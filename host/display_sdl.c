/* SPDX-License-Identifier: Apache-2.0 */
/* The loop's side of the windows; see host/display_sdl_impl.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/display_sdl_impl.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/thread.h"

/* A window that somebody drags at has many sizes; the guest gets the one that stays. */
#define RESIZE_NS 100000000ull
#define REPORTS 64

static struct display_sdl *sdl_of(struct display *display)
{
	return container_of(display, struct display_sdl, display);
}

/* ---- wishes ---------------------------------------------------------------------------
 */

static void wake(struct display_sdl *sdl)
{
	uint64_t one = 1;

	if (sdl->woken)
		return;
	sdl->woken = true;
	/* An eventfd takes 2^64 - 2 of these. */
	if (write(sdl->wake_fd, &one, sizeof(one)) < 0)
		sdl->woken = false;
}

static void windows_show(struct display *display, unsigned int scanout)
{
	struct display_sdl *sdl = sdl_of(display);

	if (display->scanouts[scanout].buffer)
		display_frame_drop(&display->scanouts[scanout].frame);
	sdl->windows[scanout].wishes.all_new = true;
	wake(sdl);
}

static bool windows_flush(
	struct display *display, unsigned int scanout, const struct rect *rect)
{
	struct display_sdl *sdl = sdl_of(display);
	struct sdl_window *window = &sdl->windows[scanout];

	/* One that somebody asked for has grown old. */
	display_frame_drop(&display->scanouts[scanout].frame);
	if (sdl->lost)
		return false;
	window->wishes.damage = rect_union(&window->wishes.damage, rect);
	/* A window that nobody sees is drawn when it is seen. */
	if (!window->visible)
		return false;
	window->wishes.owed = window->owed = true;
	wake(sdl);
	return true;
}

static void windows_cursor_set(struct display *display, unsigned int scanout)
{
	sdl_of(display)->windows[scanout].wishes.cursor_set = true;
	wake(sdl_of(display));
}

static void windows_cursor_move(struct display *display, unsigned int scanout)
{
	/* The desktop's own is there already. */
	if (seat_has(sdl_of(display)->seat, INPUT_TABLET))
		return;
	sdl_of(display)->windows[scanout].wishes.cursor_moved = true;
	wake(sdl_of(display));
}

/* ---- reports --------------------------------------------------------------------------
 */

/* A place on one of several screens, which stand side by side, is one of them all. */
static int32_t across(const struct display *display, unsigned int scanout, int32_t x)
{
	uint64_t left = 0, whole = 0;

	for (unsigned int i = 0; i < display->scanout_count; i++) {
		if (i < scanout)
			left += display->scanouts[i].mode.width;
		whole += display->scanouts[i].mode.width;
	}
	left *= SEAT_ABS_MAX;
	return (int32_t)((left + (uint64_t)x * display->scanouts[scanout].mode.width) /
			 whole);
}

static int32_t down(const struct display *display, unsigned int scanout, int32_t y)
{
	uint32_t whole = 0;

	for (unsigned int i = 0; i < display->scanout_count; i++)
		if (whole < display->scanouts[i].mode.height)
			whole = display->scanouts[i].mode.height;
	return (int32_t)((uint64_t)y * display->scanouts[scanout].mode.height / whole);
}

static void act(struct display_sdl *sdl, const struct sdl_report *report)
{
	struct seat *seat = sdl->seat;
	int32_t x = across(&sdl->display, report->scanout, report->x);
	int32_t y = down(&sdl->display, report->scanout, report->y);

	switch (report->kind) {
	case SDL_REPORT_KEY:
		seat_key(seat, report->code, report->down);
		break;
	case SDL_REPORT_POINTER:
		if (seat_has(seat, INPUT_TABLET))
			seat_place(seat, x, y);
		else if (report->down)
			seat_motion(seat, report->dx, report->dy);
		break;
	case SDL_REPORT_WHEEL:
		seat_wheel(seat, report->dx, report->dy);
		break;
	case SDL_REPORT_TOUCH:
		if (report->down)
			seat_touch(seat, report->code, x, y);
		else
			seat_touch_end(seat, report->code);
		break;
	default:
		break;
	}
	seat_sync(seat);
}

static void present(struct display_sdl *sdl, unsigned int scanout)
{
	/* What was flushed since the thread took its turn is still to come. */
	sdl->windows[scanout].owed = sdl->windows[scanout].wishes.owed;
	display_presented(&sdl->display, scanout);
}

static void resized(struct loop_timer *timer)
{
	struct display_sdl *sdl = container_of(timer, struct display_sdl, resized);

	for (unsigned int i = 0; i < sdl->display.scanout_count; i++) {
		struct display_mode mode = *display_mode(&sdl->display, i);

		mode.width = sdl->sizes[i].width;
		mode.height = sdl->sizes[i].height;
		display_set_mode(&sdl->display, i, &mode);
	}
}

static void note_size(struct display_sdl *sdl, const struct sdl_report *report)
{
	struct display_size *size = &sdl->sizes[report->scanout];
	struct sdl_window *window = &sdl->windows[report->scanout];

	window->visible = report->down;
	if (report->dx <= 0 || report->dx > (int32_t)DISPLAY_SIDE_MAX ||
		report->dy <= 0 || report->dy > (int32_t)DISPLAY_SIDE_MAX)
		return;
	size->width = (uint32_t)report->dx;
	size->height = (uint32_t)report->dy;
	loop_timer_arm(sdl->loop, &sdl->resized, RESIZE_NS);
}

static void lose(struct display_sdl *sdl)
{
	sdl->lost = true;
	log_host("the display server is gone: the VM goes on without a window");
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++) {
		sdl->windows[i].wishes.owed = false;
		if (sdl->windows[i].owed)
			present(sdl, i);
	}
}

static void take(struct display_sdl *sdl, const struct sdl_report *report)
{
	switch (report->kind) {
	case SDL_REPORT_AWAY:
		seat_release_all(sdl->seat);
		break;
	case SDL_REPORT_RESIZED:
		note_size(sdl, report);
		break;
	case SDL_REPORT_PRESENTED:
		present(sdl, report->scanout);
		break;
	case SDL_REPORT_CLOSED:
		sdl->closed(sdl->closed_data);
		break;
	case SDL_REPORT_LOST:
		lose(sdl);
		break;
	default:
		act(sdl, report);
		break;
	}
}

static void reported(struct loop_fd *watch, uint32_t events)
{
	struct display_sdl *sdl = container_of(watch, struct display_sdl, reports);
	struct sdl_report reports[REPORTS];
	/* They are written whole, and so many fit into one read of a pipe. */
	ssize_t bytes = read(watch->fd, reports, sizeof(reports));

	for (ssize_t i = 0; i < bytes / (ssize_t)sizeof(reports[0]); i++)
		take(sdl, &reports[i]);
}

/* ---- life -----------------------------------------------------------------------------
 */

/* The loop runs: everything that the thread will ask for is there. */
static void go(struct loop_task *task)
{
	sem_post(&container_of(task, struct display_sdl, go_task)->go);
}

static int open_pipes(struct display_sdl *sdl)
{
	int pipe[2];

	sdl->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sdl->wake_fd < 0 || pipe2(pipe, O_CLOEXEC) < 0)
		return -errno;
	sdl->reports.fd = pipe[0];
	sdl->report_fd = pipe[1];
	/* The writing end waits. */
	if (fcntl(pipe[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	sdl->reports.events = EPOLLIN;
	sdl->reports.ready = reported;
	return loop_fd_add(sdl->loop, &sdl->reports);
}

static int start_thread(struct display_sdl *sdl)
{
	int code = thread_start(&sdl->thread, 0, sdl_thread, sdl);

	if (code)
		return code;
	sdl->thread_runs = true;
	while (sem_wait(&sdl->started))
		;
	return sdl->start_code;
}

static void windows_stop(struct display *display)
{
	struct display_sdl *sdl = sdl_of(display);

	loop_task_cancel(sdl->loop, &sdl->go_task);
	loop_timer_cancel(&sdl->resized);
	loop_fd_remove(&sdl->reports);
	/* Nobody listens any more: a report that waits fails. */
	if (sdl->reports.fd >= 0)
		close(sdl->reports.fd);
	sdl->reports.fd = -1;
	if (!sdl->thread_runs)
		return;
	loop_lock(sdl->loop);
	sdl->stop = sdl->lost = true;
	wake(sdl);
	loop_unlock(sdl->loop);
	sem_post(&sdl->go);
	pthread_join(sdl->thread, NULL);
	sdl->thread_runs = false;
}

static void windows_destroy(struct display *display)
{
	struct display_sdl *sdl = sdl_of(display);

	windows_stop(display);
	if (sdl->report_fd >= 0)
		close(sdl->report_fd);
	if (sdl->wake_fd >= 0)
		close(sdl->wake_fd);
	sem_destroy(&sdl->started);
	sem_destroy(&sdl->go);
	display_finish(display);
	free(sdl);
}

static const struct display_ops windows_ops = {
	.show = windows_show,
	.flush = windows_flush,
	.cursor_set = windows_cursor_set,
	.cursor_move = windows_cursor_move,
	.stop = windows_stop,
	.destroy = windows_destroy,
};

int display_sdl_create(struct loop *loop, const struct display_size *sizes,
	unsigned int scanouts, const struct display_sdl_options *options,
	struct display **ret, struct error *err)
{
	struct display_sdl *sdl = calloc(1, sizeof(*sdl));
	int code;

	if (!sdl)
		return error_set(err, -ENOMEM, options->pos, "no memory for windows");
	if (SDL_WasInit(SDL_INIT_VIDEO)) {
		free(sdl);
		return error_set(err, -EBUSY, options->pos,
			"another display of this VM has all the windows");
	}
	display_init(&sdl->display, &windows_ops, sizes, scanouts);
	sdl->loop = loop;
	sdl->seat = options->seat;
	sdl->closed = options->closed;
	sdl->closed_data = options->closed_data;
	sdl->fullscreen = options->fullscreen;
	sdl->reports.fd = sdl->report_fd = sdl->wake_fd = -1;
	sdl->resized.expired = resized;
	sdl->go_task.run = go;
	snprintf(sdl->title, sizeof(sdl->title), "%s", options->title);
	sem_init(&sdl->started, 0, 0);
	sem_init(&sdl->go, 0, 0);
	for (unsigned int i = 0; i < scanouts; i++)
		sdl->sizes[i] = sizes[i];
	code = open_pipes(sdl);
	if (!code)
		code = start_thread(sdl);
	if (code) {
		error_set(err, code, options->pos, "there is no window: %s",
			sdl->start_text[0] ? sdl->start_text : strerror(-code));
		windows_destroy(&sdl->display);
		return code;
	}
	loop_post(loop, &sdl->go_task);
	*ret = &sdl->display;
	return 0;
}
