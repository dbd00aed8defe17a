/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host's policy: which VMs it runs, by whose signatures. An XML file of its own
 * (bonsai-policy.xml(5)), which no VM's XML has a say in. Set-up thread.
 */
#ifndef CONFIG_POLICY_H
#define CONFIG_POLICY_H

#include <stddef.h>

#include "config/config_verify.h"

struct problems;

#define POLICY_TRUSTS_MAX 64u

/* <trust>: a signature of this key is good for VMs of this name. */
struct policy_trust {
	struct config_trust trust;
	char *name; /* NULL: for all that no other <trust> names */
};

/* What becomes of a VM without <verify>. */
enum policy_unsigned { POLICY_REFUSE, POLICY_RUN };

struct policy {
	struct source_pos pos;
	enum policy_unsigned unsigned_vms;
	unsigned int trust_count;
	struct policy_trust *trusts;
};

/*
 * Reads one from memory; path names it in messages and anchors relative files, and is
 * borrowed. On failure all problems are reported and *ret untouched.
 */
int policy_parse(const char *xml, size_t bytes, const char *path, struct policy **ret,
	struct problems *problems);
/* The same from a file. *ret NULL and 0: there is no such file. */
int policy_load(const char *path, struct policy **ret, struct problems *problems);
void policy_destroy(struct policy *policy);

/*
 * Those that are asked about a VM of that name, of which one must hold: the ones that
 * name it, or else the ones that name none. Returns their number, at most
 * POLICY_TRUSTS_MAX; ret has room for so many.
 */
unsigned int policy_trusts_for(
	const struct policy *policy, const char *name, const struct config_trust **ret);

#endif
