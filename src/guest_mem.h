/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest RAM as the host sees it. The only way from a guest-physical address (gpa) to a
 * pointer (hva) is guest_mem_range(), which checks the whole range. Guest memory is
 * hostile and shared: copy a header out once, validate the copy, use the copy.
 *
 * The map is fixed before the first vCPU runs; look-ups are safe from any thread, and so
 * is giving pages back.
 */
#ifndef SRC_GUEST_MEM_H
#define SRC_GUEST_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct windows;

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
	uint64_t page_bytes;
	int fd; /* the whole region's memfd, for others to map; -1: private */
};

struct guest_mem {
	struct guest_mem_options options; /* of what guest_mem_add() adds from now on */
	struct guest_mem_region regions[GUEST_MEM_REGIONS_MAX];
	unsigned int count;
	uint8_t *mapped; /* see guest_mem_mark_mapped() */
	uint64_t mapped_bytes;
	/* What the guest sees beside RAM and no device reaches (src/window.h), or NULL.
	 */
	const struct windows *windows;
};

/*
 * Adds RAM, untouched, aligned to 2 MiB in the host so that stage 2 can use blocks. gpa
 * must be 2 MiB-aligned too. -ENOMEM, -ENOSPC, -EINVAL where huge pages do not divide
 * it; err says what to do.
 */
int guest_mem_add(struct guest_mem *mem, uint64_t gpa, uint64_t bytes, struct error *err);

/* Gives every page back to the host: the guest reads zeroes again. For a reset. */
int guest_mem_clear(struct guest_mem *mem);

/*
 * Says that [hva, hva + bytes), one range at most, is a private mapping of a file now:
 * what is given back there must not show the file again. Until guest_mem_clear().
 */
void guest_mem_mark_mapped(struct guest_mem *mem, void *hva, uint64_t bytes);

/* What RAM is made of, hence the smallest piece that can be given back. */
uint64_t guest_mem_page_bytes(const struct guest_mem *mem);

/*
 * Gives the whole pages of [hva, hva + bytes) back to the host; the guest reads
 * zeroes there until it writes. -EFAULT where the range is not all in one region, which
 * then keeps everything; else what the host says.
 */
int guest_mem_discard(const struct guest_mem *mem, void *hva, uint64_t bytes);

/* Unmaps everything; a zeroed or finished struct is fine. */
void guest_mem_finish(struct guest_mem *mem);

/*
 * The bytes [gpa, gpa + bytes) if all of them lie in one region, else NULL. A length of
 * zero is NULL.
 */
void *guest_mem_range(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes);

#endif
