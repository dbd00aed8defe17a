/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the service manager hears of a VM (src/notify.h): that it is ready, what it is
 * doing, that the event loop is alive. Everything runs with the loop's lock held, or
 * before the loop runs and after it has stopped.
 */
#ifndef SRC_SERVICE_H
#define SRC_SERVICE_H

struct config_ready;
struct error;
struct loop;
struct service;
struct terminal;

/*
 * Takes the manager's socket out of the environment. console is where ready->device
 * writes, vsock the path of the guest's vsock where that has the port of its word; both
 * are NULL where the VM is ready as soon as it runs, and outlive the service, as ready
 * does. A manager that cannot be told is a line in the log; -errno where the guest cannot
 * be heard.
 */
int service_create(struct loop *loop, const struct config_ready *ready,
	struct terminal *console, const char *vsock, struct service **ret,
	struct error *err);

/* The vCPUs run: of the first boot, or of one after it. */
void service_started(struct service *service);

/* The VM has ended, and what is left is to take it down. */
void service_stopping(struct service *service);

void service_destroy(struct service *service); /* NULL is fine */

#endif
