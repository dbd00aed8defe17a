/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is proven of the guest memory accessor, and what whoever calls it may then rely
 * on: test/proof/guest_mem.c proves it, test/proof/queue.c uses it.
 */
#ifndef TEST_PROOF_GUEST_MEM_H
#define TEST_PROOF_GUEST_MEM_H

#include "src/guest_mem.h"
#include "src/span.h"

/*@ // [gpa, gpa + bytes), in numbers that never wrap, is a part of the region.
    predicate holds(struct guest_mem_region *r, integer gpa, integer bytes) =
	0 < bytes && r->gpa <= gpa && gpa + bytes <= r->gpa + r->bytes;

    // [p, p + bytes) is a part of a region's mapping.
    predicate in_ram(struct guest_mem *mem, uint8_t *p, integer bytes) =
	\exists integer i, offset; 0 <= i < mem->count &&
	    0 <= offset && 0 < bytes && offset + bytes <= mem->regions[i].bytes &&
	    p == mem->regions[i].hva + offset;

    // What guest_mem_add() leaves behind: each region is mapped as a whole.
    predicate well_formed(struct guest_mem *mem) =
	\valid_read(mem) && mem->count <= GUEST_MEM_REGIONS_MAX &&
	\forall integer i; 0 <= i < mem->count ==>
	    \valid(mem->regions[i].hva + (0 .. mem->regions[i].bytes - 1)); */

/*
 * src/guest_mem.h: the map is fixed before a guest runs, so that what was once true of it
 * stays so, whatever is written meanwhile. Whoever calls guest_mem_range() is proven with
 * names for it that know of no state; what is promised by them is what is proven of it.
 */
#ifdef MAP_STAYS
/*@ axiomatic fixed {
	predicate known_map(struct guest_mem *mem);
	predicate guest(uint8_t *p, integer bytes);
    } */
#define guest_of(mem, p, bytes) guest(p, bytes)
#else
#define known_map(mem) well_formed(mem)
#define guest_of(mem, p, bytes) in_ram(mem, p, bytes)
#endif

/*@ assigns \nothing;
    ensures \result == 1 <==>
	(start <= at < start + size && at + bytes <= start + size);
    ensures \result == 0 || \result == 1; */
static inline bool span_holds(uint64_t start, uint64_t size, uint64_t at, uint64_t bytes);

/*@ requires known_map(mem);
    assigns \nothing;
    ensures \result == \null || guest_of(mem, (uint8_t *)\result, bytes);
    ensures \result != \null ==> \valid((uint8_t *)\result + (0 .. bytes - 1));
    ensures \result == \null <==>
	\forall integer i; 0 <= i < mem->count ==> !holds(&mem->regions[i], gpa, bytes);
 */
void *guest_mem_range(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes);

#endif
