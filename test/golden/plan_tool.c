/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tools/golden: plan_tool plan|dtb|acpi VM.xml [HOST-WORD…] writes the plan's text,
 * the tree with a fixed seed, or the ACPI tables as they lie at X86_ACPI_GPA (nothing
 * where there are none), to the standard output. Status 2 with all problems on stderr.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef BONSAI_BOARD_X86
#include "arch/x86/acpi.h"
#include "arch/x86/layout.h"
#endif
#include "src/board.h"
#include "src/boot.h"
#include "src/error.h"

static int print_error(const struct error *err)
{
	if (err->pos.file)
		fprintf(stderr, "%s:%d: ", err->pos.file, err->pos.line);
	fprintf(stderr, "%s\n", err->text);
	return 2;
}

static int print_problems(const struct problems *problems)
{
	for (unsigned int i = 0; i < problems->count && i < PROBLEMS_MAX; i++)
		print_error(&problems->list[i]);
	return 2;
}

static int write_dtb(const struct board_plan *plan)
{
	struct boot_seed seed = {.kaslr = 0x0123456789abcdef};
	size_t room = (size_t)plan->tables.bytes;
	void *buf = calloc(1, room);
	struct error err;
	size_t bytes;
	int status = 0;

	for (unsigned int i = 0; i < sizeof(seed.rng); i++)
		seed.rng[i] = (uint8_t)i;
	if (!buf)
		return 1;
	if (boot_tables(plan, &seed, buf, room, &bytes, &err))
		status = print_error(&err);
	else if (fwrite(buf, 1, bytes, stdout) != bytes)
		status = 1;
	free(buf);
	return status;
}

static int write_acpi(const struct board_plan *plan)
{
#ifdef BONSAI_BOARD_X86
	static uint8_t buf[X86_ACPI_BYTES];
	struct error err;
	size_t bytes;

	if (!plan->x86.acpi)
		return 0;
	if (x86_acpi_write(plan, X86_ACPI_GPA, buf, sizeof(buf), &bytes, &err))
		return print_error(&err);
	return fwrite(buf, 1, bytes, stdout) != bytes;
#else
	return 0;
#endif
}

static int run(const char *command, const struct vm_config *config,
	const struct host_caps *caps, struct problems *problems)
{
	struct board_plan *plan;
	int status;

	if (boot_plan(config, caps, &plan, problems))
		return print_problems(problems);
	if (strcmp(command, "dtb") == 0)
		status = write_dtb(plan);
	else if (strcmp(command, "acpi") == 0)
		status = write_acpi(plan);
	else
		status = board_plan_print(plan, stdout) ? 1 : 0;
	board_plan_destroy(plan);
	return status;
}

/* The plain host that runs this guest, then what the words say of it. */
static int assume_host(const struct vm_config *config, int word_count, char **words,
	struct host_caps *ret)
{
	enum config_arch guest;
	struct error err;

	if (boot_arch(config, CONFIG_ARCH_ARM64, &guest))
		guest = CONFIG_ARCH_ARM64;
	host_caps_assume(ret, host_caps_arch(guest));
	for (int i = 0; i < word_count; i++)
		if (host_caps_state(ret, words[i], &err))
			return print_error(&err);
	return 0;
}

int main(int argc, char **argv)
{
	static struct problems problems;
	static const struct config_options options;
	struct vm_config *config;
	struct host_caps caps;
	int status;

	if (argc < 3)
		return 2;
	if (config_load(argv[2], &options, &config, &problems))
		return print_problems(&problems);
	status = assume_host(config, argc - 3, argv + 3, &caps);
	if (!status)
		status = run(argv[1], config, &caps, &problems);
	config_destroy(config);
	return status;
}
