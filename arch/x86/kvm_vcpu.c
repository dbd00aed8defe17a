/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An x86 vCPU under KVM (Documentation/virt/kvm/api.rst). Entry states: Linux,
 * Documentation/x86/boot.rst (64-bit and 32-bit boot protocol); the Xen PVH ABI.
 */
#include "src/kvm.h"

#include <cpuid.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arch/x86/cpuid.h"
#include "arch/x86/layout.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/plan.h"

/* Control registers (Intel SDM volume 3, 2.5), EFER and MTRRs (volume 4). */
#define CR0_PE 0x1ull
#define CR0_ET 0x10ull
#define CR0_PG 0x80000000ull
#define CR4_PAE 0x20ull
#define EFER_LONG 0x500ull /* enabled and active */
#define MSR_IA32_MISC_ENABLE 0x1a0
#define MISC_ENABLE_FAST_STRING 1
#define MSR_MTRR_DEF_TYPE 0x2ff
#define MTRR_ENABLE 0x800
#define MTRR_WRITE_BACK 6
#define RFLAGS_RESERVED 2

/* Local vector table entries of the local APIC's page, and what a PC has in them. */
#define APIC_LVT0 0x350
#define APIC_LVT1 0x360
#define APIC_EXTINT 0x700
#define APIC_NMI 0x400

#define CPUID_VMX 0x20u
#define CPUID_SVM 0x4u

#define ARCHITECTURE_BITS 40 /* where CPUID does not tell */

unsigned long kvm_arch_vm_type(const struct hv *hv, unsigned int ipa_bits)
{
	return 0;
}

/* ---- CPUID ------------------------------------------------------------------------- */

static int supported_cpuid(const struct hv *hv, struct x86_cpuid_list *ret)
{
	struct kvm_cpuid2 *all =
		calloc(1, sizeof(*all) + X86_CPUID_MAX * sizeof(struct kvm_cpuid_entry2));
	int code = 0;

	if (!all)
		return -ENOMEM;
	all->nent = X86_CPUID_MAX;
	if (ioctl(hv->kvm_fd, KVM_GET_SUPPORTED_CPUID, all) < 0)
		code = -errno;
	ret->count = code ? 0 : all->nent;
	for (unsigned int i = 0; i < ret->count; i++) {
		const struct kvm_cpuid_entry2 *entry = &all->entries[i];

		ret->entries[i] = (struct x86_cpuid){.leaf = entry->function,
			.subleaf = entry->index,
			.subleaves = entry->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
			.eax = entry->eax,
			.ebx = entry->ebx,
			.ecx = entry->ecx,
			.edx = entry->edx};
	}
	free(all);
	return code;
}

static int set_cpuid(const struct hv_vcpu *vcpu, const struct x86_cpuid_list *list)
{
	struct kvm_cpuid2 *all =
		calloc(1, sizeof(*all) + list->count * sizeof(struct kvm_cpuid_entry2));
	int code = 0;

	if (!all)
		return -ENOMEM;
	all->nent = list->count;
	for (unsigned int i = 0; i < list->count; i++) {
		const struct x86_cpuid *entry = &list->entries[i];

		all->entries[i] = (struct kvm_cpuid_entry2){.function = entry->leaf,
			.index = entry->subleaf,
			.flags = entry->subleaves ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
			.eax = entry->eax,
			.ebx = entry->ebx,
			.ecx = entry->ecx,
			.edx = entry->edx};
	}
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, all) < 0)
		code = -errno;
	free(all);
	return code;
}

