/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vnc_client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/vnc_screen.h"
#include "src/container_of.h"
#include "src/sandbox.h"
#include "src/thread.h"

#define STACK_BYTES (512u << 10)
#define LOGIN_MS 60000 /* somebody types a password */

/* An update may be the news of another size, and then the picture. */
#define UPDATES_A_TURN 3

/* ---- the thread -----------------------------------------------------------------------
 */

/* The loop's side may go on at once: what was said is taken over, and then applied. */
static void hear_news(struct vnc_client *client)
{
	struct vnc_damage damage;
	bool view_changed;

	pthread_mutex_lock(&client->lock);
	view_changed = client->view_changed;
	client->view_changed = false;
	if (view_changed)
		vnc_view_copy(&client->shown, &client->view);
	damage = client->damage;
	client->damage.count = 0;
	if (client->cursor_changed)
		vnc_screen_shape(client, &client->cursor);
	client->cursor_changed = false;
	client->leds_changed = client->leds_changed || client->leds != client->shown_leds;
	client->shown_leds = client->leds;
	if (client->leaving && client->peer)
		rfbCloseClient(client->peer);
	pthread_mutex_unlock(&client->lock);
	if (view_changed)
		vnc_screen_look(client);
	for (unsigned int i = 0; i < damage.count; i++) {
		const struct rect *rect = &damage.rects[i];

		rfbMarkRectAsModified(client->screen, (int)rect->x, (int)rect->y,
			(int)(rect->x + rect->width), (int)(rect->y + rect->height));
	}
}

static void serve(struct vnc_client *client)
{
	rfbClientPtr peer = client->peer;
	uint64_t deadline_ns = loop_now_ns() + LOGIN_MS * 1000000ull;

	while (peer->sock != RFB_INVALID_SOCKET) {
		struct pollfd wait[] = {
			{.fd = peer->sock, .events = POLLIN},
			{.fd = client->wake, .events = POLLIN},
		};
		bool logged_in = peer->state == RFB_NORMAL;
		eventfd_t count;

		poll(wait, 2, logged_in ? -1 : LOGIN_MS);
		if (wait[1].revents && !eventfd_read(client->wake, &count))
			hear_news(client);
		if (peer->sock != RFB_INVALID_SOCKET && wait[0].revents)
			vnc_screen_read(client);
		if (client->leds_changed && peer->sock != RFB_INVALID_SOCKET)
			vnc_screen_announce(client);
		for (int i = 0; i < UPDATES_A_TURN && rfbUpdateClient(peer); i++)
			;
		if (!logged_in && loop_now_ns() > deadline_ns &&
			peer->sock != RFB_INVALID_SOCKET)
			rfbCloseClient(peer);
	}
}

