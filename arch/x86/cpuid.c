/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/cpuid.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "src/container_of.h"

#define BIT(n) (1u << (n))

#define LEAF_FEATURES 1u
#define LEAF_CACHES 4u
#define LEAF_MORE_FEATURES 7u
#define LEAF_TOPOLOGY 0xbu
#define LEAF_XSAVE 0xdu
#define LEAF_TOPOLOGY_V2 0x1fu
#define LEAF_KVM 0x40000000u
#define LEAF_KVM_FREQUENCIES 0x40000010u
#define LEAF_EXTENDED_FEATURES 0x80000001u
#define LEAF_SIZES 0x80000008u
#define LEAF_AMD_CACHES 0x8000001du
#define LEAF_AMD_TOPOLOGY 0x8000001eu

#define ADDRESS_BITS_MIN 36u

/* KVM's local APIC timer counts nanoseconds. */
#define APIC_TIMER_KHZ 1000000u

#define TOPOLOGY_SMT 1u
#define TOPOLOGY_CORE 2u

/*
 * The features of the levels (System V psABI, table 3.1), as bits of a register. Only
 * what programs use: what a kernel uses (paging, APIC, mitigations) is the same in all
 * levels.
 */
enum reg { EBX, ECX, EDX };

struct level {
	unsigned int level;
	uint32_t leaf;
	enum reg reg;
	uint32_t bits;
};

static const struct level levels[] = {
	/* SSE3, SSSE3, CMPXCHG16B, SSE4.1, SSE4.2, POPCNT; LAHF */
	{2, LEAF_FEATURES, ECX, BIT(0) | BIT(9) | BIT(13) | BIT(19) | BIT(20) | BIT(23)},
	{2, LEAF_EXTENDED_FEATURES, ECX, BIT(0)},
	/* FMA, MOVBE, XSAVE, AVX, F16C; BMI1, AVX2, BMI2; LZCNT */
	{3, LEAF_FEATURES, ECX, BIT(12) | BIT(22) | BIT(26) | BIT(28) | BIT(29)},
	{3, LEAF_MORE_FEATURES, EBX, BIT(3) | BIT(5) | BIT(8)},
	{3, LEAF_EXTENDED_FEATURES, ECX, BIT(5)},
};

/*
 * What else stays below a level's cut: features of the system. Everything that these
 * masks leave out is for programs, and goes unless the level has it.
 */
static const struct level system_features[] = {
	/* DTES64 to DS-CPL, PDCM, PCID, x2APIC, TSC deadline, OSXSAVE, hypervisor */
	{0, LEAF_FEATURES, ECX,
		BIT(2) | BIT(3) | BIT(4) | BIT(15) | BIT(17) | BIT(21) | BIT(24) |
			BIT(27) | BIT(31)},
	/* FSGSBASE, TSC_ADJUST, SMEP, ERMS, INVPCID, SMAP, CLFLUSHOPT, CLWB */
	{0, LEAF_MORE_FEATURES, EBX,
		BIT(0) | BIT(1) | BIT(7) | BIT(9) | BIT(10) | BIT(20) | BIT(23) |
			BIT(24)},
	/* UMIP, PKU, OSPKE, LA57, RDPID */
	{0, LEAF_MORE_FEATURES, ECX, BIT(2) | BIT(3) | BIT(4) | BIT(16) | BIT(22)},
	/* FSRM, MD_CLEAR, SERIALIZE, mitigations */
	{0, LEAF_MORE_FEATURES, EDX,
		BIT(4) | BIT(10) | BIT(14) | BIT(26) | BIT(27) | BIT(28) | BIT(29) |
			BIT(30) | BIT(31)},
	/* CMP_LEGACY, ExtApicSpace, CR8, topology extensions */
	{0, LEAF_EXTENDED_FEATURES, ECX, BIT(1) | BIT(3) | BIT(4) | BIT(22)},
};

static uint32_t *reg_of(struct x86_cpuid *entry, enum reg reg)
{
	switch (reg) {
	case EBX:
		return &entry->ebx;
	case ECX:
		return &entry->ecx;
	case EDX:
		break;
	}
	return &entry->edx;
}

