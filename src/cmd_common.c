/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/terminal.h"
#include "src/boot.h"
#include "src/container_of.h"
#include "src/hv.h"

void cmd_print_error(const struct error *err)
{
	if (err->pos.file && err->pos.line)
		fprintf(stderr, "%s:%d: %s\n", err->pos.file, err->pos.line, err->text);
	else if (err->pos.file)
		fprintf(stderr, "%s: %s\n", err->pos.file, err->text);
	else
		fprintf(stderr, "bonsai: %s\n", err->text);
}

void cmd_print_problems(const struct problems *problems)
{
	for (unsigned int i = 0; i < problems->count && i < PROBLEMS_MAX; i++)
		cmd_print_error(&problems->list[i]);
	if (problems->count > PROBLEMS_MAX)
		fprintf(stderr, "bonsai: and %u more problems\n",
			problems->count - PROBLEMS_MAX);
}

static struct problems *new_problems(void)
{
	struct problems *problems = calloc(1, sizeof(*problems));

	if (!problems)
		fprintf(stderr, "bonsai: out of memory\n");
	return problems;
}

/* The options that describe a VM are no options of one that a file describes. */
static int refuse_image_options(const struct cmd_vm *vm)
{
	fprintf(stderr,
		"bonsai: %s is for a root image (ext4, squashfs or erofs), and %s is "
		"none; "
		"bonsai mkimage makes one, and --set replaces an attribute of a VM's "
		"XML\n",
		vm->print_xml ? "--print-xml" : vm->image.any,
		strcmp(vm->path, CMD_STDIN) ? vm->path : "standard input");
	return EXIT_USAGE;
}

int cmd_vm_print_xml(const struct cmd_vm *vm)
{
	size_t bytes;
	char *xml;
	int status;

	if (!cmd_image_is(vm))
		return refuse_image_options(vm);
	status = cmd_image_xml(vm, &xml, &bytes);
	if (status)
		return status;
	fwrite(xml, 1, bytes, stdout);
	free(xml);
	return 0;
}

static void load_image(
	const struct cmd_vm *vm, struct vm_config **ret, struct problems *problems)
{
	/* --set is in the text already. */
	struct config_options options = {.rom_dir = vm->rom_dir};
	size_t bytes;
	char *xml;

	if (cmd_image_xml(vm, &xml, &bytes))
		return;
	config_parse(xml, bytes, CMD_IMAGE_FILE, &options, ret, problems);
	free(xml);
}

struct vm_config *cmd_vm_load(const struct cmd_vm *vm)
{
	struct config_options options = {
		.rom_dir = vm->rom_dir, .set_count = vm->set_count, .sets = vm->sets};
	struct problems *problems = new_problems();
	struct vm_config *config = NULL;

	if (!problems)
		return NULL;
	if (cmd_image_is(vm)) {
		load_image(vm, &config, problems);
	} else if (vm->image.any) {
		refuse_image_options(vm);
	} else if (!strcmp(vm->path, CMD_STDIN)) {
		options.needs_name = true;
		config_read(STDIN_FILENO, "standard input", &options, &config, problems);
	} else {
		config_load(vm->path, &options, &config, problems);
	}
	cmd_print_problems(problems);
	free(problems);
	return config;
}

struct board_plan *cmd_vm_plan(
	const struct vm_config *config, const struct host_caps *caps)
{
	struct problems *problems = new_problems();
	struct board_plan *plan = NULL;

	if (!problems)
		return NULL;
	boot_plan(config, caps, &plan, problems);
	cmd_print_problems(problems);
	free(problems);
	return plan;
}

/* This very host, or one that is assumed where no hypervisor answers. */
static void ask_host(struct host_caps *ret)
{
	struct hv *hv = NULL;
	struct error err;

	if (hv_open(&hv, ret, &err))
		host_caps_assume(ret, host_caps_native());
	hv_destroy(hv);
}

int cmd_vm_host(
	const struct cmd_vm *vm, const struct vm_config *config, struct host_caps *ret)
{
	enum config_arch guest;
	struct error err;

	ask_host(ret);
	/* A VM for other hosts than this one is planned for a plain one of those. */
	if (!boot_arch(config, ret->arch, &guest) && host_caps_arch(guest) != ret->arch)
		host_caps_assume(ret, host_caps_arch(guest));
	else if (vm->host_word_count)
		host_caps_assume(ret, ret->arch);
	for (unsigned int i = 0; i < vm->host_word_count; i++) {
		if (host_caps_state(ret, vm->host_words[i], &err)) {
			cmd_print_error(&err);
			return EXIT_USAGE;
		}
	}
	return 0;
}

/* Once, as SA_RESETHAND says. */
static void on_signal(int number)
{
	terminal_restore();
	raise(number);
}

void cmd_restore_terminal(bool at_any_end)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTERM,
		SIGINT, SIGHUP, SIGQUIT};
	const size_t crashes = 5;
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND};

	for (size_t i = 0; i < (at_any_end ? ARRAY_SIZE(signals) : crashes); i++)
		sigaction(signals[i], &action, NULL);
}
