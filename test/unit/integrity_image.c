/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/integrity_image.h"

#include <string.h>

#define SECTOR 512u

static void put(uint8_t *at, unsigned int bytes, uint64_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t entry_bytes(const struct integrity_shape *shape)
{
	return (8 + 8 * (shape->block_bytes / SECTOR) + shape->tag_bytes + 7) / 8 * 8;
}

static uint32_t section_entries(const struct integrity_shape *shape)
{
	return 504 / entry_bytes(shape) * 8;
}

static uint32_t section_sectors(const struct integrity_shape *shape)
{
	return 8 + section_entries(shape) * (shape->block_bytes / SECTOR);
}

uint64_t integrity_image_bytes(const struct integrity_shape *shape)
{
	uint64_t area_blocks =
		(1ull << shape->log2_area_sectors) / (shape->block_bytes / SECTOR);
	uint64_t areas = (shape->blocks + area_blocks - 1) / area_blocks;
	uint64_t tags = (area_blocks * shape->tag_bytes + 4095) / 4096 * 4096;

	return 4096 + (uint64_t)shape->sections * section_sectors(shape) * SECTOR +
	       areas * tags + shape->blocks * shape->block_bytes;
}

void integrity_image_make(const struct integrity_shape *shape, uint8_t *image)
{
	uint8_t *at = image + 4096;
	uint8_t log2_block = 0;

	while (SECTOR << log2_block < shape->block_bytes)
		log2_block++;
	memcpy(image, "integrt", 8);
	put(image + 8, 1, 4);
	put(image + 9, 1, shape->log2_area_sectors);
	put(image + 10, 2, shape->tag_bytes);
	put(image + 12, 4, shape->sections);
	put(image + 16, 8, shape->blocks << log2_block);
	put(image + 24, 4, 8); /* fixed padding */
	put(image + 28, 1, log2_block);
	for (uint32_t i = 0; i < shape->sections; i++) {
		for (uint32_t j = 0; j < section_entries(shape); j++)
			put(at + j % 8 * SECTOR + j / 8 * entry_bytes(shape) + 4, 4,
				UINT32_MAX);
		for (uint32_t j = 0; j < section_sectors(shape); j++, at += SECTOR)
			put(at + 504, 8, 0x3333333333333333 ^ ((uint64_t)i << 32 ^ j));
	}
}
