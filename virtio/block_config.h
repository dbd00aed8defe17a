/* SPDX-License-Identifier: Apache-2.0 */
/* What a block device tells its driver (virtio 1.2, sections 5.2.3 and 5.2.4). */
#ifndef VIRTIO_BLOCK_CONFIG_H
#define VIRTIO_BLOCK_CONFIG_H

#include <linux/virtio_blk.h>
#include <stdint.h>

struct disk_info;

#define SECTOR_SHIFT 9
#define SECTOR_BYTES (1u << SECTOR_SHIFT)

/* Data buffers in one request, so that with header and status a chain has 128. */
#define SEGMENTS_MAX 126
/* Ranges in one discard or write-zeroes request, and sectors in one range. */
#define RANGES_MAX 16
#define DISCARD_SECTORS_MAX ((1u << 30) >> SECTOR_SHIFT)
#define ZEROES_SECTORS_MAX ((64u << 20) >> SECTOR_SHIFT)

uint64_t virtio_block_features(const struct disk_info *info, unsigned int queues);
void virtio_block_fill_config(struct virtio_blk_config *config,
	const struct disk_info *info, unsigned int queues);

#endif
