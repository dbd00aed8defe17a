/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's own stdin and stdout. Loop's thread, but for the verbs and for
 * terminal_restore().
 *
 * The open file behind descriptor 0 or 1 is shared with the user's shell and whoever else
 * holds it, so it is not made non-blocking: a tty or a pipe is opened once more through
 * /proc, a socket is used with MSG_DONTWAIT. Only where that fails is O_NONBLOCK set, and
 * taken back at the end.
 *
 * SIGWINCH, SIGTSTP and SIGCONT are blocked in the creating thread, hence in all that it
 * creates later, and read from a signalfd. A background job neither reads the tty nor
 * makes it raw: both would stop it. It looks once a second whether it is in front.
 */
#include "host/terminal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "host/escape_keys.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"

#define FOREGROUND_NS 1000000000ull

#define HELP_OF_ALL                                                                      \
	"Ctrl-A a   send one Ctrl-A (so does Ctrl-A Ctrl-A)\r\n"                         \
	"Ctrl-A h   this list\r\n"

/* Which keys behind Ctrl-A quit, and what the list says. */
struct keys {
	const char *quit;
	const char *help;
};

static const struct keys keys_of_run = {
	.quit = "x", .help = "\r\nCtrl-A x   end the VM\r\n" HELP_OF_ALL};

/* Whose fingers know the x of run must not end a VM with it. */
static const struct keys keys_of_visit = {.quit = "dx",
	.help = "\r\nCtrl-A d   leave the console, the VM runs on (so does Ctrl-A "
		"x)\r\n" HELP_OF_ALL};

/* What has to be undone even when a fatal signal ends the process. */
static struct {
	bool used;  /* a terminal on stdio exists */
	bool saved; /* termios are those from before */
	volatile sig_atomic_t raw;
	int tty_fd;
	struct termios termios;
	struct {
		volatile sig_atomic_t changed;
		int fd;
		int flags;
	} shared[2];
} undo;

struct stdio_terminal {
	struct terminal base;
	struct loop_fd in;
	struct loop_fd out;
	struct loop_fd signals;
	struct loop_task read_task;    /* input that no poll can wait for */
	struct loop_timer front_timer; /* while in the background */
	bool in_ended;
	bool in_polled;
	bool in_wanted;
	bool out_is_socket;
	bool tty;    /* stdin is one */
	pid_t group; /* of this process */
	struct escape_keys escape;
	bool mask_changed;
	sigset_t old_mask;
	const struct keys *keys;
	void (*quit)(void *quit_data);
	void *quit_data;
};

static struct stdio_terminal *stdio_of(struct terminal *terminal)
{
	return container_of(terminal, struct stdio_terminal, base);
}

/* ---- raw mode --------------------------------------------------------------------- */

/* A background process that sets a tty's modes is stopped by SIGTTOU, unless blocked. */
static void set_modes(int fd, const struct termios *termios)
{
	sigset_t mask, old;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &mask, &old);
	tcsetattr(fd, TCSANOW, termios);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void restore_modes(void)
{
	if (!undo.raw)
		return;
	undo.raw = 0;
	set_modes(undo.tty_fd, &undo.termios);
	log_set_raw(false);
}

void terminal_restore(void)
{
	restore_modes();
	for (int i = 0; i < 2; i++) {
		if (!undo.shared[i].changed)
			continue;
		undo.shared[i].changed = 0;
		fcntl(undo.shared[i].fd, F_SETFL, undo.shared[i].flags);
	}
}

/* Also after somebody else, such as a shell, has changed the modes meanwhile. */
static void make_raw(struct stdio_terminal *stdio)
{
	struct termios raw;

	if (!undo.saved && tcgetattr(stdio->in.fd, &undo.termios) < 0)
		return;
	raw = undo.termios;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	undo.tty_fd = stdio->in.fd;
	undo.saved = true;
	undo.raw = 1;
	set_modes(stdio->in.fd, &raw);
	log_set_raw(isatty(STDERR_FILENO));
}

/* A tty that does not control this process has no background. */
static bool in_front(struct stdio_terminal *stdio)
{
	pid_t group = tcgetpgrp(stdio->in.fd);

	return group < 0 || group == stdio->group;
}

/* In the background the modes are somebody else's business. */
static void give_up_modes(struct stdio_terminal *stdio)
{
	if (!undo.raw || in_front(stdio))
		return;
	undo.raw = 0;
	log_set_raw(false);
}

/* ---- input ------------------------------------------------------------------------ */

static void want_input(struct stdio_terminal *stdio)
{
	bool on = stdio->in_wanted && !stdio->in_ended && !stdio->front_timer.loop;

	if (stdio->in_polled)
		loop_fd_modify(&stdio->in, on ? EPOLLIN : 0);
	else if (on)
		loop_post(stdio->base.loop, &stdio->read_task);
}

static void stdio_watch_input(struct terminal *terminal, bool on)
{
	stdio_of(terminal)->in_wanted = on;
	want_input(stdio_of(terminal));
}

