/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for keys: neither in core dumps nor in swap nor in children, and wiped when it
 * is given back. Any thread.
 */
#ifndef SRC_SECRET_H
#define SRC_SECRET_H

#include <stddef.h>

/*
 * Zeroed, whole pages of its own. NULL with errno: EPERM where the process may lock no
 * more memory (RLIMIT_MEMLOCK), else ENOMEM.
 */
void *secret_alloc(size_t bytes);
/* As many bytes as were asked for. NULL is fine. */
void secret_free(void *secret, size_t bytes);

/* What -errno means to the user, where EPERM is from here. */
const char *secret_reason(int code);

#endif
