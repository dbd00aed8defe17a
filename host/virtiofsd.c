/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs with the loop's lock held; events on the loop's thread.
 *
 * virtiofsd wants a socket that listens. So it gets one in whose queue our connection is
 * already, and which nobody else can reach any more: it had a name for a moment, in a
 * folder of this user's alone.
 */
#include "host/virtiofsd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/child.h"
#include "host/vhost_user.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/outside.h"

struct virtiofsd {
	struct vhost_source source;
	struct child child;
	struct outside_job launching;
	struct virtiofsd_options options;
	const struct source_pos *pos;
	char *shared;      /* an argument: the folder */
	char message[200]; /* the last that it said */
};

static struct virtiofsd *virtiofsd_of(struct vhost_source *source)
{
	return container_of(source, struct virtiofsd, source);
}

/* ---- what it says ----------------------------------------------------------------- */

/* Said on every start, and at every end. */
static bool is_noise(const char *line)
{
	return !*line || strstr(line, "vhost-user socket connection") ||
	       strstr(line, " INFO ") || strstr(line, ": kill event") ||
	       strstr(line, ": Entry") || strstr(line, ": Exit");
}

static void virtiofsd_said(struct child *child, const char *line)
{
	struct virtiofsd *virtiofsd = container_of(child, struct virtiofsd, child);

	if (!is_noise(line))
		snprintf(virtiofsd->message, sizeof(virtiofsd->message), "%s", line);
}

static void virtiofsd_ended(struct vhost_source *source, char *why, size_t room)
{
	struct virtiofsd *virtiofsd = virtiofsd_of(source);
	int status = child_stop(&virtiofsd->child);

	if (virtiofsd->message[0])
		snprintf(why, room, "virtiofsd: %s", virtiofsd->message);
	else if (status >= 0)
		snprintf(why, room, "virtiofsd ended with status %d", status);
}

/* ---- starting it ------------------------------------------------------------------ */

/* A listening socket and a connection to it. Both are -1 or open, on failure too. */
static int connect_pair(const struct sockaddr_un *address, int ends[2])
{
	const struct sockaddr *name = (const struct sockaddr *)address;

	ends[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ends[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ends[0] < 0 || ends[1] < 0 || bind(ends[1], name, sizeof(*address)) < 0 ||
		listen(ends[1], 1) < 0 || connect(ends[0], name, sizeof(*address)) < 0)
		return -errno;
	return 0;
}

static int open_sockets(int ends[2])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char folder[] = "/tmp/bonsai-XXXXXX";
	int code;

	ends[0] = ends[1] = -1;
	if (!mkdtemp(folder))
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/virtiofsd", folder);
	code = connect_pair(&address, ends);
	unlink(address.sun_path);
	rmdir(folder);
	return code;
}

/* Tries the places where distributions have it. */
static int start(
	struct virtiofsd *virtiofsd, int listener, struct outside_message *message)
{
	static const char *const places[] = {"virtiofsd", "/usr/libexec/virtiofsd",
		"/usr/lib/virtiofsd", "/usr/lib/qemu/virtiofsd", NULL};
	const char *const own[] = {virtiofsd->options.binary, NULL};
	int code = -ENOENT;

	for (const char *const *place = own[0] ? own : places; *place && code == -ENOENT;
		place++) {
		const char *arguments[] = {*place, "--fd=" CHILD_FD, "-o",
			virtiofsd->shared,
			virtiofsd->options.readonly ? "--readonly" : NULL, NULL};

		code = child_spawn(&virtiofsd->child, (char *const *)arguments, listener,
			-1, message);
	}
	return code;
}

/* Outside: answers with its messages and a connection to it. */
static int launch(struct outside_job *job, struct outside_message *message)
{
	struct virtiofsd *virtiofsd = container_of(job, struct virtiofsd, launching);
	int ends[2];
	int code = open_sockets(ends);

	if (!code)
		code = child_keep(&ends[1]);
	if (!code)
		code = start(virtiofsd, ends[1], message);
	if (ends[1] >= 0)
		close(ends[1]);
	if (code && ends[0] >= 0)
		close(ends[0]);
	message->fds[1] = ends[0];
	message->fd_count = 2;
	return code;
}

static int virtiofsd_connect(struct vhost_source *source, struct error *err)
{
	struct virtiofsd *virtiofsd = virtiofsd_of(source);
	struct outside_message *message = outside_message();
	int code = outside_do(&virtiofsd->launching, message);
	int fd = message->fds[1];

	virtiofsd->message[0] = '\0';
	if (!code) {
		code = child_adopt(
			&virtiofsd->child, (pid_t)message->number, message->fds[0]);
		if (!code)
			return fd;
		close(fd);
	}
	if (code == -ENOENT && !virtiofsd->options.binary)
		return error_set(err, code, virtiofsd->pos,
			"virtiofsd not found: install the package virtiofsd (of Debian "
			"12: "
			"qemu-system-common), or say binary=\"...\"");
	return error_set(err, code, virtiofsd->pos, "%s: %s",
		virtiofsd->options.binary ? virtiofsd->options.binary : "virtiofsd",
		strerror(-code));
}

/* ---- life ------------------------------------------------------------------------- */

static void virtiofsd_destroy(struct vhost_source *source)
{
	struct virtiofsd *virtiofsd = virtiofsd_of(source);

	child_finish(&virtiofsd->child);
	outside_remove(&virtiofsd->launching);
	free(virtiofsd->shared);
	free(virtiofsd);
}

static const struct vhost_source_ops virtiofsd_ops = {
	.connect = virtiofsd_connect,
	.ended = virtiofsd_ended,
	.destroy = virtiofsd_destroy,
};

/* virtiofsd looks for it from another folder, and takes options between commas. */
static int name_folder(struct virtiofsd *virtiofsd, const char *folder, struct error *err)
{
	const struct source_pos *pos = virtiofsd->pos;
	char *path = realpath(folder, NULL);
	int code = path ? 0 : -errno;

	if (code)
		return error_set(
			err, code, pos, "folder %s: %s", folder, strerror(-code));
	if (strchr(path, ','))
		code = error_set(err, -EINVAL, pos,
			"folder %s has a comma in its path, which virtiofsd cannot take",
			path);
	else if (asprintf(&virtiofsd->shared, "source=%s", path) < 0)
		code = error_set(err, -ENOMEM, pos, "no memory for virtiofsd");
	free(path);
	return code;
}

int vhost_source_virtiofsd_create(struct loop *loop,
	const struct virtiofsd_options *options, const struct source_pos *pos,
	struct vhost_source **ret, struct error *err)
{
	struct virtiofsd *virtiofsd = calloc(1, sizeof(*virtiofsd));
	int code;

	if (!virtiofsd)
		return error_set(err, -ENOMEM, pos, "no memory for virtiofsd");
	virtiofsd->source.ops = &virtiofsd_ops;
	virtiofsd->options = *options;
	virtiofsd->pos = pos;
	virtiofsd->child.loop = loop;
	virtiofsd->child.said = virtiofsd_said;
	code = child_init(&virtiofsd->child);
	if (!code)
		code = outside_add_start(&virtiofsd->launching, launch);
	if (code)
		error_set(err, code, pos, "no memory for virtiofsd");
	else
		code = name_folder(virtiofsd, options->folder, err);
	if (code) {
		virtiofsd_destroy(&virtiofsd->source);
		return code;
	}
	*ret = &virtiofsd->source;
	return 0;
}
