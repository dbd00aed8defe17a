/* SPDX-License-Identifier: Apache-2.0 */
/* The look-up of guest memory alone: what test/proof/guest_mem.c proves of it. */
#include <stddef.h>

#include "src/guest_mem.h"
#include "src/span.h"

void *guest_mem_range(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes)
{
	/*@ loop invariant 0 <= i <= mem->count;
	    loop invariant \forall integer j; 0 <= j < i ==>
		!holds(&mem->regions[j], gpa, bytes);
	    loop assigns i;
	    loop variant mem->count - i; */
	for (unsigned int i = 0; i < mem->count; i++) {
		const struct guest_mem_region *region = &mem->regions[i];

		if (bytes && span_holds(region->gpa, region->bytes, gpa, bytes))
			return region->hva + (gpa - region->gpa);
	}
	return NULL;
}
