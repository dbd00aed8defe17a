/* SPDX-License-Identifier: Apache-2.0 */
/* check, plan and dtb: what needs no hypervisor. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/boot.h"
#include "src/cmd.h"
#include "src/dts.h"

/* Parses, loads and plans for all three; NULL with *ret_status set where it failed. */
static struct board_plan *plan_for(struct cmd_vm *vm, int argc, char **argv,
	bool takes_output, struct vm_config **ret_config, int *ret_status)
{
	struct host_caps caps;

	*ret_status = cmd_vm_parse(vm, argc, argv, true, takes_output);
	if (*ret_status)
		return NULL;
	*ret_status = cmd_vm_host(vm, &caps);
	if (*ret_status)
		return NULL;
	*ret_status = EXIT_USAGE;
	*ret_config = cmd_vm_load(vm);
	if (!*ret_config)
		return NULL;
	return cmd_vm_plan(*ret_config, &caps);
}

int cmd_check(int argc, char **argv)
{
	struct vm_config *config = NULL;
	struct cmd_vm vm;
	int status;
	struct board_plan *plan = plan_for(&vm, argc, argv, false, &config, &status);

	if (plan)
		status = 0;
	board_plan_destroy(plan);
	config_destroy(config);
	return status;
}

int cmd_plan(int argc, char **argv)
{
	struct vm_config *config = NULL;
	struct cmd_vm vm;
	int status;
	struct board_plan *plan = plan_for(&vm, argc, argv, false, &config, &status);

	if (plan)
		status = board_plan_print(plan, stdout) ? EXIT_HOST_FAILED : 0;
	board_plan_destroy(plan);
	config_destroy(config);
	return status;
}

/* A new file with the blob; never half of one under its name. */
static int write_file(const char *path, const void *blob, size_t bytes)
{
	char temporary[4096];
	FILE *out;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
		(int)sizeof(temporary)) {
		fprintf(stderr, "bonsai: %s: the name is too long\n", path);
		return EXIT_USAGE;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		goto fail;
	if (fwrite(blob, 1, bytes, out) != bytes || fchmod(fd, 0644) < 0 || fflush(out))
		goto fail;
	fclose(out);
	if (rename(temporary, path) == 0)
		return 0;
	out = NULL;

fail:
	fprintf(stderr, "bonsai: %s: %s\n", path, strerror(errno));
	if (out)
		fclose(out);
	if (fd >= 0)
		unlink(temporary);
	return EXIT_HOST_FAILED;
}

static int emit(const char *output, const void *blob, size_t bytes)
{
	struct error err;

	if (output)
		return write_file(output, blob, bytes);
	if (isatty(STDOUT_FILENO)) {
		if (dts_print(blob, bytes, stdout, &err)) {
			cmd_print_error(&err);
			return EXIT_HOST_FAILED;
		}
		return 0;
	}
	if (fwrite(blob, 1, bytes, stdout) == bytes && fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "bonsai: standard output: %s\n", strerror(errno));
	return EXIT_HOST_FAILED;
}

static int write_tree(const struct board_plan *plan, const char *output)
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
		status = emit(output, blob, bytes);
	}
	free(blob);
	return status;
}

int cmd_dtb(int argc, char **argv)
{
	struct vm_config *config = NULL;
	struct cmd_vm vm;
	int status;
	struct board_plan *plan = plan_for(&vm, argc, argv, true, &config, &status);

	if (plan)
		status = write_tree(plan, vm.output);
	board_plan_destroy(plan);
	config_destroy(config);
	return status;
}
