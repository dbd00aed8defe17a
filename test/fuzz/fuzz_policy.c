/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a host's policy: one that is taken has a key wherever it trusts. */
#include <stdint.h>
#include <stdlib.h>

#include "config/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	const struct config_trust *trusts[POLICY_TRUSTS_MAX];
	struct problems *problems = calloc(1, sizeof(*problems));
	struct policy *policy = NULL;

	if (!policy_parse((const char *)data, bytes, "policy.xml", &policy, problems)) {
		unsigned int count = policy_trusts_for(policy, "router", trusts);

		for (unsigned int i = 0; i < count; i++)
			if (!trusts[i]->key)
				abort();
	} else if (policy || !problems->count) {
		abort();
	}
	policy_destroy(policy);
	free(problems);
	return 0;
}
