/* SPDX-License-Identifier: Apache-2.0 */
#include "src/random.h"

#include <errno.h>
#include <sys/random.h>

int random_bytes(void *unused, unsigned char *ret, size_t bytes)
{
	while (bytes) {
		ssize_t got = getrandom(ret, bytes, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		ret += got;
		bytes -= (size_t)got;
	}
	return 0;
}
