/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest RAM as the host sees it. The only way from a guest-physical address (gpa) to a
 * pointer (hva) is guest_mem_range(), which checks the whole range. Guest memory is
 * hostile and shared: copy a header out once, validate the copy, use the copy.
 *
 * The map is fixed before the first vCPU runs; look-ups are safe from any thread.
 */
#ifndef SRC_GUEST_MEM_H
#define SRC_GUEST_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

#define GUEST_MEM_REGIONS_MAX 3 /* RAM on both sides of a hole, a firmware */
#define GUEST_MEM_ALIGN_BYTES (2ull << 20)

struct guest_mem_region {
	uint64_t gpa;
	uint64_t bytes;
	uint8_t *hva;
};

struct guest_mem {
	struct guest_mem_region regions[GUEST_MEM_REGIONS_MAX];
	unsigned int count;
};

/*
 * Adds anonymous private RAM, untouched, aligned to 2 MiB in the host so that stage 2
 * can use blocks. gpa must be 2 MiB-aligned too. -ENOMEM, -ENOSPC.
 */
int guest_mem_add(struct guest_mem *mem, uint64_t gpa, uint64_t bytes, struct error *err);

/* Gives every page back to the host: the guest reads zeroes again. For a reset. */
int guest_mem_clear(struct guest_mem *mem);

/* Unmaps everything; a zeroed or finished struct is fine. */
void guest_mem_finish(struct guest_mem *mem);

/*
 * The bytes [gpa, gpa + bytes) if all of them lie in one region, else NULL. A length of
 * zero is NULL.
 */
void *guest_mem_range(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes);

#endif
