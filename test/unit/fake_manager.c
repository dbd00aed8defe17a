/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/fake_manager.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "test/unit/test.h"

void fake_manager_init(struct fake_manager *manager, bool abstract)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t bytes;

	*manager = (struct fake_manager){0};
	snprintf(manager->name, sizeof(manager->name), "%sbonsai-notify-%d",
		abstract ? "@" : "/tmp/", getpid());
	bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			    strlen(manager->name));
	memcpy(address.sun_path, manager->name, strlen(manager->name));
	if (abstract)
		address.sun_path[0] = '\0';
	manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK_EQ(bind(manager->fd, (struct sockaddr *)&address, bytes), 0);
	setenv("NOTIFY_SOCKET", manager->name, 1);
}

void fake_manager_finish(struct fake_manager *manager)
{
	close(manager->fd);
	if (manager->name[0] == '/')
		unlink(manager->name);
	unsetenv("NOTIFY_SOCKET");
}

const char *fake_manager_hear(struct fake_manager *manager)
{
	ssize_t n = recv(manager->fd, manager->heard, sizeof(manager->heard) - 1, 0);

	manager->heard[n < 0 ? 0 : n] = '\0';
	return manager->heard;
}
