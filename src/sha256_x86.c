/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-NI (Intel SDM, volume 2, SHA256RNDS2, SHA256MSG1, SHA256MSG2). */
#include <immintrin.h>

#include "src/sha256.h"

/*
 * The instructions want the eight words a to h as two vectors: a b e f and c d g h, the
 * first of them highest.
 */
struct halves {
	__m128i abef;
	__m128i cdgh;
};

static inline struct halves load_state(const uint32_t *state)
{
	__m128i abcd = _mm_loadu_si128((const __m128i *)state);
	__m128i efgh = _mm_loadu_si128((const __m128i *)(state + 4));
	__m128i badc = _mm_shuffle_epi32(abcd, 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);

	return (struct halves){
		_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

static inline void store_state(uint32_t *state, struct halves halves)
{
	__m128i feba = _mm_shuffle_epi32(halves.abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(halves.cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* The words of the schedule 16 further on than those in w[0]. */
static inline __m128i further(const __m128i w[4], unsigned int first)
{
	__m128i last = w[(first + 3) % 4];
	__m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[first], w[(first + 1) % 4]),
		_mm_alignr_epi8(last, w[(first + 2) % 4], 4));

	return _mm_sha256msg2_epu32(sum, last);
}

SHA256_BLOCKS(sha256_x86_blocks)
{
	const __m128i big_endian =
		_mm_set_epi64x(0x0c0d0e0f08090a0bll, 0x0405060700010203ll);
	struct halves now = load_state(state);

	for (; blocks; blocks--, from += SHA256_BLOCK_BYTES) {
		struct halves before = now;
		__m128i w[4];

		for (unsigned int i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(
				_mm_loadu_si128((const __m128i *)from + i), big_endian);
#pragma GCC unroll 16
		for (unsigned int i = 0; i < 16; i++) {
			__m128i k = _mm_loadu_si128(
				(const __m128i *)(sha256_constants + 4 * i));
			__m128i sum = _mm_add_epi32(w[i % 4], k);

			now.cdgh = _mm_sha256rnds2_epu32(now.cdgh, now.abef, sum);
			sum = _mm_shuffle_epi32(sum, 0x0e);
			now.abef = _mm_sha256rnds2_epu32(now.abef, now.cdgh, sum);
			if (i < 12)
				w[i % 4] = further(w, i % 4);
		}
		now.abef = _mm_add_epi32(now.abef, before.abef);
		now.cdgh = _mm_add_epi32(now.cdgh, before.cdgh);
	}
	store_state(state, now);
}
