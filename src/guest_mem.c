/* SPDX-License-Identifier: Apache-2.0 */
#include "src/guest_mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "src/align.h"
#include "src/error.h"
#include "src/span.h"

/* Linux 5.18; a C library may not know it yet. */
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

/* Address space without memory on both sides of a region; a page of any host at least. */
#define GUARD_BYTES ((size_t)64 << 10)

/* As mmap() and memfd_create() take it: the binary logarithm in the highest bits. */
#define HUGE_FLAG(bytes_log2) ((unsigned int)(bytes_log2) << 26)

/* ---- huge pages ------------------------------------------------------------------- */

/* A number from a file of one, or from the line of it that begins with word. */
static bool read_number(const char *path, const char *word, unsigned long *ret)
{
	FILE *file = fopen(path, "re");
	bool found = false;
	char line[128];

	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, word, strlen(word)) &&
			sscanf(line + strlen(word), "%lu", ret) == 1;
	if (file)
		fclose(file);
	return found;
}

/* 0 where the host has none of them at all. */
static uint64_t page_bytes(enum guest_mem_pages pages)
{
	unsigned long kib = 0;

	switch (pages) {
	case GUEST_MEM_SMALL:
		return (uint64_t)sysconf(_SC_PAGESIZE);
	case GUEST_MEM_DEFAULT:
		read_number("/proc/meminfo", "Hugepagesize:", &kib);
		return (uint64_t)kib << 10;
	case GUEST_MEM_2M:
		return 2ull << 20;
	case GUEST_MEM_1G:
		break;
	}
	return 1ull << 30;
}

static unsigned int huge_flag(enum guest_mem_pages pages)
{
	return pages == GUEST_MEM_2M   ? HUGE_FLAG(21)
	       : pages == GUEST_MEM_1G ? HUGE_FLAG(30)
				       : 0;
}

static int refuse_huge(const struct guest_mem_region *region, int code, struct error *err)
{
	static const char *const sizes[] = {
		[GUEST_MEM_DEFAULT] = "a default size",
		[GUEST_MEM_2M] = "2M",
		[GUEST_MEM_1G] = "1G",
	};
	uint64_t page = page_bytes(region->pages);
	uint64_t count = page ? region->bytes / page : 0;
	unsigned long have = 0;
	char path[96];

	snprintf(path, sizeof(path),
		"/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/free_hugepages",
		page >> 10);
	if (!page || !read_number(path, "", &have))
		return error_set(err, -ENODEV, NULL,
			"this host's kernel has no huge pages of %s: leave out hugepages",
			sizes[region->pages]);
	return error_set(err, code, NULL,
		"%" PRIu64 " free huge pages of %" PRIu64 " KiB are needed, the host has "
		"%lu (%s): write the number wanted to "
		"/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
		count, page >> 10, have, strerror(-code), page >> 10);
}

static int check_huge(const struct guest_mem_region *region, struct error *err)
{
	uint64_t page = page_bytes(region->pages);

	if (!page)
		return refuse_huge(region, -ENODEV, err);
	if (region->bytes % page || region->gpa % page)
		return error_set(err, -EINVAL, NULL,
			"%" PRIu64 " MiB of guest RAM at 0x%" PRIx64
			" are no multiple of the huge pages' %" PRIu64 " MiB",
			region->bytes >> 20, region->gpa, page >> 20);
	return 0;
}

/* ---- one region ------------------------------------------------------------------- */

/*
 * Address space for the region: the surplus of a larger one is cut off, but for a guard
 * on both sides. Whatever runs over its end next to it faults instead of changing the
 * guest.
 */
static int reserve(struct guest_mem_region *region)
{
	uint64_t page = page_bytes(region->pages);
	size_t align =
		(size_t)(page > GUEST_MEM_ALIGN_BYTES ? page : GUEST_MEM_ALIGN_BYTES);
	size_t room;
	uint8_t *base;
	size_t lead;

	/* On a 32-bit host a size_t is the limit; leave the alignment's surplus too. */
	if (region->bytes > SIZE_MAX - align - 2 * GUARD_BYTES)
		return -ENOMEM;
	room = (size_t)region->bytes + align + 2 * GUARD_BYTES;
	base = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	if (base == MAP_FAILED)
		return -errno;
	lead = -(uintptr_t)(base + GUARD_BYTES) & (align - 1);
	region->hva = base + lead + GUARD_BYTES;
	if (lead)
		munmap(base, lead);
	munmap(region->hva + region->bytes + GUARD_BYTES, align - lead);
	return 0;
}

