/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARMv8 Cryptography Extensions: Arm Architecture Reference Manual, AESE, AESD, AESMC and
 * AESIMC. A round adds its key before it substitutes, so that the last key is added
 * alone.
 */
#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>

#include "src/aes_xts_kernel.h"

typedef uint8x16_t block_type;

static inline block_type block_load(const void *from)
{
	return vld1q_u8(from);
}

static inline void block_store(void *to, block_type block)
{
	vst1q_u8(to, block);
}

static inline block_type block_xor(block_type a, block_type b)
{
	return veorq_u8(a, b);
}

#include "src/aes_xts_lanes.h"

INLINE void lanes_encrypt(
	const struct aes_round_keys *keys, unsigned int rounds, block_type lanes[LANES])
{
	const block_type *round_keys = (const block_type *)keys->words;

	for (unsigned int round = 0; round < rounds - 1; round++) {
		block_type key = round_keys[round];

		for (unsigned int i = 0; i < LANES; i++)
			lanes[i] = vaesmcq_u8(vaeseq_u8(lanes[i], key));
	}
	for (unsigned int i = 0; i < LANES; i++)
		lanes[i] = veorq_u8(
			vaeseq_u8(lanes[i], round_keys[rounds - 1]), round_keys[rounds]);
}

INLINE void lanes_decrypt(
	const struct aes_round_keys *keys, unsigned int rounds, block_type lanes[LANES])
{
	const block_type *round_keys = (const block_type *)keys->words;

	for (unsigned int round = 0; round < rounds - 1; round++) {
		block_type key = round_keys[round];

		for (unsigned int i = 0; i < LANES; i++)
			lanes[i] = vaesimcq_u8(vaesdq_u8(lanes[i], key));
	}
	for (unsigned int i = 0; i < LANES; i++)
		lanes[i] = veorq_u8(
			vaesdq_u8(lanes[i], round_keys[rounds - 1]), round_keys[rounds]);
}

/* Where all columns are the same, shifting rows changes nothing. */
static uint32_t sub_word(uint32_t word)
{
	block_type block = vreinterpretq_u8_u32(vdupq_n_u32(word));

	return vgetq_lane_u32(vreinterpretq_u32_u8(vaeseq_u8(block, vdupq_n_u8(0))), 0);
}

static void invert(struct aes_xts_keys *keys)
{
	const block_type *from = (const block_type *)keys->encrypt.words;
	block_type *to = (block_type *)keys->decrypt.words;

	to[0] = from[keys->rounds];
	for (unsigned int i = 1; i < keys->rounds; i++)
		to[i] = vaesimcq_u8(from[keys->rounds - i]);
	to[keys->rounds] = from[0];
}

const struct aes_xts_kernel *aes_xts_kernel(void)
{
	static const struct aes_xts_kernel kernel = {
		"armv8-ce", sub_word, invert, encrypt_sector, decrypt_sector};

	return getauxval(AT_HWCAP) & HWCAP_AES ? &kernel : NULL;
}
