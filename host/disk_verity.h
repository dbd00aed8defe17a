/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A read-only disk whose blocks are checked against a tree of digests before the guest
 * gets them: dm-verity's format with a superblock, as veritysetup makes it (Linux,
 * Documentation/admin-guide/device-mapper/verity.rst). Whoever knows the root digest
 * knows the disk.
 *
 * What is checked is what is used: blocks of data and of the tree are read into memory of
 * the process, looked at there, and copied to the guest from there.
 */
#ifndef HOST_DISK_VERITY_H
#define HOST_DISK_VERITY_H

#include <stdint.h>

struct disk_layer;
struct error;
struct source_pos;

struct disk_verity_options {
	const char *root_hash; /* in hexadecimal digits */
	const char *hash_path; /* NULL: behind the data, in the same file */
	uint64_t hash_offset_bytes;
};

/*
 * Checks the superblock against the root digest's length and the sizes of both files, and
 * the tree's top against the root. data_fd, of a file of so many bytes, is borrowed for
 * the layer's life. -EINVAL, -EILSEQ, or what the host says.
 */
int disk_verity_open(int data_fd, uint64_t data_bytes,
	const struct disk_verity_options *options, const struct source_pos *pos,
	struct disk_layer **ret, struct error *err);

#endif
