/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "arch/x86/cpuid.h"
#include "src/container_of.h"
#include "test/unit/test.h"

#define BIT(n) (1u << (n))
#define V3_ECX (BIT(12) | BIT(22) | BIT(26) | BIT(28) | BIT(29))
#define V2_ECX (BIT(0) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(23))

/* A CPU of level 3 with VMX, SVM, AVX-512, two cache levels and what KVM adds. */
static const struct x86_cpuid host[] = {
	{0, .eax = 0x1f},
	{1, .ebx = 0x00100800, .ecx = V2_ECX | V3_ECX | BIT(5) | BIT(17), .edx = BIT(28)},
	{4, 0, true, .eax = 0x21 | 7u << 26, .ebx = 63},
	{4, 1, true, .eax = 0x63 | 7u << 26 | 15u << 14},
	{4, 2, true},
	{7, 0, true, .eax = 1, .ebx = BIT(3) | BIT(5) | BIT(7) | BIT(8) | BIT(16)},
	{7, 1, true, .eax = BIT(4)},
	{0xb, 0, true, .eax = 1, .ebx = 2, .ecx = 0x100},
	{0xb, 1, true, .eax = 4, .ebx = 16, .ecx = 0x201},
	{0xd, 0, true, .eax = 0xe7},
	{0xd, 1, true, .eax = 0xf, .ecx = 0x1800},
	{0xd, 2, true, .eax = 256},
	{0xd, 5, true, .eax = 64},
	{0x40000000, .eax = 0x40000001},
	{0x40000001, .eax = 0xfb},
	{0x80000001, .ecx = BIT(0) | BIT(2) | BIT(5) | BIT(8), .edx = BIT(29)},
	{0x80000008, .eax = 0x3030, .ecx = 0x7},
	{0x8000000a, .eax = 1},
	{0x8000001e, .eax = 9, .ebx = 0x100},
};

static struct x86_cpuid_list list;

static void reset(void)
{
	list.count = ARRAY_SIZE(host);
	memcpy(list.entries, host, sizeof(host));
}

static const struct x86_cpuid *leaf(uint32_t number, uint32_t subleaf)
{
	for (unsigned int i = 0; i < list.count; i++)
		if (list.entries[i].leaf == number && list.entries[i].subleaf == subleaf)
			return &list.entries[i];
	return NULL;
}

static void adapt(uint32_t apic_id, unsigned int cpu_count, unsigned int level)
{
	struct x86_cpuid_vcpu vcpu = {
		apic_id, cpu_count, level, .tsc_deadline = true, .tsc_khz = 2400000};

	reset();
	CHECK_EQ(x86_cpuid_adapt(&list, &vcpu), 0);
}

TEST(hides_virtualization_and_says_that_there_is_a_hypervisor)
{
	adapt(0, 1, 0);
	CHECK(!(leaf(1, 0)->ecx & BIT(5)));
	CHECK(leaf(1, 0)->ecx & BIT(31));
	CHECK(leaf(1, 0)->ecx & BIT(24)); /* TSC deadline */
	CHECK(!(leaf(0x80000001, 0)->ecx & BIT(2)));
	CHECK(!leaf(0x8000000a, 0));
}

TEST(keeps_everything_else_of_the_host)
{
	adapt(0, 1, 0);
	CHECK_EQ(leaf(7, 0)->ebx, host[5].ebx);
	CHECK_EQ(leaf(7, 1)->eax, BIT(4));
	CHECK_EQ(leaf(0xd, 0)->eax, 0xe7);
	CHECK_EQ(leaf(0x80000001, 0)->edx, BIT(29));
}

TEST(every_topology_leaf_counts_the_vcpus_in_one_package)
{
	adapt(2, 4, 0);
	CHECK_EQ(leaf(1, 0)->ebx >> 24, 2);
	CHECK_EQ(leaf(1, 0)->ebx >> 16 & 0xff, 4);
	CHECK(leaf(1, 0)->edx & BIT(28));
	CHECK_EQ(leaf(0xb, 0)->ebx, 1);
	CHECK_EQ(leaf(0xb, 1)->ebx, 4);
	CHECK_EQ(leaf(0xb, 1)->eax, 2);
	CHECK_EQ(leaf(0xb, 1)->edx, 2);
	CHECK_EQ(leaf(0xb, 2)->ebx, 0);
	CHECK_EQ(leaf(4, 0)->eax >> 14 & 0xfff, 0); /* first level: a core's own */
	CHECK_EQ(leaf(4, 1)->eax >> 14 & 0xfff, 3); /* third level: all share it */
	CHECK_EQ(leaf(4, 1)->eax >> 26, 3);
	CHECK_EQ(leaf(4, 2)->eax, 0);
	CHECK_EQ(leaf(0x80000008, 0)->ecx & 0xff, 3);
	CHECK_EQ(leaf(0x80000008, 0)->ecx >> 12 & 0xf, 2);
	CHECK_EQ(leaf(0x8000001e, 0)->eax, 2);
	CHECK_EQ(leaf(0x8000001e, 0)->ebx, 2);
}

