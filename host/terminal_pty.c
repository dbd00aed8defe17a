/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pseudo-terminal whose other end people open. Loop's thread and the verbs.
 *
 * Its master says hang-up from the last close of the slave until the next open, without
 * pause, so it leaves the loop meanwhile. inotify tells of the next open; a host without
 * a free inotify instance is asked by a timer. Nothing tells a master that the size of
 * its window has changed: it is looked at with each input and once a second.
 */
#include "host/terminal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/outside.h"
#include "src/thread.h"

#define SIZE_NS 1000000000ull
#define OPEN_NS 250000000ull

struct pty_terminal {
	struct terminal base;
	struct loop_fd master;
	struct loop_fd opens;    /* inotify, or fd -1 */
	struct loop_timer timer; /* attached: size; else without inotify: opens */
	struct loop_task drain_task;
	const char *link;           /* borrowed; NULL where there is none of ours */
	struct outside_job removal; /* of that link */
	uint16_t columns;           /* as last told */
	uint16_t rows;
	bool input_wanted;
	bool output_wanted;
};

static struct pty_terminal *pty_of(struct terminal *terminal)
{
	return container_of(terminal, struct pty_terminal, base);
}

/* ---- coming and going ------------------------------------------------------------- */

static void look_at_size(struct pty_terminal *pty)
{
	uint16_t columns = 0;
	uint16_t rows = 0;

	terminal_tty_size(pty->master.fd, &columns, &rows);
	if (columns == pty->columns && rows == pty->rows)
		return;
	pty->columns = columns;
	pty->rows = rows;
	terminal_resized(&pty->base);
}

/* A client may leave the modes in any state; the next one finds them raw. */
static int make_raw(int fd)
{
	struct termios raw;

	if (tcgetattr(fd, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(fd, TCSANOW, &raw) < 0 ? -errno : 0;
}

/* Takes in what a client wrote before it left. */
static void drain(struct pty_terminal *pty)
{
	while (terminal_read_fd(&pty->base, pty->master.fd) > 0)
		;
}

static void watch_master(struct pty_terminal *pty)
{
	uint32_t events =
		(pty->input_wanted ? EPOLLIN : 0) | (pty->output_wanted ? EPOLLOUT : 0);

	if (pty->master.loop)
		loop_fd_modify(&pty->master, events);
}

static int is_hung_up(void *argument)
{
	const struct pty_terminal *pty = argument;
	struct pollfd state = {.fd = pty->master.fd};

	return poll(&state, 1, 0) < 0 || state.revents & POLLHUP;
}

/* Attaches where somebody has the slave open. */
static void look(struct pty_terminal *pty)
{
	if (pty->master.loop)
		return;
	drain(pty);
	if (thread_ask(is_hung_up, pty) || loop_fd_add(pty->base.loop, &pty->master)) {
		if (pty->opens.fd < 0)
			loop_timer_arm(pty->base.loop, &pty->timer, OPEN_NS);
		return;
	}
	loop_timer_arm(pty->base.loop, &pty->timer, SIZE_NS);
	watch_master(pty);
	look_at_size(pty);
	terminal_set_attached(&pty->base, true);
}

static void hung_up(struct pty_terminal *pty)
{
	loop_fd_remove(&pty->master);
	loop_timer_cancel(&pty->timer);
	make_raw(pty->master.fd);
	terminal_set_attached(&pty->base, false);
	look(pty); /* the next one may have come already */
}

static void master_ready(struct loop_fd *watch, uint32_t events)
{
	struct pty_terminal *pty = container_of(watch, struct pty_terminal, master);

	if (!watch->loop)
		return;
	if (events & EPOLLIN) {
		look_at_size(pty);
		terminal_read_fd(&pty->base, watch->fd);
	}
	if (events & (EPOLLHUP | EPOLLERR))
		hung_up(pty);
	else if (events & EPOLLOUT)
		terminal_output_ready(&pty->base);
}

static void opens_ready(struct loop_fd *watch, uint32_t events)
{
	char notes[512] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(watch->fd, notes, sizeof(notes)) > 0)
		;
	look(container_of(watch, struct pty_terminal, opens));
}

static void timer_expired(struct loop_timer *timer)
{
	struct pty_terminal *pty = container_of(timer, struct pty_terminal, timer);

	if (!pty->master.loop) {
		look(pty);
		return;
	}
	loop_timer_arm(pty->base.loop, timer, SIZE_NS);
	look_at_size(pty);
}

static void run_drain_task(struct loop_task *task)
{
	struct pty_terminal *pty = container_of(task, struct pty_terminal, drain_task);

	if (!pty->master.loop)
		drain(pty);
}

/* ---- the terminal's side ---------------------------------------------------------- */

static ssize_t pty_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	return terminal_write_fd(terminal, pty_of(terminal)->master.fd, buf, bytes);
}

static void pty_watch_output(struct terminal *terminal, bool on)
{
	pty_of(terminal)->output_wanted = on;
	watch_master(pty_of(terminal));
}

static void pty_watch_input(struct terminal *terminal, bool on)
{
	struct pty_terminal *pty = pty_of(terminal);

	pty->input_wanted = on;
	watch_master(pty);
	if (on && !pty->master.loop)
		loop_post(terminal->loop, &pty->drain_task);
}

