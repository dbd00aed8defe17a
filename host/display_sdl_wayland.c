/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames on Wayland. A window has up to three images, made when there is no other to draw
 * on: most compositors copy one at once, some read it until they have the next. An image
 * that is drawn on gets what changed since its last turn from the newest one.
 */
#include "host/display_sdl_wayland.h"

#include <SDL_syswm.h>
#include <SDL_vulkan.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define IMAGES 3u
/* A compositor wants no frames of a window that nobody sees. Its guest goes on, slowly:
 * it may wait for them. */
#define UNSEEN_FRAME_MS 50u

struct frame {
	struct wayland_image image;
	SDL_Surface *surface; /* of its pixels */
	struct rect stale;    /* what newer ones have changed */
};

struct sdl_wayland_window {
	struct wl_surface *surface;  /* SDL's */
	struct wl_callback *awaited; /* until the compositor wants another frame */
	uint32_t committed_ms;
	struct frame frames[IMAGES];
	struct frame *newest; /* NULL: none of these */
	struct frame *next;   /* what sdl_wayland_surface() has given out */
};

/* ---- SDL's windows without OpenGL -----------------------------------------------------
 */

/*
 * SDL before 2.30 makes every window here one of OpenGL and loads its libraries, but for
 * those of Vulkan. Of that it asks the library only whether it can do Wayland, and leaves
 * the rest to whoever draws. This program is that library.
 */
struct vulkan_extension {
	char name[256];
	uint32_t version;
};

typedef void (*vulkan_function)(void);

static int32_t list_extensions(
	const char *layer, uint32_t *count, struct vulkan_extension *ret)
{
	static const struct vulkan_extension extensions[] = {
		{"VK_KHR_surface", 25}, {"VK_KHR_wayland_surface", 6}};

	if (ret)
		memcpy(ret, extensions, SDL_min(*count, 2u) * sizeof(extensions[0]));
	*count = 2;
	return 0;
}

/* By its name, which SDL looks for. */
__attribute__((visibility("default"))) vulkan_function vkGetInstanceProcAddr(
	void *instance, const char *name);

vulkan_function vkGetInstanceProcAddr(void *instance, const char *name)
{
	return strcmp(name, "vkEnumerateInstanceExtensionProperties") == 0
		       ? (vulkan_function)list_extensions
		       : NULL;
}

int sdl_wayland_window_flags(Uint32 *ret)
{
	SDL_version version;

	*ret = 0;
	SDL_GetVersion(&version);
	if (SDL_VERSIONNUM(version.major, version.minor, version.patch) >=
		SDL_VERSIONNUM(2, 30, 0))
		return 0;
	*ret = SDL_WINDOW_VULKAN;
	return SDL_Vulkan_LoadLibrary("");
}

/* ---- pixels ---------------------------------------------------------------------------
 */

static void on_release(void *data, struct wl_buffer *buffer)
{
	struct wayland_image *image = data;

	image->busy = false;
}

