/* SPDX-License-Identifier: Apache-2.0 */
/* The commands that do one thing to a VM that runs: end it, pause it, size its memory. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/value.h"
#include "src/cmd.h"
#include "src/cmd_client.h"
#include "src/cmd_progress.h"
#include "src/loop.h"
#include "src/vm_client.h"

#define NAME_USAGE "NAME"
#define STEP_MS 250
#define NS_PER_S 1000000000ull
#define STOP_SECONDS 30

/* name is an argument or, with --socket, need not be. */
static int parse(char **argv, const struct cmd_option *options, struct cmd_target *target)
{
	return cmd_options_parse(argv, options, NAME_USAGE, &target->name, 1);
}

/* Until the VM has ended, or for so many seconds (0: without a limit). */
static int wait_end(const struct cmd_target *target, struct vm_client *client,
	const char *doing, unsigned int seconds)
{
	uint64_t start = loop_now_ns();
	struct cmd_progress progress;
	int code;

	cmd_progress_begin(&progress, doing, cmd_target_name(target));
	while ((code = vm_client_wait_end(client, STEP_MS)) == -ETIMEDOUT &&
		(!seconds || loop_now_ns() - start < seconds * NS_PER_S))
		;
	cmd_progress_end(&progress);
	if (!code)
		return 0;
	fprintf(stderr, "bonsai: %s still runs after %u s\n", cmd_target_name(target),
		seconds);
	return EXIT_HOST_FAILED;
}

/* A command without arguments or a result. */
static int tell(char **argv, const char *command)
{
	struct cmd_target target = {.name = NULL};
	const struct cmd_option options[] = {CMD_OPTIONS_TARGET(&target), {NULL}};
	struct vm_client *client = NULL;
	int status = parse(argv, options, &target);

	if (!status)
		status = cmd_client_open(&target, &client);
	if (!status)
		status = cmd_client_ask(&target, client, command, NULL, NULL);
	vm_client_close(client);
	return status;
}

int cmd_reset(int argc, char **argv)
{
	return tell(argv, "system_reset");
}

int cmd_pause(int argc, char **argv)
{
	return tell(argv, "stop");
}

int cmd_resume(int argc, char **argv)
{
	return tell(argv, "cont");
}

int cmd_stop(int argc, char **argv)
{
	struct cmd_target target = {.name = NULL};
	const struct cmd_option options[] = {CMD_OPTIONS_TARGET(&target), {NULL}};
	struct vm_client *client = NULL;
	int status = parse(argv, options, &target);

	if (!status)
		status = cmd_client_open(&target, &client);
	if (!status)
		status = cmd_client_ask(&target, client, "quit", NULL, NULL);
	if (!status)
		status = wait_end(&target, client, "stopping", STOP_SECONDS);
	vm_client_close(client);
	return status;
}

int cmd_powerdown(int argc, char **argv)
{
	struct cmd_target target = {.name = NULL};
	const char *wait = NULL;
	const struct cmd_option options[] = {CMD_OPTIONS_TARGET(&target),
		{"--wait", "SECONDS", &wait, .bare = true}, {NULL}};
	struct vm_client *client = NULL;
	unsigned int seconds = 0;
	int status = parse(argv, options, &target);

	if (!status && wait && *wait) {
		seconds = cmd_options_number("--wait", wait);
		status = seconds ? 0 : EXIT_USAGE;
	}
	if (!status)
		status = cmd_client_open(&target, &client);
	if (!status)
		status = cmd_client_ask(&target, client, "system_powerdown", NULL, NULL);
	if (!status && wait)
		status = wait_end(&target, client, "powering down", seconds);
	vm_client_close(client);
	return status;
}

static int show_balloon(const struct cmd_target *target, struct vm_client *client)
{
	json_t *answer = NULL;
	json_int_t actual = 0;
	char size[CMD_SIZE_BYTES];
	int status = cmd_client_ask(target, client, "query-balloon", NULL, &answer);

	if (!status && json_unpack(answer, "{s:I}", "actual", &actual)) {
		fprintf(stderr, "bonsai: %s does not say how much memory it has\n",
			cmd_target_name(target));
		status = EXIT_HOST_FAILED;
	}
	if (!status)
		printf("%s\n", cmd_size(size, (uint64_t)actual));
	json_decref(answer);
	return status;
}

int cmd_balloon(int argc, char **argv)
{
	struct cmd_target target = {.name = NULL};
	const struct cmd_option options[] = {CMD_OPTIONS_TARGET(&target), {NULL}};
	const char *words[2] = {NULL, NULL};
	struct vm_client *client = NULL;
	uint64_t bytes = 0;
	int status = cmd_options_parse(argv, options, "NAME [SIZE]", words, 2);
	const char *size = target.socket && !words[1] ? words[0] : words[1];

	if (status)
		return status;
	target.name = target.socket && !words[1] ? NULL : words[0];
	if (size && (value_size(size, &bytes) || !bytes || bytes > INT64_MAX)) {
		fprintf(stderr,
			"bonsai: the size is '%s', allowed: bytes, or with K, M or G "
			"behind\n",
			size);
		return EXIT_USAGE;
	}
	status = cmd_client_open(&target, &client);
	if (!status && size)
		status = cmd_client_ask(&target, client, "balloon",
			json_pack("{s:I}", "value", (json_int_t)bytes), NULL);
	else if (!status)
		status = show_balloon(&target, client);
	vm_client_close(client);
	return status;
}