/* As const as the caller's list is. */
static struct x86_cpuid *find(const struct x86_cpuid_list *list, uint32_t leaf)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (list->entries[i].leaf == leaf && !list->entries[i].subleaf)
			return (struct x86_cpuid *)&list->entries[i];
	return NULL;
}

static void remove_leaf(struct x86_cpuid_list *list, uint32_t leaf)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < list->count; i++)
		if (list->entries[i].leaf != leaf)
			list->entries[kept++] = list->entries[i];
	list->count = kept;
}

static int add(struct x86_cpuid_list *list, const struct x86_cpuid *entry)
{
	if (list->count == X86_CPUID_MAX)
		return -ENOSPC;
	list->entries[list->count++] = *entry;
	return 0;
}

/* ---- levels ------------------------------------------------------------------------ */

static bool reaches(const struct x86_cpuid_list *list, unsigned int level)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(levels); i++) {
		struct x86_cpuid *entry = find(list, levels[i].leaf);

		if (levels[i].level > level)
			continue;
		if (!entry || (*reg_of(entry, levels[i].reg) & levels[i].bits) !=
				      levels[i].bits)
			return false;
	}
	return true;
}

unsigned int x86_cpuid_level(const struct x86_cpuid_list *list)
{
	return reaches(list, 3) ? 3 : reaches(list, 2) ? 2 : 1;
}

unsigned int x86_cpuid_address_bits(const struct x86_cpuid_list *list)
{
	const struct x86_cpuid *sizes = find(list, LEAF_SIZES);

	return sizes ? sizes->eax & 0xff : ADDRESS_BITS_MIN;
}

int x86_cpuid_type(const char *cpu_type)
{
	if (!strcmp(cpu_type, "host"))
		return 0;
	if (!strcmp(cpu_type, "x86-64-v2"))
		return 2;
	if (!strcmp(cpu_type, "x86-64-v3"))
		return 3;
	return -EINVAL;
}

/* State components of XSAVE: x87, SSE and AVX are all that v3 needs. */
static void cut_xsave(struct x86_cpuid_list *list, unsigned int level)
{
	unsigned int kept = 0;

	if (level < 3) {
		remove_leaf(list, LEAF_XSAVE);
		return;
	}
	for (unsigned int i = 0; i < list->count; i++) {
		struct x86_cpuid *entry = &list->entries[i];

		if (entry->leaf == LEAF_XSAVE && entry->subleaf > 2)
			continue;
		if (entry->leaf == LEAF_XSAVE && !entry->subleaf) {
			entry->eax &= 7;
			entry->edx = 0;
		} else if (entry->leaf == LEAF_XSAVE && entry->subleaf == 1) {
			entry->eax &=
				7; /* XSAVEOPT, XSAVEC, XGETBV of ECX=1; no XSAVES */
			entry->ecx = entry->edx = 0;
		}
		list->entries[kept++] = *entry;
	}
	list->count = kept;
}

static void cut_to_level(struct x86_cpuid_list *list, unsigned int level)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(system_features); i++) {
		const struct level *system = &system_features[i];
		struct x86_cpuid *entry = find(list, system->leaf);
		uint32_t mask = system->bits;

		for (unsigned int j = 0; j < ARRAY_SIZE(levels); j++)
			if (levels[j].level <= level && levels[j].leaf == system->leaf &&
				levels[j].reg == system->reg)
				mask |= levels[j].bits;
		if (entry)
			*reg_of(entry, system->reg) &= mask;
	}
	for (unsigned int i = 0; i < list->count; i++) {
		struct x86_cpuid *entry = &list->entries[i];

		if (entry->leaf == LEAF_MORE_FEATURES && entry->subleaf)
			entry->eax = entry->ebx = entry->ecx = entry->edx = 0;
	}
	cut_xsave(list, level);
}

/* ---- one vCPU ---------------------------------------------------------------------- */

static void hide(struct x86_cpuid_list *list)
{
	struct x86_cpuid *features = find(list, LEAF_FEATURES);
	struct x86_cpuid *extended = find(list, LEAF_EXTENDED_FEATURES);

	/* Virtualization inside the guest: it would need state that nobody resets. */
	if (features)
		features->ecx &= ~BIT(5); /* VMX */
	if (extended)
		extended->ecx &= ~BIT(2); /* SVM */
	remove_leaf(list, 0x8000000a);    /* of SVM */
	remove_leaf(list, 0x8000001f);    /* encrypted memory */
}

