/* SPDX-License-Identifier: Apache-2.0 */
#include "src/service.h"

#include <errno.h>
#include <stdlib.h>

#include "config/config.h"
#include "host/terminal.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/loop.h"
#include "src/notify.h"
#include "src/text_match.h"

struct service {
	struct loop *loop;
	struct notify notify;
	struct loop_timer watchdog;
	const struct config_ready *ready;
	struct terminal *console;
	struct terminal_listener listener;
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

/* Twice as often as is asked for, so that one late turn is no death. */
static void feed_watchdog(struct loop_timer *timer)
{
	struct service *service = container_of(timer, struct service, watchdog);

	notify_send(&service->notify, "WATCHDOG=1");
	loop_timer_arm(service->loop, timer, service->notify.watchdog_ns / 2);
}

int service_create(struct loop *loop, const struct config_ready *ready,
	struct terminal *console, struct service **ret, struct error *err)
{
	struct service *service = calloc(1, sizeof(*service));
	struct error unheard;

	if (!service)
		return error_set(err, -ENOMEM, NULL, "no memory for the service manager");
	service->loop = loop;
	service->ready = ready;
	service->console = console;
	service->watchdog.expired = feed_watchdog;
	service->found.run = run_found;
	service->listener.wrote = console_wrote;
	if (notify_open(&service->notify, &unheard))
		log_host(
			"the service manager hears nothing of this VM: %s", unheard.text);
	if (service->notify.watchdog_ns)
		feed_watchdog(&service->watchdog);
	if (console && service->notify.fd >= 0) {
		text_match_init(&service->match, ready->text);
		terminal_listen(console, &service->listener);
	}
	*ret = service;
	return 0;
}

void service_started(struct service *service)
{
	if (!service->console)
		become_ready(service);
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
	notify_close(&service->notify);
	free(service);
}
