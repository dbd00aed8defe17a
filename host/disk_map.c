/* SPDX-License-Identifier: Apache-2.0 */
/* A disk as memory. Before the guest runs, on the main thread. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "host/disk_impl.h"
#include "src/error.h"

int disk_map(struct disk *disk, bool writable, void **ret, struct error *err)
{
	bool copies = writable && disk->info.readonly;
	int access = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	int flags = copies ? MAP_PRIVATE | MAP_NORESERVE : MAP_SHARED;
	uint64_t bytes = disk->info.capacity_bytes;
	void *at = MAP_FAILED;

	errno = ENOMEM;
	if (bytes <= SIZE_MAX)
		at = mmap(
			NULL, (size_t)bytes, access, flags, disk->fds[DISK_BUFFERED], 0);
	if (at == MAP_FAILED)
		return error_set(err, -errno, NULL, "disk %s cannot be mapped: %s",
			disk->path, strerror(errno));
	madvise(at, (size_t)bytes, MADV_DONTDUMP);
	disk->map = at;
	disk->map_bytes = (size_t)bytes;
	*ret = at;
	return 0;
}
