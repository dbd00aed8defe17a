/* SPDX-License-Identifier: Apache-2.0 */
#include "virtio/block_config.h"

#include <endian.h>

#include "host/disk.h"
#include "virtio/virtio.h"

uint64_t virtio_block_features(const struct disk_info *info, unsigned int queues)
{
	uint64_t bits =
		VIRTIO_BIT(VIRTIO_BLK_F_SEG_MAX) | VIRTIO_BIT(VIRTIO_BLK_F_BLK_SIZE) |
		VIRTIO_BIT(VIRTIO_BLK_F_TOPOLOGY) | VIRTIO_BIT(VIRTIO_BLK_F_FLUSH);

	if (info->readonly)
		bits |= VIRTIO_BIT(VIRTIO_BLK_F_RO);
	if (info->discard)
		bits |= VIRTIO_BIT(VIRTIO_BLK_F_DISCARD);
	if (info->write_zeroes)
		bits |= VIRTIO_BIT(VIRTIO_BLK_F_WRITE_ZEROES);
	if (queues > 1)
		bits |= VIRTIO_BIT(VIRTIO_BLK_F_MQ);
	return bits;
}

void virtio_block_fill_config(struct virtio_blk_config *config,
	const struct disk_info *info, unsigned int queues)
{
	uint8_t exponent = 0;

	/* Host file systems work in pages: guests should align to them. */
	while ((info->block_bytes << exponent) < 4096)
		exponent++;
	config->capacity = htole64(info->capacity_bytes >> SECTOR_SHIFT);
	config->seg_max = htole32(SEGMENTS_MAX);
	config->blk_size = htole32(info->block_bytes);
	config->physical_block_exp = exponent;
	config->min_io_size = htole16((uint16_t)(1u << exponent));
	config->num_queues = htole16((uint16_t)queues);
	config->max_discard_sectors = htole32(DISCARD_SECTORS_MAX);
	config->max_discard_seg = htole32(RANGES_MAX);
	config->discard_sector_alignment =
		htole32((info->block_bytes << exponent) >> SECTOR_SHIFT);
	config->max_write_zeroes_sectors = htole32(ZEROES_SECTORS_MAX);
	config->max_write_zeroes_seg = htole32(RANGES_MAX);
	config->write_zeroes_may_unmap = info->discard;
}
