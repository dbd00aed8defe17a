/* SPDX-License-Identifier: Apache-2.0 */
/* What src/sandbox_compile.c makes of the table of src/sandbox_policy.h for one CPU. */
#ifndef SRC_SANDBOX_FILTERS_H
#define SRC_SANDBOX_FILTERS_H

#include <linux/filter.h>

#include "src/sandbox_policy.h"

/* No program is longer. */
#define SANDBOX_FILTER_MAX 1024

struct sandbox_filter {
	const struct sock_filter *code;
	unsigned short count;
};

extern const struct sandbox_filter sandbox_filters[SANDBOX_ROLES];

/* The names of this CPU's system calls by number, each ended by a zero, with nothing
 * between two zeroes where there is none; and how many there are. */
extern const char sandbox_call_names[];
extern const unsigned int sandbox_call_count;

#endif
