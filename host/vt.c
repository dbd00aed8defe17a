/* SPDX-License-Identifier: Apache-2.0 */
#include "host/vt.h"

#include <errno.h>
#include <linux/kd.h>
#include <linux/major.h>
#include <linux/vt.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/drm_sys.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/sandbox.h"

#define SIGNAL_LEAVE SIGUSR1
#define SIGNAL_ENTER SIGUSR2

/* Some requests have a number where others have an address. */
static int ask(int tty, unsigned long request, uintptr_t number)
{
	return drm_sys_ioctl(tty, request, (void *)number);
}

/* ---- the keeper
 * ------------------------------------------------------------------------ */

static bool say(int socket, enum vt_word word)
{
	char byte = (char)word;

	return send(socket, &byte, 1, MSG_NOSIGNAL) == 1;
}

/* Only these come: the rest of what a terminal or a person sends is for the other. */
static int open_signals(void)
{
	sigset_t all, ours;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigemptyset(&ours);
	sigaddset(&ours, SIGNAL_LEAVE);
	sigaddset(&ours, SIGNAL_ENTER);
	return signalfd(-1, &ours, SFD_CLOEXEC);
}

static bool take(int tty, struct vt_mode *before, int *text)
{
	struct vt_mode mode = {
		.mode = VT_PROCESS,
		.relsig = SIGNAL_LEAVE,
		.acqsig = SIGNAL_ENTER,
	};

	return drm_sys_ioctl(tty, VT_GETMODE, before) >= 0 &&
	       drm_sys_ioctl(tty, KDGETMODE, text) >= 0 &&
	       drm_sys_ioctl(tty, VT_SETMODE, &mode) >= 0 &&
	       ask(tty, KDSETMODE, KD_GRAPHICS) >= 0;
}

static bool signal_came(int tty, int signals, int socket)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGNAL_LEAVE)
		return say(socket, VT_LEAVE);
	ask(tty, VT_RELDISP, VT_ACKACQ);
	return say(socket, VT_ENTERED);
}

static bool answer_came(int tty, int socket)
{
	char byte;

	if (recv(socket, &byte, 1, 0) != 1)
		return false;
	if (byte == VT_LEAVE)
		ask(tty, VT_RELDISP, 1);
	return true;
}

void vt_keep(int tty, int socket)
{
	struct vt_mode before;
	int text, signals = open_signals();
	bool serves = true;

	if (signals < 0 || !take(tty, &before, &text)) {
		say(socket, VT_FAILED);
		return;
	}
	say(socket, VT_READY);
	while (serves) {
		struct pollfd fds[] = {{signals, POLLIN, 0}, {socket, POLLIN, 0}};

		if (poll(fds, 2, -1) < 0)
			break;
		if (fds[0].revents)
			serves = signal_came(tty, signals, socket);
		if (fds[1].revents)
			serves = serves && answer_came(tty, socket);
	}
	ask(tty, KDSETMODE, (uintptr_t)text);
	before.mode = VT_AUTO;
	drm_sys_ioctl(tty, VT_SETMODE, &before);
	close(signals);
}

/* Nothing of this process may live on in it: neither the card nor the guest's memory. */
static void be_keeper(int tty, int socket)
{
	static const int first = STDERR_FILENO + 1;
	static const struct sandbox_options options = {.main = SANDBOX_KEEPER};

	dup2(tty, STDIN_FILENO);
	dup2(socket, STDOUT_FILENO);
	if (syscall(SYS_close_range, first, ~0u, 0) < 0)
		for (int fd = first; fd < sysconf(_SC_OPEN_MAX); fd++)
			close(fd);
	prctl(PR_SET_NAME, "bonsai-vt");
	sandbox_start_beside(&options);
	vt_keep(STDIN_FILENO, STDOUT_FILENO);
	_exit(0);
}

/* ---- the owner
 * ------------------------------------------------------------------------- */

static void keeper_ready(struct loop_fd *watch, uint32_t events)
{
	struct vt_keeper *keeper = container_of(watch, struct vt_keeper, socket);
	char byte = 0;

	if (recv(watch->fd, &byte, 1, MSG_DONTWAIT) == 0) {
		loop_fd_remove(watch); /* somebody killed it */
		return;
	}
	for (struct vt *vt = keeper->users; vt; vt = vt->next) {
		if (byte == VT_LEAVE)
			vt->left(vt);
		else if (byte == VT_ENTERED)
			vt->entered(vt);
	}
	if (byte == VT_LEAVE)
		say(watch->fd, VT_LEAVE);
}