/* Sealed, so that no process that it is given to takes pages away from under us. */
static int open_memfd(struct guest_mem_region *region)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;

	if (region->pages != GUEST_MEM_SMALL)
		flags |= MFD_HUGETLB | huge_flag(region->pages);
	region->fd = memfd_create("guest-ram", flags);
	if (region->fd < 0 || ftruncate(region->fd, (off_t)region->bytes) < 0 ||
		fcntl(region->fd, F_ADD_SEALS,
			F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		return -errno;
	return 0;
}

/* Puts memory where address space is reserved, in place of what is there. */
static int map(const struct guest_mem_region *region)
{
	int flags =
		MAP_FIXED | (region->fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);

	/* Huge pages are reserved here, or the guest would die of the first missing. */
	if (region->pages == GUEST_MEM_SMALL)
		flags |= MAP_NORESERVE;
	else if (region->fd < 0)
		flags |= MAP_HUGETLB | (int)huge_flag(region->pages);
	if (mmap(region->hva, region->bytes, PROT_READ | PROT_WRITE, flags, region->fd,
		    0) == MAP_FAILED)
		return -errno;
	return 0;
}

/* What the options say of mapped memory. */
static int advise(const struct guest_mem *mem, const struct guest_mem_region *region)
{
	/* Best effort: without huge pages the guest runs all the same, on 4 KiB blocks.
	 */
	if (region->pages == GUEST_MEM_SMALL)
		madvise(region->hva, region->bytes, MADV_HUGEPAGE);
	madvise(region->hva, region->bytes, MADV_DONTDUMP);
	madvise(region->hva, region->bytes, MADV_DONTFORK);
	if (mem->options.merge && madvise(region->hva, region->bytes, MADV_MERGEABLE) < 0)
		return -errno;
	return 0;
}

/* Huge pages that were set aside stay in memory anyway. */
static int lock(const struct guest_mem *mem, const struct guest_mem_region *region)
{
	if (!mem->options.lock || region->pages != GUEST_MEM_SMALL)
		return 0;
	return mlock2(region->hva, region->bytes, MLOCK_ONFAULT) < 0 ? -errno : 0;
}

static int refuse_lock(const struct guest_mem_region *region, int code, struct error *err)
{
	struct rlimit limit = {0};

	getrlimit(RLIMIT_MEMLOCK, &limit);
	return error_set(err, code, NULL,
		"%" PRIu64
		" MiB of guest RAM may not be locked (%s), the limit is %" PRIu64
		" KiB: raise it with ulimit -l or LimitMEMLOCK= of a systemd unit, or "
		"leave "
		"out lock",
		region->bytes >> 20, strerror(-code), (uint64_t)limit.rlim_cur >> 10);
}

static int fill(
	const struct guest_mem *mem, struct guest_mem_region *region, struct error *err)
{
	int code = reserve(region);

	if (code)
		return error_set(err, code, NULL,
			"the host has no address space for %" PRIu64
			" MiB of guest RAM: %s",
			region->bytes >> 20, strerror(-code));
	if (mem->options.shared)
		code = open_memfd(region);
	if (!code)
		code = map(region);
	if (code && region->pages != GUEST_MEM_SMALL)
		return refuse_huge(region, code, err);
	if (code)
		return error_set(err, code, NULL,
			"the host gives no %" PRIu64 " MiB for guest RAM: %s",
			region->bytes >> 20, strerror(-code));
	code = advise(mem, region);
	if (code)
		return error_set(err, code, NULL,
			"this host's kernel merges no equal pages (%s): leave out merge",
			strerror(-code));
	code = lock(mem, region);
	return code ? refuse_lock(region, code, err) : 0;
}

static void finish_region(struct guest_mem_region *region)
{
	if (region->hva)
		munmap(region->hva - GUARD_BYTES, region->bytes + 2 * GUARD_BYTES);
	if (region->fd >= 0)
		close(region->fd);
	*region = (struct guest_mem_region){.fd = -1};
}

/* ---- all of them ------------------------------------------------------------------ */

int guest_mem_add(struct guest_mem *mem, uint64_t gpa, uint64_t bytes, struct error *err)
{
	struct guest_mem_region *region = &mem->regions[mem->count];
	int code = 0;

	if (mem->count == GUEST_MEM_REGIONS_MAX)
		return error_set(err, -ENOSPC, NULL, "guest RAM has at most %d regions",
			GUEST_MEM_REGIONS_MAX);
	*region = (struct guest_mem_region){
		.gpa = gpa, .bytes = bytes, .pages = mem->options.pages, .fd = -1};
	region->page_bytes = page_bytes(region->pages);
	if (region->pages != GUEST_MEM_SMALL)
		code = check_huge(region, err);
	if (!code)
		code = fill(mem, region, err);
	if (code) {
		finish_region(region);
		return code;
	}
	mem->count++;
	return 0;
}

/* Memory of other processes too is emptied where it is: they keep their mappings. */
static int punch(int fd, uint64_t offset, uint64_t bytes)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset,
		    (off_t)bytes) < 0)
		return -errno;
	return 0;
}

