/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A superblock and a tree of any contents, in front of data of any size. Whoever can make
 * a file that is accepted for a fixed root digest has broken the digest: the guest never
 * gets a byte.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/disk_layer.h"
#include "host/disk_verity.h"
#include "src/error.h"

#define DATA_BYTES (64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const char root[] = "00112233445566778899aabbccddeeff"
				   "00112233445566778899aabbccddeeff";
	static int fd = -1;
	struct disk_verity_options options = {.root_hash = root};
	struct disk_layer *layer;
	struct error err = {0};

	if (fd < 0)
		fd = memfd_create("verity", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || ftruncate(fd, DATA_BYTES) ||
		pwrite(fd, data, bytes, 0) != (ssize_t)bytes)
		abort();
	if (!disk_verity_open(fd, DATA_BYTES, &options, NULL, &layer, &err))
		abort();
	return 0;
}
