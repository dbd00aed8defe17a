/* SPDX-License-Identifier: Apache-2.0 */
#include "src/secret.h"

#include <errno.h>
#include <mbedtls/platform_util.h>
#include <string.h>
#include <sys/mman.h>

void *secret_alloc(size_t bytes)
{
	void *at = mmap(
		NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (!mlock(at, bytes) && !madvise(at, bytes, MADV_DONTDUMP) &&
		!madvise(at, bytes, MADV_WIPEONFORK))
		return at;
	munmap(at, bytes);
	errno = EPERM;
	return NULL;
}

void secret_free(void *secret, size_t bytes)
{
	if (!secret)
		return;
	mbedtls_platform_zeroize(secret, bytes);
	munmap(secret, bytes);
}

const char *secret_reason(int code)
{
	if (code == -EPERM)
		return "memory for keys cannot be locked, which LimitMEMLOCK= or "
		       "\"ulimit "
		       "-l\" allows";
	return strerror(-code);
}
