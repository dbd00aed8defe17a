/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The header of a volume: as the file has it, or, where the first byte says so, with the
 * rest as metadata behind a binary part whose checksum holds. What is accepted is within
 * the file.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/luks.h"
#include "src/error.h"
#include "test/unit/luks_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static uint8_t image[LUKS_IMAGE_BYTES];
	static int fd = -1;
	struct luks_header header;
	struct error err = {0};

	if (!bytes || bytes > LUKS_IMAGE_JSON_BYTES)
		return 0;
	if (fd < 0)
		fd = memfd_create("luks", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) || ftruncate(fd, LUKS_IMAGE_BYTES))
		abort();
	if (data[0] & 1) {
		luks_image_header(image, 0, 1, data + 1, bytes - 1);
		data = image;
		bytes = LUKS_IMAGE_HEADER_BYTES;
	}
	if (pwrite(fd, data, bytes, 0) != (ssize_t)bytes)
		abort();
	if (!luks_header_read(fd, LUKS_IMAGE_BYTES, "volume", NULL, &header, &err) &&
		(!header.slot_count || header.data_bytes > LUKS_IMAGE_BYTES ||
			header.data_offset_bytes > LUKS_IMAGE_BYTES - header.data_bytes ||
			header.data_bytes % header.sector_bytes))
		abort();
	return 0;
}