static bool pty_size(
	const struct terminal *terminal, uint16_t *ret_columns, uint16_t *ret_rows)
{
	return terminal_tty_size(
		container_of(terminal, struct pty_terminal, base)->master.fd, ret_columns,
		ret_rows);
}

static void pty_lost(struct terminal *terminal)
{
	hung_up(pty_of(terminal));
}

/* ---- the link --------------------------------------------------------------------- */

/* The link appears whole, in place of an older one, or not at all. What a VM that was
 * killed in between has left is the next one's to replace. */
static int make_link(const char *link, const char *target, const struct source_pos *pos,
	struct error *err)
{
	struct stat stat;
	char *temp;
	int code = 0;

	if (lstat(link, &stat) == 0 && !S_ISLNK(stat.st_mode))
		return error_set(err, -EEXIST, pos,
			"pty link %s exists and is no symbolic link; remove it or choose "
			"another name",
			link);
	if (asprintf(&temp, "%s.new", link) < 0)
		return error_set(err, -ENOMEM, pos, "no memory for a link");
	if (lstat(temp, &stat) == 0 && S_ISLNK(stat.st_mode))
		unlink(temp);
	if (symlink(target, temp) < 0 || rename(temp, link) < 0) {
		code = error_set(err, -errno, pos, "cannot make the pty link %s: %s",
			link, strerror(errno));
		unlink(temp);
	}
	free(temp);
	return code;
}

/* Another VM may have put its own there meanwhile. */
static int remove_link(struct outside_job *job, struct outside_message *message)
{
	struct pty_terminal *pty = container_of(job, struct pty_terminal, removal);
	char found[PATH_MAX];
	ssize_t n = readlink(pty->link, found, sizeof(found) - 1);

	if (n < 0)
		return -errno;
	found[n] = '\0';
	if (strcmp(found, pty->base.place) == 0)
		unlink(pty->link);
	return 0;
}

/* ---- life ------------------------------------------------------------------------- */

static void pty_destroy(struct terminal *terminal)
{
	struct pty_terminal *pty = pty_of(terminal);

	if (pty->link)
		outside_do(&pty->removal, NULL);
	outside_remove(&pty->removal);
	loop_timer_cancel(&pty->timer);
	loop_task_cancel(terminal->loop, &pty->drain_task);
	loop_fd_remove(&pty->opens);
	loop_fd_remove(&pty->master);
	if (pty->opens.fd >= 0)
		close(pty->opens.fd);
	if (pty->master.fd >= 0)
		close(pty->master.fd);
	terminal_finish(terminal);
	free(pty);
}

static const struct terminal_ops pty_ops = {
	.write = pty_write,
	.watch_output = pty_watch_output,
	.watch_input = pty_watch_input,
	.size = pty_size,
	.lost = pty_lost,
	.destroy = pty_destroy,
};

static int open_master(struct pty_terminal *pty)
{
	char name[64];
	int slave;
	int code;

	pty->master.fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty->master.fd < 0 || unlockpt(pty->master.fd) < 0)
		return -errno;
	code = ptsname_r(pty->master.fd, name, sizeof(name));
	if (code)
		return -code;
	/* Before its first open and close the slave does not count as hung up. */
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return -errno;
	code = make_raw(slave);
	close(slave);
	return code ? code : terminal_set_place(&pty->base, "%s", name);
}

/* Without inotify the timer looks: a VM does not fail for it. */
static void watch_opens(struct pty_terminal *pty)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return;
	pty->opens.fd = fd;
	if (inotify_add_watch(fd, pty->base.place, IN_OPEN | IN_CLOSE) >= 0 &&
		!loop_fd_add(pty->base.loop, &pty->opens))
		return;
	close(fd);
	pty->opens.fd = -1;
}

int terminal_pty_open(struct loop *loop, const char *link, bool with_inotify,
	const struct source_pos *pos, struct terminal **ret, struct error *err)
{
	struct pty_terminal *pty = calloc(1, sizeof(*pty));
	int code;

	if (!pty)
		return error_set(err, -ENOMEM, pos, "no memory for a terminal");
	terminal_init(&pty->base, &pty_ops, loop, "pty", false);
	pty->master = (struct loop_fd){.fd = -1, .ready = master_ready};
	pty->opens = (struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = opens_ready};
	pty->timer.expired = timer_expired;
	pty->drain_task.run = run_drain_task;
	pty->input_wanted = true;
	code = open_master(pty);
	if (code) {
		error_set(err, code, pos, "no pty: %s", strerror(-code));
		goto fail;
	}
	if (link) {
		code = make_link(link, pty->base.place, pos, err);
		if (code)
			goto fail;
		pty->link = link;
		code = outside_add(&pty->removal, remove_link);
		if (!code)
			code = outside_removes(link);
		if (code) {
			error_set(err, code, pos, "no memory for a link");
			goto fail;
		}
	}
	if (with_inotify)
		watch_opens(pty);
	look(pty);
	*ret = &pty->base;
	return 0;

fail:
	pty_destroy(&pty->base);
	return code;
}

int terminal_pty_create(struct loop *loop, const char *link, const struct source_pos *pos,
	struct terminal **ret, struct error *err)
{
	return terminal_pty_open(loop, link, true, pos, ret, err);
}
