/* SPDX-License-Identifier: Apache-2.0 */
#include "src/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/boot.h"
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

/* attribute=value, cut at the sign in the argument itself. */
static int add_set(struct cmd_vm *vm, char *word)
{
	char *equals = strchr(word, '=');

	if (!equals || equals == word) {
		fprintf(stderr, "bonsai: --set %s: write --set attribute=value\n", word);
		return EXIT_USAGE;
	}
	if (vm->set_count == CMD_SETS_MAX) {
		fprintf(stderr, "bonsai: more than %d --set\n", CMD_SETS_MAX);
		return EXIT_USAGE;
	}
	*equals = '\0';
	vm->sets[vm->set_count].attribute = word;
	vm->sets[vm->set_count].value = equals + 1;
	vm->set_count++;
	return 0;
}

/* --host takes the word after it and all key=value words that follow. */
static int add_host_words(struct cmd_vm *vm, char *first, int argc, char **argv)
{
	for (char *word = first; word; optind++) {
		if (vm->host_word_count == CMD_HOST_WORDS_MAX) {
			fprintf(stderr, "bonsai: more than %d words after --host\n",
				CMD_HOST_WORDS_MAX);
			return EXIT_USAGE;
		}
		vm->host_words[vm->host_word_count++] = word;
		word = optind < argc && argv[optind][0] != '-' &&
				       strchr(argv[optind], '=')
			       ? argv[optind]
			       : NULL;
		if (!word)
			break;
	}
	return 0;
}

int cmd_vm_parse(
	struct cmd_vm *vm, int argc, char **argv, bool takes_host, bool takes_output)
{
	static const struct option options[] = {
		{"rom-dir", required_argument, NULL, 'r'},
		{"set", required_argument, NULL, 's'},
		{"output", required_argument, NULL, 'o'},
		{"host", required_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int status = 0;
	int key;

	memset(vm, 0, sizeof(*vm));
	optind = 1;
	while (!status && (key = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (key == 'r')
			vm->rom_dir = optarg;
		else if (key == 's')
			status = add_set(vm, optarg);
		else if (key == 'o' && takes_output)
			vm->output = optarg;
		else if (key == 'h' && takes_host)
			status = add_host_words(vm, optarg, argc, argv);
		else
			status = EXIT_USAGE;
	}
	if (!status && optind == argc - 1) {
		vm->path = argv[optind];
		return 0;
	}
	if (!status)
		fprintf(stderr, "bonsai: %s takes one VM file, %d given\n", argv[0],
			argc - optind);
	fprintf(stderr, "bonsai: try: bonsai --help\n");
	return EXIT_USAGE;
}

static struct problems *new_problems(void)
{
	struct problems *problems = calloc(1, sizeof(*problems));

	if (!problems)
		fprintf(stderr, "bonsai: out of memory\n");
	return problems;
}

struct vm_config *cmd_vm_load(const struct cmd_vm *vm)
{
	struct config_options options = {
		.rom_dir = vm->rom_dir, .set_count = vm->set_count, .sets = vm->sets};
	struct problems *problems = new_problems();
	struct vm_config *config = NULL;

	if (!problems)
		return NULL;
	config_load(vm->path, &options, &config, problems);
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

int cmd_vm_host(const struct cmd_vm *vm, struct host_caps *ret)
{
	struct error err;

#ifdef BONSAI_HV_KVM
	if (!vm->host_word_count) {
		struct hv *hv = NULL;

		if (hv_open(&hv, ret, &err) == 0) {
			hv_destroy(hv);
			return 0;
		}
	}
#endif
	host_caps_assume(ret, CONFIG_ARCH_ARM64);
	for (unsigned int i = 0; i < vm->host_word_count; i++) {
		if (host_caps_state(ret, vm->host_words[i], &err)) {
			cmd_print_error(&err);
			return EXIT_USAGE;
		}
	}
	return 0;
}
