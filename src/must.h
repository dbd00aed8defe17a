/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SRC_MUST_H
#define SRC_MUST_H

#include <assert.h>

/* Of a function of mbedtls that in software fails only where we have made a mistake. */
static inline void must(int result)
{
	assert(!result);
	(void)result;
}

#endif
