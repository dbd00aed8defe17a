/* SPDX-License-Identifier: Apache-2.0 */
#include "host/display_vnc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/display_impl.h"
#include "host/listener.h"
#include "host/seat.h"
#include "host/vnc_client.h"
#include "host/vnc_screen.h"
#include "host/web.h"
#include "src/container_of.h"
#include "src/error.h"

#define CLIENTS_MAX 16u
#define BACKLOG 16
#define PASSWORD_CHARS 8u /* all that VNC's cipher takes */

/*
 * What is new goes to the clients at once, and what follows within this time together: a
 * guest may well draw a thousand pictures a second, and each would be copied and sent.
 */
#define PACE_NS (1000000000ull / 30)

struct vnc_server {
	struct display base;
	struct listener listener;
	struct seat_listener leds;
	struct vnc_input input;
	struct vnc_rules rules;
	char password[PASSWORD_CHARS + 2];
	unsigned int leds_lit;
	struct loop *loop;
	struct loop_timer pace;   /* armed: clients have heard of something just now */
	struct vnc_damage damage; /* of which they have not */
	struct vnc_view shown;    /* what clients see */
	bool copied;              /* and that is a copy of the guest's pixels */
	struct vnc_view last;     /* of a buffer, for whoever captures it */
	struct vnc_client clients[CLIENTS_MAX];
};

/* A buffer with memory of its own, which outlives it where somebody still looks. */
struct vnc_buffer {
	struct display_buffer base;
	struct vnc_frame *frame; /* NULL: the guest's pixels */
};

static struct vnc_server *of(struct display *display)
{
	return container_of(display, struct vnc_server, base);
}

/* ---- buffers --------------------------------------------------------------------------
 */

static struct vnc_buffer *make_buffer(uint32_t width, uint32_t height)
{
	struct vnc_buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer)
		return NULL;
	buffer->base.width = width;
	buffer->base.height = height;
	buffer->base.dmabuf = -1;
	return buffer;
}

static int vnc_buffer_create(struct display *display, uint32_t width, uint32_t height,
	struct display_buffer **ret)
{
	struct vnc_buffer *buffer = make_buffer(width, height);

	if (!buffer)
		return -ENOMEM;
	buffer->frame = vnc_frame_create(width, height);
	if (!buffer->frame) {
		free(buffer);
		return -ENOMEM;
	}
	buffer->base.pixels = buffer->frame->pixels;
	buffer->base.stride_bytes = buffer->frame->stride_bytes;
	*ret = &buffer->base;
	return 0;
}

static int vnc_buffer_import(struct display *display, const struct pixel_source *source,
	int dmabuf, struct display_buffer **ret)
{
	struct vnc_buffer *buffer = make_buffer(source->width, source->height);

	if (!buffer)
		return -ENOMEM;
	buffer->base.source = *source;
	buffer->base.dmabuf = dmabuf;
	*ret = &buffer->base;
	return 0;
}

static void vnc_buffer_destroy(struct display *display, struct display_buffer *base)
{
	struct vnc_buffer *buffer = container_of(base, struct vnc_buffer, base);

	vnc_frame_put(buffer->frame);
	free(buffer);
}

/* ---- showing --------------------------------------------------------------------------
 */

static bool anyone_looks(const struct vnc_server *server)
{
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		if (server->clients[i].running)
			return true;
	return false;
}

/* The guest may do what it likes with its pixels: clients get a copy of them. */
static void copy(struct vnc_server *server, const struct rect *rect)
{
	const struct display_scanout *s = &server->base.scanouts[0];
	struct rect from = *rect;

	from.x += s->part.x;
	from.y += s->part.y;
	pixel_source_copy(&s->buffer->source, &from,
		vnc_view_pixels(&server->shown) +
			rect->y * (size_t)server->shown.part.width + rect->x,
		server->shown.frame->stride_bytes);
}

/* Clients hear of all that is new, which ends up in what they see. */
static void tell_damage(struct vnc_server *server)
{
	struct vnc_damage *damage = &server->damage;

	for (unsigned int i = 0; server->copied && i < damage->count; i++)
		copy(server, &damage->rects[i]);
	for (unsigned int i = 0; damage->count && i < CLIENTS_MAX; i++)
		vnc_client_damage(&server->clients[i], damage);
	damage->count = 0;
}

/* Where nobody looks, nothing is copied until somebody does. */
static void tell_soon(struct vnc_server *server)
{
	if (!server->damage.count || server->pace.loop || !anyone_looks(server))
		return;
	tell_damage(server);
	loop_timer_arm(server->loop, &server->pace, PACE_NS);
}