/* A fresh mapping in place also drops a mapped kernel image. */
static int clear_private(
	const struct guest_mem *mem, const struct guest_mem_region *region)
{
	int code;

	/* Huge pages that are in use cannot be had a second time. */
	if (region->pages != GUEST_MEM_SMALL &&
		mmap(region->hva, region->bytes, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
			0) == MAP_FAILED)
		return -errno;
	code = map(region);
	if (!code)
		code = advise(mem, region);
	return code ? code : lock(mem, region);
}

int guest_mem_clear(struct guest_mem *mem)
{
	int code = 0;

	mem->mapped_bytes = 0;
	for (unsigned int i = 0; i < mem->count && !code; i++) {
		const struct guest_mem_region *region = &mem->regions[i];

		code = region->fd < 0 ? clear_private(mem, region)
				      : punch(region->fd, 0, region->bytes);
	}
	return code;
}

/* ---- giving pages back ------------------------------------------------------------ */

void guest_mem_mark_mapped(struct guest_mem *mem, void *hva, uint64_t bytes)
{
	uint64_t page = page_bytes(GUEST_MEM_SMALL);
	uint64_t lead = (uintptr_t)hva & (page - 1);

	mem->mapped = (uint8_t *)hva - lead;
	mem->mapped_bytes = align_up(lead + bytes, page);
}

uint64_t guest_mem_page_bytes(const struct guest_mem *mem)
{
	uint64_t most = page_bytes(GUEST_MEM_SMALL);

	for (unsigned int i = 0; i < mem->count; i++) {
		if (mem->regions[i].page_bytes > most)
			most = mem->regions[i].page_bytes;
	}
	return most;
}

/* The region that all of the range lies in, or NULL. */
static const struct guest_mem_region *find_region(
	const struct guest_mem *mem, const uint8_t *hva, uint64_t bytes)
{
	for (unsigned int i = 0; i < mem->count; i++) {
		const struct guest_mem_region *region = &mem->regions[i];

		if (span_holds(
			    (uintptr_t)region->hva, region->bytes, (uintptr_t)hva, bytes))
			return region;
	}
	return NULL;
}

static bool is_mapped(const struct guest_mem *mem, const uint8_t *hva)
{
	return (uintptr_t)hva - (uintptr_t)mem->mapped < mem->mapped_bytes;
}

/* Of [from, to): as far as all of it is of the mapped file, or none. */
static uint8_t *next_seam(const struct guest_mem *mem, uint8_t *from, uint8_t *to)
{
	uint8_t *end = mem->mapped + mem->mapped_bytes;

	if (is_mapped(mem, from))
		return to < end ? to : end;
	return from < mem->mapped && mem->mapped < to ? mem->mapped : to;
}

static int discard_private(
	const struct guest_mem *mem, const struct guest_mem_region *part)
{
	int advice = mem->options.lock ? MADV_DONTNEED_LOCKED : MADV_DONTNEED;

	/* The kernel's pages would read as its file again, not as zeroes. */
	if (is_mapped(mem, part->hva))
		return clear_private(mem, part);
	return madvise(part->hva, part->bytes, advice) < 0 ? -errno : 0;
}

int guest_mem_discard(const struct guest_mem *mem, void *hva, uint64_t bytes)
{
	const struct guest_mem_region *region = find_region(mem, hva, bytes);
	uint8_t *from = hva;
	uint8_t *to = from + bytes;
	int code = 0;

	if (!region)
		return -EFAULT;
	from += -(uintptr_t)from & (region->page_bytes - 1);
	to -= (uintptr_t)to & (region->page_bytes - 1);
	while (from < to && !code) {
		struct guest_mem_region part = *region;

		part.hva = from;
		part.bytes = (uint64_t)(next_seam(mem, from, to) - from);
		if (region->fd < 0)
			code = discard_private(mem, &part);
		else
			code = punch(
				region->fd, (uint64_t)(from - region->hva), part.bytes);
		from += part.bytes;
	}
	return code;
}

/* ---- end -------------------------------------------------------------------------- */

void guest_mem_finish(struct guest_mem *mem)
{
	for (unsigned int i = 0; i < mem->count; i++)
		finish_region(&mem->regions[i]);
	mem->count = 0;
}