TEST(one_vcpu_has_no_siblings)
{
	adapt(0, 1, 0);
	CHECK(!(leaf(1, 0)->edx & BIT(28)));
	CHECK_EQ(leaf(1, 0)->ebx >> 16 & 0xff, 0);
	CHECK_EQ(leaf(0xb, 1)->eax, 0);
	CHECK_EQ(leaf(0x80000008, 0)->ecx & 0xff, 0);
}

TEST(topology_holds_for_as_many_vcpus_as_there_are_ids)
{
	adapt(254, 255, 0);
	CHECK_EQ(leaf(1, 0)->ebx >> 24, 254);
	CHECK_EQ(leaf(0xb, 1)->eax, 8);
	CHECK_EQ(leaf(4, 1)->eax >> 26, 63); /* six bits */
	CHECK_EQ(leaf(0x80000008, 0)->ecx & 0xff, 254);
}

TEST(tells_the_clocks_frequencies)
{
	adapt(0, 1, 0);
	CHECK_EQ(leaf(0x40000000, 0)->eax, 0x40000010);
	CHECK_EQ(leaf(0x40000010, 0)->eax, 2400000);
	CHECK_EQ(leaf(0x40000010, 0)->ebx, 1000000);
}

TEST(level_2_has_neither_avx_nor_xsave)
{
	adapt(0, 1, 2);
	CHECK_EQ(leaf(1, 0)->ecx & V2_ECX, V2_ECX);
	CHECK_EQ(leaf(1, 0)->ecx & V3_ECX, 0);
	CHECK(leaf(1, 0)->ecx & BIT(17)); /* PCID is the kernel's */
	CHECK_EQ(leaf(7, 0)->ebx, BIT(7));
	CHECK(!leaf(0xd, 0));
	CHECK_EQ(x86_cpuid_level(&list), 2);
}

TEST(level_3_ends_with_avx2)
{
	adapt(0, 1, 3);
	CHECK_EQ(leaf(1, 0)->ecx & V3_ECX, V3_ECX);
	CHECK_EQ(leaf(7, 0)->ebx, BIT(3) | BIT(5) | BIT(7) | BIT(8));
	CHECK_EQ(leaf(7, 1)->eax, 0);
	CHECK_EQ(leaf(0xd, 0)->eax, 7);
	CHECK_EQ(leaf(0xd, 1)->ecx, 0);
	CHECK(leaf(0xd, 2));
	CHECK(!leaf(0xd, 5));
	CHECK_EQ(leaf(0x80000001, 0)->ecx, BIT(0) | BIT(5));
	CHECK_EQ(x86_cpuid_level(&list), 3);
}

TEST(a_missing_feature_lowers_the_level)
{
	static const struct {
		unsigned int entry;
		unsigned int level;
	} cases[] = {{1, 1}, {5, 2}, {15, 1}};

	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		reset();
		list.entries[cases[i].entry].ebx = 0;
		list.entries[cases[i].entry].ecx = 0;
		CHECK_EQ(x86_cpuid_level(&list), cases[i].level);
	}
	list.count = 0;
	CHECK_EQ(x86_cpuid_level(&list), 1);
}

TEST(cpu_types_have_names)
{
	CHECK_EQ(x86_cpuid_type("host"), 0);
	CHECK_EQ(x86_cpuid_type("x86-64-v2"), 2);
	CHECK_EQ(x86_cpuid_type("x86-64-v3"), 3);
	CHECK_EQ(x86_cpuid_type("x86-64-v4"), -EINVAL);
	CHECK_EQ(x86_cpuid_type("arm,cortex-a53"), -EINVAL);
}

TEST(a_full_list_is_refused_not_overrun)
{
	struct x86_cpuid_vcpu vcpu = {0, 1, 0, .tsc_khz = 1};

	reset();
	while (list.count < X86_CPUID_MAX)
		list.entries[list.count++] = (struct x86_cpuid){0x90000000 + list.count};
	CHECK_EQ(x86_cpuid_adapt(&list, &vcpu), -ENOSPC);
}

TEST_MAIN(CASE(hides_virtualization_and_says_that_there_is_a_hypervisor),
	CASE(keeps_everything_else_of_the_host),
	CASE(every_topology_leaf_counts_the_vcpus_in_one_package),
	CASE(one_vcpu_has_no_siblings),
	CASE(topology_holds_for_as_many_vcpus_as_there_are_ids),
	CASE(tells_the_clocks_frequencies), CASE(level_2_has_neither_avx_nor_xsave),
	CASE(level_3_ends_with_avx2), CASE(a_missing_feature_lowers_the_level),
	CASE(cpu_types_have_names), CASE(a_full_list_is_refused_not_overrun))
