/* SPDX-License-Identifier: Apache-2.0 */
#include "src/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/config.h"
#include "host/listener.h"
#include "host/terminal.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/loop.h"
#include "src/notify.h"
#include "src/text_match.h"

#define WORDS_MAX 8 /* of the guest that wait to be heard */

struct service {
	struct loop *loop;
	struct notify notify;
	struct loop_timer watchdog;
	const struct config_ready *ready;
	struct terminal *console;
	struct terminal_listener listener;
	struct listener vsock; /* fd -1: what the guest has to say comes elsewhere */
	char *vsock_path;
	struct loop_fd word; /* the connection of the guest that came last */
	struct text_match match;
	struct loop_task found; /* tells that the VM is ready */
	bool is_ready;
};

_Static_assert(CONFIG_READY_TEXT_BYTES <= TEXT_MATCH_BYTES_MAX, "each text can be found");

static void become_ready(struct service *service)
{
	if (service->is_ready)
		return;
	service->is_ready = true;
	notify_send(&service->notify, "READY=1\nSTATUS=The VM runs");
}

static void run_found(struct loop_task *task)
{
	become_ready(container_of(task, struct service, found));
}

/* On the thread of a vCPU maybe, which has no business with sockets. */
static void console_wrote(
	struct terminal_listener *listener, const void *buf, size_t bytes)
{
	struct service *service = container_of(listener, struct service, listener);

	if (!text_match_feed(&service->match, buf, bytes))
		return;
	terminal_unlisten(service->console, listener);
	loop_post(service->loop, &service->found);
}

/* ---- the vsock -------------------------------------------------------------------- */

static void end_word(struct service *service)
{
	loop_fd_remove(&service->word);
	if (service->word.fd >= 0)
		close(service->word.fd);
	service->word.fd = -1;
}

static void read_word(struct service *service)
{
	uint8_t chunk[256];
	ssize_t n = 1;

	while (n > 0 && !service->is_ready) {
		n = recv(service->word.fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n > 0 && text_match_feed(&service->match, chunk, (size_t)n))
			become_ready(service);
	}
	if (service->is_ready || !n || (errno != EAGAIN && errno != EINTR))
		end_word(service);
	if (service->is_ready)
		listener_close(&service->vsock);
}

static void word_ready(struct loop_fd *watch, uint32_t events)
{
	read_word(container_of(watch, struct service, word));
}

/* sd_notify(3) of the guest makes a connection for each message, and ends the last one.
 */
static void word_accepted(struct listener *listener, int fd)
{
	struct service *service = container_of(listener, struct service, vsock);

	if (service->word.fd >= 0)
		read_word(service);
	end_word(service);
	if (service->is_ready) {
		close(fd);
		return;
	}
	text_match_init(&service->match, "READY=1");
	service->word.fd = fd;
	if (loop_fd_add(service->loop, &service->word))
		end_word(service);
}

/* At what the guest's connections to the port of the host are called. */
static int listen_to_vsock(struct service *service, const char *vsock, struct error *err)
{
	const struct source_pos *pos = &service->ready->pos;

	if (asprintf(&service->vsock_path, "%s_%u", vsock, service->ready->vsock_port) <
		0) {
		service->vsock_path = NULL;
		return error_set(err, -ENOMEM, NULL, "no memory for a socket's path");
	}
	return listener_open_unix(&service->vsock, service->loop, service->vsock_path,
		WORDS_MAX, word_accepted, pos, err);
}

/* ---- all of it -------------------------------------------------------------------- */

/* Twice as often as is asked for, so that one late turn is no death. */
static void feed_watchdog(struct loop_timer *timer)
{
	struct service *service = container_of(timer, struct service, watchdog);

	notify_send(&service->notify, "WATCHDOG=1");
	loop_timer_arm(service->loop, timer, service->notify.watchdog_ns / 2);
}

int service_create(struct loop *loop, const struct config_ready *ready,
	struct terminal *console, const char *vsock, struct service **ret,
	struct error *err)
{
	struct service *service = calloc(1, sizeof(*service));
	struct error unheard;
	int code = 0;

	if (!service)
		return error_set(err, -ENOMEM, NULL, "no memory for the service manager");
	service->loop = loop;
	service->ready = ready;
	service->console = console;
	service->watchdog.expired = feed_watchdog;
	service->found.run = run_found;
	service->listener.wrote = console_wrote;
	service->vsock.watch.fd = -1;
	service->word =
		(struct loop_fd){.fd = -1, .events = EPOLLIN, .ready = word_ready};
	if (notify_open(&service->notify, &unheard))
		log_host(
			"the service manager hears nothing of this VM: %s", unheard.text);
	if (service->notify.watchdog_ns)
		feed_watchdog(&service->watchdog);
	if (console && service->notify.fd >= 0) {
		text_match_init(&service->match, ready->text);
		terminal_listen(console, &service->listener);
	}
	if (vsock && service->notify.fd >= 0)
		code = listen_to_vsock(service, vsock, err);
	if (code) {
		service_destroy(service);
		return code;
	}
	*ret = service;
	return 0;
}

void service_started(struct service *service)
{
	if (!service->console && !service->ready->vsock_port)
		become_ready(service);
	else if (!service->console && !service->is_ready)
		notify_send(&service->notify,
			"STATUS=Waiting for READY=1 on vsock port %u",
			service->ready->vsock_port);
	else if (!service->is_ready)
		notify_send(&service->notify, "STATUS=Waiting for \"%s\" on %s",
			service->ready->text, service->ready->device);
}

void service_stopping(struct service *service)
{
	notify_send(&service->notify, "STOPPING=1\nSTATUS=The VM has ended");
}

void service_destroy(struct service *service)
{
	if (!service)
		return;
	loop_timer_cancel(&service->watchdog);
	loop_task_cancel(service->loop, &service->found);
	if (service->console)
		terminal_unlisten(service->console, &service->listener);
	listener_close(&service->vsock);
	end_word(service);
	free(service->vsock_path);
	notify_close(&service->notify);
	free(service);
}
