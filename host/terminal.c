/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all terminals share. Verbs come from any thread with the loop's lock held; a loss
 * that a verb finds is told to the user by a task, on the loop's thread.
 */
#include "host/terminal_impl.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/log.h"
#include "src/thread.h"

/* ---- telling the user ------------------------------------------------------------- */

/* Passes on what changed about being attached. On the loop's thread. */
static void tell_attached(struct terminal *terminal)
{
	bool attached = terminal_is_attached(terminal);

	if (terminal->told_attached != attached) {
		terminal->told_attached = attached;
		if (terminal->user)
			terminal->user->events->attached(terminal->user);
	}
	if (!attached && terminal->blocked) {
		terminal->blocked = false; /* there is the ring now */
		if (terminal->user)
			terminal->user->events->writable(terminal->user);
	}
}

static void tell_readable(struct terminal *terminal)
{
	if (terminal->user && terminal->input.count)
		terminal->user->events->readable(terminal->user);
}

static void run_task(struct loop_task *task)
{
	struct terminal *terminal = container_of(task, struct terminal, task);

	if (terminal->lost) {
		terminal->lost = false;
		if (terminal->ops->lost)
			terminal->ops->lost(terminal);
	}
	tell_attached(terminal);
	tell_readable(terminal);
}

void terminal_resized(struct terminal *terminal)
{
	if (terminal->user)
		terminal->user->events->resized(terminal->user);
}

/* ---- output ----------------------------------------------------------------------- */

static void watch_output(struct terminal *terminal, bool on)
{
	if (terminal->ops->watch_output)
		terminal->ops->watch_output(terminal, on);
}

static void stalled(struct loop_timer *timer)
{
	struct terminal *terminal = container_of(timer, struct terminal, stall);

	terminal->stalled = true;
	tell_attached(terminal);
}

/* As much as the far end takes now. Where that is less, a room or a loss follows. */
static size_t send_out(struct terminal *terminal, const uint8_t *from, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = terminal->ops->write(terminal, from + done, bytes - done);

		if (n > 0) {
			done += (size_t)n;
			loop_timer_cancel(&terminal->stall);
		} else if (n == -EAGAIN) {
			watch_output(terminal, true);
			if (!terminal->stall.loop)
				loop_timer_arm(terminal->loop, &terminal->stall,
					terminal->stall_ns);
			break;
		} else {
			terminal->attached = false;
			terminal->lost = true;
			loop_post(terminal->loop, &terminal->task);
			break;
		}
	}
	return done;
}

/* True where nothing older is left to send. */
static bool send_unread(struct terminal *terminal)
{
	struct byte_ring *ring = &terminal->unread;

	while (ring->count) {
		const uint8_t *from;
		size_t run = byte_ring_run(ring, 0, &from);
		size_t sent = send_out(terminal, from, run);

		byte_ring_drop(ring, sent);
		if (sent < run)
			return false;
	}
	return true;
}

void terminal_output_ready(struct terminal *terminal)
{
	if (!terminal->attached)
		return;
	terminal->stalled = false;
	loop_timer_cancel(&terminal->stall);
	if (send_unread(terminal) && terminal->blocked) {
		terminal->blocked = false;
		if (terminal->user)
			terminal->user->events->writable(terminal->user);
	}
	tell_attached(terminal);
	if (terminal->attached && !terminal->blocked && !terminal->unread.count)
		watch_output(terminal, false);
}

void terminal_watch_writable(struct terminal *terminal, struct loop_fd *watch, bool on)
{
	if (!on)
		loop_fd_remove(watch);
	else if (!watch->loop)
		loop_fd_add(terminal->loop, watch);
}

void terminal_set_attached(struct terminal *terminal, bool attached)
{
	loop_timer_cancel(&terminal->stall);
	terminal->attached = attached;
	terminal->stalled = false;
	terminal->lost = false;
	if (attached)
		terminal_output_ready(terminal);
	else
		tell_attached(terminal);
}

static size_t take(struct terminal *terminal, const uint8_t *from, size_t bytes)
{
	size_t done = 0;

	if (terminal_is_attached(terminal) && send_unread(terminal))
		done = send_out(terminal, from, bytes);
	if (!terminal_is_attached(terminal)) {
		byte_ring_put(&terminal->unread, from + done, bytes - done);
		return bytes;
	}
	if (done < bytes)
		terminal->blocked = true;
	return done;
}

size_t terminal_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	size_t taken = take(terminal, buf, bytes);
	struct terminal_listener *next;

	terminal->counts.written_bytes += taken;
	for (struct terminal_listener *at = terminal->listeners; at && taken; at = next) {
		next = at->next;
		at->wrote(at, buf, taken);
	}
	return taken;
}

void terminal_listen(struct terminal *terminal, struct terminal_listener *listener)
{
	listener->next = terminal->listeners;
	terminal->listeners = listener;
}

void terminal_unlisten(struct terminal *terminal, struct terminal_listener *listener)
{
	struct terminal_listener **at = &terminal->listeners;

	while (*at && *at != listener)
		at = &(*at)->next;
	if (*at)
		*at = listener->next;
}

ssize_t terminal_write_fd(
	struct terminal *terminal, int fd, const void *buf, size_t bytes)
{
	ssize_t n;