/* To the front: raw and reading. To the background: neither, but looking. */
static void take_place(struct stdio_terminal *stdio)
{
	if (!stdio->tty || stdio->in_ended)
		return;
	if (in_front(stdio)) {
		loop_timer_cancel(&stdio->front_timer);
		make_raw(stdio);
	} else {
		give_up_modes(stdio);
		loop_timer_arm(stdio->base.loop, &stdio->front_timer, FOREGROUND_NS);
	}
	want_input(stdio);
}

static void front_expired(struct loop_timer *timer)
{
	take_place(container_of(timer, struct stdio_terminal, front_timer));
}

static void end_input(struct stdio_terminal *stdio)
{
	stdio->in_ended = true;
	loop_fd_remove(&stdio->in);
	stdio->in_polled = false;
}

static void read_input(struct stdio_terminal *stdio)
{
	ssize_t n;

	if (stdio->in_ended)
		return;
	if (stdio->tty && !in_front(stdio)) {
		take_place(stdio);
		return;
	}
	n = terminal_read_fd(&stdio->base, stdio->in.fd);
	if (n == 0 || (n < 0 && n != -EAGAIN && n != -ENOBUFS))
		end_input(stdio);
	else if (n > 0 && !stdio->in_polled)
		want_input(stdio);
}

static void in_ready(struct loop_fd *watch, uint32_t events)
{
	struct stdio_terminal *stdio = container_of(watch, struct stdio_terminal, in);

	/* A hang-up is reported even while no input is wanted. */
	if (!(events & EPOLLIN) && (events & (EPOLLHUP | EPOLLERR)) &&
		!(watch->events & EPOLLIN)) {
		loop_fd_remove(watch);
		stdio->in_polled = false;
		return;
	}
	read_input(stdio);
}

static void run_read_task(struct loop_task *task)
{
	read_input(container_of(task, struct stdio_terminal, read_task));
}

static void show_help(struct stdio_terminal *stdio)
{
	const char *help = stdio->keys->help;

	if (stdio->base.attached)
		stdio->base.ops->write(&stdio->base, help, strlen(help));
}

static bool key_pressed(struct escape_keys *escape_keys, char letter)
{
	struct stdio_terminal *stdio =
		container_of(escape_keys, struct stdio_terminal, escape);

	if (letter && strchr(stdio->keys->quit, letter))
		stdio->quit(stdio->quit_data);
	else if (letter == 'h')
		show_help(stdio);
	else
		return false;
	return true;
}

static size_t stdio_filter(
	struct terminal *terminal, const uint8_t *from, size_t n, uint8_t *to)
{
	return escape_keys_filter(&stdio_of(terminal)->escape, from, n, to);
}

/* ---- output ----------------------------------------------------------------------- */

static ssize_t stdio_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	struct stdio_terminal *stdio = stdio_of(terminal);

	if (stdio->out_is_socket)
		return terminal_send_fd(terminal, stdio->out.fd, buf, bytes);
	return terminal_write_fd(terminal, stdio->out.fd, buf, bytes);
}

static void stdio_watch_output(struct terminal *terminal, bool on)
{
	terminal_watch_writable(terminal, &stdio_of(terminal)->out, on);
}

static void out_ready(struct loop_fd *watch, uint32_t events)
{
	terminal_output_ready(&container_of(watch, struct stdio_terminal, out)->base);
}

static void stdio_lost(struct terminal *terminal)
{
	loop_fd_remove(&stdio_of(terminal)->out);
	log_host("%s: nobody reads it any more, output is lost", terminal->name);
}

static bool stdio_size(
	const struct terminal *terminal, uint16_t *ret_columns, uint16_t *ret_rows)
{
	const struct stdio_terminal *stdio =
		container_of(terminal, struct stdio_terminal, base);

	return terminal_tty_size(stdio->out.fd, ret_columns, ret_rows);
}

/* ---- signals ---------------------------------------------------------------------- */

static void signals_ready(struct loop_fd *watch, uint32_t events)
{
	struct stdio_terminal *stdio =
		container_of(watch, struct stdio_terminal, signals);
	struct signalfd_siginfo signal;

	if (read(watch->fd, &signal, sizeof(signal)) != sizeof(signal))
		return;
	if (signal.ssi_signo == SIGTSTP) {
		restore_modes();
		terminal_suspend();
	} else if (signal.ssi_signo == SIGCONT) {
		take_place(stdio);
		terminal_resized(&stdio->base);
	} else {
		terminal_resized(&stdio->base);
	}
}

static int open_signals(struct stdio_terminal *stdio)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGWINCH);
	sigaddset(&mask, SIGTSTP);
	sigaddset(&mask, SIGCONT);
	pthread_sigmask(SIG_BLOCK, &mask, &stdio->old_mask);
	stdio->mask_changed = true;
	stdio->signals.fd = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (stdio->signals.fd < 0)
		return -errno;
	return loop_fd_add(stdio->base.loop, &stdio->signals);
}

/* ---- life ------------------------------------------------------------------------- */

/*
 * A descriptor of our own for what fd is open on, which does not block where it could.
 * kind is 0 for the input, 1 for the output.
 */
