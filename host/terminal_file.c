/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Output into a file; there is no input. Where the path is a FIFO or another tty it may
 * take less than it gets, then the loop waits for room. Loop's thread and the verbs.
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

struct file_terminal {
	struct terminal base;
	struct loop_fd out;
};

static struct file_terminal *file_of(struct terminal *terminal)
{
	return container_of(terminal, struct file_terminal, base);
}

static ssize_t file_write(struct terminal *terminal, const void *buf, size_t bytes)
{
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

static void file_destroy(struct terminal *terminal)
{
	struct file_terminal *file = file_of(terminal);

	loop_fd_remove(&file->out);
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

int terminal_file_create(struct loop *loop, const char *path, bool append,
	const struct source_pos *pos, struct terminal **ret, struct error *err)
{
	struct file_terminal *file = calloc(1, sizeof(*file));
	int flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int code;

	if (!file)
		return error_set(err, -ENOMEM, pos, "no memory for a terminal");
	terminal_init(&file->base, &file_ops, loop, path, true);
	file->out = (struct loop_fd){.events = EPOLLOUT, .ready = out_ready};
	file->out.fd = open(path, append ? flags : flags | O_TRUNC, 0600);
	if (file->out.fd < 0) {
		code = error_set(err, -errno, pos, "cannot write %s: %s", path,
			errno == ENXIO ? "a FIFO that nobody reads" : strerror(errno));
		goto fail;
	}
	code = terminal_set_place(&file->base, "%s", path);
	if (code) {
		error_set(err, code, pos, "no memory for a terminal");
		goto fail;
	}
	*ret = &file->base;
	return 0;

fail:
	file_destroy(&file->base);
	return code;
}
