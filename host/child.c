/* SPDX-License-Identifier: Apache-2.0 */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/thread.h"

extern char **environ;

#define CHILD_FD_NUMBER 3

/* ---- what it says ----------------------------------------------------------------- */

static void take(struct child *child, char c)
{
	bool full = child->line_bytes == sizeof(child->line) - 1;

	if (c != '\n' && !full) {
		child->line[child->line_bytes++] = c >= ' ' && c < 127 ? c : ' ';
		return;
	}
	child->line[child->line_bytes] = '\0';
	child->line_bytes = 0;
	child->said(child, child->line);
}

void child_listen(struct child *child)
{
	struct loop_fd *watch = &child->message_watch;
	char part[256];
	ssize_t got;

	if (watch->fd < 0)
		return;
	while ((got = read(watch->fd, part, sizeof(part))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			take(child, part[i]);
	}
	if (got == 0)
		loop_fd_remove(watch);
}

static void message_ready(struct loop_fd *watch, uint32_t events)
{
	child_listen(container_of(watch, struct child, message_watch));
}

/* ---- descriptors for it ----------------------------------------------------------- */

int child_keep(int *fd)
{
	int moved = fcntl(*fd, F_DUPFD_CLOEXEC, CHILD_FD_NUMBER + 1);
	int code = moved < 0 ? -errno : 0;

	close(*fd);
	*fd = moved;
	return code;
}

static int prepare(int ends[2])
{
	int code = child_keep(&ends[1]);

	if (!code && fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		code = -errno;
	return code;
}

int child_pipe(int ends[2])
{
	ends[0] = ends[1] = -1;
	return pipe2(ends, O_CLOEXEC) < 0 ? -errno : prepare(ends);
}

int child_socket(int ends[2])
{
	ends[0] = ends[1] = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	return prepare(ends);
}

/* ---- starting and ending ---------------------------------------------------------- */

static int spawn(struct child *child, char *const *arguments, const int fds[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t set;
	int code;

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
	if (fds[0] < 0)
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < 3; i++) {
		if (fds[i] >= 0)
			posix_spawn_file_actions_adddup2(&actions, fds[i], i + 1);
	}
	code = posix_spawnp(
		&child->pid, arguments[0], &actions, &attributes, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (code)
		child->pid = 0;
	return -code;
}

int child_spawn(struct child *child, char *const *arguments, int fd, int out_fd,
	struct outside_message *answer)
{
	int ends[2];
	int code = child_pipe(ends);

	if (!code)
		code = spawn(child, arguments, (int[]){out_fd, ends[1], fd});
	if (ends[1] >= 0)
		close(ends[1]);
	if (!code) {
		answer->number = child->pid;
		answer->fds[answer->fd_count++] = ends[0];
	} else if (ends[0] >= 0) {
		close(ends[0]);
	}
	return code;
}

int child_adopt(struct child *child, pid_t pid, int message_fd)
{
	int code;

	child->pid = pid;
	child->line_bytes = 0;
	child->message_watch.fd = message_fd;
	code = loop_fd_add(child->loop, &child->message_watch);
	if (code)
		child_stop(child);
	return code;
}

/* -1 where it was killed, or is the child of another process. */
static int reap(void *argument)
{
	pid_t pid = *(pid_t *)argument;
	int status = 0;
	pid_t got;

	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	return got == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Outside: the child may be of another user by now, whom only the privileged may kill. */
static int end_child(struct outside_job *job, struct outside_message *message)
{
	struct child *child = container_of(job, struct child, ending);

	if (!child->pid)
		return -ESRCH;
	kill(-child->pid, SIGKILL);
	message->number = reap(&child->pid);
	child->pid = 0;
	return 0;
}

int child_stop(struct child *child)
{
	struct loop_fd *watch = &child->message_watch;
	int exit_status = -1;

	if (child->pid) {
		struct outside_message *message = outside_message();
		pid_t pid = child->pid;

		int code = outside_do(&child->ending, message);

		if (!code)
			exit_status = (int)message->number;
		/* One from before the broker is this process's to reap. */
		if (!code && exit_status < 0)
			exit_status = thread_ask(reap, &pid);
		child->pid = 0;
		child_listen(child);
	}
	loop_fd_remove(watch);
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
	return exit_status;
}

int child_init(struct child *child)
{
	child->message_watch =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = message_ready};
	return outside_add_start(&child->ending, end_child);
}

void child_finish(struct child *child)
{
	child_stop(child);
	outside_remove(&child->ending);
}
