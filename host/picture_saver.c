/* SPDX-License-Identifier: Apache-2.0 */
#include "host/picture_saver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/sandbox.h"
#include "src/thread.h"

#define STACK_BYTES (128u << 10)

/* ---- files ----------------------------------------------------------------------------
 */

enum step { BEGIN, COMMIT, ABANDON };

static bool ends_in(const char *path, const char *end)
{
	size_t chars = strlen(path);

	return chars > strlen(end) && !strcmp(path + chars - strlen(end), end);
}

static int begin(struct picture_saver *saver, struct outside_message *message)
{
	const char *path = message->data;
	struct stat status;
	int fd;

	if (strnlen(path, message->bytes) == message->bytes ||
		(!ends_in(path, ".png") && !ends_in(path, ".ppm")))
		return -EINVAL;
	if (!stat(path, &status) && !S_ISREG(status.st_mode))
		return -EISDIR;
	free(saver->path);
	free(saver->part);
	saver->path = strdup(path);
	if (!saver->path ||
		asprintf(&saver->part, "%s.%d.part", path, (int)getpid()) < 0) {
		saver->part = NULL;
		return -ENOMEM;
	}
	fd = open(
		saver->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0) {
		int code = -errno;

		/* It is somebody else's. */
		free(saver->part);
		saver->part = NULL;
		return code;
	}
	message->fds[0] = fd;
	message->fd_count = 1;
	return 0;
}

static int end(struct picture_saver *saver, bool commit)
{
	int code = 0;

	if (!saver->part)
		return 0;
	if (commit && rename(saver->part, saver->path) < 0)
		code = -errno;
	if (code || !commit)
		unlink(saver->part);
	free(saver->part);
	saver->part = NULL;
	return code;
}

static int do_step(struct outside_job *job, struct outside_message *message)
{
	struct picture_saver *saver = container_of(job, struct picture_saver, job);

	if (message->number == BEGIN)
		return begin(saver, message);
	return end(saver, message->number == COMMIT);
}

/* ---- asking for files ---------------------------------------------------------------
 */

static int cannot_write(const char *path, int code, struct error *err)
{
	return error_set(err, code, NULL, "cannot write %s: %s", path, strerror(-code));
}

/* The part's descriptor. */
static int begin_file(struct picture_saver *saver, const char *path, struct error *err)
{
	struct outside_message *message = outside_message();
	size_t bytes = strlen(path) + 1;
	int code;

	if (bytes > sizeof(message->data))
		return cannot_write(path, -ENAMETOOLONG, err);
	memcpy(message->data, path, bytes);
	message->bytes = (uint32_t)bytes;
	code = outside_do(&saver->job, message);
	if (code == -EISDIR)
		return error_set(err, -EINVAL, NULL, "%s is no regular file", path);
	if (code == -EINVAL)
		return error_set(err, -EINVAL, NULL,
			"%s does not end in .png or .ppm, as a picture does", path);
	return code ? cannot_write(path, code, err) : message->fds[0];
}

static int end_file(struct picture_saver *saver, enum step step)
{
	struct outside_message *message = outside_message();

	message->number = step;
	return outside_do(&saver->job, message);
}

/* ---- the thread -----------------------------------------------------------------------
 */

static void write_picture(struct picture_saver *saver)
{
	saver->code = picture_write(
		saver->fd, saver->first->format, &saver->picture, &saver->stop);
	loop_post(saver->loop, &saver->turn);
}

static void *work(void *argument)
{
	sandbox_enter(SANDBOX_SAVER);
	write_picture(argument);
	return NULL;
}

/* Where the host gives no thread the devices wait. */
static void start_writing(struct picture_saver *saver)
{
	saver->writes = true;
	saver->has_thread = !thread_start(&saver->thread, STACK_BYTES, work, saver);
	if (!saver->has_thread)
		write_picture(saver);
}

/* ---- one after another ----------------------------------------------------------------
 */

static void answer(struct picture_saver *saver, int code, const struct error *err)
{
	struct picture_request *request = saver->first;

	saver->first = request->next;
	if (!saver->first)
		saver->last = &saver->first;
	else
		loop_post(saver->loop, &saver->turn);
	request->done(request, code, err);
}

static void begin_writing(struct picture_saver *saver)
{
	struct picture_request *request = saver->first;
	struct error err = {.text = ""};
	int code = request->take(request, &saver->picture, &err);

	if (!code) {
		saver->fd = begin_file(saver, request->path, &err);
		code = saver->fd < 0 ? saver->fd : 0;
		if (code)
			free(saver->picture.pixels);
	}
	if (code)
		answer(saver, code, &err);
	else
		start_writing(saver);
}

static int vm_has_ended(struct error *err)
{
	return error_set(err, -ECANCELED, NULL, "the VM has ended");
}

static void end_writing(struct picture_saver *saver)
{
	struct error err = {.text = ""};
	int code;

	if (saver->has_thread)
		pthread_join(saver->thread, NULL);
	saver->writes = false;
	free(saver->picture.pixels);
	code = saver->code;
	if (code)
		end_file(saver, ABANDON);
	else
		code = end_file(saver, COMMIT);
	if (code == -ECANCELED)
		vm_has_ended(&err);
	else if (code)
		cannot_write(saver->first->path, code, &err);
	answer(saver, code, &err);
}

static void turn(struct loop_task *task)
{
	struct picture_saver *saver = container_of(task, struct picture_saver, turn);

	if (saver->writes)
		end_writing(saver);
	else
		begin_writing(saver);
}

void picture_save(struct picture_saver *saver, struct picture_request *request)
{
	bool idle = !saver->first;

	request->next = NULL;
	*saver->last = request;
	saver->last = &request->next;
	if (idle)
		loop_post(saver->loop, &saver->turn);
}

/* ---- life -----------------------------------------------------------------------------
 */

int picture_saver_init(struct picture_saver *saver, struct loop *loop)
{
	int code;

	saver->loop = loop;
	saver->turn.run = turn;
	saver->last = &saver->first;
	code = outside_add(&saver->job, do_step);
	/* Wherever somebody wants to have one. */
	return code ? code : outside_writes("/");
}

void picture_saver_finish(struct picture_saver *saver)
{
	struct error err;
	int code = vm_has_ended(&err);

	if (!saver->loop)
		return;
	saver->stop = true;
	if (saver->writes)
		end_writing(saver);
	while (saver->first)
		answer(saver, code, &err);
	loop_task_cancel(saver->loop, &saver->turn);
	saver->loop = NULL;
	outside_remove(&saver->job);
	free(saver->path);
	free(saver->part);
	saver->path = saver->part = NULL;
}