static int open_own(int fd, int kind, bool *ret_socket)
{
	char path[40];
	struct stat stat;
	int flags = fcntl(fd, F_GETFL);
	int own;

	if (flags < 0 || fstat(fd, &stat) < 0)
		return -errno;
	*ret_socket = S_ISSOCK(stat.st_mode);
	if (!isatty(fd) && !S_ISFIFO(stat.st_mode)) {
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		return own < 0 ? -errno : own;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	own = open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (own >= 0)
		return own;
	own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return -errno;
	if (!(flags & O_NONBLOCK)) {
		undo.shared[kind].fd = own;
		undo.shared[kind].flags = flags;
		undo.shared[kind].changed = 1;
		fcntl(own, F_SETFL, flags | O_NONBLOCK);
	}
	return own;
}

static void stdio_destroy(struct terminal *terminal)
{
	struct stdio_terminal *stdio = stdio_of(terminal);

	give_up_modes(stdio);
	terminal_restore();
	undo.saved = false;
	loop_timer_cancel(&stdio->front_timer);
	loop_task_cancel(terminal->loop, &stdio->read_task);
	loop_fd_remove(&stdio->in);
	loop_fd_remove(&stdio->out);
	loop_fd_remove(&stdio->signals);
	if (stdio->in.fd >= 0)
		close(stdio->in.fd);
	if (stdio->out.fd >= 0)
		close(stdio->out.fd);
	if (stdio->signals.fd >= 0)
		close(stdio->signals.fd);
	if (stdio->mask_changed)
		pthread_sigmask(SIG_SETMASK, &stdio->old_mask, NULL);
	undo.used = false;
	terminal_finish(terminal);
	free(stdio);
}

static const struct terminal_ops stdio_ops = {
	.write = stdio_write,
	.watch_output = stdio_watch_output,
	.watch_input = stdio_watch_input,
	.filter = stdio_filter,
	.size = stdio_size,
	.lost = stdio_lost,
	.destroy = stdio_destroy,
};

/* No stdin, as under a daemon, is a VM without input; no stdout is an error. */
static int open_streams(
	struct stdio_terminal *stdio, int in_fd, int out_fd, struct error *err)
{
	bool socket;
	int code;

	stdio->out.fd = open_own(out_fd, 1, &stdio->out_is_socket);
	if (stdio->out.fd < 0)
		return error_set(
			err, stdio->out.fd, NULL, "stdout: %s", strerror(-stdio->out.fd));
	stdio->in.fd = open_own(in_fd, 0, &socket);
	stdio->in_ended = stdio->in.fd < 0;
	if (stdio->in_ended)
		return 0;
	stdio->tty = isatty(stdio->in.fd);
	stdio->group = getpgrp();
	code = loop_fd_add(stdio->base.loop, &stdio->in);
	stdio->in_polled = !code;
	if (code && code != -EPERM)
		return error_set(err, code, NULL, "stdin: %s", strerror(-code));
	return 0;
}

int terminal_stdio_open(struct loop *loop, int in_fd, int out_fd,
	void (*quit)(void *quit_data), void *quit_data, struct terminal **ret,
	struct error *err)
{
	struct stdio_terminal *stdio;
	int code;

	if (undo.used)
		return error_set(
			err, -EBUSY, NULL, "stdin and stdout have a terminal already");
	stdio = calloc(1, sizeof(*stdio));
	if (!stdio)
		return error_set(err, -ENOMEM, NULL, "no memory for a terminal");
	undo.used = true;
	terminal_init(&stdio->base, &stdio_ops, loop, "stdout", true);
	stdio->in = (struct loop_fd){.fd = -1, .ready = in_ready};
	stdio->out = (struct loop_fd){.fd = -1, .events = EPOLLOUT, .ready = out_ready};
	stdio->signals =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = signals_ready};
	stdio->read_task.run = run_read_task;
	stdio->front_timer.expired = front_expired;
	stdio->in_wanted = true;
	stdio->quit = quit;
	stdio->quit_data = quit_data;
	stdio->keys = &keys_of_run;
	stdio->escape.pressed = key_pressed;
	code = open_streams(stdio, in_fd, out_fd, err);
	if (code)
		goto fail;
	code = open_signals(stdio);
	if (code) {
		error_set(err, code, NULL, "no signals for the terminal: %s",
			strerror(-code));
		goto fail;
	}
	take_place(stdio);
	want_input(stdio);
	*ret = &stdio->base;
	return 0;

fail:
	stdio_destroy(&stdio->base);
	return code;
}

int terminal_stdio_create(struct loop *loop, void (*quit)(void *quit_data),
	void *quit_data, struct terminal **ret, struct error *err)
{
	return terminal_stdio_open(
		loop, STDIN_FILENO, STDOUT_FILENO, quit, quit_data, ret, err);
}

int terminal_stdio_visit(struct loop *loop, void (*leave)(void *leave_data),
	void *leave_data, struct terminal **ret, struct error *err)
{
	int code = terminal_stdio_create(loop, leave, leave_data, ret, err);

	if (!code)
		stdio_of(*ret)->keys = &keys_of_visit;
	return code;
}