/* libvncserver closes what it is given, and waits for it with select(). */
static int own_descriptor(const struct vnc_client *client)
{
	int fd = fcntl(client->fd, F_DUPFD_CLOEXEC, 0);

	if (fd >= FD_SETSIZE) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void meet(struct vnc_client *client)
{
	const struct vnc_rules *rules = client->rules;
	int fd;

	if (rules->web.root >= 0 && web_greet(client->fd, &rules->web) == WEB_DONE)
		return;
	fd = own_descriptor(client);
	if (fd < 0)
		return;
	hear_news(client);
	client->peer = rfbNewClient(client->screen, fd);
	if (!client->peer)
		return;
	if (client->peer->wsctx && rules->web.root < 0)
		rfbCloseClient(client->peer);
	serve(client);
	vnc_screen_leave(client);
}

static void *run(void *argument)
{
	struct vnc_client *client = argument;

	sandbox_enter(SANDBOX_VIEWER);
	meet(client);
	shutdown(client->fd, SHUT_RDWR);
	loop_post(client->loop, &client->over);
	return NULL;
}

/* ---- the loop's side ------------------------------------------------------------------
 */

static void run_heard(struct loop_task *task)
{
	struct vnc_client *client = container_of(task, struct vnc_client, heard);
	struct vnc_event events[VNC_QUEUE_MAX];
	unsigned int count;

	pthread_mutex_lock(&client->lock);
	count = client->queue_count;
	memcpy(events, client->queue, count * sizeof(events[0]));
	client->queue_count = 0;
	pthread_cond_signal(&client->room);
	pthread_mutex_unlock(&client->lock);
	for (unsigned int i = 0; i < count; i++)
		vnc_input_event(client->input, &client->pointer, &events[i]);
}

static void reap(struct vnc_client *client)
{
	pthread_join(client->thread, NULL);
	loop_task_cancel(client->loop, &client->heard);
	loop_task_cancel(client->loop, &client->over);
	close(client->fd);
	client->running = false;
	vnc_view_copy(&client->shown, &client->view);
}

static void run_over(struct loop_task *task)
{
	struct vnc_client *client = container_of(task, struct vnc_client, over);

	reap(client);
	run_heard(&client->heard);
	vnc_input_release(client->input, &client->pointer);
}

int vnc_client_init(struct vnc_client *client, const struct vnc_view *view)
{
	pthread_mutex_init(&client->lock, NULL);
	pthread_cond_init(&client->room, NULL);
	client->heard.run = run_heard;
	client->over.run = run_over;
	client->shape = (rfbCursor){
		.width = DISPLAY_CURSOR_SIDE,
		.height = DISPLAY_CURSOR_SIDE,
		.richSource = (unsigned char *)client->shape_pixels,
		.mask = client->shape_mask,
	};
	client->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	vnc_view_copy(&client->view, view);
	vnc_view_copy(&client->shown, view);
	client->screen = vnc_screen_create(client);
	if (client->wake < 0)
		return -EMFILE;
	return client->screen ? 0 : -ENOMEM;
}

void vnc_client_finish(struct vnc_client *client)
{
	if (!client->heard.run)
		return;
	if (client->running) {
		pthread_mutex_lock(&client->lock);
		client->leaving = true;
		pthread_cond_broadcast(&client->room);
		pthread_mutex_unlock(&client->lock);
		eventfd_write(client->wake, 1);
		shutdown(client->fd, SHUT_RDWR);
		reap(client);
	}
	if (client->screen)
		rfbScreenCleanup(client->screen);
	vnc_frame_put(client->view.frame);
	vnc_frame_put(client->shown.frame);
	if (client->wake >= 0)
		close(client->wake);
	pthread_cond_destroy(&client->room);
	pthread_mutex_destroy(&client->lock);
	client->heard.run = NULL;
}

int vnc_client_start(struct vnc_client *client, int fd)
{
	int code;

	client->fd = fd;
	client->view_changed = true;
	client->cursor_changed = client->cursor_changed || client->has_cursor;
	client->tells_keys = client->tells_leds = false;
	/* Without SIGPIPE: libvncserver writes to those that have left. */
	code = thread_start(&client->thread, STACK_BYTES, run, client);
	client->running = !code;
	if (code)
		close(fd);
	return code;
}

/* With the client's lock held, which it gives back. */
static void wake_thread(struct vnc_client *client)
{
	pthread_mutex_unlock(&client->lock);
	if (client->running)
		eventfd_write(client->wake, 1);
}

void vnc_client_show(struct vnc_client *client, const struct vnc_view *view)
{
	pthread_mutex_lock(&client->lock);
	vnc_view_copy(&client->view, view);
	if (!client->running)
		vnc_view_copy(&client->shown, view);
	client->view_changed = true;
	client->damage.count = 0;
	wake_thread(client);
}

void vnc_client_damage(struct vnc_client *client, const struct vnc_damage *damage)
{
	if (!client->running)
		return;
	pthread_mutex_lock(&client->lock);
	for (unsigned int i = 0; i < damage->count; i++)
		vnc_damage_add(&client->damage, &damage->rects[i]);
	wake_thread(client);
}

void vnc_client_cursor(struct vnc_client *client, const struct vnc_cursor *cursor)
{
	pthread_mutex_lock(&client->lock);
	client->cursor = *cursor;
	client->cursor_changed = true;
	wake_thread(client);
}

void vnc_client_leds(struct vnc_client *client, unsigned int leds)
{
	pthread_mutex_lock(&client->lock);
	client->leds = leds;
	wake_thread(client);
}
