/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KVM on a 32-bit host: what is written here of its interface against the numbers of the
 * kernel, and what a vCPU is told through it.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/kvm.h"
#include "src/plan.h"
#include "test/unit/fake_kvm.h"
#include "test/unit/test.h"

/* Register ids: ARM, 32 bits, core; the word within struct kvm_regs. */
#define CORE(word) (0x4020000000100000 + (word))

static const struct vm_config config = {.pos = {"vm.xml", 1}};
static const struct board_plan plan = {
	.config = &config,
	.arch = CONFIG_ARCH_ARMV7,
	.entry_gpa = 0x41800000,
	.tables = {0x41d63000, 0x10000},
};
static struct hv hv;
static struct hv_vcpu vcpu;

static void begin(unsigned int index)
{
	fake_kvm = (struct fake_kvm){0};
	hv = (struct hv){.vm_fd = 3};
	vcpu = (struct hv_vcpu){.hv = &hv, .index = index, .fd = 4};
}

TEST(structures_are_as_the_kernel_has_them)
{
	static const struct {
		const char *what;
		size_t is;
		size_t should;
	} table[] = {
		{"vcpu_init", sizeof(struct kvm_vcpu_init), 32},
		{"regs", sizeof(struct kvm_regs), 152},
		{"regs.pc", offsetof(struct kvm_regs, pc), 60},
		{"regs.cpsr", offsetof(struct kvm_regs, cpsr), 64},
		{"regs.svc", offsetof(struct kvm_regs, svc), 72},
		{"regs.abt", offsetof(struct kvm_regs, abt), 84},
		{"regs.und", offsetof(struct kvm_regs, und), 96},
		{"regs.irq", offsetof(struct kvm_regs, irq), 108},
		{"regs.fiq", offsetof(struct kvm_regs, fiq), 120},
		{"sync_regs", sizeof(struct kvm_sync_regs), 8},
		{"memory_region", sizeof(struct kvm_userspace_memory_region), 32},
		{"one_reg", sizeof(struct kvm_one_reg), 16},
		{"create_device", sizeof(struct kvm_create_device), 12},
		{"device_attr", sizeof(struct kvm_device_attr), 24},
		{"irq_level", sizeof(struct kvm_irq_level), 8},
		{"irqfd", sizeof(struct kvm_irqfd), 32},
		{"ioeventfd", sizeof(struct kvm_ioeventfd), 64},
		{"run.exit_reason", offsetof(struct kvm_run, exit_reason), 8},
		{"run.mmio", offsetof(struct kvm_run, mmio), 32},
		{"run.mmio.data", offsetof(struct kvm_run, mmio.data), 40},
		{"run.mmio.len", offsetof(struct kvm_run, mmio.len), 48},
		{"run.mmio.is_write", offsetof(struct kvm_run, mmio.is_write), 52},
		{"run.system_event", offsetof(struct kvm_run, system_event), 32},
		{"run.s", offsetof(struct kvm_run, s), 304},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		if (!CHECK_EQ(table[i].is, table[i].should))
			printf("  %s\n", table[i].what);
}

TEST(requests_have_the_kernels_numbers)
{
	static const struct {
		uint32_t is;
		uint32_t should;
	} table[] = {
		{KVM_CREATE_VM, 0xae01},
		{KVM_CHECK_EXTENSION, 0xae03},
		{KVM_GET_VCPU_MMAP_SIZE, 0xae04},
		{KVM_CREATE_VCPU, 0xae41},
		{KVM_SET_USER_MEMORY_REGION, 0x4020ae46},
		{KVM_IRQ_LINE, 0x4008ae61},
		{KVM_IRQFD, 0x4020ae76},
		{KVM_IOEVENTFD, 0x4040ae79},
		{KVM_RUN, 0xae80},
		{KVM_GET_ONE_REG, 0x4010aeab},
		{KVM_SET_ONE_REG, 0x4010aeac},
		{KVM_ARM_VCPU_INIT, 0x4020aeae},
		{KVM_ARM_PREFERRED_TARGET, 0x8020aeaf},
		{KVM_CREATE_DEVICE, 0xc00caee0},
		{KVM_SET_DEVICE_ATTR, 0x4018aee1},
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++)
		CHECK_EQ(table[i].is, table[i].should);
}

TEST(the_first_vcpu_enters_a_kernel)
{
	begin(0);
	CHECK_EQ(kvm_arch_vcpu_init(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.init.features[0], 2); /* PSCI 0.2 */
	CHECK_EQ(kvm_arch_vcpu_finish(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.set_count, 5);
	CHECK(fake_kvm_has(CORE(0), 0));
	CHECK(fake_kvm_has(CORE(1), UINT32_MAX));
	CHECK(fake_kvm_has(CORE(2), 0x41d63000));
	CHECK(fake_kvm_has(CORE(15), 0x41800000));
	CHECK(fake_kvm_has(CORE(16), 0x1d3));
}

TEST(the_others_wait_to_be_started)
{
	begin(1);
	CHECK_EQ(kvm_arch_vcpu_init(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.init.features[0], 3);
	CHECK_EQ(kvm_arch_vcpu_finish(&vcpu, &plan, NULL), 0);
	CHECK_EQ(fake_kvm.set_count, 0);
}

TEST(the_host_is_told_by_what_its_kvm_offers)
{
	struct host_caps caps = {0};

	begin(0);
	fake_kvm.devices[0] = KVM_DEV_TYPE_ARM_VGIC_V2;
	kvm_arch_caps(&hv, &caps);
	CHECK_EQ(caps.arch, CONFIG_ARCH_ARMV7);
	CHECK(caps.gicv2 && !caps.gicv3);
	CHECK(caps.aarch32_el1 && !caps.pmu && !caps.steal_time);
	CHECK_EQ(caps.ipa_bits, 40);
	CHECK_EQ(kvm_arch_vm_type(&hv, 40), 0);
}

TEST(interrupt_lines_have_kvms_numbers)
{
	CHECK_EQ(kvm_arch_line_number(33), 0x01000021);
	CHECK_EQ(kvm_arch_gsi(40), 8);
}

TEST(what_kvm_refuses_is_said)
{
	struct error err;

	begin(0);
	fake_kvm.refuse = EINVAL;
	CHECK_EQ(kvm_arch_vcpu_init(&vcpu, &plan, &err), -EINVAL);
	CHECK_HAS(err.text, "no vCPU for this host's CPU");
	CHECK_EQ(kvm_arch_vcpu_finish(&vcpu, &plan, &err), -EINVAL);
	CHECK_HAS(err.text, "KVM sets no registers");
}

TEST(a_dump_names_every_register)
{
	char *text = NULL;
	size_t bytes = 0;
	FILE *out = open_memstream(&text, &bytes);

	begin(0);
	hv_vcpu_dump(&vcpu, out);
	fclose(out);
	CHECK_HAS(text, "r0       00000000  r1       00000001  r2       00000002\n");
	CHECK_HAS(text, "pc       0000000f");
	CHECK_HAS(text, "cpsr     00000010");
	CHECK_HAS(text, "sp_svc   00000012  lr_svc   00000013");
	CHECK_HAS(text, "dfsr     00002800");
	CHECK_HAS(text, "ifar     00003002\n");
	free(text);
}

TEST_MAIN(CASE(structures_are_as_the_kernel_has_them),
	CASE(requests_have_the_kernels_numbers), CASE(the_first_vcpu_enters_a_kernel),
	CASE(the_others_wait_to_be_started),
	CASE(the_host_is_told_by_what_its_kvm_offers),
	CASE(interrupt_lines_have_kvms_numbers), CASE(what_kvm_refuses_is_said),
	CASE(a_dump_names_every_register))
