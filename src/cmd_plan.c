/* SPDX-License-Identifier: Apache-2.0 */
/* check, plan and dtb: what needs no hypervisor. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/boot.h"
#include "src/cmd.h"
#include "src/dts.h"

/*
 * What check, plan and dtb have in common: parses, loads and plans, and gives a plan
 * without problems to use(), whose exit status it returns.
 */
static int with_plan(char **argv, unsigned int takes,
	int (*use)(const struct board_plan *plan, const struct cmd_vm *vm))
{
	struct vm_config *config;
	struct board_plan *plan = NULL;
	struct host_caps caps;
	struct cmd_vm vm;
	int status = cmd_vm_parse(&vm, argv, CMD_TAKES_HOST | takes);

	if (status)
		return status;
	config = cmd_vm_load(&vm);
	if (config && !cmd_vm_host(&vm, config, &caps))
		plan = cmd_vm_plan(config, &caps);
	status = plan ? use(plan, &vm) : EXIT_USAGE;
	board_plan_destroy(plan);
	config_destroy(config);
	return status;
}

/* A plan without problems is all that check asks for. */
static int print_notes(const struct board_plan *plan, const struct cmd_vm *vm)
{
	for (unsigned int i = 0; i < plan->note_count; i++) {
		const struct error *note = &plan->notes[i];

		fprintf(stderr, "%s:%d: note: %s\n", note->pos.file, note->pos.line,
			note->text);
	}
	return 0;
}

int cmd_check(int argc, char **argv)
{
	return with_plan(argv, 0, print_notes);
}

static int print_plan(const struct board_plan *plan, const struct cmd_vm *vm)
{
	if (board_plan_print(plan, stdout) != -ENOMEM)
		return 0;
	fprintf(stderr, "bonsai: out of memory\n");
	return EXIT_HOST_FAILED;
}

int cmd_plan(int argc, char **argv)
{
	return with_plan(argv, 0, print_plan);
}

static int write_failed(const char *path, int code)
{
	fprintf(stderr, "bonsai: cannot write %s: %s\n", path, strerror(code));
	return EXIT_HOST_FAILED;
}

static bool write_all(int fd, const char *bytes, size_t left)
{
	while (left) {
		ssize_t done = write(fd, bytes, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		bytes += done;
		left -= (size_t)done;
	}
	return true;
}

/* A new file with the blob, in place of an old one; never half of one under its name. */
static int replace_file(const char *path, const void *blob, size_t bytes)
{
	char temporary[PATH_MAX];
	int code;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
		(int)sizeof(temporary))
		return write_failed(path, ENAMETOOLONG);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return write_failed(path, errno);
	if (write_all(fd, blob, bytes) && fchmod(fd, 0644) == 0 &&
		rename(temporary, path) == 0) {
		close(fd);
		return 0;
	}
	code = errno;
	close(fd);
	unlink(temporary);
	return write_failed(path, code);
}

/* A device or a pipe, such as /dev/stdout, is written to and stays what it is. */
static int write_into(const char *path, const void *blob, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int status = 0;

	if (fd < 0 || !write_all(fd, blob, bytes))
		status = write_failed(path, errno);
	if (fd >= 0)
		close(fd);
	return status;
}

/* Through links to the file that they stand for. */
static int write_file(const char *path, const void *blob, size_t bytes)
{
	char target[PATH_MAX];
	struct stat status;

	if (stat(path, &status) < 0)
		return replace_file(path, blob, bytes);
	if (S_ISDIR(status.st_mode))
		return write_failed(path, EISDIR);
	if (!S_ISREG(status.st_mode))
		return write_into(path, blob, bytes);
	if (!realpath(path, target))
		return write_failed(path, errno);
	return replace_file(target, blob, bytes);
}

/* What standard output did not take is main's to report. */
static int emit(const char *output, const void *blob, size_t bytes)
{
	struct error err;

	if (output)
		return write_file(output, blob, bytes);
	if (!isatty(STDOUT_FILENO)) {
		fwrite(blob, 1, bytes, stdout);
		return 0;
	}
	if (dts_print(blob, bytes, stdout, &err)) {
		cmd_print_error(&err);
		return EXIT_HOST_FAILED;
	}
	return 0;
}

static int write_tree(const struct board_plan *plan, const struct cmd_vm *vm)
{
	/* The same tree each time: the fresh seeds are for a guest that boots. */
	static const struct boot_seed no_seed;
	size_t room = (size_t)plan->tables.bytes;
	struct error err = {0};
	void *blob = malloc(room);
	size_t bytes;
	int status;

	if (!blob)
		error_set(&err, -ENOMEM, NULL, "no memory for the device tree");
	if (!blob || boot_tables(plan, &no_seed, blob, room, &bytes, &err)) {
		cmd_print_error(&err);
		status = EXIT_HOST_FAILED;
	} else {
		status = emit(vm->output, blob, bytes);
	}
	free(blob);
	return status;
}

int cmd_dtb(int argc, char **argv)
{
	return with_plan(argv, CMD_TAKES_OUTPUT, write_tree);
}
