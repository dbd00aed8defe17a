/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs while Bonsai is built, on the machine that builds: has libseccomp compile the
 * table of src/sandbox_policy.h for the CPU that the first argument names (as meson does)
 * and the C library of the second one, and writes the filters as C. So the program that
 * runs VMs neither carries the library nor spends a moment of its start on it.
 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/sandbox_filters.h"

/* Those of all CPUs that Bonsai runs on, but for a few of 32-bit ARM's own. */
#define CALLS_MAX 480

/* As of a kernel that does not have it. */
#define ABSENT SCMP_ACT_ERRNO(ENOSYS)

static uint32_t arch_of(const char *cpu)
{
	if (!strcmp(cpu, "x86_64"))
		return SCMP_ARCH_X86_64;
	if (!strcmp(cpu, "aarch64"))
		return SCMP_ARCH_AARCH64;
	if (!strcmp(cpu, "arm"))
		return SCMP_ARCH_ARM;
	return 0;
}

static int add_rule(scmp_filter_ctx filter, uint32_t arch,
	const struct sandbox_rule *rule, uint32_t action)
{
	struct scmp_arg_cmp where = {
		.arg = rule->argument,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = rule->mask,
		.datum_b = rule->value,
	};

	if (seccomp_syscall_resolve_name_arch(arch, rule->call) < 0)
		return 0; /* another CPU's */
	/* The library takes this machine's number and translates it. */
	return seccomp_rule_add_exact_array(filter, action,
		seccomp_syscall_resolve_name(rule->call), rule->mask ? 1 : 0, &where);
}

static int build(uint32_t arch, bool glibc, unsigned int role, scmp_filter_ctx *ret)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int code = filter ? 0 : -ENOMEM;

	*ret = filter;
	if (!code && arch != seccomp_arch_native()) {
		code = seccomp_arch_add(filter, arch);
		if (!code)
			code = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	}
	/* A tree over the numbers, in place of a list. */
	if (!code)
		code = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (unsigned int i = 0; i < sandbox_rule_count && !code; i++)
		if (sandbox_rules[i].roles >> role & 1)
			code = add_rule(filter, arch, &sandbox_rules[i],
				sandbox_rules[i].glibc && !glibc ? ABSENT
								 : SCMP_ACT_ALLOW);
	for (const char *const *name = sandbox_absent; *name && !code; name++)
		code = seccomp_rule_add_exact_array(
			filter, ABSENT, seccomp_syscall_resolve_name(*name), 0, NULL);
	return code;
}

static int print(scmp_filter_ctx filter, unsigned int role, unsigned int *ret_count)
{
	struct sock_filter code[SANDBOX_FILTER_MAX];
	FILE *file = tmpfile();
	int rc = file ? seccomp_export_bpf(filter, fileno(file)) : -errno;

	*ret_count = 0;
	if (!rc) {
		rewind(file);
		*ret_count = (unsigned int)fread(
			code, sizeof(code[0]), SANDBOX_FILTER_MAX, file);
		if (fgetc(file) != EOF)
			rc = -E2BIG;
	}
	if (file)
		fclose(file);
	printf("\nstatic const struct sock_filter role_%u[] = {\n", role);
	for (unsigned int i = 0; i < *ret_count; i++)
		printf("\t{0x%04x, %u, %u, 0x%08xu},\n", code[i].code, code[i].jt,
			code[i].jf, code[i].k);
	printf("};\n");
	return rc;
}

static void print_names(uint32_t arch)
{
	unsigned int count = CALLS_MAX;

	printf("\nconst char sandbox_call_names[] =\n");
	for (unsigned int i = 0; i < count; i++) {
		char *name = seccomp_syscall_resolve_num_arch(arch, (int)i);

		printf("\t\"%s\\0\"\n", name ? name : "");
		free(name);
	}
	printf("\t;\nconst unsigned int sandbox_call_count = %u;\n", count);
}

int main(int argc, char **argv)
{
	uint32_t arch = argc == 3 ? arch_of(argv[1]) : 0;
	unsigned int counts[SANDBOX_ROLES];
	int code = arch ? 0 : -EINVAL;

	printf("/* Made by src/sandbox_compile.c of src/sandbox_policy.c. */\n"
	       "#include \"src/sandbox_filters.h\"\n");
	for (unsigned int role = 0; role < SANDBOX_ROLES && !code; role++) {
		scmp_filter_ctx filter;

		code = build(arch, !strcmp(argv[2], "glibc"), role, &filter);
		if (!code)
			code = print(filter, role, &counts[role]);
		seccomp_release(filter);
	}
	if (code) {
		fprintf(stderr, "no filters for %s: %s\n", argc == 3 ? argv[1] : "?",
			strerror(-code));
		return EXIT_FAILURE;
	}
	printf("\nconst struct sandbox_filter sandbox_filters[SANDBOX_ROLES] = {\n");
	for (unsigned int role = 0; role < SANDBOX_ROLES; role++)
		printf("\t{role_%u, %u},\n", role, counts[role]);
	printf("};\n");
	print_names(arch);
	return EXIT_SUCCESS;
}
