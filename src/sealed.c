/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/digest.h"
#include "src/read_full.h"
#include "src/write_full.h"

/* Stays in the CPU's caches on its way through. */
#define STEP_BYTES (256u << 10)

static int copy(int from, int to, uint64_t bytes, uint8_t *buf)
{
	for (uint64_t at = 0; at < bytes;) {
		uint64_t left = bytes - at;
		size_t step = left < STEP_BYTES ? (size_t)left : STEP_BYTES;
		size_t got;
		int rc = pread_full(from, buf, step, at, &got);

		if (!rc && got < step)
			rc = -EBADMSG;
		if (!rc)
			rc = write_full(to, buf, step);
		if (rc)
			return rc;
		at += step;
	}
	return 0;
}

int sealed_copy(int fd, uint64_t bytes, struct sealed *ret)
{
	int memory = memfd_create("bonsai-verified", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t *buf = malloc(STEP_BYTES);
	int rc = memory < 0 ? -errno : buf ? 0 : -ENOMEM;

	if (!rc)
		rc = copy(fd, memory, bytes, buf);
	free(buf);
	if (!rc && fcntl(memory, F_ADD_SEALS,
			   F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		rc = -errno;
	if (rc) {
		if (memory >= 0)
			close(memory);
		return rc;
	}
	*ret = (struct sealed){memory, bytes};
	return 0;
}

void sealed_close(struct sealed *sealed)
{
	if (sealed->fd >= 0)
		close(sealed->fd);
	sealed->fd = -1;
}

/* A mapping of it is as fixed as it is itself. */
int sealed_digest(const struct sealed *sealed, uint8_t ret[SEALED_DIGEST_BYTES])
{
	size_t bytes = (size_t)sealed->bytes;
	void *at = MAP_FAILED;
	int rc = 0;

	if (bytes)
		at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, sealed->fd, 0);
	if (bytes != sealed->bytes)
		rc = -ENOMEM;
	else if (bytes && at == MAP_FAILED)
		rc = -errno;
	if (!rc)
		rc = digest_of(DIGEST_SHA256, bytes ? at : "", bytes, ret);
	if (at != MAP_FAILED)
		munmap(at, bytes);
	return rc;
}
