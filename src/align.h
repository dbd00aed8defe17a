/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SRC_ALIGN_H
#define SRC_ALIGN_H

#include <stdint.h>

/* The multiple of align at or below value. */
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
	return value / align * align;
}

/* The multiple of align at or above value, which is not near the end of its range. */
static inline uint64_t align_up(uint64_t value, uint64_t align)
{
	return align_down(value + align - 1, align);
}

#endif
