/* SPDX-License-Identifier: Apache-2.0 */
/* Writing until all of it is written, whatever the kernel takes at a time. Any thread. */
#ifndef SRC_WRITE_FULL_H
#define SRC_WRITE_FULL_H

#include <stddef.h>
#include <stdint.h>

/* 0 or -errno. */
int write_full(int fd, const void *from, size_t bytes);
/* From that offset on; the descriptor's own stays where it is. */
int pwrite_full(int fd, const void *from, size_t bytes, uint64_t offset);

#endif
