/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sha256.h"

#include <stdbool.h>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) || defined(__arm__)
#include <sys/auxv.h>
#endif

const uint32_t sha256_constants[64] = {
	0x428a2f98,
	0x71374491,
	0xb5c0fbcf,
	0xe9b5dba5,
	0x3956c25b,
	0x59f111f1,
	0x923f82a4,
	0xab1c5ed5,
	0xd807aa98,
	0x12835b01,
	0x243185be,
	0x550c7dc3,
	0x72be5d74,
	0x80deb1fe,
	0x9bdc06a7,
	0xc19bf174,
	0xe49b69c1,
	0xefbe4786,
	0x0fc19dc6,
	0x240ca1cc,
	0x2de92c6f,
	0x4a7484aa,
	0x5cb0a9dc,
	0x76f988da,
	0x983e5152,
	0xa831c66d,
	0xb00327c8,
	0xbf597fc7,
	0xc6e00bf3,
	0xd5a79147,
	0x06ca6351,
	0x14292967,
	0x27b70a85,
	0x2e1b2138,
	0x4d2c6dfc,
	0x53380d13,
	0x650a7354,
	0x766a0abb,
	0x81c2c92e,
	0x92722c85,
	0xa2bfe8a1,
	0xa81a664b,
	0xc24b8b70,
	0xc76c51a3,
	0xd192e819,
	0xd6990624,
	0xf40e3585,
	0x106aa070,
	0x19a4c116,
	0x1e376c08,
	0x2748774c,
	0x34b0bcb5,
	0x391c0cb3,
	0x4ed8aa4a,
	0x5b9cca4f,
	0x682e6ff3,
	0x748f82ee,
	0x78a5636f,
	0x84c87814,
	0x8cc70208,
	0x90befffa,
	0xa4506ceb,
	0xbef9a3f7,
	0xc67178f2,
};

const uint32_t sha256_start[SHA256_WORDS] = {
	0x6a09e667,
	0xbb67ae85,
	0x3c6ef372,
	0xa54ff53a,
	0x510e527f,
	0x9b05688c,
	0x1f83d9ab,
	0x5be0cd19,
};

#if defined(__x86_64__)

/* Of the leaves 1 and 7 (Intel SDM, volume 2A, CPUID). */
#define ECX1_SSSE3 (1u << 9)
#define ECX1_SSE41 (1u << 19)
#define EBX7_SHA (1u << 29)

static bool has_instructions(void)
{
	const uint32_t vectors = ECX1_SSSE3 | ECX1_SSE41;
	uint32_t a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & vectors) != vectors)
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b & EBX7_SHA;
}

SHA256_BLOCKS((*sha256_kernel(void)))
{
	return has_instructions() ? sha256_x86_blocks : NULL;
}

#elif defined(__aarch64__) || defined(__arm__)

/* Linux, asm/hwcap.h: of a 64-bit process in AT_HWCAP, of a 32-bit one in AT_HWCAP2. */
#ifdef __aarch64__
#define AUXV_TYPE AT_HWCAP
#define AUXV_SHA256 (1ul << 6)
#else
#define AUXV_TYPE AT_HWCAP2
#define AUXV_SHA256 (1ul << 3)
#endif

SHA256_BLOCKS((*sha256_kernel(void)))
{
	return getauxval(AUXV_TYPE) & AUXV_SHA256 ? sha256_arm_blocks : NULL;
}

#else

SHA256_BLOCKS((*sha256_kernel(void)))
{
	return NULL;
}

#endif
