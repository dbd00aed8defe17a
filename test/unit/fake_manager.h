/* SPDX-License-Identifier: Apache-2.0 */
/* A service manager for tests: the socket of NOTIFY_SOCKET, with what it has heard. */
#ifndef TEST_UNIT_FAKE_MANAGER_H
#define TEST_UNIT_FAKE_MANAGER_H

#include <stdbool.h>

struct fake_manager {
	int fd;
	char name[64]; /* as NOTIFY_SOCKET has it */
	char heard[512];
};

/* Listens on a path in /tmp or on an abstract name, and puts that into the environment.
 */
void fake_manager_init(struct fake_manager *manager, bool abstract);
void fake_manager_finish(struct fake_manager *manager);

/* The next message, "" where there is none. */
const char *fake_manager_hear(struct fake_manager *manager);

#endif