bool vt_is_stdin(void)
{
	struct vt_mode mode;

	return drm_sys_ioctl(STDIN_FILENO, VT_GETMODE, &mode) >= 0;
}

static int start_keeper(struct vt_keeper *keeper, struct loop *loop, int tty)
{
	int ends[2];
	char byte = VT_FAILED;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	keeper->pid = fork();
	if (keeper->pid == 0)
		be_keeper(tty, ends[1]);
	close(ends[1]);
	keeper->socket.fd = ends[0];
	keeper->socket.events = EPOLLIN;
	keeper->socket.ready = keeper_ready;
	if (keeper->pid < 0 || recv(ends[0], &byte, 1, 0) != 1 || byte != VT_READY)
		return -EPERM;
	return loop_fd_add(loop, &keeper->socket);
}

static int open_tty(unsigned int number, const struct source_pos *pos, struct error *err)
{
	char path[32];
	int tty, code;

	if (!number)
		return dup(STDIN_FILENO);
	snprintf(path, sizeof(path), "/dev/tty%u", number);
	tty = drm_sys_open(path);
	if (tty < 0)
		return error_set(
			err, tty, pos, "cannot open %s: %s", path, strerror(-tty));
	code = ask(tty, VT_ACTIVATE, number);
	if (code >= 0)
		code = ask(tty, VT_WAITACTIVE, number);
	if (code >= 0)
		return tty;
	close(tty);
	return error_set(
		err, code, pos, "cannot switch to %s: %s", path, strerror(-code));
}

static int take_tty(struct vt_keeper *keeper, struct loop *loop,
	const struct source_pos *pos, struct error *err)
{
	int code, tty = open_tty(keeper->number, pos, err);

	if (tty < 0)
		return tty;
	code = start_keeper(keeper, loop, tty);
	close(tty);
	return code ? error_set(err, code, pos,
			      "cannot take the virtual terminal: %s; it is that of "
			      "another session",
			      strerror(-code))
		    : 0;
}

/* The number of the one that standard input is; 0 where that cannot be said. */
static unsigned int number_of_stdin(void)
{
	struct stat status;

	if (fstat(STDIN_FILENO, &status) < 0 || !S_ISCHR(status.st_mode) ||
		major(status.st_rdev) != TTY_MAJOR)
		return 0;
	return minor(status.st_rdev);
}

static struct vt_keeper *find_keeper(struct vt_terminals *terminals, unsigned int number)
{
	struct vt_keeper *keeper = terminals->keepers;

	while (keeper && keeper->number != number)
		keeper = keeper->next;
	return keeper;
}

int vt_take(struct vt *vt, struct vt_terminals *terminals, struct loop *loop,
	unsigned int number, const struct source_pos *pos, struct error *err)
{
	int code = 0;

	if (!number && !vt_is_stdin())
		return 0;
	if (!number)
		number = number_of_stdin();
	vt->terminals = terminals;
	vt->keeper = find_keeper(terminals, number);
	if (!vt->keeper) {
		vt->keeper = calloc(1, sizeof(*vt->keeper));
		if (!vt->keeper)
			return error_set(err, -ENOMEM, pos, "no memory for a terminal");
		vt->keeper->number = number;
		vt->keeper->socket.fd = -1;
		vt->keeper->next = terminals->keepers;
		terminals->keepers = vt->keeper;
		code = take_tty(vt->keeper, loop, pos, err);
	}
	vt->next = vt->keeper->users;
	vt->keeper->users = vt;
	if (code)
		vt_give_back(vt);
	return code;
}

static void end_keeper(struct vt_terminals *terminals, struct vt_keeper *keeper)
{
	struct vt_keeper **at = &terminals->keepers;

	while (*at != keeper)
		at = &(*at)->next;
	*at = keeper->next;
	loop_fd_remove(&keeper->socket);
	if (keeper->socket.fd >= 0)
		close(keeper->socket.fd);
	if (keeper->pid > 0)
		waitpid(keeper->pid, NULL, 0);
	free(keeper);
}

void vt_give_back(struct vt *vt)
{
	struct vt_keeper *keeper = vt->keeper;

	if (!keeper)
		return;
	for (struct vt **at = &keeper->users; *at; at = &(*at)->next)
		if (*at == vt) {
			*at = vt->next;
			break;
		}
	vt->keeper = NULL;
	if (!keeper->users)
		end_keeper(vt->terminals, keeper);
}
