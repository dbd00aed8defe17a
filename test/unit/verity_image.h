/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `veritysetup format` makes of data in memory, by another way than what checks it:
 * bottom-up, level by level.
 */
#ifndef TEST_UNIT_VERITY_IMAGE_H
#define TEST_UNIT_VERITY_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "src/digest.h"

struct verity_shape {
	uint32_t data_block_bytes;
	uint32_t hash_block_bytes;
	uint64_t data_blocks;
	uint16_t salt_bytes;
	uint32_t type;
	enum digest_kind kind;
	bool own_file; /* the tree is in a file of its own, not behind the data */
};

#define VERITY_ROOT_CHARS (2 * DIGEST_BYTES_MAX + 1)

/*
 * Puts a superblock at an offset into hashes, which is zero from there on, and the tree
 * behind it. root gets the root's digits; the tree's end is returned.
 */
uint64_t verity_image_make(const struct verity_shape *shape, const uint8_t *data,
	uint8_t *hashes, uint64_t hash_offset, char root[VERITY_ROOT_CHARS]);

#endif
