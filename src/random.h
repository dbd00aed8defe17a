/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's random numbers, as mbedtls asks for them. Any thread. */
#ifndef SRC_RANDOM_H
#define SRC_RANDOM_H

#include <stddef.h>

/* Fills all of it; unused is mbedtls' word for its caller. 0, or -errno without any. */
int random_bytes(void *unused, unsigned char *ret, size_t bytes);

#endif
