/* SPDX-License-Identifier: Apache-2.0 */
#include "src/host_caps.h"

#include <errno.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "test/unit/test.h"

TEST(an_assumed_host_runs_a_plain_file)
{
	struct host_caps caps;

	host_caps_assume(&caps, CONFIG_ARCH_ARM64);
	CHECK(caps.stated);
	CHECK_EQ(caps.arch, CONFIG_ARCH_ARM64);
	CHECK(caps.gicv2 && caps.gicv3);
	CHECK(caps.ipa_bits >= 36);
	CHECK(caps.vcpus_max >= 8);
}

TEST(words_state_the_host)
{
	struct host_caps caps = {0};

	CHECK_EQ(host_caps_state(&caps, "gic=2,3", NULL), 0);
	CHECK(caps.gicv2 && caps.gicv3);
	CHECK_EQ(host_caps_state(&caps, "gic=2", NULL), 0);
	CHECK(caps.gicv2 && !caps.gicv3);
	CHECK_EQ(host_caps_state(&caps, "gic=3", NULL), 0);
	CHECK(!caps.gicv2 && caps.gicv3);
	CHECK_EQ(host_caps_state(&caps, "gic=none", NULL), 0);
	CHECK(!caps.gicv2 && !caps.gicv3);
	CHECK_EQ(host_caps_state(&caps, "ipa=44", NULL), 0);
	CHECK_EQ(caps.ipa_bits, 44);
	CHECK_EQ(host_caps_state(&caps, "vcpus=16", NULL), 0);
	CHECK_EQ(caps.vcpus_max, 16);
	CHECK_EQ(host_caps_state(&caps, "el1_32bit=yes", NULL), 0);
	CHECK(caps.aarch32_el1);
	CHECK_EQ(host_caps_state(&caps, "el1_32bit=no", NULL), 0);
	CHECK(!caps.aarch32_el1);
	CHECK_EQ(host_caps_state(&caps, "pmu=yes", NULL), 0);
	CHECK(caps.pmu);
	CHECK_EQ(host_caps_state(&caps, "steal_time=yes", NULL), 0);
	CHECK(caps.steal_time);
	CHECK_EQ(host_caps_state(&caps, "cpu=arm,cortex-a53", NULL), 0);
	CHECK_STR(caps.cpu_compatible, "arm,cortex-a53");
	CHECK(caps.stated);
}

TEST(stating_the_architecture_assumes_a_plain_host_of_it)
{
	struct host_caps caps = {0};

	CHECK_EQ(host_caps_state(&caps, "arch=x86_64", NULL), 0);
	CHECK(caps.stated);
	CHECK_EQ(caps.arch, CONFIG_ARCH_X86_64);
	CHECK(!caps.gicv2 && !caps.gicv3);
	CHECK_EQ(caps.vcpus_max, 255);
	CHECK_EQ(caps.x86_level, 3);
	CHECK_EQ(host_caps_state(&caps, "level=2", NULL), 0);
	CHECK_EQ(caps.x86_level, 2);
	CHECK_EQ(host_caps_state(&caps, "arch=arm64", NULL), 0);
	CHECK_EQ(caps.arch, CONFIG_ARCH_ARM64);
	CHECK(caps.gicv2 && caps.gicv3);
	CHECK_EQ(host_caps_state(&caps, "arch=armv7", NULL), 0);
	CHECK_EQ(caps.arch, CONFIG_ARCH_ARMV7);
	CHECK(caps.aarch32_el1 && caps.gicv2 && !caps.pmu && !caps.steal_time);
	CHECK_EQ(caps.ipa_bits, 40);
}

TEST(wrong_words_change_nothing_and_say_what_is_allowed)
{
	static const struct {
		const char *word;
		const char *text;
	} table[] = {
		{"arch=mips", "arm64, armv7 and x86_64"},
		{"level=4", "1 to 3"},
		{"gic=4", "gic=none"},
		{"gic=", "gic=none"},
		{"gic=2,", "gic=none"},
		{"ipa=31", "32 to 52"},
		{"ipa=53", "32 to 52"},
		{"ipa=", "32 to 52"},
		{"ipa=40x", "32 to 52"},
		{"ipa=+40", "32 to 52"},
		{"ipa= 40", "32 to 52"},
		{"ipa=-4294967256", "32 to 52"},
		{"ipa=99999999999999999999999", "32 to 52"},
		{"vcpus=0", "1 to 65536"},
		{"vcpus=65537", "1 to 65536"},
		{"pmu=maybe", "yes and no"},
		{"pmu=", "yes and no"},
		{"el1_32bit=1", "yes and no"},
		{"steal_time=yess", "yes and no"},
		{"cpu=", "1 to 63 characters"},
		{"", "allowed are arch="},
		{"gic", "allowed are arch="},
		{"gics=2", "allowed are arch="},
		{"=2", "allowed are arch="},
	};
	struct host_caps before;
	struct host_caps caps;
	struct error err;

	memset(&before, 0, sizeof(before));
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		caps = before;
		CHECK_EQ(host_caps_state(&caps, table[i].word, &err), -EINVAL);
		CHECK_HAS(err.text, table[i].text);
		CHECK_EQ(memcmp(&caps, &before, sizeof(caps)), 0);
	}
}

TEST(a_cpu_name_is_refused_not_cut)
{
	struct host_caps caps = {0};
	char word[4 + 65] = "cpu=";

	memset(word + 4, 'a', 63);
	CHECK_EQ(host_caps_state(&caps, word, NULL), 0);
	CHECK_EQ(strlen(caps.cpu_compatible), 63);
	word[4 + 63] = 'a';
	CHECK_EQ(host_caps_state(&caps, word, NULL), -EINVAL);
}

TEST_MAIN(CASE(an_assumed_host_runs_a_plain_file), CASE(words_state_the_host),
	CASE(stating_the_architecture_assumes_a_plain_host_of_it),
	CASE(wrong_words_change_nothing_and_say_what_is_allowed),
	CASE(a_cpu_name_is_refused_not_cut))
