/* SPDX-License-Identifier: Apache-2.0 */
/* check, plan and dtb: what needs no hypervisor. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

/* What standard output did not take is main's to report. */
static int emit(const char *output, const void *blob, size_t bytes)
{
	struct error err;

	if (output)
		return cmd_write_file(output, blob, bytes);
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
