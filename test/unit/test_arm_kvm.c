/* SPDX-License-Identifier: Apache-2.0 */
/* What KVM on a 64-bit ARM host is told of a vCPU, of either width. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/error.h"
#include "src/kvm.h"
#include "src/plan.h"
#include "test/unit/fake_kvm.h"
#include "test/unit/test.h"

/* Register ids: ARM64, 64 bits, core; the word within struct kvm_regs. */
#define X(n) (0x6030000000100000 + 2 * (n))
#define PC X(32)
#define PSTATE X(33)

#define FEATURE_POWER_OFF 1
#define FEATURE_32BIT 2
#define FEATURE_PSCI 4
#define FEATURE_PMU 8

static const struct vm_config config = {.pos = {"vm.xml", 1}};
static struct board_plan plan;
static struct hv hv;
static struct hv_vcpu vcpu;

static void begin(enum config_arch arch, unsigned int index)
{
	fake_kvm = (struct fake_kvm){0};
	hv = (struct hv){.vm_fd = 3};
	vcpu = (struct hv_vcpu){.hv = &hv, .index = index, .fd = 4};
	plan = (struct board_plan){
		.config = &config,
		.arch = arch,
		.entry_gpa = 0x41800000,
		.tables = {0x41d63000, 0x10000},
	};
}

TEST(a_64_bit_guest_begins_at_el1_with_its_tree_in_x0)
{
	begin(CONFIG_ARCH_ARM64, 0);
	plan.pmu = true;
	CHECK_EQ(kvm_arch_vcpu_init(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.init.features[0], FEATURE_PSCI | FEATURE_PMU);
	CHECK_EQ(kvm_arch_vcpu_finish(&vcpu, &plan, NULL), 0);
	CHECK(fake_kvm_has(PSTATE, 0x3c5));
	CHECK(fake_kvm_has(PC, 0x41800000));
	CHECK(fake_kvm_has(X(0), 0x41d63000));
}

TEST(a_32_bit_guest_begins_in_supervisor_mode_with_its_tree_in_r2)
{
	begin(CONFIG_ARCH_ARMV7, 0);
	CHECK_EQ(kvm_arch_vcpu_init(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.init.features[0], FEATURE_PSCI | FEATURE_32BIT);
	CHECK_EQ(kvm_arch_vcpu_finish(&vcpu, &plan, NULL), 0);
	CHECK(fake_kvm_has(PSTATE, 0x1d3));
	CHECK(fake_kvm_has(PC, 0x41800000));
	CHECK(fake_kvm_has(X(0), 0));
	CHECK(fake_kvm_has(X(1), UINT32_MAX));
	CHECK(fake_kvm_has(X(2), 0x41d63000));
}

TEST(the_others_wait_to_be_started)
{
	begin(CONFIG_ARCH_ARMV7, 3);
	CHECK_EQ(kvm_arch_vcpu_init(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.init.features[0],
		FEATURE_PSCI | FEATURE_32BIT | FEATURE_POWER_OFF);
	CHECK_EQ(kvm_arch_vcpu_finish(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.set_count, 0);
}

TEST(what_kvm_refuses_is_said)
{
	struct error err;

	begin(CONFIG_ARCH_ARMV7, 0);
	fake_kvm.refuse = EINVAL;
	CHECK_EQ(kvm_arch_vcpu_init(&vcpu, &plan, &err), -EINVAL);
	CHECK_HAS(err.text, "no vCPU for this host's CPU");
	CHECK_EQ(kvm_arch_vcpu_finish(&vcpu, &plan, &err), -EINVAL);
	CHECK_HAS(err.text, "KVM sets no registers");
}

static void check_dump(uint64_t pstate, const char *first, const char *later)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	begin(CONFIG_ARCH_ARM64, 0);
	fake_kvm.set_count = 1;
	fake_kvm.set[0].id = PSTATE;
	fake_kvm.set[0].value = pstate;
	hv_vcpu_dump(&vcpu, out);
	fclose(out);
	CHECK_HAS(text, first);
	CHECK_HAS(text, later);
	free(text);
}

TEST(a_dump_shows_the_registers_of_the_width_that_runs)
{
	check_dump(0x3c5, "x0       0000000000000000  x1       0000000000000002  x2",
		"pstate   00000000000003c5");
	check_dump(0x1d3, "r0       0000000000000000  r1       0000000000000002  r2",
		"cpsr     00000000000001d3");
}

TEST_MAIN(CASE(a_64_bit_guest_begins_at_el1_with_its_tree_in_x0),
	CASE(a_32_bit_guest_begins_in_supervisor_mode_with_its_tree_in_r2),
	CASE(the_others_wait_to_be_started), CASE(what_kvm_refuses_is_said),
	CASE(a_dump_shows_the_registers_of_the_width_that_runs))
