/* SPDX-License-Identifier: Apache-2.0 */
/* The window thread: comes up, waits, goes down. */
#include <SDL_syswm.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <wayland-client-core.h>

#include "host/display_sdl_impl.h"
#include "src/sandbox.h"

/* SDL holds a change of the focus back so long, in case the next one undoes it. */
#define SETTLED_MS 250
/* Where nobody knows what to wait for: no server that people use. */
#define LOOK_MS 10
#define LEAST_WIDTH 64
#define LEAST_HEIGHT 48

void sdl_report(struct display_sdl *sdl, const struct sdl_report *report)
{
	ssize_t done;

	/* Short enough for a pipe to take it whole. EPIPE: nobody listens any more. */
	do
		done = write(sdl->report_fd, report, sizeof(*report));
	while (done < 0 && errno == EINTR);
}

/* ---- the display server ---------------------------------------------------------------
 */

/* Xlib would exit(): the VM has better things to do. It holds its own locks here. */
static void server_lost(Display *server, void *user)
{
	const struct sdl_report report = {.kind = SDL_REPORT_LOST};

	sdl_report(user, &report);
	pthread_exit(NULL);
}

/* What has Xlib say nothing on the way there. */
static int server_fails(Display *server)
{
	return 0;
}

/* The library is SDL's: it is loaded already, and stays. */
static void *server_function(const char *library, const char *name)
{
	void *loaded = SDL_LoadObject(library);

	return loaded ? SDL_LoadFunction(loaded, name) : NULL;
}

static void watch_x11(struct display_sdl *sdl, Display *server)
{
	int (*x11_fd)(Display *);
	void (*on_loss)(Display *, XIOErrorExitHandler, void *);
	void (*on_failure)(XIOErrorHandler);

	/* What pthread_exit() wants, as long as it can be had. */
	SDL_LoadObject("libgcc_s.so.1");
	*(void **)&x11_fd = server_function("libX11.so.6", "XConnectionNumber");
	*(void **)&on_loss = server_function("libX11.so.6", "XSetIOErrorExitHandler");
	*(void **)&on_failure = server_function("libX11.so.6", "XSetIOErrorHandler");
	if (x11_fd)
		sdl->server_fd = x11_fd(server);
	if (on_loss)
		on_loss(server, server_lost, sdl);
	if (on_loss && on_failure)
		on_failure(server_fails);
}

/* Finds what to wait for, and who draws; 0 or -1. */
static int find_server(struct display_sdl *sdl)
{
	SDL_SysWMinfo info;

	sdl->server_fd = -1;
	SDL_VERSION(&info.version);
	if (!SDL_GetWindowWMInfo(sdl->windows[0].window, &info))
		return 0;
	if (info.subsystem == SDL_SYSWM_X11)
		watch_x11(sdl, info.info.x11.display);
	if (info.subsystem != SDL_SYSWM_WAYLAND)
		return 0;
	sdl->server_fd = wl_display_get_fd(info.info.wl.display);
	return sdl_wayland_create(sdl, info.info.wl.display);
}

/* ---- coming up ------------------------------------------------------------------------
 */

