/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a file is the image of a file system that a guest can have as its root, told by
 * its superblock and not by its name. Pure but for the reading of the file.
 */
#ifndef SRC_ROOT_FS_H
#define SRC_ROOT_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum root_fs { ROOT_FS_NONE, ROOT_FS_EXT4, ROOT_FS_SQUASHFS, ROOT_FS_EROFS };

/* As much of a file's beginning as tells. */
#define ROOT_FS_HEAD_BYTES 1152u

/* What these first bytes are of. */
enum root_fs root_fs_of(const uint8_t *head, size_t bytes);

/* The same of a file or block device; ROOT_FS_NONE also where it cannot be read. */
enum root_fs root_fs_probe(const char *path);

/* As Linux calls it in rootfstype=; "none" of ROOT_FS_NONE. */
const char *root_fs_name(enum root_fs fs);

/* Has nothing that a guest could write to. */
bool root_fs_is_readonly(enum root_fs fs);

#endif
