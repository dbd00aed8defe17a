/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parser for scripts: "config_tool FILE…" prints each file's problems as the monitor
 * would, without looking for ROMs and disks; "config_tool --names" prints a line
 * "ELEMENT ATTRIBUTE" for every attribute of the language. Exit status 2 for problems.
 */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/language.h"

static void print_element(const struct element_def *def)
{
	printf("%s\n", def->name);
	for (unsigned int i = 0; i < def->attribute_count; i++)
		if (def->attributes[i].set)
			printf("%s %s\n", def->name, def->attributes[i].name);
}

static void print_list(const struct element_list *list)
{
	for (unsigned int i = 0; i < list->count; i++)
		print_element(&list->elements[i]);
}

static void print_names(void)
{
	print_element(&language_config);
	print_element(&language_memory);
	print_element(&language_ready);
	print_element(&language_tls);
	print_element(&language_control);
	print_element(&language_watchdog);
	print_element(&language_verify);
	print_element(&language_sandbox);
	print_element(&language_isa);
	print_element(&language_fw_cfg);
	print_element(&language_credential);
	print_element(&language_shared_memory);
	print_element(&language_uart);
	print_element(&language_device);
	print_element(&language_port);
	print_element(&language_forward);
	print_list(&language_terminals);
	print_list(&language_nics);
	print_list(&language_disks);
	print_list(&language_vsocks);
	print_list(&language_pmems);
	print_list(&language_file_systems);
	print_list(&language_inputs);
	print_list(&language_gpus);
}

static void print_problems(const struct problems *problems)
{
	for (unsigned int i = 0; i < problems->count && i < PROBLEMS_MAX; i++) {
		const struct error *err = &problems->list[i];
		const char *slash = err->pos.file ? strrchr(err->pos.file, '/') : NULL;

		if (err->pos.file)
			printf("%s:", slash ? slash + 1 : err->pos.file);
		if (err->pos.line)
			printf("%d:", err->pos.line);
		printf("%s%s\n", err->pos.file ? " " : "", err->text);
	}
}

int main(int argc, char **argv)
{
	const struct config_options options = {.skip_files = true};
	int status = 0;

	if (argc == 2 && !strcmp(argv[1], "--names")) {
		print_names();
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		static struct problems problems;
		struct vm_config *config = NULL;

		problems.count = 0;
		if (config_load(argv[i], &options, &config, &problems))
			status = 2;
		print_problems(&problems);
		config_destroy(config);
	}
	return status;
}