static int init_cpuid(struct hv_vcpu *vcpu, const struct board_plan *plan)
{
	int level = x86_cpuid_type(plan->cpu_type);
	int tsc_khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);
	struct x86_cpuid_vcpu view = {
		.apic_id = (uint32_t)plan->cpu_ids[vcpu->index],
		.cpu_count = plan->cpu_count,
		.level = level > 0 ? (unsigned int)level : 0,
		.tsc_deadline = kvm_cap(vcpu->hv, KVM_CAP_TSC_DEADLINE_TIMER),
		.tsc_khz = tsc_khz > 0 ? (uint32_t)tsc_khz : 0,
	};
	struct x86_cpuid_list *list = malloc(sizeof(*list));
	int code = list ? supported_cpuid(vcpu->hv, list) : -ENOMEM;

	if (!code)
		code = x86_cpuid_adapt(list, &view);
	if (!code)
		code = set_cpuid(vcpu, list);
	free(list);
	return code;
}

/* VMX or SVM of this very CPU: some machines offer a KVM that has neither. */
static bool has_virtualization(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & CPUID_VMX))
		return true;
	return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (ecx & CPUID_SVM);
}

void kvm_arch_caps(const struct hv *hv, struct host_caps *ret)
{
	struct x86_cpuid_list *list = malloc(sizeof(*list));

	ret->arch = CONFIG_ARCH_X86_64;
	ret->ipa_bits = ARCHITECTURE_BITS;
	ret->emulated = !has_virtualization();
	ret->split_irqchip = kvm_cap(hv, KVM_CAP_SPLIT_IRQCHIP);
	if (!ret->vcpus_max || ret->vcpus_max > X86_CPUS_MAX)
		ret->vcpus_max = X86_CPUS_MAX;
	if (list && !supported_cpuid(hv, list)) {
		ret->x86_level = x86_cpuid_level(list);
		ret->ipa_bits = x86_cpuid_address_bits(list);
	}
	free(list);
}

/* ---- state at entry ---------------------------------------------------------------- */

int kvm_arch_vcpu_init(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	int code = init_cpuid(vcpu, plan);

	vcpu->log.source = "vcpu";
	return code ? error_set(err, code, &plan->config->pos,
			      "KVM gives vCPU %u no CPUID: %s", vcpu->index,
			      strerror(-code))
		    : 0;
}

static int set_msrs(const struct hv_vcpu *vcpu)
{
	static const struct kvm_msr_entry entries[] = {
		{.index = MSR_IA32_MISC_ENABLE, .data = MISC_ENABLE_FAST_STRING},
		{.index = MSR_MTRR_DEF_TYPE, .data = MTRR_ENABLE | MTRR_WRITE_BACK},
	};
	const unsigned int count = ARRAY_SIZE(entries);
	struct kvm_msrs *msrs = calloc(1, sizeof(*msrs) + sizeof(entries));
	int done;

	if (!msrs)
		return -ENOMEM;
	msrs->nmsrs = count;
	memcpy(msrs->entries, entries, sizeof(entries));
	done = ioctl(vcpu->fd, KVM_SET_MSRS, msrs);
	free(msrs);
	return done == (int)count ? 0 : -EIO;
}

static void set_lvt(struct kvm_lapic_state *lapic, unsigned int offset, uint32_t value)
{
	memcpy(&lapic->regs[offset], &value, sizeof(value));
}

/* The PIC's and the NMI's pins, as a firmware would leave them. */
static int set_apic(const struct hv_vcpu *vcpu)
{
	struct kvm_lapic_state lapic;

	if (ioctl(vcpu->fd, KVM_GET_LAPIC, &lapic) < 0)
		return -errno;
	set_lvt(&lapic, APIC_LVT0, APIC_EXTINT);
	set_lvt(&lapic, APIC_LVT1, APIC_NMI);
	return ioctl(vcpu->fd, KVM_SET_LAPIC, &lapic) < 0 ? -errno : 0;
}

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type, bool code64)
{
	return (struct kvm_segment){.limit = 0xffffffff,
		.selector = selector,
		.type = type,
		.present = 1,
		.db = !code64,
		.s = 1,
		.l = code64,
		.g = 1};
}

