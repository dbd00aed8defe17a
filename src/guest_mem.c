/* SPDX-License-Identifier: Apache-2.0 */
#include "src/guest_mem.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "src/error.h"

/* Anonymous memory aligned to 2 MiB: the surplus of a larger mapping is cut off. */
static uint8_t *map_aligned(uint64_t bytes)
{
	size_t room = (size_t)bytes + GUEST_MEM_ALIGN_BYTES;
	uint8_t *base = mmap(NULL, room, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t lead;

	if (base == MAP_FAILED)
		return NULL;
	lead = -(uintptr_t)base & (GUEST_MEM_ALIGN_BYTES - 1);
	if (lead)
		munmap(base, lead);
	munmap(base + lead + bytes, room - lead - (size_t)bytes);
	return base + lead;
}

int guest_mem_add(struct guest_mem *mem, uint64_t gpa, uint64_t bytes, struct error *err)
{
	struct guest_mem_region *region = &mem->regions[mem->count];

	if (mem->count == GUEST_MEM_REGIONS_MAX)
		return error_set(err, -ENOSPC, NULL, "guest RAM has at most %d regions",
			GUEST_MEM_REGIONS_MAX);
	/* On a 32-bit host a size_t is the limit; leave the alignment's surplus too. */
	if (bytes > SIZE_MAX - GUEST_MEM_ALIGN_BYTES)
		return error_set(err, -ENOMEM, NULL,
			"%" PRIu64 " MiB of guest RAM exceed this host's address space",
			bytes >> 20);
	region->hva = map_aligned(bytes);
	if (!region->hva)
		return error_set(err, -ENOMEM, NULL,
			"the host gives no %" PRIu64 " MiB for guest RAM: %s",
			bytes >> 20, strerror(errno));
	/* Best effort: without huge pages the guest runs all the same, on 4 KiB blocks.
	 */
	madvise(region->hva, bytes, MADV_HUGEPAGE);
	madvise(region->hva, bytes, MADV_DONTDUMP);
	region->gpa = gpa;
	region->bytes = bytes;
	mem->count++;
	return 0;
}

int guest_mem_clear(struct guest_mem *mem)
{
	for (unsigned int i = 0; i < mem->count; i++) {
		struct guest_mem_region *region = &mem->regions[i];

		/* A fresh mapping in place also drops a mapped kernel image. */
		if (mmap(region->hva, region->bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
			    0) == MAP_FAILED)
			return -errno;
		madvise(region->hva, region->bytes, MADV_HUGEPAGE);
		madvise(region->hva, region->bytes, MADV_DONTDUMP);
	}
	return 0;
}

void guest_mem_finish(struct guest_mem *mem)
{
	for (unsigned int i = 0; i < mem->count; i++)
		munmap(mem->regions[i].hva, mem->regions[i].bytes);
	mem->count = 0;
}

void *guest_mem_range(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes)
{
	for (unsigned int i = 0; i < mem->count; i++) {
		const struct guest_mem_region *region = &mem->regions[i];
		uint64_t offset = gpa - region->gpa;

		if (gpa < region->gpa || offset >= region->bytes)
			continue;
		if (!bytes || bytes > region->bytes - offset)
			return NULL;
		return region->hva + offset;
	}
	return NULL;
}
