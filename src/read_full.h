/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading until there is no more room or no more file, whatever the kernel gives at a
 * time. Any thread. 0, with the bytes in *ret_bytes, or -errno.
 */
#ifndef SRC_READ_FULL_H
#define SRC_READ_FULL_H

#include <stddef.h>
#include <stdint.h>

int read_full(int fd, void *buf, size_t room, size_t *ret_bytes);
/* From that offset on; the descriptor's own stays where it is. */
int pread_full(int fd, void *buf, size_t room, uint64_t offset, size_t *ret_bytes);

/*
 * The file of that name, its first bytes_max bytes at most, ended by a NUL that does not
 * count. *ret is the caller's to free, NULL after an error. A FIFO is not waited for.
 */
int read_text(const char *path, size_t bytes_max, char **ret, size_t *ret_bytes);

#endif
