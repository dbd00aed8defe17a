/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A volume of dm-integrity in memory as Linux makes one when it is asked to format: a
 * superblock, and a journal with nothing in it. By other code than what reads it.
 */
#ifndef TEST_UNIT_INTEGRITY_IMAGE_H
#define TEST_UNIT_INTEGRITY_IMAGE_H

#include <stdint.h>

struct integrity_shape {
	uint32_t block_bytes;
	uint32_t tag_bytes;
	uint32_t sections;
	uint8_t log2_area_sectors;
	uint64_t blocks;
};

/* With the tags padded as they are now; bytes of it all. */
uint64_t integrity_image_bytes(const struct integrity_shape *shape);
/* Into zeroes of so many. */
void integrity_image_make(const struct integrity_shape *shape, uint8_t *image);

#endif
