/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SRC_SPAN_H
#define SRC_SPAN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether [at, at + bytes) lies in [start, start + size), where at itself must too. Any
 * values: nothing wraps.
 */
static inline bool span_holds(uint64_t start, uint64_t size, uint64_t at, uint64_t bytes)
{
	uint64_t offset = at - start;

	return at >= start && offset < size && bytes <= size - offset;
}

#endif
