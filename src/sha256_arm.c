/* SPDX-License-Identifier: Apache-2.0 */
/* The SHA-256 instructions of ARMv8, in both of its states (Arm ARM, SHA256H and others).
 */
#include <arm_neon.h>

#include "src/sha256.h"

SHA256_BLOCKS(sha256_arm_blocks)
{
	uint32x4_t abcd = vld1q_u32(state);
	uint32x4_t efgh = vld1q_u32(state + 4);

	for (; blocks; blocks--, from += SHA256_BLOCK_BYTES) {
		uint32x4_t abcd_before = abcd;
		uint32x4_t efgh_before = efgh;
		uint32x4_t w[4];

		for (unsigned int i = 0; i < 4; i++)
			w[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(from + 16 * i)));
#pragma GCC unroll 16
		for (unsigned int i = 0; i < 16; i++) {
			uint32x4_t sum =
				vaddq_u32(w[i % 4], vld1q_u32(sha256_constants + 4 * i));
			uint32x4_t abcd_then = abcd;

			abcd = vsha256hq_u32(abcd, efgh, sum);
			efgh = vsha256h2q_u32(efgh, abcd_then, sum);
			if (i < 12)
				w[i % 4] = vsha256su1q_u32(
					vsha256su0q_u32(w[i % 4], w[(i + 1) % 4]),
					w[(i + 2) % 4], w[(i + 3) % 4]);
		}
		abcd = vaddq_u32(abcd, abcd_before);
		efgh = vaddq_u32(efgh, efgh_before);
	}
	vst1q_u32(state, abcd);
	vst1q_u32(state + 4, efgh);
}
