/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_compositor.h"

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wayland-cursor.h>

#include "test/unit/test.h"

#define OBJECTS 64

struct fake_compositor compositor;

static struct fake_object objects[OBJECTS];
static struct wl_cursor_image arrow = {.width = 24, .height = 24, .hotspot_x = 3};

static struct fake_object *of_proxy(void *proxy)
{
	return proxy;
}

static struct fake_object *add(const struct wl_interface *interface)
{
	for (unsigned int i = 0; i < OBJECTS; i++) {
		if (objects[i].interface)
			continue;
		objects[i] = (struct fake_object){.interface = interface};
		return &objects[i];
	}
	test_fail(__FILE__, __LINE__, "too many objects of %s", interface->name);
	return &objects[0];
}

void fake_compositor_reset(void)
{
	memset(objects, 0, sizeof(objects));
	compositor = (struct fake_compositor){0};
	compositor.window = add(&wl_surface_interface);
	compositor.arrow = add(&wl_buffer_interface);
}

/* ---- requests -------------------------------------------------------------------------
 */

static void on_surface(struct fake_object *surface, uint32_t opcode,
	struct fake_object *created, va_list arguments)
{
	switch (opcode) {
	case WL_SURFACE_ATTACH:
		surface->buffer = va_arg(arguments, void *);
		break;
	case WL_SURFACE_DAMAGE:
		for (unsigned int i = 0; i < 4; i++)
			surface->damaged[i] = va_arg(arguments, int32_t);
		break;
	case WL_SURFACE_FRAME:
		surface->frame = created;
		break;
	case WL_SURFACE_COMMIT:
		surface->commits++;
		break;
	default:
		break;
	}
}

static void on_create_pool(struct fake_object *pool, va_list arguments)
{
	int fd, bytes;

	(void)va_arg(arguments, void *);
	fd = va_arg(arguments, int);
	bytes = va_arg(arguments, int);
	pool->seals = fcntl(fd, F_GET_SEALS);
	pool->pixels = mmap(NULL, (size_t)bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(pool->pixels != MAP_FAILED);
}

static void on_create_buffer(
	const struct fake_object *pool, struct fake_object *buffer, va_list arguments)
{
	(void)va_arg(arguments, void *);
	CHECK_EQ(va_arg(arguments, int), 0);
	buffer->pixels = pool->pixels;
	buffer->seals = pool->seals;
	buffer->width = va_arg(arguments, int);
	buffer->height = va_arg(arguments, int);
	CHECK_EQ(va_arg(arguments, int), buffer->width * 4);
}

static void on_set_cursor(va_list arguments)
{
	(void)va_arg(arguments, uint32_t);
	compositor.cursor = va_arg(arguments, void *);
	compositor.hot_x = va_arg(arguments, int32_t);
	compositor.cursors_set++;
}

struct wl_proxy *wl_proxy_marshal_flags(struct wl_proxy *proxy, uint32_t opcode,
	const struct wl_interface *interface, uint32_t version, uint32_t flags, ...)
{
	struct fake_object *object = of_proxy(proxy);
	struct fake_object *created = interface ? add(interface) : NULL;
	va_list arguments;

	va_start(arguments, flags);
	if (object->interface == &wl_surface_interface)
		on_surface(object, opcode, created, arguments);
	else if (interface == &wl_shm_pool_interface)
		on_create_pool(created, arguments);
	else if (interface == &wl_buffer_interface)
		on_create_buffer(object, created, arguments);
	else if (interface == &wl_pointer_interface)
		compositor.pointer = created;
	else if (object->interface == &wl_pointer_interface &&
		 opcode == WL_POINTER_SET_CURSOR)
		on_set_cursor(arguments);
	va_end(arguments);
	if (flags & WL_MARSHAL_FLAG_DESTROY)
		object->interface = NULL;
	return (void *)created;
}

int wl_proxy_add_listener(
	struct wl_proxy *proxy, void (**implementation)(void), void *data)
{
	of_proxy(proxy)->listener = implementation;
	of_proxy(proxy)->data = data;
	return 0;
}

void wl_proxy_destroy(struct wl_proxy *proxy)
{
	CHECK(of_proxy(proxy)->interface);
	of_proxy(proxy)->interface = NULL;
}

uint32_t wl_proxy_get_version(struct wl_proxy *proxy)
{
	return 1;
}

int wl_display_get_fd(struct wl_display *display)
{
	return -1;
}

int wl_display_flush(struct wl_display *display)
{
	return 0;
}

/* Tells what there is. */
int wl_display_roundtrip(struct wl_display *display)
{
	static const struct wl_interface *const globals[] = {
		&wl_compositor_interface, &wl_shm_interface, &wl_seat_interface};

	for (unsigned int i = 0; i < OBJECTS; i++) {
		const struct wl_registry_listener *listener = objects[i].listener;

		if (objects[i].interface != &wl_registry_interface)
			continue;
		for (uint32_t j = 0; j < 3; j++)
			listener->global(objects[i].data, (void *)&objects[i], j,
				globals[j]->name, 1);
	}
	return 0;
}

/* ---- a theme --------------------------------------------------------------------------
 */

struct wl_cursor_theme *wl_cursor_theme_load(
	const char *name, int size, struct wl_shm *shm)
{
	return (void *)&arrow;
}

void wl_cursor_theme_destroy(struct wl_cursor_theme *theme)
{
	CHECK(theme == (void *)&arrow);
}

struct wl_cursor *wl_cursor_theme_get_cursor(
	struct wl_cursor_theme *theme, const char *name)
{
	static struct wl_cursor_image *images[] = {&arrow};
	static struct wl_cursor cursor = {.image_count = 1, .images = images};

	return &cursor;
}

struct wl_buffer *wl_cursor_image_get_buffer(struct wl_cursor_image *image)
{
	return (void *)compositor.arrow;
}

/* ---- events ---------------------------------------------------------------------------
 */

void fake_compositor_release(struct fake_object *buffer)
{
	const struct wl_buffer_listener *listener = buffer->listener;

	listener->release(buffer->data, (void *)buffer);
}

void fake_compositor_want_frame(void)
{
	struct fake_object *frame = compositor.window->frame;
	const struct wl_callback_listener *listener = frame->listener;

	listener->done(frame->data, (void *)frame, 0);
}

void fake_compositor_plug_pointer(struct wl_seat *seat, bool plugged)
{
	struct fake_object *object = of_proxy(seat);
	const struct wl_seat_listener *listener = object->listener;

	listener->capabilities(
		object->data, seat, plugged ? WL_SEAT_CAPABILITY_POINTER : 0);
}

void fake_compositor_enter(struct fake_object *surface)
{
	const struct wl_pointer_listener *listener = compositor.pointer->listener;

	listener->enter(compositor.pointer->data, (void *)compositor.pointer, 1,
		(void *)surface, 0, 0);
}

unsigned int fake_compositor_count(const struct wl_interface *interface)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < OBJECTS; i++)
		count += objects[i].interface == interface;
	return count;
}
