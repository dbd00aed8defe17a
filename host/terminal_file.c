/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output into a file; there is no input. Where the path is a FIFO or another tty it may
 * take less than it gets, then the loop waits for room. Loop's thread and the verbs.
 *
 * The file is emptied when tasks first run, before the guest: a VM that does not start,
 * because another device is refused, leaves the log of the one before as it was.
 */
#include "host/terminal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "src/outside.h"

struct file_terminal {
	struct terminal base;
	struct loop_fd out;
	struct loop_task begin_task;
	const char *path; /* borrowed */
	struct outside_job removal;
	bool append;
	bool created; /* there was none */
	bool begun;
};

static struct file_terminal *file_of(struct terminal *terminal)
{
	return container_of(terminal, struct file_terminal, base);
}

static void begin(struct file_terminal *file)
{
	if (file->begun)
		return;
	file->begun = true;
	/* A FIFO or tty has nothing to empty. */
	if (!file->append && ftruncate(file->out.fd, 0) < 0 && errno != EINVAL)
		log_host("%s: cannot be emptied: %s", file->path, strerror(errno));
}

static void run_begin_task(struct loop_task *task)
{
	begin(container_of(task, struct file_terminal, begin_task));
}

static ssize_t file_write(struct terminal *terminal, const void *buf, size_t bytes)
{
	begin(file_of(terminal));
	return terminal_write_fd(terminal, file_of(terminal)->out.fd, buf, bytes);
}

static void file_watch_output(struct terminal *terminal, bool on)
{
	terminal_watch_writable(terminal, &file_of(terminal)->out, on);
}

static void out_ready(struct loop_fd *watch, uint32_t events)
{
	terminal_output_ready(&container_of(watch, struct file_terminal, out)->base);
}

static void file_lost(struct terminal *terminal)
{
	loop_fd_remove(&file_of(terminal)->out);
	log_host("%s: cannot be written any more, output is lost", terminal->name);
}

static int remove_file(struct outside_job *job, struct outside_message *message)
{
	return unlink(container_of(job, struct file_terminal, removal)->path) < 0 ? -errno
										  : 0;
}

static void file_destroy(struct terminal *terminal)
{
	struct file_terminal *file = file_of(terminal);

	loop_task_cancel(terminal->loop, &file->begin_task);
	loop_fd_remove(&file->out);
	if (file->created && !file->begun)
		outside_do(&file->removal, NULL);
	outside_remove(&file->removal);
	if (file->out.fd >= 0)
		close(file->out.fd);
	terminal_finish(terminal);
	free(file);
}

static const struct terminal_ops file_ops = {
	.write = file_write,
	.watch_output = file_watch_output,
	.lost = file_lost,
	.destroy = file_destroy,
};

/* O_APPEND, because others may write to the file as well. */
static int open_file(struct file_terminal *file)
{
	int flags = O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	file->out.fd = open(file->path, flags);
	if (file->out.fd < 0 && errno == ENOENT) {
		file->out.fd = open(file->path, flags | O_CREAT | O_EXCL, 0600);
		file->created = file->out.fd >= 0;
	}
	return file->out.fd < 0 ? -errno : 0;
}

int terminal_file_create(struct loop *loop, const char *path, bool append,
	const struct source_pos *pos, struct terminal **ret, struct error *err)
{
	struct file_terminal *file = calloc(1, sizeof(*file));
	int code;

	if (!file)
		return error_set(err, -ENOMEM, pos, "no memory for a terminal");
	terminal_init(&file->base, &file_ops, loop, path, true);
	file->out = (struct loop_fd){.events = EPOLLOUT, .ready = out_ready};
	file->begin_task.run = run_begin_task;
	file->path = path;
	file->append = append;
	code = open_file(file);
	if (!code)
		code = outside_add(&file->removal, remove_file);
	if (!code)
		code = outside_removes(path);
	if (code) {
		error_set(err, code, pos, "cannot write %s: %s", path,
			code == -ENXIO ? "a FIFO that nobody reads" : strerror(-code));
		goto fail;
	}
	code = terminal_set_place(&file->base, "%s", path);
	if (code) {
		error_set(err, code, pos, "no memory for a terminal");
		goto fail;
	}
	loop_post(loop, &file->begin_task);
	*ret = &file->base;
	return 0;

fail:
	file_destroy(&file->base);
	return code;
}
