/* SPDX-License-Identifier: Apache-2.0 */
/* AES-NI: Intel's Software Developer's Manual, volume 1, section 12.13. */
#include <cpuid.h>
#include <wmmintrin.h>

#include "src/aes_xts_kernel.h"

typedef __m128i block_type;

static inline block_type block_load(const void *from)
{
	return _mm_loadu_si128(from);
}

static inline void block_store(void *to, block_type block)
{
	_mm_storeu_si128(to, block);
}

static inline block_type block_xor(block_type a, block_type b)
{
	return _mm_xor_si128(a, b);
}

#include "src/aes_xts_lanes.h"

INLINE void lanes_encrypt(
	const struct aes_round_keys *keys, unsigned int rounds, block_type lanes[LANES])
{
	const block_type *round_keys = (const block_type *)keys->words;

	for (unsigned int i = 0; i < LANES; i++)
		lanes[i] = _mm_xor_si128(lanes[i], round_keys[0]);
	for (unsigned int round = 1; round < rounds; round++) {
		block_type key = round_keys[round];

		for (unsigned int i = 0; i < LANES; i++)
			lanes[i] = _mm_aesenc_si128(lanes[i], key);
	}
	for (unsigned int i = 0; i < LANES; i++)
		lanes[i] = _mm_aesenclast_si128(lanes[i], round_keys[rounds]);
}

INLINE void lanes_decrypt(
	const struct aes_round_keys *keys, unsigned int rounds, block_type lanes[LANES])
{
	const block_type *round_keys = (const block_type *)keys->words;

	for (unsigned int i = 0; i < LANES; i++)
		lanes[i] = _mm_xor_si128(lanes[i], round_keys[0]);
	for (unsigned int round = 1; round < rounds; round++) {
		block_type key = round_keys[round];

		for (unsigned int i = 0; i < LANES; i++)
			lanes[i] = _mm_aesdec_si128(lanes[i], key);
	}
	for (unsigned int i = 0; i < LANES; i++)
		lanes[i] = _mm_aesdeclast_si128(lanes[i], round_keys[rounds]);
}

/* Where all columns are the same, shifting rows changes nothing. */
static uint32_t sub_word(uint32_t word)
{
	block_type block = _mm_set1_epi32((int)word);

	return (uint32_t)_mm_cvtsi128_si32(
		_mm_aesenclast_si128(block, _mm_setzero_si128()));
}

static void invert(struct aes_xts_keys *keys)
{
	const block_type *from = (const block_type *)keys->encrypt.words;
	block_type *to = (block_type *)keys->decrypt.words;

	to[0] = from[keys->rounds];
	for (unsigned int i = 1; i < keys->rounds; i++)
		to[i] = _mm_aesimc_si128(from[keys->rounds - i]);
	to[keys->rounds] = from[0];
}

const struct aes_xts_kernel *aes_xts_kernel(void)
{
	static const struct aes_xts_kernel kernel = {
		"aes-ni", sub_word, invert, encrypt_sector, decrypt_sector};
	unsigned int eax, ebx, ecx = 0, edx;

	return __get_cpuid(1, &eax, &ebx, &ecx, &edx) && ecx & bit_AES ? &kernel : NULL;
}
