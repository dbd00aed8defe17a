/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that is a LUKS2 volume, as cryptsetup makes and opens it: the file has only what
 * is encrypted, the guest sees only what is not.
 *
 * Nothing is encrypted in the guest's memory: writes are encrypted into buffers, reads
 * decrypted out of them, as many as there are workers, or the disk's for small requests.
 */
#ifndef HOST_DISK_CRYPT_H
#define HOST_DISK_CRYPT_H

#include <stdint.h>

#include "host/key_source.h"

struct disk_layer;
struct error;
struct source_pos;

struct disk_crypt_options {
	struct key_source key;
};

/*
 * Reads the header of a file of so many bytes, and opens the volume; that takes as long
 * as whoever made its key slots wanted. The descriptors, and path for messages, are
 * borrowed for the layer's life; direct_fd is -1 where there is none. -EINVAL,
 * -EKEYREJECTED, or what the host says.
 */
int disk_crypt_open(const char *path, int fd, int direct_fd, uint64_t file_bytes,
	const struct disk_crypt_options *options, const struct source_pos *pos,
	struct disk_layer **ret, struct error *err);

#endif
