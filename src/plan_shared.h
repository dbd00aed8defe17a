/* SPDX-License-Identifier: Apache-2.0 */
/* Where memory that VMs share goes in a guest's address space; for the boards' planners.
 */
#ifndef SRC_PLAN_SHARED_H
#define SRC_PLAN_SHARED_H

#include <stdint.h>

struct board_plan;
struct problems;

/*
 * What a board leaves free: a hole below its last RAM, and everything above that but the
 * memory of devices, which is placed by then.
 */
struct plan_room {
	uint64_t hole_gpa;
	uint64_t hole_end; /* not above hole_gpa: there is none */
	uint64_t above_gpa;
	uint64_t limit; /* of the guest's and the host's address bits */
};

/*
 * Fills plan->shared: what has an address gets that one, the others the next that is free
 * above RAM, in the order of the XML.
 */
void plan_shared_memories(struct board_plan *plan, const struct plan_room *boards,
	struct problems *problems);

#endif
