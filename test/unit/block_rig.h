/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block device for tests: a driver of virtio_driver.h, the device, and a real disk in a
 * memory file, with either engine.
 */
#ifndef TEST_UNIT_BLOCK_RIG_H
#define TEST_UNIT_BLOCK_RIG_H

#include <linux/virtio_blk.h>
#include <stdbool.h>
#include <stdint.h>

#include "host/disk_impl.h"
#include "test/unit/virtio_driver.h"

#define DISK_SECTORS 2048u
#define RANGE_BYTES sizeof(struct virtio_blk_discard_write_zeroes)
#define RANGE_FEATURES                                                                   \
	(VIRTIO_BIT(VIRTIO_BLK_F_DISCARD) | VIRTIO_BIT(VIRTIO_BLK_F_WRITE_ZEROES))
#define DATA_BYTES (32u << 20)
#define NO_STATUS 0xee

#define ENGINES 2
extern const enum disk_engine_choice rig_engines[ENGINES];

struct rig_setup {
	uint64_t sectors; /* 0: DISK_SECTORS */
	bool readonly;
	unsigned int queues; /* 0: 1 */
	uint64_t features;
};

struct rig {
	struct loop *loop;
	struct disk *disk;
	int fd; /* the image, for the test's own looks */
	struct virtio_driver driver;
	uint64_t header_gpa;
	uint64_t data_gpa;
	uint64_t status_gpa;
	uint32_t used_bytes; /* of the last request */
};

/* False, which it prints, where the host has no such engine. */
bool rig_start(struct rig *rig, enum disk_engine_choice engine, struct rig_setup setup);
void rig_finish(struct rig *rig);

uint8_t *rig_memory(struct rig *rig, uint64_t gpa, uint64_t bytes);
/* Writes the header, and NO_STATUS where the status will be. */
void rig_header(struct rig *rig, uint32_t type, uint64_t sector);
void rig_set_data(struct rig *rig, int byte, uint64_t bytes);
bool rig_data_is(struct rig *rig, int byte, uint64_t bytes);
bool is_filled(const uint8_t *at, size_t bytes, int byte);

/* Turns the loop until a chain is used; false, and the test failed, if none ever is. */
bool rig_wait(struct rig *rig, unsigned int queue);
/* Offers buffers, waits for the answer, and gives back the status byte. */
int rig_run(struct rig *rig, const struct driver_buffer *buffers, unsigned int count,
	bool indirect);
/* A request as Linux lays it out. */
int rig_call(struct rig *rig, uint32_t type, uint64_t sector, uint32_t bytes);
/* Offers the same chain count times and kicks once. */
void rig_offer(struct rig *rig, const struct driver_buffer *buffers,
	unsigned int buffer_count, unsigned int count);

#endif
