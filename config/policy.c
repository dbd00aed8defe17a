/* SPDX-License-Identifier: Apache-2.0 */
#include "config/policy.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/attribute.h"
#include "config/build.h"
#include "config/language.h"
#include "config/setter.h"
#include "config/text.h"
#include "config/xml.h"

#define COUNT(array) ((unsigned int)(sizeof(array) / sizeof((array)[0])))
#define AT(object, member) offsetof(struct object, member)

static const char *const unsigned_words[] = {"refuse", "run", NULL};

static const struct attribute_def policy_attributes[] = {
	{"unsigned", set_word, AT(policy, unsigned_vms), .words = unsigned_words},
};
static const struct element_def policy_element = {
	"policy", policy_attributes, COUNT(policy_attributes)};

static const struct attribute_def trust_attributes[] = {
	{"key", set_path, AT(policy_trust, trust.key), .required = true},
	{"name", set_vm_name, AT(policy_trust, name)},
	{"minimum_version", set_uint, AT(policy_trust, trust.minimum_version),
		.max = UINT_MAX},
	{"expiry", set_word, AT(policy_trust, trust.expiry), .words = language_expiries},
};
static const struct element_def trust_element = {
	"trust", trust_attributes, COUNT(trust_attributes)};

static void read_policy(
	struct build *build, const struct xml_element *root, struct policy *policy)
{
	static const char *const children[] = {"trust", NULL};

	if (strcmp(root->name, policy_element.name)) {
		build_problem(build, root->line,
			"the outermost element is <%s>, allowed: <policy>", root->name);
		return;
	}
	policy->pos = build_pos(build, root->line);
	attributes_apply(build, &policy_element, root, ~0u, policy);
	element_no_text(build, root);
	policy->trusts = build_alloc(build,
		element_count_children(
			build, root, trust_element.name, POLICY_TRUSTS_MAX),
		sizeof(*policy->trusts));
	if (!policy->trusts)
		return;
	for (const struct xml_element *child = root->children; child;
		child = child->next) {
		struct policy_trust *trust = &policy->trusts[policy->trust_count];

		if (strcmp(child->name, trust_element.name)) {
			problem_unknown(build, child->line, "element", child->name,
				root->name, children);
			continue;
		}
		if (policy->trust_count == POLICY_TRUSTS_MAX)
			break;
		policy->trust_count++;
		trust->trust.pos = build_pos(build, child->line);
		attributes_apply(build, &trust_element, child, ~0u, trust);
		element_no_children(build, child);
	}
}

int policy_parse(const char *xml, size_t bytes, const char *path, struct policy **ret,
	struct problems *problems)
{
	static const struct config_options plain;
	struct build build = {.path = path, .options = &plain, .problems = problems};
	struct xml_document *document = NULL;
	unsigned int before = problems->count;
	struct policy *policy;
	int code = xml_parse(xml, bytes, path, &document, problems);

	if (code)
		return code;
	policy = build_alloc(&build, 1, sizeof(*policy));
	if (policy)
		read_policy(&build, xml_root(document), policy);
	xml_destroy(document);
	build_finish(&build);
	if (build.no_memory)
		problems_add(problems, NULL, "no memory for the policy");
	if (problems->count > before) {
		policy_destroy(policy);
		return build.no_memory ? -ENOMEM : -EINVAL;
	}
	*ret = policy;
	return 0;
}

int policy_load(const char *path, struct policy **ret, struct problems *problems)
{
	size_t bytes = 0;
	char *xml = NULL;
	int code;

	*ret = NULL;
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	code = text_load(path, &xml, &bytes, problems);
	if (!code)
		code = policy_parse(xml, bytes, path, ret, problems);
	free(xml);
	return code;
}

void policy_destroy(struct policy *policy)
{
	if (!policy)
		return;
	for (unsigned int i = 0; i < policy->trust_count; i++) {
		free(policy->trusts[i].trust.key);
		free(policy->trusts[i].name);
	}
	free(policy->trusts);
	free(policy);
}

unsigned int policy_trusts_for(
	const struct policy *policy, const char *name, const struct config_trust **ret)
{
	unsigned int named = 0;
	unsigned int count = 0;

	for (unsigned int i = 0; i < policy->trust_count; i++)
		if (policy->trusts[i].name && !strcmp(policy->trusts[i].name, name))
			ret[named++] = &policy->trusts[i].trust;
	if (named)
		return named;
	for (unsigned int i = 0; i < policy->trust_count; i++)
		if (!policy->trusts[i].name)
			ret[count++] = &policy->trusts[i].trust;
	return count;
}
