/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/account.h"
#include "src/cmd.h"
#include "src/cmd_progress.h"
#include "src/hv.h"
#include "src/log.h"
#include "src/machine.h"
#include "src/outside.h"
#include "src/sandbox.h"
#include "src/verified.h"

/* More than all that connect to a VM while it runs, and the workers of its disks. */
#define PEERS_MAX 2048u

/* Each vCPU, queue and back end has descriptors; the soft limit is for select(). */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

/* A reboot locks the memory again, without the capability that goes beyond the limit. */
static void allow_locking(const struct vm_config *config)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	if (config->memory.lock)
		setrlimit(RLIMIT_MEMLOCK, &all);
}

/* What a person has let the process keep is said each time. */
static void warn(const struct config_sandbox *config, const struct account *account)
{
	const struct {
		bool loose;
		const char *text;
	} parts[] = {
		{!config->seccomp, "any system call is allowed (seccomp=\"no\")"},
		{!config->landlock, "files are within reach (landlock=\"no\")"},
		{!config->namespaces,
			"what the host has names for, it has (namespaces=\"no\")"},
		{config->capabilities, "capabilities are kept (capabilities=\"yes\")"},
		{config->core_dumps,
			"a core dump has the guest's secrets (core_dumps=\"yes\")"},
		{!account->uid, "root it stays (user)"},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].loose)
			log_host("warning: the sandbox is loosened on line %d: %s",
				config->pos.line, parts[i].text);
}

/* Everything is open and loaded by now; no vCPU has run. */
static int confine(const struct vm_config *config, struct error *err)
{
	struct account account;
	const struct sandbox_options options = {
		.main = cmd_sandbox_main(config),
		.any_call = !config->sandbox.seccomp,
		.any_file = !config->sandbox.landlock,
		.any_namespace = !config->sandbox.namespaces,
		.keep_capabilities = config->sandbox.capabilities,
		.core_dumps = config->sandbox.core_dumps,
		.account = &account,
		.descriptors = 2 * config->cpu_count + PEERS_MAX,
		.threads = config->cpu_count + PEERS_MAX,
	};
	int code =
		account_find(config->sandbox.user, &config->sandbox.pos, &account, err);

	if (code)
		return code;
	warn(&config->sandbox, &account);
	outside_seal();
	return sandbox_start(&options, err);
}

/* Everything is open by then and no thread of a guest has begun. */
static int run_plan(const struct board_plan *plan, struct hv *hv,
	struct verified *verified, struct cmd_progress *progress)
{
	struct machine *machine = NULL;
	enum machine_end end = MACHINE_POWERED_OFF;
	bool unverified;
	struct error err;
	int code;

	for (unsigned int i = 0; i < plan->note_count; i++)
		log_host("%s", plan->notes[i].text);
	cmd_restore_terminal(false);
	code = machine_create(plan, hv, &machine, &err);
	unverified = !code && verified && verified_join(verified, &err);
	cmd_progress_end(progress);
	if (unverified) {
		machine_destroy(machine);
		cmd_print_error(&err);
		return EXIT_USAGE;
	}
	if (!code)
		code = outside_start(!plan->config->sandbox.seccomp,
			!plan->config->sandbox.landlock, &err);
	if (!code)
		code = machine_run(machine, confine, &end, &err);
	/* The terminal first, so that the message lands on a sane one. */
	machine_destroy(machine);
	outside_stop();
	if (code) {
		cmd_print_error(&err);
		/* A host that says no before the guest runs is one thing with a line in
		 * the XML: the file asks for what cannot be had. */
		return EXIT_HOST_FAILED;
	}
	return end == MACHINE_CRASHED ? EXIT_GUEST_CRASHED : EXIT_GUEST_OFF;
}

static bool uses_stdio(const struct vm_config *config)
{
	bool uses = config->uart.kind == CONFIG_TERMINAL_STDIO;

	for (unsigned int i = 0; i < config->device_count; i++) {
		const struct config_device *device = &config->devices[i];

		if (device->type != CONFIG_DEVICE_CONSOLE)
			continue;
		uses |= device->console.terminal.kind == CONFIG_TERMINAL_STDIO;
		for (unsigned int j = 0; j < device->console.port_count; j++)
			uses |= device->console.ports[j].terminal.kind ==
				CONFIG_TERMINAL_STDIO;
	}
	return uses;
}

/* Standard input was the VM's description and is at its end; a terminal goes on. */
static void leave_input(const struct vm_config *config)
{
	int null;

	if (isatty(STDIN_FILENO))
		return;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
	if (uses_stdio(config))
		log_host("the VM was read from standard input, so its console on stdio "
			 "has no input");
}

int cmd_run(int argc, char **argv)
{
	struct vm_config *config = NULL;
	struct board_plan *plan = NULL;
	struct verified *verified = NULL;
	struct hv *hv = NULL;
	struct cmd_progress progress;
	struct host_caps caps;
	struct error err;
	struct cmd_vm vm;
	int status = cmd_vm_parse(&vm, argv, CMD_TAKES_PRINT_XML | CMD_TAKES_TRUST);

	if (status)
		return status;
	if (vm.print_xml)
		return cmd_vm_print_xml(&vm);
	config = cmd_vm_load(&vm);
	if (!config)
		return EXIT_USAGE;
	log_set_name(config->name);
	cmd_progress_begin(&progress, "starting", config->name);
	status = cmd_vm_verify(&vm, config, &verified);
	if (status)
		goto out;
	if (!strcmp(vm.path, CMD_STDIN))
		leave_input(config);
	allow_descriptors();
	allow_locking(config);
	if (hv_open(&hv, &caps, &err)) {
		cmd_print_error(&err);
		status = EXIT_HOST_FAILED;
		goto out;
	}
	plan = cmd_vm_plan(config, &caps);
	if (plan && caps.emulated)
		log_host("this KVM has no hardware virtualization behind it: only guests "
			 "of a few instructions get anywhere (see bonsai host)");
	if (!plan) {
		hv_destroy(hv);
		status = EXIT_USAGE;
		goto out;
	}
	status = run_plan(plan, hv, verified, &progress);

out:
	cmd_progress_end(&progress);
	board_plan_destroy(plan);
	verified_destroy(verified);
	config_destroy(config);
	return status;
}
