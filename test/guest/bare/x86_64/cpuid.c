/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CPUID shows of the machine (Intel SDM 2, CPUID; AMD APM 3, appendix E): the x86-64
 * level (System V psABI, table 3.1) of its programs, CPUs of the package, hypervisor,
 * nested virtualization and clock.
 */
#include <cpuid.h>

#include "test/guest/bare/platform.h"

struct leaf {
	uint32_t eax, ebx, ecx, edx;
};

static struct leaf leaf(uint32_t number)
{
	struct leaf ret;

	__cpuid_count(number, 0, ret.eax, ret.ebx, ret.ecx, ret.edx);
	return ret;
}

static bool has(uint32_t word, uint32_t bits)
{
	return (word & bits) == bits;
}

static unsigned int level(void)
{
	uint32_t features = leaf(1).ecx;
	uint32_t more = leaf(0).eax < 7 ? 0 : leaf(7).ebx;
	uint32_t extended = leaf(0x80000001).ecx;

	if (!has(features, bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 |
				   bit_SSE4_2 | bit_POPCNT) ||
		!has(extended, bit_LAHF_LM))
		return 1;
	if (!has(features, bit_FMA | bit_MOVBE | bit_XSAVE | bit_AVX | bit_F16C) ||
		!has(more, bit_BMI | bit_AVX2 | bit_BMI2) || !has(extended, bit_LZCNT))
		return 2;
	return 3;
}

void guest_main(void)
{
	struct leaf features = leaf(1), kvm = leaf(0x40000000);
	char signature[13] = {0};

	put("level ");
	put_number(level());
	put(has(features.ecx, bit_AVX) ? ", AVX\n" : ", no AVX\n");
	put("CPUs: ");
	put_number(features.edx & 1u << 28 ? features.ebx >> 16 & 0xff : 1);
	put("\nvirtualization: ");
	put(features.ecx & 1u << 5 || leaf(0x80000001).ecx & 1u << 2 ? "yes" : "no");
	put("\nhypervisor: ");
	if (features.ecx & 1u << 31) {
		__builtin_memcpy(signature, &kvm.ebx, 4);
		__builtin_memcpy(signature + 4, &kvm.ecx, 4);
		__builtin_memcpy(signature + 8, &kvm.edx, 4);
		put(signature);
	}
	put("\nclock: ");
	put(kvm.eax >= 0x40000010 && leaf(0x40000010).eax ? "told\n" : "not told\n");
}