/* Flat segments without paging, or with the identity map of arch/x86/load.c. */
static int set_mode(const struct hv_vcpu *vcpu, bool is_long)
{
	struct kvm_sregs sregs;
	struct kvm_segment data = flat_segment(X86_BOOT_DS, 3, false);

	if (ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return -errno;
	sregs.gdt.base = X86_GDT_GPA;
	sregs.gdt.limit = X86_GDT_BYTES - 1;
	sregs.idt.base = 0;
	sregs.idt.limit = 0;
	sregs.cs = flat_segment(X86_BOOT_CS, 11, is_long);
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.tr = (struct kvm_segment){
		.limit = 0x67, .selector = X86_BOOT_TSS, .type = 11, .present = 1};
	sregs.cr0 = CR0_PE | CR0_ET;
	if (is_long) {
		sregs.cr0 |= CR0_PG;
		sregs.cr3 = X86_PAGE_TABLES_GPA;
		sregs.cr4 = CR4_PAE;
		sregs.efer = EFER_LONG;
	}
	return ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) < 0 ? -errno : 0;
}

static int set_entry(const struct hv_vcpu *vcpu, const struct board_plan *plan)
{
	enum x86_entry entry = plan->files.kernel.x86.entry;
	struct kvm_regs regs = {.rip = plan->entry_gpa, .rflags = RFLAGS_RESERVED};
	int code;

	if (plan->firmware.bytes)
		return 0; /* KVM's own reset state is the CPU's */
	code = set_mode(vcpu, entry == X86_ENTRY_LONG);
	if (!code)
		code = set_apic(vcpu);
	if (code)
		return code;
	if (entry == X86_ENTRY_PVH)
		regs.rbx = X86_PVH_GPA;
	else
		regs.rsi = X86_ZERO_PAGE_GPA;
	return ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0 ? -errno : 0;
}

int kvm_arch_vcpu_finish(
	struct hv_vcpu *vcpu, const struct board_plan *plan, struct error *err)
{
	int code = plan->firmware.bytes ? 0 : set_msrs(vcpu);

	/* The others wait for the first one to start them. */
	if (!code && !vcpu->index)
		code = set_entry(vcpu, plan);
	return code ? error_set(err, code, NULL, "KVM sets no registers of vCPU %u: %s",
			      vcpu->index, strerror(-code))
		    : 0;
}

/* ---- running ----------------------------------------------------------------------- */

void kvm_arch_exit(struct hv_vcpu *vcpu, struct hv_exit *exit)
{
	/* A triple fault: how PCs have always been rebooted. */
	if (vcpu->run->exit_reason == KVM_EXIT_SHUTDOWN) {
		exit->kind = HV_EXIT_RESET;
		return;
	}
	exit->kind = HV_EXIT_STUCK;
	snprintf(exit->text, sizeof(exit->text), "unknown exit %u of KVM",
		vcpu->run->exit_reason);
}

void hv_vcpu_dump(struct hv_vcpu *vcpu, FILE *out)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) < 0 ||
		ioctl(vcpu->fd, KVM_GET_SREGS, &sregs) < 0)
		return;
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{"rax", regs.rax},
		{"rbx", regs.rbx},
		{"rcx", regs.rcx},
		{"rdx", regs.rdx},
		{"rsi", regs.rsi},
		{"rdi", regs.rdi},
		{"rsp", regs.rsp},
		{"rbp", regs.rbp},
		{"r8", regs.r8},
		{"r9", regs.r9},
		{"r10", regs.r10},
		{"r11", regs.r11},
		{"r12", regs.r12},
		{"r13", regs.r13},
		{"r14", regs.r14},
		{"r15", regs.r15},
		{"rip", regs.rip},
		{"rflags", regs.rflags},
		{"cs", sregs.cs.selector},
		{"cr0", sregs.cr0},
		{"cr2", sregs.cr2},
		{"cr3", sregs.cr3},
		{"cr4", sregs.cr4},
		{"efer", sregs.efer},
	};

	for (unsigned int i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		fprintf(out, "%-8s %016" PRIx64 "%s", values[i].name, values[i].value,
			i % 3 == 2 ? "\n" : "  ");
}
