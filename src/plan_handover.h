/* SPDX-License-Identifier: Apache-2.0 */
/* For src/plan.c: what the host hands to the guest, as `bonsai plan` tells it. */
#ifndef SRC_PLAN_HANDOVER_H
#define SRC_PLAN_HANDOVER_H

#include <stdio.h>

struct board_plan;

/* Items of fw_cfg and shared memory, where there are any. */
void plan_print_handover(const struct board_plan *plan, FILE *out);

#endif
