/* SPDX-License-Identifier: Apache-2.0 */
/* Guest-physical addresses of a plan. Part of src/plan.h. */
#ifndef SRC_PLAN_RANGE_H
#define SRC_PLAN_RANGE_H

#include <stdint.h>

struct plan_range {
	uint64_t gpa;
	uint64_t bytes; /* 0: not there */
};

#endif