static void pace_expired(struct loop_timer *timer)
{
	tell_soon(container_of(timer, struct vnc_server, pace));
}

/* Takes over the frame's only user. */
static void show_view(
	struct vnc_server *server, struct vnc_frame *frame, const struct rect *part)
{
	struct vnc_view view = {frame, *part};

	vnc_view_copy(&server->shown, &view);
	vnc_frame_put(frame);
	server->damage.count = 0;
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		vnc_client_show(&server->clients[i], &server->shown);
}

static void show_black(struct vnc_server *server)
{
	struct rect whole = {
		.width = server->shown.part.width, .height = server->shown.part.height};
	struct vnc_frame *frame = vnc_frame_create(whole.width, whole.height);

	if (frame)
		show_view(server, frame, &whole);
}

/* Where there is no memory for a copy, what was shown before stays. */
static void show_copy(struct vnc_server *server, const struct display_scanout *s)
{
	struct rect whole = {.width = s->part.width, .height = s->part.height};
	struct vnc_frame *frame;

	if (server->copied && server->shown.part.width == whole.width &&
		server->shown.part.height == whole.height) {
		server->damage.count = 0;
		vnc_damage_add(&server->damage, &whole);
		tell_soon(server);
		return;
	}
	frame = vnc_frame_create(whole.width, whole.height);
	server->copied = frame;
	if (!frame)
		return;
	pixel_source_copy(
		&s->buffer->source, &s->part, frame->pixels, frame->stride_bytes);
	show_view(server, frame, &whole);
}

static void vnc_show(struct display *display, unsigned int scanout)
{
	struct vnc_server *server = of(display);
	const struct display_scanout *s = &display->scanouts[scanout];
	struct vnc_frame *frame = NULL;

	if (s->buffer)
		frame = container_of(s->buffer, struct vnc_buffer, base)->frame;
	if (s->buffer && !frame) {
		show_copy(server, s);
	} else {
		server->copied = false;
		if (frame)
			show_view(server, vnc_frame_get(frame), &s->part);
		else
			show_black(server);
	}
	if (s->buffer)
		vnc_view_copy(&server->last, &server->shown);
}

static bool vnc_flush(
	struct display *display, unsigned int scanout, const struct rect *rect)
{
	struct vnc_server *server = of(display);
	const struct display_scanout *s = &display->scanouts[scanout];
	struct rect moved = *rect;

	moved.x -= s->part.x;
	moved.y -= s->part.y;
	if (!s->buffer->pixels && !server->copied)
		return false; /* there was no memory when it was shown */
	vnc_damage_add(&server->damage, &moved);
	tell_soon(server);
	return false;
}

static void vnc_leave(struct display *display, unsigned int scanout)
{
	tell_damage(of(display));
}

static void vnc_cursor_set(struct display *display, unsigned int scanout)
{
	struct vnc_server *server = of(display);
	const struct display_cursor *cursor = &display->scanouts[scanout].cursor;
	struct vnc_cursor shape = {
		.visible = cursor->visible,
		.hot_x = cursor->hot_x,
		.hot_y = cursor->hot_y,
	};

	memcpy(shape.pixels, cursor->pixels, sizeof(shape.pixels));
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		vnc_client_cursor(&server->clients[i], &shape);
}

static int vnc_capture(struct display *display, unsigned int scanout,
	uint32_t **ret_pixels, uint32_t *ret_width, uint32_t *ret_height)
{
	const struct vnc_view *view = &of(display)->last;
	uint32_t *pixels;

	tell_damage(of(display));
	if (!view->frame)
		return -ENOENT;
	pixels = malloc(display_buffer_bytes(view->part.width, view->part.height));
	if (!pixels)
		return -ENOMEM;
	for (uint32_t row = 0; row < view->part.height; row++)
		memcpy(pixels + (size_t)row * view->part.width,
			vnc_view_pixels(view) +
				row * (view->frame->stride_bytes / PIXEL_BYTES),
			(size_t)view->part.width * PIXEL_BYTES);
	*ret_pixels = pixels;
	*ret_width = view->part.width;
	*ret_height = view->part.height;
	return 0;
}

static void vnc_destroy(struct display *display)
{
	struct vnc_server *server = of(display);

	loop_timer_cancel(&server->pace);
	seat_unlisten(server->input.seat, &server->leds);
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		vnc_client_finish(&server->clients[i]);
	listener_close(&server->listener);
	vnc_frame_put(server->shown.frame);
	vnc_frame_put(server->last.frame);
	if (server->rules.web.root >= 0)
		close(server->rules.web.root);
	explicit_bzero(server->password, sizeof(server->password));
	display_finish(display);
	free(server);
}

