/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting, hearing and ending a passt process. Runs with the loop's lock held; events on
 * the loop's thread.
 *
 * It says that it is ready by writing its process id, for which its stdout is a pipe; an
 * end of that pipe without a word is the end of the process.
 */
#include "host/passt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/container_of.h"

extern char **environ;

/* ---- what it says ----------------------------------------------------------------- */

/* Said on every host without a system logger, and on every start by root. */
static bool is_noise(const char *line)
{
	return !*line || strncmp(line, "Failed to send ", 15) == 0 ||
	       strncmp(line, "Don't run as root", 17) == 0;
}

static void take_line(struct passt *passt)
{
	size_t used = strlen(passt->message);

	if (is_noise(passt->line))
		return;
	if (!passt->is_ready)
		snprintf(passt->message + used, sizeof(passt->message) - used, "%s%s",
			used ? "; " : "", passt->line);
	else if (!passt->quiet)
		guest_log(&passt->log, "%s", passt->line);
}

/* Takes what there is to read; an overlong line is cut in pieces. */
static void read_messages(struct passt *passt)
{
	struct loop_fd *watch = &passt->message_watch;
	char part[256];
	ssize_t got;

	if (watch->fd < 0)
		return;
	while ((got = read(watch->fd, part, sizeof(part))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			bool full = passt->line_bytes == sizeof(passt->line) - 1;

			if (part[i] != '\n' && !full) {
				bool plain = part[i] >= ' ' && part[i] < 127;

				passt->line[passt->line_bytes++] = plain ? part[i] : ' ';
				continue;
			}
			passt->line[passt->line_bytes] = '\0';
			passt->line_bytes = 0;
			take_line(passt);
		}
	}
	if (got == 0)
		loop_fd_remove(watch);
}

static void message_ready(struct loop_fd *watch, uint32_t events)
{
	read_messages(container_of(watch, struct passt, message_watch));
}

/* ---- whether it runs -------------------------------------------------------------- */

static void close_watch(struct loop_fd *watch)
{
	loop_fd_remove(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

/* The readiness pipe has its word, or its end: the socket or -errno. */
static int settle(struct passt *passt)
{
	char word[16];
	ssize_t got = read(passt->ready_watch.fd, word, sizeof(word));
	int fd = passt->socket_fd;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	close_watch(&passt->ready_watch);
	read_messages(passt);
	if (got <= 0)
		return -ECHILD;
	passt->is_ready = true;
	passt->socket_fd = -1;
	return fd;
}

static void ready_ready(struct loop_fd *watch, uint32_t events)
{
	struct passt *passt = container_of(watch, struct passt, ready_watch);
	int fd = settle(passt);

	if (fd != -EAGAIN)
		passt->started(passt, fd);
}

int passt_wait(struct passt *passt, int timeout_ms)
{
	uint64_t end_ns = loop_now_ns() + (uint64_t)timeout_ms * 1000000u;

	for (;;) {
		struct pollfd fds[] = {
			{.fd = passt->ready_watch.fd, .events = POLLIN},
		};
		uint64_t now_ns = loop_now_ns();
		int fd = settle(passt);

		if (fd != -EAGAIN)
			return fd;
		if (now_ns >= end_ns)
			return -ETIMEDOUT;
		poll(fds, 1, (int)((end_ns - now_ns) / 1000000u) + 1);
	}
}

/* ---- starting and ending ---------------------------------------------------------- */

/* A number above those that the child gives a meaning. */
static int move_up(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 4);

	close(fd);
	return moved;
}

static int make_pipe(struct loop_fd *watch, int *ret_child_fd)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	watch->fd = ends[0];
	*ret_child_fd = move_up(ends[1]);
	if (*ret_child_fd < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int make_socket(struct passt *passt, int *ret_child_fd)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	passt->socket_fd = ends[0];
	*ret_child_fd = move_up(ends[1]);
	if (*ret_child_fd < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int spawn(struct passt *passt, const int child_fds[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t set;
	int code;

	/* Its own group: a Ctrl-C on our terminal is not for it. */
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attributes, 0);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attributes, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &set);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, child_fds[i], i + 1);
	code = posix_spawnp(&passt->pid, passt->arguments[0], &actions, &attributes,
		passt->arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (code)
		passt->pid = 0;
	return -code;
}

int passt_start(struct passt *passt)
{
	int child_fds[3] = {-1, -1, -1}; /* for its stdout, its stderr, and 3 */
	int code;

	passt->is_ready = false;
	passt->line_bytes = 0;
	passt->message[0] = '\0';
	code = make_pipe(&passt->ready_watch, &child_fds[0]);
	if (!code)
		code = make_pipe(&passt->message_watch, &child_fds[1]);
	if (!code)
		code = make_socket(passt, &child_fds[2]);
	/* Opened anew by name, and after it stopped being root. */
	if (!code && fchmod(child_fds[0], 0666) < 0)
		code = -errno;
	if (!code)
		code = spawn(passt, child_fds);
	for (int i = 0; i < 3; i++) {
		if (child_fds[i] >= 0)
			close(child_fds[i]);
	}
	if (!code)
		code = loop_fd_add(passt->loop, &passt->ready_watch);
	if (!code)
		code = loop_fd_add(passt->loop, &passt->message_watch);
	if (code)
		passt_stop(passt);
	return code;
}

int passt_stop(struct passt *passt)
{
	int status = 0;
	int exit_status = -1;

	if (passt->pid) {
		kill(passt->pid, SIGKILL);
		while (waitpid(passt->pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFEXITED(status))
			exit_status = WEXITSTATUS(status);
		passt->pid = 0;
		read_messages(passt);
	}
	if (passt->socket_fd >= 0)
		close(passt->socket_fd);
	passt->socket_fd = -1;
	close_watch(&passt->ready_watch);
	close_watch(&passt->message_watch);
	return exit_status;
}

void passt_init(struct passt *passt)
{
	passt->socket_fd = -1;
	passt->ready_watch =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = ready_ready};
	passt->message_watch =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = message_ready};
	passt->log.source = "passt";
}
