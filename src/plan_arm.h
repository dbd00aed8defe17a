/* SPDX-License-Identifier: Apache-2.0 */
/* What an ARM board's plan has beyond src/plan.h. Plain data: arch/arm/board.c fills it.
 */
#ifndef SRC_PLAN_ARM_H
#define SRC_PLAN_ARM_H

#include "src/plan_range.h"

/* A device of the board's own. */
struct plan_own {
	struct plan_range mmio; /* bytes 0: not there */
	unsigned int irq;       /* INTID; 0: none */
};

struct plan_arm {
	struct plan_own rtc;
	struct plan_own gpio; /* with the power key */
	struct plan_own watchdog;
	struct plan_own pvpanic;
};

#endif
