/* SPDX-License-Identifier: Apache-2.0 */
/* What a vCPU makes of the ways in which KVM ends its run: KVM_RUN is the linker's
 * --wrap. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "src/container_of.h"
#include "src/kvm.h"
#include "test/unit/test.h"

/* What KVM_RUN leaves in the vCPU's page, and its errno or 0. */
static struct {
	struct kvm_run run;
	int refuses;
} kvm;

static struct hv hv;
static struct kvm_run page;

int __wrap_ioctl(int fd, unsigned long request, ...);

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	CHECK_EQ((unsigned int)request, KVM_RUN);
	page = kvm.run;
	if (!kvm.refuses)
		return 0;
	errno = kvm.refuses;
	return -1;
}

static struct hv_exit run(void)
{
	struct hv_vcpu vcpu = {.hv = &hv, .run = &page};
	struct hv_exit exit = {.kind = HV_EXIT_NONE};

	hv_vcpu_run(&vcpu, &exit);
	return exit;
}

TEST(what_the_host_cannot_run_is_stuck_and_says_why)
{
	static const struct {
		int refuses;
		struct kvm_run run;
		const char *text;
	} cases[] = {
		{0,
			{.exit_reason = KVM_EXIT_FAIL_ENTRY,
				.fail_entry.hardware_entry_failure_reason = 0x80000021},
			"the host's CPU refuses to enter the guest, reason 0x80000021"},
		{0, {.exit_reason = KVM_EXIT_INTERNAL_ERROR, .internal.suberror = 1},
			"KVM's internal error 1"},
		{0, {.exit_reason = KVM_EXIT_MMIO, .mmio.len = 9},
			"KVM reports an access wider than 8 bytes"},
		{EFAULT, {0},
			"the host has no page for what it touches: memory is short, or "
			"the file of a pmem has shrunk"},
		{ENOMEM, {0}, "KVM_RUN: "}, /* and the words of the C library */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct hv_exit exit;

		kvm.run = cases[i].run;
		kvm.refuses = cases[i].refuses;
		exit = run();
		CHECK_EQ(exit.kind, HV_EXIT_STUCK);
		CHECK_HAS(exit.text, cases[i].text);
	}
}

TEST(what_a_guest_does_is_told_apart)
{
	static const struct {
		uint32_t event;
		enum hv_exit_kind kind;
	} cases[] = {
		{KVM_SYSTEM_EVENT_SHUTDOWN, HV_EXIT_SHUTDOWN},
		{KVM_SYSTEM_EVENT_RESET, HV_EXIT_RESET},
		{KVM_SYSTEM_EVENT_CRASH, HV_EXIT_CRASH},
		{77, HV_EXIT_NONE},
	};

	kvm.refuses = 0;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		kvm.run = (struct kvm_run){.exit_reason = KVM_EXIT_SYSTEM_EVENT,
			.system_event.type = cases[i].event};
		CHECK_EQ(run().kind, cases[i].kind);
	}
}

TEST(a_kick_is_done_with_once_it_has_been_seen)
{
	static const int interrupted[] = {EINTR, EAGAIN};

	for (size_t i = 0; i < ARRAY_SIZE(interrupted); i++) {
		kvm.refuses = interrupted[i];
		kvm.run = (struct kvm_run){.immediate_exit = 1};
		CHECK_EQ(run().kind, HV_EXIT_NONE);
		CHECK_EQ(page.immediate_exit, 0);
	}
}

TEST_MAIN(CASE(what_the_host_cannot_run_is_stuck_and_says_why),
	CASE(what_a_guest_does_is_told_apart),
	CASE(a_kick_is_done_with_once_it_has_been_seen))
