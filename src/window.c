/* SPDX-License-Identifier: Apache-2.0 */
#include "src/window.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "src/error.h"

static int put(struct windows *windows, const struct window *window, struct error *err)
{
	if (windows->count == WINDOWS_MAX)
		return error_set(err, -ENOSPC, NULL,
			"a guest has at most %d pieces of memory beside its RAM",
			WINDOWS_MAX);
	windows->list[windows->count++] = *window;
	return 0;
}

int windows_put(struct windows *windows, uint64_t gpa, uint64_t bytes, void *hva,
	bool readonly, struct error *err)
{
	struct window window = {gpa, bytes, hva, readonly, true};

	return put(windows, &window, err);
}

int windows_add(struct windows *windows, uint64_t gpa, uint64_t bytes, int fd,
	bool readonly, struct error *err)
{
	int flags = MAP_NORESERVE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
	int access = readonly && fd >= 0 ? PROT_READ : PROT_READ | PROT_WRITE;
	struct window window = {gpa, bytes, NULL, readonly, false};
	void *hva;
	int code;

	if (bytes > SIZE_MAX)
		return error_set(err, -ENOMEM, NULL,
			"%" PRIu64 " MiB exceed this host's address space", bytes >> 20);
	hva = mmap(NULL, (size_t)bytes, access, flags, fd, 0);
	if (hva == MAP_FAILED)
		return error_set(err, -errno, NULL,
			"the host maps no %" PRIu64 " KiB beside the RAM: %s",
			bytes >> 10, strerror(errno));
	madvise(hva, (size_t)bytes, MADV_DONTDUMP);
	window.hva = hva;
	code = put(windows, &window, err);
	if (code)
		munmap(hva, (size_t)bytes);
	return code;
}

void windows_finish(struct windows *windows)
{
	for (unsigned int i = 0; i < windows->count; i++) {
		if (!windows->list[i].borrowed)
			munmap(windows->list[i].hva, (size_t)windows->list[i].bytes);
	}
	windows->count = 0;
}