	do
		n = write(fd, buf, bytes);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n ? n : -EIO;
	if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG)
		return -errno;
	if (!terminal->full_told)
		log_host("%s: %s, output is lost until there is room", terminal->name,
			strerror(errno));
	terminal->full_told = true;
	return (ssize_t)bytes;
}

ssize_t terminal_send_fd(struct terminal *terminal, int fd, const void *buf, size_t bytes)
{
	ssize_t n;

	do
		n = send(fd, buf, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* ---- input ------------------------------------------------------------------------ */

ssize_t terminal_read_fd(struct terminal *terminal, int fd)
{
	struct byte_ring *ring = &terminal->input;
	uint8_t raw[TERMINAL_CHUNK_BYTES];
	uint8_t filtered[TERMINAL_CHUNK_BYTES + 1];
	size_t room = ring->size - ring->count;
	size_t bytes;
	ssize_t n;

	/* A filter may add one byte. */
	if (room < 2) {
		terminal->input_paused = true;
		terminal->ops->watch_input(terminal, false);
		return -ENOBUFS;
	}
	do
		n = read(fd, raw, room - 1 < sizeof(raw) ? room - 1 : sizeof(raw));
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n < 0 ? -errno : 0;
	bytes = (size_t)n;
	if (terminal->ops->filter) {
		bytes = terminal->ops->filter(terminal, raw, bytes, filtered);
		byte_ring_put(ring, filtered, bytes);
	} else {
		byte_ring_put(ring, raw, bytes);
	}
	if (bytes)
		tell_readable(terminal);
	return n;
}

size_t terminal_type_room(const struct terminal *terminal)
{
	return terminal->input.size - terminal->input.count;
}

void terminal_type(struct terminal *terminal, const void *buf, size_t bytes)
{
	assert(bytes <= terminal_type_room(terminal));
	byte_ring_put(&terminal->input, buf, bytes);
	tell_readable(terminal);
}

size_t terminal_read(struct terminal *terminal, void *buf, size_t room)
{
	struct byte_ring *ring = &terminal->input;
	uint8_t *to = buf;
	size_t done = 0;

	while (done < room && ring->count) {
		const uint8_t *from;
		size_t run = byte_ring_run(ring, 0, &from);

		if (run > room - done)
			run = room - done;
		memcpy(to + done, from, run);
		byte_ring_drop(ring, run);
		done += run;
	}
	terminal->counts.read_bytes += done;
	for (struct terminal_listener *at = terminal->listeners; at && done;
		at = at->next)
		if (at->read)
			at->read(at);
	if (terminal->input_paused && ring->count <= ring->size / 2) {
		terminal->input_paused = false;
		terminal->ops->watch_input(terminal, true);
	}
	return done;
}

/* ---- the rest --------------------------------------------------------------------- */

void terminal_init(struct terminal *terminal, const struct terminal_ops *ops,
	struct loop *loop, const char *name, bool attached)
{
	*terminal = (struct terminal){.ops = ops,
		.loop = loop,
		.name = name,
		.stall_ns = TERMINAL_STALL_NS,
		.attached = attached,
		.told_attached = attached,
		.stall = {.expired = stalled},
		.task = {.run = run_task},
		.input = {.size = TERMINAL_INPUT_BYTES},
		.unread = {.size = TERMINAL_RING_BYTES}};
	if (loop)
		byte_ring_reserve(&terminal->unread);
}

void terminal_finish(struct terminal *terminal)
{
	loop_timer_cancel(&terminal->stall);
	if (terminal->loop)
		loop_task_cancel(terminal->loop, &terminal->task);
	byte_ring_finish(&terminal->input);
	byte_ring_finish(&terminal->unread);
	free(terminal->place);
}

int terminal_set_place(struct terminal *terminal, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vasprintf(&terminal->place, fmt, args);
	va_end(args);
	if (length >= 0)
		return 0;
	terminal->place = NULL;
	return -ENOMEM;
}

void terminal_set_user(struct terminal *terminal, struct terminal_user *user)
{
	terminal->user = user;
	terminal->blocked = false;
	/* What was typed before is news to a new user. */
	if (user && terminal->input.count)
		loop_post(terminal->loop, &terminal->task);
}

const struct terminal_counts *terminal_counts(const struct terminal *terminal)
{
	return &terminal->counts;
}

bool terminal_is_attached(const struct terminal *terminal)
{
	return terminal->attached && !terminal->stalled;
}

bool terminal_tty_size(int fd, uint16_t *ret_columns, uint16_t *ret_rows)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		return false;
	*ret_columns = size.ws_col;
	*ret_rows = size.ws_row;
	return true;
}

bool terminal_size(
	const struct terminal *terminal, uint16_t *ret_columns, uint16_t *ret_rows)
{
	return terminal->ops->size &&
	       terminal->ops->size(terminal, ret_columns, ret_rows);
}

const char *terminal_place(const struct terminal *terminal)
{
	return terminal->place;
}

void terminal_destroy(struct terminal *terminal)
{
	if (!terminal)
		return;
	terminal->user = NULL;
	if (terminal->attached)
		send_unread(terminal);
	terminal->ops->destroy(terminal);
}

static int stop_process(void *argument)
{
	return kill(getpid(), SIGSTOP);
}

void terminal_suspend(void)
{
	thread_ask(stop_process, NULL);
}
