/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox: what the process of a VM may do. */
#include <stdio.h>
#include <string.h>

#include "src/cmd.h"
#include "src/sandbox.h"

#define LINE_CHARS 76

/* A virtual GPU may be shown on a card: its calls are allowed where that can be. */
static bool has_screen(const struct vm_config *config, enum config_gpu_kind kind)
{
	for (unsigned int i = 0; i < config->device_count; i++)
		if (config->devices[i].type == CONFIG_DEVICE_GPU &&
			config->devices[i].gpu.kind == kind)
			return true;
	return false;
}

enum sandbox_role cmd_sandbox_main(const struct vm_config *config)
{
	if (has_screen(config, CONFIG_GPU_HOST) || has_screen(config, CONFIG_GPU_DRM))
		return SANDBOX_MAIN_SCREEN;
	return has_screen(config, CONFIG_GPU_VNC) ? SANDBOX_MAIN_SERVER : SANDBOX_MAIN;
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

/* Each name once, those that are restricted with how. */
static void print_calls(enum sandbox_role role)
{
	unsigned int at = 3;

	printf("   ");
	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		const struct sandbox_rule *rule = &sandbox_rules[i];
		char text[96];

		if (!(rule->roles >> role & 1) || !sandbox_has_rule(rule) ||
			!strcmp(rule->call, "ioctl"))
			continue;
		snprintf(text, sizeof(text), rule->detail ? "%s (%s)" : "%s", rule->call,
			rule->detail);
		print_word(&at, text);
	}
	printf("\n");
	at = 0;
	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		const struct sandbox_rule *rule = &sandbox_rules[i];

		if (!(rule->roles >> role & 1) || strcmp(rule->call, "ioctl") != 0)
			continue;
		if (!at) {
			printf("   ");
			print_word(&at, "ioctl:");
		}
		print_word(&at, rule->detail);
	}
	if (at)
		printf("\n");
}

/* Those that a VM of this configuration can have. */
static void print_roles(const struct vm_config *config)
{
	const enum sandbox_role main = cmd_sandbox_main(config);
	bool window =
		has_screen(config, CONFIG_GPU_SDL) || has_screen(config, CONFIG_GPU_HOST);
	const enum sandbox_role roles[] = {main,
		main == SANDBOX_MAIN_SCREEN ? SANDBOX_LOOP_SCREEN : SANDBOX_LOOP,
		SANDBOX_VCPU, SANDBOX_WORKER, SANDBOX_SAVER, SANDBOX_VIEWER, SANDBOX_TLS,
		SANDBOX_BROKER, SANDBOX_KEEPER, SANDBOX_WINDOW, SANDBOX_WAYLAND};

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (roles[i] == SANDBOX_VIEWER && main != SANDBOX_MAIN_SERVER)
			continue;
		if (roles[i] == SANDBOX_KEEPER && main != SANDBOX_MAIN_SCREEN)
			continue;
		if ((roles[i] == SANDBOX_WINDOW || roles[i] == SANDBOX_WAYLAND) &&
			!window)
			continue;
		printf("%s may make these %u system calls:\n",
			sandbox_role_name(roles[i]), sandbox_count(roles[i]));
		print_calls(roles[i]);
	}
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
	printf("sandbox of %s\n", config->name);
	printf("  user:           %s\n",
		config->sandbox.user
			? config->sandbox.user
			: "whoever starts it, and in place of root nobody else");
	printf("  new privileges: never\n");
	printf("  capabilities:   %s\n", config->sandbox.capabilities ? "kept" : "none");
	printf("  namespaces:     %s\n", config->sandbox.namespaces
						 ? "its own, where it may have them"
						 : "as whoever starts it");
	printf("  files, TCP:     %s\n",
		!config->sandbox.landlock ? "not given up by Landlock"
		: cmd_sandbox_main(config) == SANDBOX_MAIN_SERVER ? "to read"
								  : "none");
	printf("  core dumps:     %s\n", config->sandbox.core_dumps ? "as set" : "none");
	if (config->sandbox.seccomp) {
		print_roles(config);
	} else {
		printf("  system calls:   any\n");
	}
	config_destroy(config);
	return 0;
}
