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
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"

/* ---- what it says ----------------------------------------------------------------- */

/* Said on every host without a system logger, and on every start by root. */
static bool is_noise(const char *line)
{
	return !*line || strncmp(line, "Failed to send ", 15) == 0 ||
	       strncmp(line, "Don't run as root", 17) == 0;
}

static void passt_said(struct child *child, const char *line)
{
	struct passt *passt = container_of(child, struct passt, child);
	size_t used = strlen(passt->message);

	if (is_noise(line))
		return;
	if (!passt->is_ready)
		snprintf(passt->message + used, sizeof(passt->message) - used, "%s%s",
			used ? "; " : "", line);
	else if (!passt->quiet)
		guest_log(&passt->log, "%s", line);
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
	child_listen(&passt->child);
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

/* Outside: answers with its messages, the pipe and the socket. */
static int launch(struct outside_job *job, struct outside_message *message)
{
	struct passt *passt = container_of(job, struct passt, launching);
	int ready[2] = {-1, -1}; /* the second is its stdout */
	int sockets[2] = {-1, -1};
	int code;

	code = child_pipe(ready);
	if (!code)
		code = child_socket(sockets);
	/* Opened anew by name, and after it stopped being root. */
	if (!code && fchmod(ready[1], 0666) < 0)
		code = -errno;
	if (!code)
		code = child_spawn(
			&passt->child, passt->arguments, sockets[1], ready[1], message);
	for (unsigned int i = code ? 0 : 1; i < 2; i++) {
		if (ready[i] >= 0)
			close(ready[i]);
		if (sockets[i] >= 0)
			close(sockets[i]);
	}
	message->fds[1] = ready[0];
	message->fds[2] = sockets[0];
	message->fd_count = 3;
	return code;
}

int passt_start(struct passt *passt)
{
	struct outside_message *message = outside_message();
	int code = outside_do(&passt->launching, message);

	passt->is_ready = false;
	passt->message[0] = '\0';
	if (code)
		return code;
	passt->ready_watch.fd = message->fds[1];
	passt->socket_fd = message->fds[2];
	code = child_adopt(&passt->child, (pid_t)message->number, message->fds[0]);
	if (!code)
		code = loop_fd_add(passt->child.loop, &passt->ready_watch);
	if (code)
		passt_stop(passt);
	return code;
}

int passt_stop(struct passt *passt)
{
	int exit_status = child_stop(&passt->child);

	if (passt->socket_fd >= 0)
		close(passt->socket_fd);
	passt->socket_fd = -1;
	close_watch(&passt->ready_watch);
	return exit_status;
}

void passt_finish(struct passt *passt)
{
	passt_stop(passt);
	outside_remove(&passt->launching);
	child_finish(&passt->child);
}

int passt_init(struct passt *passt)
{
	int code;

	passt->socket_fd = -1;
	passt->ready_watch =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = ready_ready};
	passt->child.said = passt_said;
	passt->log.source = "passt";
	code = child_init(&passt->child);
	return code ? code : outside_add_start(&passt->launching, launch);
}
