/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CPU's own instructions for AES are behind. src/aes_xts_NAME.c, which is compiled
 * for such a CPU, defines a kernel; no other file may have anything of it inlined.
 */
#ifndef SRC_AES_XTS_KERNEL_H
#define SRC_AES_XTS_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define AES_BLOCK_BYTES 16u
#define AES_ROUNDS_MAX 14u

struct aes_round_keys {
	uint32_t words[4 * (AES_ROUNDS_MAX + 1)];
} __attribute__((aligned(16)));

struct aes_xts_keys {
	struct aes_round_keys encrypt;
	struct aes_round_keys decrypt; /* of the equivalent inverse cipher */
	struct aes_round_keys tweak;
	unsigned int rounds;
};

struct aes_xts_kernel {
	const char *name;
	/* The S-box on each byte: all that a key schedule wants of the CPU. */
	uint32_t (*sub_word)(uint32_t word);
	/* decrypt from encrypt. */
	void (*invert)(struct aes_xts_keys *keys);
	/* As aes_xts_encrypt_iv() and aes_xts_decrypt_iv(). */
	void (*encrypt)(const struct aes_xts_keys *keys, const uint8_t *iv,
		const uint8_t *from, uint8_t *to, size_t bytes);
	void (*decrypt)(const struct aes_xts_keys *keys, const uint8_t *iv,
		const uint8_t *from, uint8_t *to, size_t bytes);
};

/* NULL: this CPU has no such instructions. */
const struct aes_xts_kernel *aes_xts_kernel(void);

#endif
