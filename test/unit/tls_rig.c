/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/tls_rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

/* A file of that text, under a path that lasts as long as the descriptor. */
static int make_file(const char *text, char path[TLS_RIG_PATH_BYTES])
{
	int fd = memfd_create("tls", MFD_CLOEXEC);

	CHECK(fd >= 0 && !fchmod(fd, 0600));
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, TLS_RIG_PATH_BYTES, "/proc/self/fd/%d", fd);
	return fd;
}

void tls_rig_write(const struct tls_rig_files *files, struct tls_rig_paths *ret)
{
	ret->fds[0] = make_file(files->certificate, ret->paths[0]);
	ret->fds[1] = make_file(files->key, ret->paths[1]);
	ret->fds[2] = make_file(files->ca, ret->paths[2]);
	ret->files = (struct tls_files){.certificate = ret->paths[0],
		.key = ret->paths[1],
		.ca = ret->paths[2],
		.clients = files->clients};
}

void tls_rig_remove(struct tls_rig_paths *paths)
{
	for (unsigned int i = 0; i < TLS_RIG_FILES; i++)
		close(paths->fds[i]);
}

int tls_rig_create(enum tls_end end, const struct tls_rig_files *files, struct tls **ret,
	struct error *err)
{
	struct tls_rig_paths paths;
	int code;

	tls_rig_write(files, &paths);
	code = tls_create(end, &paths.files, ret, err);
	tls_rig_remove(&paths);
	return code;
}

static void opened(struct tls_tunnel_user *user, int plain)
{
	container_of(user, struct tls_rig_end, user)->plain = plain;
}

static void over(struct tls_tunnel_user *user, const char *fault)
{
	struct tls_rig_end *end = container_of(user, struct tls_rig_end, user);

	end->over = true;
	end->fault = fault;
	tls_tunnel_destroy(end->tunnel);
	end->tunnel = NULL;
}

static const struct tls_tunnel_events events = {.opened = opened, .over = over};

void tls_rig_open(struct tls_rig_end *end, struct loop *loop, const struct tls *tls,
	int fd, const char *host, enum tls_prelude prelude)
{
	*end = (struct tls_rig_end){.user = {&events}, .plain = -1};
	tls_desk_init(&end->desk, loop);
	CHECK_EQ(tls_tunnel_create(
			 &end->desk, tls, fd, host, prelude, &end->user, &end->tunnel),
		0);
}

void tls_rig_close(struct tls_rig_end *end)
{
	tls_tunnel_destroy(end->tunnel);
	end->tunnel = NULL;
	if (end->plain >= 0)
		close(end->plain);
	end->plain = -1;
}
