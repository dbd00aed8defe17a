/* SPDX-License-Identifier: Apache-2.0 */
/* A device tree blob as source text, for a person's eyes. */
#ifndef SRC_DTS_H
#define SRC_DTS_H

#include <stddef.h>
#include <stdio.h>

struct error;

/* -EINVAL for a malformed blob, -EIO where out takes no more. */
int dts_print(const void *blob, size_t bytes, FILE *out, struct error *err);

#endif
