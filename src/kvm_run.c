/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a vCPU and sorting its exits. Each vCPU's functions run on its own thread but
 * for hv_vcpu_kick().
 */
#include "src/kvm.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "src/log.h"

#define KICK_SIGNAL SIGUSR1

/* Interrupts the system call; that is all that it is for. */
static void on_kick(int number)
{
}

void kvm_catch_kicks(void)
{
	struct sigaction action = {.sa_handler = on_kick};

	sigaction(KICK_SIGNAL, &action, NULL);
}

static void first_run(struct hv_vcpu *vcpu)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	vcpu->thread = (pid_t)syscall(SYS_gettid);
}

static void finish_read(struct hv_vcpu *vcpu, const struct hv_exit *exit)
{
	for (unsigned int i = 0; i < exit->mmio.bytes; i++)
		vcpu->run->mmio.data[i] = (uint8_t)(exit->mmio.value >> (8 * i));
}

static void stuck(struct hv_exit *exit, const char *what, int code)
{
	exit->kind = HV_EXIT_STUCK;
	snprintf(exit->text, sizeof(exit->text), "%s%s%s", what, code ? ": " : "",
		code ? strerror(-code) : "");
}

static void mmio_exit(const struct kvm_run *run, struct hv_exit *exit)
{
	exit->kind = HV_EXIT_MMIO;
	exit->mmio.gpa = run->mmio.phys_addr;
	exit->mmio.bytes = run->mmio.len;
	exit->mmio.write = run->mmio.is_write;
	exit->mmio.value = 0;
	if (run->mmio.len > sizeof(run->mmio.data)) {
		exit->mmio.bytes = 0;
		stuck(exit, "KVM reports an access wider than 8 bytes", 0);
		return;
	}
	for (unsigned int i = 0; run->mmio.is_write && i < run->mmio.len; i++)
		exit->mmio.value |= (uint64_t)run->mmio.data[i] << (8 * i);
}

/*
 * One element of a port access; a string instruction has several, each an exit of ours
 * before KVM runs on.
 */
static void port_exit(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	const struct kvm_run *run = vcpu->run;
	const uint8_t *data = (const uint8_t *)run + run->io.data_offset +
			      (size_t)vcpu->port_element * run->io.size;

	exit->kind = HV_EXIT_PORT;
	exit->mmio.gpa = run->io.port;
	exit->mmio.bytes = run->io.size;
	exit->mmio.write = run->io.direction == KVM_EXIT_IO_OUT;
	exit->mmio.value = 0;
	for (unsigned int i = 0; exit->mmio.write && i < run->io.size; i++)
		exit->mmio.value |= (uint64_t)data[i] << (8 * i);
}

/* True where there is another element. */
static bool finish_port(struct hv_vcpu *vcpu, const struct hv_exit *exit)
{
	struct kvm_run *run = vcpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset +
			(size_t)vcpu->port_element * run->io.size;

	for (unsigned int i = 0; !exit->mmio.write && i < run->io.size; i++)
		data[i] = (uint8_t)(exit->mmio.value >> (8 * i));
	if (++vcpu->port_element < run->io.count)
		return true;
	vcpu->port_element = 0;
	return false;
}

static void system_event(const struct kvm_run *run, struct hv_exit *exit)
{
	switch (run->system_event.type) {
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		exit->kind = HV_EXIT_SHUTDOWN;
		break;
	case KVM_SYSTEM_EVENT_RESET:
		exit->kind = HV_EXIT_RESET;
		break;
	case KVM_SYSTEM_EVENT_CRASH:
		exit->kind = HV_EXIT_CRASH;
		break;
	default:
		exit->kind = HV_EXIT_NONE;
		break;
	}
}

static void run_once(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	struct kvm_run *run = vcpu->run;
	struct kvm_user_irqchip *irqchip = vcpu->hv->user_irqchip;
	char text[80];
	int code;
	int rc;

	if (!vcpu->thread)
		first_run(vcpu);
	if (exit->kind == HV_EXIT_MMIO && !exit->mmio.write)
		finish_read(vcpu, exit);
	if (exit->kind == HV_EXIT_PORT && finish_port(vcpu, exit)) {
		port_exit(vcpu, exit);
		return;
	}
	exit->kind = HV_EXIT_NONE;
	rc = ioctl(vcpu->fd, KVM_RUN, 0);
	code = -errno;
	if (irqchip)
		irqchip->ops->ran(irqchip, vcpu);
	if (rc < 0) {
		if (code == -EINTR || code == -EAGAIN) {
			run->immediate_exit = 0;
			/* Before the caller looks at what the kick was for. */
			atomic_thread_fence(memory_order_seq_cst);
		} else if (code == -EFAULT) {
			stuck(exit,
				"the host has no page for what it touches: memory is "
				"short, or the file of a pmem has shrunk",
				0);
		} else {
			stuck(exit, "KVM_RUN", code);
		}
		return;
	}
	switch (run->exit_reason) {
	case KVM_EXIT_MMIO:
		mmio_exit(run, exit);
		break;
	case KVM_EXIT_IO:
		port_exit(vcpu, exit);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		system_event(run, exit);
		break;
	case KVM_EXIT_INTR:
		break;
	case KVM_EXIT_FAIL_ENTRY:
		snprintf(text, sizeof(text),
			"the host's CPU refuses to enter the guest, reason 0x%llx",
			(unsigned long long)
				run->fail_entry.hardware_entry_failure_reason);
		stuck(exit, text, 0);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		snprintf(text, sizeof(text), "KVM's internal error %u",
			run->internal.suberror);
		stuck(exit, text, 0);
		break;
	default:
		kvm_arch_exit(vcpu, exit);
		break;
	}
}

void hv_vcpu_run(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	struct kvm_user_irqchip *irqchip = vcpu->hv->user_irqchip;

	do {
		run_once(vcpu, exit);
	} while (irqchip && exit->kind == HV_EXIT_MMIO &&
		 irqchip->ops->access(irqchip, vcpu, exit));
}

void hv_vcpu_kick(struct hv_vcpu *vcpu)
{
	pid_t thread = vcpu->thread;

	/*
	 * The flag first: a signal alone would be lost between the vCPU thread's last
	 * look at its requests and KVM_RUN.
	 */
	*(volatile uint8_t *)&vcpu->run->immediate_exit = 1;
	atomic_thread_fence(memory_order_seq_cst);
	if (thread)
		syscall(SYS_tgkill, vcpu->hv->process, thread, KICK_SIGNAL);
}

void hv_vcpu_paused(struct hv_vcpu *vcpu)
{
	/* Where the guest has a kvmclock (x86); elsewhere it is refused. */
	ioctl(vcpu->fd, KVM_KVMCLOCK_CTRL, 0);
}
