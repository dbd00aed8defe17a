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

/* What pages RAM is made of. */
enum guest_mem_pages {
	GUEST_MEM_SMALL,   /* and huge ones where the host has some at hand */
	GUEST_MEM_DEFAULT, /* set aside by the host (hugetlb), of its default size */
	GUEST_MEM_2M,      /* likewise, of this size */
	GUEST_MEM_1G,
};

/* Zeroes are private memory of ordinary pages, given by the host as it is touched. */
struct guest_mem_options {
	enum guest_mem_pages pages;
	bool shared; /* regions are memfds, which other processes can map */
	bool merge;  /* with equal pages of the host's other VMs */
	bool lock;   /* what the guest has touched is never swapped out */
};

struct guest_mem_region {
	uint64_t gpa;
	uint64_t bytes;
	uint8_t *hva;
	enum guest_mem_pages pages;
	int fd; /* the whole region's memfd, for others to map; -1: private */
};

struct guest_mem {
	struct guest_mem_options options; /* of what guest_mem_add() adds from now on */
	struct guest_mem_region regions[GUEST_MEM_REGIONS_MAX];
	unsigned int count;
};

/*
 * Adds RAM, untouched, aligned to 2 MiB in the host so that stage 2 can use blocks. gpa
 * must be 2 MiB-aligned too. -ENOMEM, -ENOSPC, -EINVAL where huge pages do not divide
 * it; err says what to do.
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