static void set_hints(void)
{
	static const struct {
		const char *name;
		const char *value;
	} hints[] = {
		{SDL_HINT_APP_NAME, "Bonsai"},
		{SDL_HINT_NO_SIGNAL_HANDLERS, "1"},
		{SDL_HINT_QUIT_ON_LAST_WINDOW_CLOSE, "0"},
		{SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "1"},
		{SDL_HINT_VIDEO_MINIMIZE_ON_FOCUS_LOSS, "0"},
		{SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0"},
		{SDL_HINT_VIDEO_WAYLAND_EMULATE_MOUSE_WARP, "0"},
	};

	SDL_SetMainReady();
	for (size_t i = 0; i < SDL_arraysize(hints); i++)
		SDL_SetHint(hints[i].name, hints[i].value);
}

/* SDL would go on to what shows nothing, or takes the whole screen. */
static bool choose_desktop(void)
{
	bool x11 = SDL_getenv("DISPLAY"), wayland = SDL_getenv("WAYLAND_DISPLAY");

	if (SDL_getenv("SDL_VIDEODRIVER"))
		return true;
	if (!x11 && !wayland) {
		SDL_SetError("neither DISPLAY nor WAYLAND_DISPLAY is set");
		return false;
	}
	SDL_SetHint(SDL_HINT_VIDEODRIVER, x11 && wayland ? "x11,wayland"
					  : x11          ? "x11"
							 : "wayland");
	return true;
}

static bool open_windows(struct display_sdl *sdl)
{
	Uint32 flags = SDL_WINDOW_RESIZABLE, special = 0;

	set_hints();
	if (!choose_desktop() || SDL_Init(SDL_INIT_VIDEO))
		return false;
	/* Through memory that is shared with the server, without OpenGL's libraries and
	 * threads: it is one copy either way. */
	SDL_SetHintWithPriority(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0", SDL_HINT_DEFAULT);
	if (!SDL_strcmp(SDL_GetCurrentVideoDriver(), "wayland") &&
		sdl_wayland_window_flags(&special))
		return false;
	/* Keys are what counts; an input method would eat them. */
	SDL_StopTextInput();
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++) {
		const struct display_mode *mode = &sdl->display.scanouts[i].mode;
		struct sdl_window *window = &sdl->windows[i];
		bool full = sdl->fullscreen && !i;

		window->window = SDL_CreateWindow(sdl->title, SDL_WINDOWPOS_UNDEFINED,
			SDL_WINDOWPOS_UNDEFINED, (int)mode->width, (int)mode->height,
			flags | special | (full ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0));
		if (!window->window)
			return false;
		window->id = SDL_GetWindowID(window->window);
		SDL_SetWindowMinimumSize(window->window, LEAST_WIDTH, LEAST_HEIGHT);
	}
	sdl_set_titles(sdl);
	return !find_server(sdl);
}

static void close_windows(struct display_sdl *sdl)
{
	sdl_wayland_destroy(sdl);
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++) {
		SDL_FreeSurface(sdl->windows[i].unscaled);
		if (sdl->windows[i].window)
			SDL_DestroyWindow(sdl->windows[i].window);
	}
	if (sdl->host_cursor)
		SDL_FreeCursor(sdl->host_cursor);
	SDL_Quit();
}

/* ---- a turn ---------------------------------------------------------------------------
 */

static bool take_events(struct display_sdl *sdl)
{
	SDL_Event event;

	while (SDL_PollEvent(&event)) {
		/* Of a Wayland server that is gone; nobody else says so. */
		if (event.type == SDL_QUIT) {
			const struct sdl_report report = {.kind = SDL_REPORT_LOST};

			sdl_report(sdl, &report);
			return false;
		}
		sdl_input(sdl, &event);
	}
	return true;
}

static bool draw_all(struct display_sdl *sdl)
{
	bool drawn = false;

	sdl->wait_ms = -1;
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++)
		drawn |= sdl_draw(sdl, i);
	return drawn;
}

static bool stops(struct display_sdl *sdl)
{
	bool stop;

	loop_lock(sdl->loop);
	sdl->woken = false;
	stop = sdl->stop;
	loop_unlock(sdl->loop);
	return stop;
}

static void run(struct display_sdl *sdl)
{
	struct pollfd fds[] = {
		{.fd = sdl->wake_fd, .events = POLLIN},
		{.fd = sdl->server_fd, .events = POLLIN},
	};
	int timeout = SETTLED_MS, ready;
	uint64_t count;

	while (!stops(sdl) && take_events(sdl)) {
		/* Drawing reads events, too, which no descriptor tells of any more. */
		if (draw_all(sdl))
			continue;
		if (sdl->server_fd < 0)
			timeout = LOOK_MS;
		if (sdl->wait_ms >= 0 && (timeout < 0 || timeout > sdl->wait_ms))
			timeout = sdl->wait_ms;
		fds[0].revents = fds[1].revents = 0;
		ready = poll(fds, SDL_arraysize(fds), timeout);
		if (ready < 0 && errno != EINTR)
			return;
		if (!ready && timeout == SETTLED_MS)
			sdl_wayland_settle(sdl);
		timeout = fds[1].revents ? SETTLED_MS : -1;
		if (fds[0].revents && read(sdl->wake_fd, &count, sizeof(count)) < 0)
			continue;
	}
}

void *sdl_thread(void *argument)
{
	struct display_sdl *sdl = argument;

	if (!open_windows(sdl)) {
		snprintf(sdl->start_text, sizeof(sdl->start_text), "%s", SDL_GetError());
		sdl->start_code = -ENODEV;
		close_windows(sdl);
		sem_post(&sdl->started);
		return NULL;
	}
	sem_post(&sdl->started);
	sdl_wayland_start_cursor(sdl);
	while (sem_wait(&sdl->go))
		;
	loop_lock(sdl->loop);
	/* A finger is the mouse's, where the guest knows no better. */
	SDL_SetHint(SDL_HINT_TOUCH_MOUSE_EVENTS,
		seat_has(sdl->seat, INPUT_TOUCH) ? "0" : "1");
	loop_unlock(sdl->loop);
	sandbox_follow(sdl->wayland ? SANDBOX_WAYLAND : SANDBOX_WINDOW);
	run(sdl);
	close_windows(sdl);
	return NULL;
}