/* Bits that numbers below count take. */
static unsigned int width(unsigned int count)
{
	unsigned int bits = 0;

	while (count > 1u << bits)
		bits++;
	return bits;
}

static int add_topology(
	struct x86_cpuid_list *list, uint32_t leaf, const struct x86_cpuid_vcpu *vcpu)
{
	const struct x86_cpuid levels_of_leaf[] = {
		{leaf, 0, true, 0, 1, TOPOLOGY_SMT << 8, vcpu->apic_id},
		{leaf, 1, true, width(vcpu->cpu_count), vcpu->cpu_count,
			TOPOLOGY_CORE << 8 | 1, vcpu->apic_id},
		{leaf, 2, true, 0, 0, 2, vcpu->apic_id},
	};
	int rc = 0;

	if (!find(list, leaf))
		return 0;
	remove_leaf(list, leaf);
	for (unsigned int i = 0; i < ARRAY_SIZE(levels_of_leaf) && !rc; i++)
		rc = add(list, &levels_of_leaf[i]);
	return rc;
}

/* One package, its cores without siblings; caches up to the second level are a core's. */
static void set_topology(struct x86_cpuid *entry, const struct x86_cpuid_vcpu *vcpu)
{
	uint32_t count = vcpu->cpu_count;
	uint32_t cache_level = entry->eax >> 5 & 7;
	uint32_t sharing = cache_level > 2 ? count - 1 : 0;

	switch (entry->leaf) {
	case LEAF_FEATURES:
		entry->ebx = (entry->ebx & 0xffff) | vcpu->apic_id << 24 |
			     (count > 1 ? count : 0) << 16;
		entry->edx = (entry->edx & ~BIT(28)) | (count > 1 ? BIT(28) : 0);
		break;
	case LEAF_CACHES:
		if (entry->eax & 0x1f)
			entry->eax = (entry->eax & 0x3fff) | sharing << 14 |
				     ((1u << (width(count) < 6 ? width(count) : 6)) - 1)
					     << 26;
		break;
	case LEAF_SIZES:
		entry->ecx = (entry->ecx & ~0xf0ffu) | (count - 1) | width(count) << 12;
		break;
	case LEAF_AMD_CACHES:
		if (entry->eax & 0x1f)
			entry->eax = (entry->eax & 0x3fff) | sharing << 14;
		break;
	case LEAF_AMD_TOPOLOGY:
		entry->eax = vcpu->apic_id;
		entry->ebx = vcpu->apic_id; /* core id; no siblings */
		entry->ecx = 0;
		break;
	default:
		break;
	}
}

/* A leaf that VMMs agree on: kHz of the TSC and of the local APIC's timer. */
static int add_frequencies(struct x86_cpuid_list *list, uint32_t tsc_khz)
{
	struct x86_cpuid entry = {
		.leaf = LEAF_KVM_FREQUENCIES, .eax = tsc_khz, .ebx = APIC_TIMER_KHZ};
	struct x86_cpuid *kvm = find(list, LEAF_KVM);

	if (!kvm || !tsc_khz)
		return 0;
	if (kvm->eax < LEAF_KVM_FREQUENCIES)
		kvm->eax = LEAF_KVM_FREQUENCIES;
	remove_leaf(list, LEAF_KVM_FREQUENCIES);
	return add(list, &entry);
}

int x86_cpuid_adapt(struct x86_cpuid_list *list, const struct x86_cpuid_vcpu *vcpu)
{
	struct x86_cpuid *features = find(list, LEAF_FEATURES);
	int rc;

	hide(list);
	if (vcpu->level)
		cut_to_level(list, vcpu->level);
	if (features) {
		features->ecx |= BIT(31); /* a hypervisor is there */
		if (vcpu->tsc_deadline)
			features->ecx |= BIT(24);
	}
	for (unsigned int i = 0; i < list->count; i++)
		set_topology(&list->entries[i], vcpu);
	rc = add_topology(list, LEAF_TOPOLOGY, vcpu);
	if (!rc)
		rc = add_topology(list, LEAF_TOPOLOGY_V2, vcpu);
	return rc ? rc : add_frequencies(list, vcpu->tsc_khz);
}
