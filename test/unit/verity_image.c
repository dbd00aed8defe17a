/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/verity_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/le.h"

#define SUPERBLOCK_BYTES 512u
#define SALT 88
#define LEVELS_MAX 8

static void digest_block(const struct verity_shape *shape, const uint8_t *superblock,
	const void *block, size_t bytes, uint8_t *ret)
{
	struct digest *digest = digest_create(shape->kind);

	digest_start(digest);
	if (shape->type == 1)
		digest_add(digest, superblock + SALT, shape->salt_bytes);
	digest_add(digest, block, bytes);
	if (shape->type == 0)
		digest_add(digest, superblock + SALT, shape->salt_bytes);
	digest_end(digest, ret);
	digest_destroy(digest);
}

static void make_superblock(const struct verity_shape *shape, uint8_t *sb)
{
	memcpy(sb, "verity", 6);
	le32_put(sb + 8, 1);
	le32_put(sb + 12, shape->type);
	memcpy(sb + 32, digest_name(shape->kind), strlen(digest_name(shape->kind)));
	le32_put(sb + 64, shape->data_block_bytes);
	le32_put(sb + 68, shape->hash_block_bytes);
	le64_put(sb + 72, shape->data_blocks);
	le16_put(sb + 80, shape->salt_bytes);
	for (unsigned int i = 0; i < shape->salt_bytes; i++)
		sb[SALT + i] = (uint8_t)(200 - i);
}

uint64_t verity_image_make(const struct verity_shape *shape, const uint8_t *data,
	uint8_t *hashes, uint64_t hash_offset, char root[VERITY_ROOT_CHARS])
{
	size_t bytes = digest_bytes(shape->kind);
	uint64_t start = hash_offset + SUPERBLOCK_BYTES, count = shape->data_blocks;
	uint32_t below_bytes = shape->data_block_bytes;
	uint8_t *sb = hashes + hash_offset;
	const uint8_t *below = data;
	uint8_t top_digest[DIGEST_BYTES_MAX], *levels[LEVELS_MAX];
	uint64_t sizes[LEVELS_MAX];
	unsigned int top = 0;

	make_superblock(shape, sb);
	start = (start + shape->hash_block_bytes - 1) / shape->hash_block_bytes *
		shape->hash_block_bytes;
	while (count > 1) {
		uint64_t per_block = shape->hash_block_bytes / bytes;
		uint64_t blocks = (count + per_block - 1) / per_block;

		sizes[top] = blocks * shape->hash_block_bytes;
		levels[top] = calloc(1, sizes[top]);
		for (uint64_t i = 0; i < count; i++)
			digest_block(shape, sb, below + i * below_bytes, below_bytes,
				levels[top] + i * bytes);
		below = levels[top++];
		below_bytes = shape->hash_block_bytes;
		count = blocks;
	}
	digest_block(shape, sb, below, below_bytes, top_digest);
	for (size_t i = 0; i < bytes; i++)
		snprintf(root + 2 * i, 3, "%02x", top_digest[i]);
	while (top--) {
		memcpy(hashes + start, levels[top], sizes[top]);
		start += sizes[top];
		free(levels[top]);
	}
	return start;
}
