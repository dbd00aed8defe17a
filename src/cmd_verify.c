/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks for a signature: the VM itself, the command line, the host's policy. Each must
 * be content, so that none of them takes anything away from another.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/policy.h"
#include "src/cmd.h"
#include "src/cmd_progress.h"
#include "src/verified.h"

#define HOST_POLICY "/etc/bonsai/policy.xml"
#define POLICIES_MAX 2u

struct trust {
	struct problems problems;
	unsigned int policy_count;
	struct policy *policies[POLICIES_MAX];
	const struct config_trust *trusts[POLICIES_MAX][POLICY_TRUSTS_MAX];
	struct config_trust by_option;
	const struct config_trust *one[2];
	unsigned int demand_count;
	struct verified_demand demands[POLICIES_MAX + 2];
};

static int load_policy(struct trust *trust, const char *path, bool must_be)
{
	struct policy **policy = &trust->policies[trust->policy_count];
	struct source_pos pos = {.file = path};

	if (policy_load(path, policy, &trust->problems)) {
		cmd_print_problems(&trust->problems);
		return EXIT_USAGE;
	}
	if (*policy) {
		trust->policy_count++;
	} else if (must_be) {
		problems_add(&trust->problems, &pos, "there is no such policy");
		cmd_print_problems(&trust->problems);
		return EXIT_USAGE;
	}
	return 0;
}

static int refuse(const struct source_pos *pos, const char *what)
{
	struct error err;

	error_set(&err, 0, pos, "%s", what);
	cmd_print_error(&err);
	return EXIT_USAGE;
}

static bool is_required(const struct trust *trust, const struct cmd_vm *vm)
{
	bool required = vm->require_signed || vm->key;

	for (unsigned int i = 0; i < trust->policy_count; i++)
		required |= trust->policies[i]->unsigned_vms == POLICY_REFUSE;
	return required;
}

/* The signature is over the file; name alone is in the manifest as it turns out. */
static int refuse_sets(const struct cmd_vm *vm, const struct vm_config *config)
{
	for (unsigned int i = 0; i < vm->set_count; i++)
		if (strcmp(vm->sets[i].attribute, "name"))
			return refuse(&config->verify.trust.pos,
				"--set would change what was signed: change this file, "
				"and sign it");
	return 0;
}

static void demand(struct trust *trust, const struct source_pos *pos,
	const struct config_trust *const *any, unsigned int count)
{
	trust->demands[trust->demand_count++] =
		(struct verified_demand){*pos, count, any};
}

static int collect(
	struct trust *trust, const struct cmd_vm *vm, const struct vm_config *config)
{
	for (unsigned int i = 0; i < trust->policy_count; i++)
		demand(trust, &trust->policies[i]->pos, trust->trusts[i],
			policy_trusts_for(
				trust->policies[i], config->name, trust->trusts[i]));
	if (vm->key) {
		trust->by_option.key = (char *)vm->key;
		trust->one[0] = &trust->by_option;
		demand(trust, &trust->by_option.pos, &trust->one[0], 1);
	}
	/* A key that the VM's own file names proves nothing to who asks for a proof. */
	if (!trust->demand_count && vm->require_signed)
		return refuse(&(struct source_pos){0},
			"--require-signed, but nothing says whom to trust: say --key "
			"FILE "
			"too, or write " HOST_POLICY);
	if (config->verify.trust.key) {
		trust->one[1] = &config->verify.trust;
		demand(trust, &config->verify.trust.pos, &trust->one[1], 1);
	}
	if (!trust->demand_count)
		return refuse(&config->verify.trust.pos,
			"<verify> names no key, and neither does --key nor " HOST_POLICY);
	return 0;
}

static int verify(struct trust *trust, const struct cmd_vm *vm, struct vm_config *config,
	struct verified **ret)
{
	int status = load_policy(trust, HOST_POLICY, false);
	struct error err;

	if (!status && vm->policy)
		status = load_policy(trust, vm->policy, true);
	if (status)
		return status;
	if (!config->verify.trust.pos.file)
		return is_required(trust, vm)
			       ? refuse(&config->pos,
					 "the VM is not signed: it has no <verify>")
			       : 0;
	status = refuse_sets(vm, config);
	if (!status)
		status = collect(trust, vm, config);
	if (!status &&
		verified_begin(config, trust->demands, trust->demand_count, ret, &err)) {
		cmd_print_error(&err);
		status = EXIT_USAGE;
	}
	return status;
}

int cmd_vm_verify(
	const struct cmd_vm *vm, struct vm_config *config, struct verified **ret)
{
	struct trust *trust = calloc(1, sizeof(*trust));
	int status = EXIT_HOST_FAILED;

	*ret = NULL;
	if (trust)
		status = verify(trust, vm, config, ret);
	else
		fprintf(stderr, "bonsai: out of memory\n");
	for (unsigned int i = 0; trust && i < trust->policy_count; i++)
		policy_destroy(trust->policies[i]);
	free(trust);
	return status;
}

int cmd_verify(int argc, char **argv)
{
	struct verified *verified = NULL;
	struct cmd_progress progress;
	struct vm_config *config;
	struct error err;
	struct cmd_vm vm;
	int status = cmd_vm_parse(&vm, argv, CMD_TAKES_TRUST);

	if (status)
		return status;
	config = cmd_vm_load(&vm);
	if (!config)
		return EXIT_USAGE;
	cmd_progress_begin(&progress, "checking", config->name);
	status = cmd_vm_verify(&vm, config, &verified);
	if (!status && !verified)
		status = refuse(&config->pos, "the VM is not signed: it has no <verify>");
	if (!status && verified_join(verified, &err)) {
		cmd_print_error(&err);
		status = EXIT_USAGE;
	}
	cmd_progress_end(&progress);
	if (!status)
		printf("%s: version %u, signed and unchanged\n", config->name,
			verified_manifest(verified)->version);
	verified_destroy(verified);
	config_destroy(config);
	return status;
}
