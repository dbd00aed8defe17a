/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: what the process of a VM may do. */
#include <stdio.h>
#include <string.h>

#include "src/cmd.h"
#include "src/sandbox.h"

#define LINE_CHARS 76

/* A virtual GPU may be shown on a card: its calls are allowed where that can be. */
enum sandbox_role cmd_sandbox_main(const struct vm_config *config)
{
	for (unsigned int i = 0; i < config->device_count; i++) {
		const struct config_device *device = &config->devices[i];

		if (device->type == CONFIG_DEVICE_GPU &&
			(device->gpu.kind == CONFIG_GPU_HOST ||
				device->gpu.kind == CONFIG_GPU_DRM))
			return SANDBOX_SCREEN;
		if (device->type == CONFIG_DEVICE_GPU &&
			device->gpu.kind == CONFIG_GPU_VNC)
			return SANDBOX_SERVER;
	}
	return SANDBOX_LOOP;
}

static void print_word(unsigned int *at, const char *word)
{
	unsigned int chars = (unsigned int)strlen(word) + 1;

	if (*at + chars > LINE_CHARS) {
		printf("\n   ");
		*at = 3;
	}
	printf(" %s", word);
	*at += chars;
}

static void print_refused(enum sandbox_role role)
{
	unsigned int at = 3;

	printf("system calls that fail:\n   ");
	for (const char *const *name = sandbox_refused; *name; name++)
		if (sandbox_has_call(*name))
			print_word(&at, *name);
	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		bool skip = false;

		/* Each name once. */
		for (unsigned int j = 0; j < i; j++)
			skip |= !strcmp(sandbox_rules[j].call, sandbox_rules[i].call);
		for (unsigned int j = 0; j < sandbox_rule_count; j++)
			skip |= sandbox_rules[j].roles >> role & 1 &&
				!strcmp(sandbox_rules[j].call, sandbox_rules[i].call);
		if (!skip && sandbox_has_call(sandbox_rules[i].call))
			print_word(&at, sandbox_rules[i].call);
	}
	printf("\n");
}

/* ioctl has many rules, and a line of its own. */
static void print_restricted(enum sandbox_role role)
{
	unsigned int at = 3;

	printf("system calls that are restricted:\n");
	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		const struct sandbox_rule *rule = &sandbox_rules[i];

		if (rule->roles >> role & 1 && strcmp(rule->call, "ioctl") != 0 &&
			sandbox_has_call(rule->call))
			printf("    %s: %s\n", rule->call, rule->detail);
	}
	printf("    ioctl, to these:\n   ");
	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		const struct sandbox_rule *rule = &sandbox_rules[i];

		if (rule->roles >> role & 1 && !strcmp(rule->call, "ioctl"))
			print_word(&at, rule->detail);
	}
	printf("\n");
}

int cmd_sandbox(int argc, char **argv)
{
	struct vm_config *config;
	struct cmd_vm vm;
	int status = cmd_vm_parse(&vm, argv, 0);

	if (status)
		return status;
	config = cmd_vm_load(&vm);
	if (!config)
		return EXIT_USAGE;
	if (!config->sandbox.pos.file) {
		printf("%s has no <sandbox>: its process may do what its user may\n",
			config->name);
		config_destroy(config);
		return 0;
	}
	printf("sandbox of %s\n", config->name);
	printf("  new privileges: never\n");
	printf("  capabilities:   %s\n", config->sandbox.capabilities ? "kept" : "none");
	printf("  core dumps:     %s\n", config->sandbox.core_dumps ? "as set" : "none");
	if (config->sandbox.seccomp) {
		print_restricted(cmd_sandbox_main(config));
		print_refused(cmd_sandbox_main(config));
	} else {
		printf("  system calls:   any\n");
	}
	config_destroy(config);
	return 0;
}