static const struct display_ops vnc_ops = {
	.buffer_create = vnc_buffer_create,
	.buffer_import = vnc_buffer_import,
	.buffer_destroy = vnc_buffer_destroy,
	.show = vnc_show,
	.flush = vnc_flush,
	.cursor_set = vnc_cursor_set,
	.leave = vnc_leave,
	.capture = vnc_capture,
	.destroy = vnc_destroy,
};

/* ---- clients --------------------------------------------------------------------------
 */

static void client_comes(struct listener *listener, int fd)
{
	struct vnc_server *server = container_of(listener, struct vnc_server, listener);

	tell_damage(server);
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		if (!server->clients[i].running) {
			vnc_client_start(&server->clients[i], fd);
			return;
		}
	close(fd);
}

static void led_changed(struct seat_listener *listener, uint16_t code, bool on)
{
	struct vnc_server *server = container_of(listener, struct vnc_server, leds);
	unsigned int bit = 1u << code % 32;

	server->leds_lit = on ? server->leds_lit | bit : server->leds_lit & ~bit;
	for (unsigned int i = 0; i < CLIENTS_MAX; i++)
		vnc_client_leds(&server->clients[i], server->leds_lit);
}

/* ---- life -----------------------------------------------------------------------------
 */

static int read_password(struct vnc_server *server,
	const struct display_vnc_options *options, struct error *err)
{
	const char *path = options->password_file;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count =
		fd < 0 ? -1 : read(fd, server->password, sizeof(server->password) - 1);
	int code = count < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (code)
		return error_set(err, code, options->pos,
			"cannot read the password file %s: %s", path, strerror(-code));
	server->password[strcspn(server->password, "\r\n")] = 0;
	count = (ssize_t)strlen(server->password);
	if (count < 1 || count > (ssize_t)PASSWORD_CHARS)
		return error_set(err, -EINVAL, options->pos,
			"the first line of the password file %s has %s characters, 1 to "
			"8 are allowed: VNC looks at no more",
			path, count ? "more than 8" : "no");
	server->rules.password = server->password;
	return 0;
}

static int init_clients(struct vnc_server *server, struct loop *loop)
{
	int code = 0;

	for (unsigned int i = 0; i < CLIENTS_MAX && !code; i++) {
		struct vnc_client *client = &server->clients[i];

		client->loop = loop;
		client->rules = &server->rules;
		client->input = &server->input;
		code = vnc_client_init(client, &server->shown);
	}
	if (!code)
		vnc_screen_rehearse(&server->clients[0]);
	return code;
}

int display_vnc_create(struct loop *loop, struct seat *seat,
	const struct display_vnc_options *options, struct display **ret,
	struct error *err)
{
	struct vnc_server *server = calloc(1, sizeof(*server));
	int code;

	if (!server)
		return error_set(err, -ENOMEM, options->pos, "no memory for a display");
	display_init(&server->base, &vnc_ops, &options->size, 1);
	server->loop = loop;
	server->pace.expired = pace_expired;
	server->listener.watch.fd = -1;
	server->leds.led = led_changed;
	server->input = (struct vnc_input){seat, &server->base};
	server->rules = (struct vnc_rules){.name = options->name,
		.web = {.root = -1,
			.any_name = options->tls || options->password_file,
			.speaks_first = options->tls}};
	server->shown.part = (struct rect){
		.width = options->size.width, .height = options->size.height};
	server->shown.frame = vnc_frame_create(options->size.width, options->size.height);
	code = 0;
	if (options->password_file)
		code = read_password(server, options, err);
	if (!code && (!server->shown.frame || init_clients(server, loop)))
		code = error_set(err, -ENOMEM, options->pos, "no memory for a display");
	if (!code && options->web)
		code = web_open(options->web, options->pos, &server->rules.web.root, err);
	if (!code)
		code = options->path ? listener_open_unix(&server->listener, loop,
					       options->path, BACKLOG, client_comes,
					       options->pos, err)
				     : listener_open_tcp(&server->listener, loop,
					       options->address, options->port, BACKLOG,
					       client_comes, options->pos, err);
	if (!code && options->tls)
		code = listener_use_tls(&server->listener, options->tls,
			server->rules.password ? TLS_VENCRYPT_PASSWORD : TLS_VENCRYPT,
			"vnc", err);
	if (code)
		goto fail;
	seat_listen(seat, &server->leds);
	*ret = &server->base;
	return 0;

fail:
	vnc_destroy(&server->base);
	return code;
}
