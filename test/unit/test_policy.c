/* SPDX-License-Identifier: Apache-2.0 */
#include "config/policy.h"

#include <errno.h>
#include <string.h>

#include "test/unit/test.h"

static int parse(const char *xml, struct policy **ret, struct problems *problems)
{
	memset(problems, 0, sizeof(*problems));
	return policy_parse(xml, strlen(xml), "/etc/bonsai/policy.xml", ret, problems);
}

TEST(reads_what_it_says)
{
	static const char xml[] =
		"<policy>\n"
		"  <trust key=\"vendor.pem\"/>\n"
		"  <trust key=\"/srv/router.pem\" name=\"router\" minimum_version=\"7\"\n"
		"         expiry=\"ignore\"/>\n"
		"</policy>\n";
	struct problems problems;
	struct policy *policy = NULL;

	CHECK_EQ(parse(xml, &policy, &problems), 0);
	CHECK_EQ(policy->unsigned_vms, POLICY_REFUSE);
	CHECK_EQ(policy->trust_count, 2);
	CHECK_STR(policy->trusts[0].trust.key, "/etc/bonsai/vendor.pem");
	CHECK_EQ(policy->trusts[0].trust.minimum_version, 0);
	CHECK_EQ(policy->trusts[0].trust.expiry, CONFIG_EXPIRY_CHECK);
	CHECK(!policy->trusts[0].name);
	CHECK_STR(policy->trusts[1].trust.key, "/srv/router.pem");
	CHECK_EQ(policy->trusts[1].trust.minimum_version, 7);
	CHECK_EQ(policy->trusts[1].trust.expiry, CONFIG_EXPIRY_IGNORE);
	CHECK_EQ(policy->trusts[1].trust.pos.line, 3);
	policy_destroy(policy);
}

TEST(asks_those_that_name_the_vm_or_else_those_that_name_none)
{
	static const char xml[] = "<policy unsigned=\"run\">"
				  "<trust key=\"/a\"/><trust key=\"/b\" name=\"router\"/>"
				  "<trust key=\"/c\"/><trust key=\"/d\" name=\"router\"/>"
				  "</policy>";
	const struct config_trust *trusts[POLICY_TRUSTS_MAX];
	struct problems problems;
	struct policy *policy = NULL;

	CHECK_EQ(parse(xml, &policy, &problems), 0);
	CHECK_EQ(policy->unsigned_vms, POLICY_RUN);
	CHECK_EQ(policy_trusts_for(policy, "router", trusts), 2);
	CHECK_STR(trusts[0]->key, "/b");
	CHECK_STR(trusts[1]->key, "/d");
	CHECK_EQ(policy_trusts_for(policy, "db", trusts), 2);
	CHECK_STR(trusts[0]->key, "/a");
	CHECK_STR(trusts[1]->key, "/c");
	policy_destroy(policy);
}

TEST(a_policy_that_trusts_nobody_is_one)
{
	const struct config_trust *trusts[POLICY_TRUSTS_MAX];
	struct problems problems;
	struct policy *policy = NULL;

	CHECK_EQ(parse("<policy/>", &policy, &problems), 0);
	CHECK_EQ(policy_trusts_for(policy, "router", trusts), 0);
	policy_destroy(policy);
	policy_destroy(NULL);
}

TEST(refuses_what_it_does_not_know_and_says_all_of_it)
{
	static const struct {
		const char *xml;
		const char *text;
	} rows[] = {
		{"<config/>", "the outermost element is <config>, allowed: <policy>"},
		{"<policy unsigned=\"yes\"/>", "unsigned is 'yes', allowed: refuse, run"},
		{"<policy signed=\"yes\"/>", "unknown attribute 'signed' in <policy>"},
		{"<policy><trust/></policy>", "<trust> needs the attribute 'key'"},
		{"<policy><trust key=\"a\" minimum_version=\"-1\"/></policy>",
			"minimum_version is '-1'"},
		{"<policy><trust key=\"a\" name=\"a b\"/></policy>", "name is 'a b'"},
		{"<policy><verify/></policy>", "unknown element 'verify' in <policy>"},
		{"<policy><trust key=\"a\"><trust key=\"b\"/></trust></policy>",
			"unknown element 'trust' in <trust>"},
		{"<policy>text</policy>", "text 'text' in <policy>"},
		{"", "is empty"},
		{"<policy>", "is not well-formed XML"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct problems problems;
		struct policy *policy = NULL;

		CHECK_EQ(parse(rows[i].xml, &policy, &problems), -EINVAL);
		CHECK(!policy);
		CHECK_EQ(problems.count, 1);
		CHECK_HAS(problems.list[0].text, rows[i].text);
	}
}

TEST(a_policy_that_is_not_there_is_none_and_one_that_cannot_be_read_is_a_problem)
{
	struct problems problems = {0};
	struct policy *policy = NULL;

	CHECK_EQ(policy_load("/nowhere/policy.xml", &policy, &problems), 0);
	CHECK(!policy);
	CHECK_EQ(problems.count, 0);
	CHECK(policy_load("/", &policy, &problems) != 0);
	CHECK_EQ(problems.count, 1);
}

TEST_MAIN(CASE(reads_what_it_says),
	CASE(asks_those_that_name_the_vm_or_else_those_that_name_none),
	CASE(a_policy_that_trusts_nobody_is_one),
	CASE(refuses_what_it_does_not_know_and_says_all_of_it),
	CASE(a_policy_that_is_not_there_is_none_and_one_that_cannot_be_read_is_a_problem))
