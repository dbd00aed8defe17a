/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mode around a kernel's rounds, for the one file that includes it. Several blocks
 * are on their way at once, since a round takes longer than what lies between two of
 * them.
 *
 * All of it ends up in one function, or the compiler would keep the lanes in memory,
 * where any of them might be a round's key, and load and store each in each round.
 *
 * The file has defined block_type, block_load(), block_store(), block_xor() and
 * lanes_encrypt() and lanes_decrypt() of LANES blocks.
 */
#define LANES 8u

#define INLINE static inline __attribute__((always_inline))

INLINE void lanes_encrypt(
	const struct aes_round_keys *keys, unsigned int rounds, block_type lanes[LANES]);
INLINE void lanes_decrypt(
	const struct aes_round_keys *keys, unsigned int rounds, block_type lanes[LANES]);

/* Multiplies by the field's x. */
INLINE void next_tweak(uint64_t tweak[2])
{
	uint64_t carry = 0 - (tweak[1] >> 63);

	tweak[1] = tweak[1] << 1 | tweak[0] >> 63;
	tweak[0] = tweak[0] << 1 ^ (carry & 0x87);
}

INLINE void first_tweak(
	const struct aes_xts_keys *keys, const uint8_t *iv, uint64_t tweak[2])
{
	block_type lanes[LANES];

	for (unsigned int i = 0; i < LANES; i++)
		lanes[i] = block_load(iv);
	lanes_encrypt(&keys->tweak, keys->rounds, lanes);
	block_store(tweak, lanes[0]);
}

INLINE void crypt_sector(const struct aes_xts_keys *keys,
	const struct aes_round_keys *round_keys,
	void (*rounds)(const struct aes_round_keys *, unsigned int, block_type *),
	const uint8_t *iv, const uint8_t *from, uint8_t *to, size_t bytes)
{
	uint64_t tweak[2];

	first_tweak(keys, iv, tweak);
	for (size_t at = 0; at < bytes; at += LANES * AES_BLOCK_BYTES) {
		block_type tweaks[LANES];
		block_type lanes[LANES];

		for (unsigned int i = 0; i < LANES; i++) {
			tweaks[i] = block_load(tweak);
			lanes[i] = block_xor(
				block_load(from + at + i * AES_BLOCK_BYTES), tweaks[i]);
			next_tweak(tweak);
		}
		rounds(round_keys, keys->rounds, lanes);
		for (unsigned int i = 0; i < LANES; i++)
			block_store(to + at + i * AES_BLOCK_BYTES,
				block_xor(lanes[i], tweaks[i]));
	}
}

static void encrypt_sector(const struct aes_xts_keys *keys, const uint8_t *iv,
	const uint8_t *from, uint8_t *to, size_t bytes)
{
	crypt_sector(keys, &keys->encrypt, lanes_encrypt, iv, from, to, bytes);
}

static void decrypt_sector(const struct aes_xts_keys *keys, const uint8_t *iv,
	const uint8_t *from, uint8_t *to, size_t bytes)
{
	crypt_sector(keys, &keys->decrypt, lanes_decrypt, iv, from, to, bytes);
}
