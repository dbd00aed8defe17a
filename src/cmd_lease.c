/* SPDX-License-Identifier: Apache-2.0 */
/* Hands out the screens of a graphics card that several VMs share, until it is ended. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "host/lease.h"
#include "src/cmd.h"
#include "src/cmd_options.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"

#define CARD "/dev/dri/card0"

struct watch {
	struct loop_fd signals;
	struct loop *loop;
};

static void on_signal(struct loop_fd *signals, uint32_t events)
{
	loop_stop(container_of(signals, struct watch, signals)->loop);
}

static int watch_signals(struct watch *watch)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	watch->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->signals.fd < 0)
		return -errno;
	watch->signals.events = EPOLLIN;
	watch->signals.ready = on_signal;
	return loop_fd_add(watch->loop, &watch->signals);
}

static int serve(const char *card, const char *socket, struct error *err)
{
	struct watch watch = {.signals.fd = -1};
	struct lessor *lessor = NULL;
	int code = loop_create(&watch.loop, err);

	if (code)
		return code;
	code = lessor_create(watch.loop, card, socket, &lessor, err);
	if (!code) {
		code = watch_signals(&watch);
		if (!code)
			code = loop_run(watch.loop);
		if (code)
			error_set(err, code, NULL, "lease: %s", strerror(-code));
	}
	lessor_destroy(lessor);
	loop_fd_remove(&watch.signals);
	if (watch.signals.fd >= 0)
		close(watch.signals.fd);
	loop_destroy(watch.loop);
	return code;
}

int cmd_lease(int argc, char **argv)
{
	const char *card = CARD, *socket = NULL;
	const struct cmd_option options[] = {{"--card", "FILE", &card, 0, false}, {NULL}};
	struct error err = {0};
	int status = cmd_options_parse(argv, options, "[--card FILE] SOCKET", &socket, 1);

	if (status)
		return status;
	if (!socket) {
		fprintf(stderr, "bonsai: lease needs the SOCKET at which VMs ask for "
				"screens: see bonsai --help\n");
		return EXIT_USAGE;
	}
	if (!serve(card, socket, &err))
		return 0;
	cmd_print_error(&err);
	return EXIT_HOST_FAILED;
}