/* It cannot shrink under the compositor's hands. */
static int open_memory(size_t bytes)
{
	int fd = memfd_create("bonsai-window", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && (ftruncate(fd, (off_t)bytes) < 0 ||
			       fcntl(fd, F_ADD_SEALS,
				       F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

int wayland_image_create(struct wl_shm *shm, uint32_t width, uint32_t height,
	uint32_t format, struct wayland_image *image)
{
	static const struct wl_buffer_listener listener = {on_release};
	int32_t stride = (int32_t)(width * PIXEL_BYTES);
	size_t bytes = (size_t)stride * height;
	struct wl_shm_pool *pool;
	void *pixels;
	int fd = bytes <= INT32_MAX ? open_memory(bytes) : -1;

	if (fd < 0)
		return -ENOMEM;
	pixels = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (pixels == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}
	pool = wl_shm_create_pool(shm, fd, (int32_t)bytes);
	*image = (struct wayland_image){
		.buffer = wl_shm_pool_create_buffer(
			pool, 0, (int32_t)width, (int32_t)height, stride, format),
		.pixels = pixels,
		.width = width,
		.height = height,
	};
	wl_buffer_add_listener(image->buffer, &listener, image);
	wl_shm_pool_destroy(pool);
	close(fd);
	return 0;
}

void wayland_image_destroy(struct wayland_image *image)
{
	if (!image->buffer)
		return;
	wl_buffer_destroy(image->buffer);
	munmap(image->pixels, (size_t)image->width * image->height * PIXEL_BYTES);
	*image = (struct wayland_image){0};
}

void wayland_image_attach(struct wayland_image *image, struct wl_surface *surface)
{
	wl_surface_attach(surface, image->buffer, 0, 0);
	image->busy = true;
}

/* ---- frames ---------------------------------------------------------------------------
 */

static void frame_destroy(struct frame *frame)
{
	SDL_FreeSurface(frame->surface);
	wayland_image_destroy(&frame->image);
	*frame = (struct frame){0};
}

static int frame_create(
	struct wl_shm *shm, uint32_t width, uint32_t height, struct frame *frame)
{
	int code = wayland_image_create(
		shm, width, height, WL_SHM_FORMAT_XRGB8888, &frame->image);

	if (code)
		return code;
	frame->stale = (struct rect){0, 0, width, height};
	frame->surface = SDL_CreateRGBSurfaceWithFormatFrom(frame->image.pixels,
		(int)width, (int)height, 32, (int)(width * PIXEL_BYTES),
		SDL_PIXELFORMAT_RGB888);
	if (!frame->surface)
		frame_destroy(frame);
	return frame->surface ? 0 : -ENOMEM;
}

/* That the compositor does not read. */
static struct frame *idle_frame(struct sdl_wayland_window *window)
{
	for (unsigned int i = 0; i < IMAGES; i++)
		if (!window->frames[i].image.busy)
			return &window->frames[i];
	return NULL;
}

/* Those of another size than the window's by now. */
static void drop_outgrown(
	struct sdl_wayland_window *window, uint32_t width, uint32_t height)
{
	for (unsigned int i = 0; i < IMAGES; i++) {
		struct frame *frame = &window->frames[i];

		if (frame->image.width == width && frame->image.height == height)
			continue;
		if (window->newest == frame)
			window->newest = NULL;
		if (!frame->image.busy)
			frame_destroy(frame);
	}
}

static void catch_up(struct frame *frame, const struct frame *newest)
{
	struct rect all = {0, 0, frame->image.width, frame->image.height};
	/* What was drawn while the window was larger may be more. */
	struct rect stale = rect_intersect(&frame->stale, &all);
	size_t stride = (size_t)all.width * PIXEL_BYTES;
	size_t at = (size_t)stale.y * all.width + stale.x;

	if (newest)
		pixels_copy_rows(frame->image.pixels + at, stride,
			newest->image.pixels + at, stride, stale.width, stale.height);
	frame->stale = (struct rect){0};
}

int sdl_wayland_wait_ms(struct sdl_window *window)
{
	const struct sdl_wayland_window *wayland = window->wayland;
	uint32_t passed_ms = SDL_GetTicks() - wayland->committed_ms;

	if (!idle_frame(window->wayland))
		return -1;
	return wayland->awaited && passed_ms < UNSEEN_FRAME_MS
		       ? (int)(UNSEEN_FRAME_MS - passed_ms)
		       : 0;
}

SDL_Surface *sdl_wayland_surface(struct display_sdl *sdl, struct sdl_window *window)
{
	struct sdl_wayland_window *wayland = window->wayland;
	struct frame *frame;
	int width, height;

	SDL_GetWindowSizeInPixels(window->window, &width, &height);
	drop_outgrown(wayland, (uint32_t)width, (uint32_t)height);
	frame = idle_frame(wayland);
	if (!frame->surface &&
		frame_create(sdl->wayland->shm, (uint32_t)width, (uint32_t)height, frame))
		return NULL;
	catch_up(frame, wayland->newest);
	wayland->next = frame;
	return frame->surface;
}

static void on_wanted(void *data, struct wl_callback *callback, uint32_t time)
{
	struct sdl_wayland_window *window = data;

	wl_callback_destroy(callback);
	window->awaited = NULL;
}

static void await_demand(struct sdl_wayland_window *window)
{
	static const struct wl_callback_listener listener = {on_wanted};

	if (window->awaited)
		wl_callback_destroy(window->awaited);
	window->awaited = wl_surface_frame(window->surface);
	wl_callback_add_listener(window->awaited, &listener, window);
	window->committed_ms = SDL_GetTicks();
}

static struct rect of_sdl(const SDL_Rect *rect)
{
	return (struct rect){(uint32_t)rect->x, (uint32_t)rect->y, (uint32_t)rect->w,
		(uint32_t)rect->h};
}

void sdl_wayland_present(struct display_sdl *sdl, struct sdl_window *window,
	const SDL_Rect *rects, int count)
{
	struct sdl_wayland_window *wayland = window->wayland;

	wayland_image_attach(&wayland->next->image, wayland->surface);
	for (int i = 0; i < count; i++) {
		struct rect rect = of_sdl(&rects[i]);

		wl_surface_damage(
			wayland->surface, rects[i].x, rects[i].y, rects[i].w, rects[i].h);
		for (unsigned int j = 0; j < IMAGES; j++)
			if (&wayland->frames[j] != wayland->next)
				wayland->frames[j].stale =
					rect_union(&wayland->frames[j].stale, &rect);
	}
	await_demand(wayland);
	wl_surface_commit(wayland->surface);
	wayland->newest = wayland->next;
	wl_display_flush(sdl->wayland->display);
}

void sdl_wayland_settle(struct display_sdl *sdl)
{
	if (!sdl->wayland)
		return;
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++)
		wl_surface_commit(sdl->windows[i].wayland->surface);
	wl_display_flush(sdl->wayland->display);
}

/* ---- life -----------------------------------------------------------------------------
 */

static void on_global(void *data, struct wl_registry *registry, uint32_t name,
	const char *interface, uint32_t version)
{
	struct sdl_wayland *wayland = data;

	/* Of the first versions all that is needed. */
	if (!strcmp(interface, wl_shm_interface.name))
		wayland->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
	else if (!strcmp(interface, wl_compositor_interface.name))
		wayland->compositor =
			wl_registry_bind(registry, name, &wl_compositor_interface, 1);
	else if (!strcmp(interface, wl_seat_interface.name) && !wayland->cursor.seat)
		wayland->cursor.seat =
			wl_registry_bind(registry, name, &wl_seat_interface, 1);
}

static void on_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
}

bool sdl_wayland_has_surface(
	const struct display_sdl *sdl, const struct wl_surface *surface)
{
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++)
		if (sdl->windows[i].wayland->surface == surface)
			return true;
	return false;
}

static int window_init(struct sdl_window *window)
{
	SDL_SysWMinfo info;

	SDL_VERSION(&info.version);
	if (!SDL_GetWindowWMInfo(window->window, &info))
		return -1;
	window->wayland = SDL_calloc(1, sizeof(*window->wayland));
	if (!window->wayland)
		return SDL_OutOfMemory();
	window->wayland->surface = info.info.wl.surface;
	return 0;
}

int sdl_wayland_create(struct display_sdl *sdl, struct wl_display *display)
{
	static const struct wl_registry_listener listener = {on_global, on_global_remove};
	struct sdl_wayland *wayland = SDL_calloc(1, sizeof(*wayland));

	if (!wayland)
		return SDL_OutOfMemory();
	sdl->wayland = wayland;
	wayland->display = display;
	wayland->registry = wl_display_get_registry(display);
	wl_registry_add_listener(wayland->registry, &listener, wayland);
	if (wl_display_roundtrip(display) < 0 || !wayland->shm || !wayland->compositor)
		return SDL_SetError("the compositor shares no memory");
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++)
		if (window_init(&sdl->windows[i]))
			return -1;
	return 0;
}

static void window_finish(struct sdl_window *window)
{
	struct sdl_wayland_window *wayland = window->wayland;

	if (!wayland)
		return;
	if (wayland->awaited)
		wl_callback_destroy(wayland->awaited);
	for (unsigned int i = 0; i < IMAGES; i++)
		frame_destroy(&wayland->frames[i]);
	SDL_free(wayland);
	window->wayland = NULL;
}

void sdl_wayland_destroy(struct display_sdl *sdl)
{
	struct sdl_wayland *wayland = sdl->wayland;

	if (!wayland)
		return;
	wayland_cursor_finish(&wayland->cursor);
	for (unsigned int i = 0; i < sdl->display.scanout_count; i++)
		window_finish(&sdl->windows[i]);
	if (wayland->shm)
		wl_shm_destroy(wayland->shm);
	if (wayland->compositor)
		wl_compositor_destroy(wayland->compositor);
	wl_registry_destroy(wayland->registry);
	SDL_free(wayland);
	sdl->wayland = NULL;
}
