/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The service manager that started this process, where there is one: the datagrams of
 * sd_notify(3), to the socket that NOTIFY_SOCKET names, and the sockets of
 * sd_listen_fds(3), which it has bound for us. Main thread.
 */
#ifndef SRC_NOTIFY_H
#define SRC_NOTIFY_H

#include <stdint.h>

struct error;

struct notify {
	int fd;               /* -1: nobody to tell */
	uint64_t watchdog_ns; /* it wants to hear from us this often; 0: never */
};

/*
 * Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and takes them out of the
 * environment, for they are not meant for our own children. Without the first, the result
 * is one that tells nobody. -errno, and such a one too, where the socket is of no use.
 */
int notify_open(struct notify *notify, struct error *err);

/*
 * Sends lines such as "READY=1". A manager that takes none is not waited for: what it
 * misses is lost.
 */
void notify_send(const struct notify *notify, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

void notify_close(struct notify *notify);

/*
 * The listening unix socket that the manager handed over under that name, in *ret: the
 * caller's, or -1 where there is none. Takes LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES
 * out of the environment, so it is asked once. -EINVAL where the descriptor is none.
 */
int notify_take_socket(const char *name, int *ret, struct error *err);

#endif
