/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/block_rig.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test/unit/test.h"
#include "virtio/block.h"

const enum disk_engine_choice rig_engines[ENGINES] = {
	DISK_ENGINE_URING, DISK_ENGINE_THREADS};

bool rig_start(struct rig *rig, enum disk_engine_choice engine, struct rig_setup setup)
{
	struct virtio_block_options options = {.serial = "serial-0123456789-abcdef",
		.queues = setup.queues ? setup.queues : 1};
	struct disk_file_options file = {
		.readonly = setup.readonly, .discard = true, .depth = VIRTIO_BLOCK_DEPTH};
	struct virtio_device *dev = NULL;
	char path[64];

	memset(rig, 0, sizeof(*rig));
	rig->fd = memfd_create("disk", MFD_CLOEXEC);
	CHECK_EQ(ftruncate(rig->fd,
			 (off_t)(setup.sectors ? setup.sectors : DISK_SECTORS) * 512),
		0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", rig->fd);
	file.path = path;
	CHECK_EQ(loop_create(&rig->loop, NULL), 0);
	if (disk_file_open_with(rig->loop, &file, engine, &rig->disk, NULL)) {
		printf("skipped: no io_uring on this host\n");
		loop_destroy(rig->loop);
		close(rig->fd);
		return false;
	}
	CHECK_EQ(virtio_block_create(rig->loop, "vda", rig->disk, &options, &dev, NULL),
		0);
	driver_init(&rig->driver, dev);
	CHECK(driver_start(&rig->driver, setup.features));
	rig->header_gpa = driver_alloc(&rig->driver, 16, 16);
	rig->data_gpa = driver_alloc(&rig->driver, DATA_BYTES, 4096);
	rig->status_gpa = driver_alloc(&rig->driver, 1, 1);
	return true;
}

void rig_finish(struct rig *rig)
{
	driver_finish(&rig->driver);
	disk_destroy(rig->disk);
	loop_destroy(rig->loop);
	close(rig->fd);
}

uint8_t *rig_memory(struct rig *rig, uint64_t gpa, uint64_t bytes)
{
	return driver_hva(&rig->driver, gpa, bytes);
}

void rig_header(struct rig *rig, uint32_t type, uint64_t sector)
{
	struct virtio_blk_outhdr header = {
		.type = htole32(type), .sector = htole64(sector)};

	memcpy(rig_memory(rig, rig->header_gpa, sizeof(header)), &header, sizeof(header));
	*rig_memory(rig, rig->status_gpa, 1) = NO_STATUS;
}

bool rig_wait(struct rig *rig, unsigned int queue)
{
	struct driver_used used = {0};

	for (int i = 0; i < 1000; i++) {
		if (driver_used(&rig->driver, queue, &used)) {
			rig->used_bytes = used.bytes;
			return true;
		}
		loop_turn(rig->loop, 1000);
	}
	test_fail(__FILE__, __LINE__, "no answer on queue %u", queue);
	return false;
}

int rig_run(struct rig *rig, const struct driver_buffer *buffers, unsigned int count,
	bool indirect)
{
	driver_add(&rig->driver, 0, buffers, count, indirect);
	driver_kick(&rig->driver, 0);
	rig_wait(rig, 0);
	return *rig_memory(rig, rig->status_gpa, 1);
}

int rig_call(struct rig *rig, uint32_t type, uint64_t sector, uint32_t bytes)
{
	bool device_writes = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
	struct driver_buffer buffers[] = {{rig->header_gpa, 16, false},
		{rig->data_gpa, bytes, device_writes}, {rig->status_gpa, 1, true}};

	rig_header(rig, type, sector);
	if (!bytes)
		buffers[1] = buffers[2];
	return rig_run(rig, buffers, bytes ? 3 : 2, false);
}

void rig_set_data(struct rig *rig, int byte, uint64_t bytes)
{
	memset(rig_memory(rig, rig->data_gpa, bytes), byte, bytes);
}

bool is_filled(const uint8_t *at, size_t bytes, int byte)
{
	return !bytes || (at[0] == byte && !memcmp(at, at + 1, bytes - 1));
}

bool rig_data_is(struct rig *rig, int byte, uint64_t bytes)
{
	return is_filled(rig_memory(rig, rig->data_gpa, bytes), bytes, byte);
}

void rig_offer(struct rig *rig, const struct driver_buffer *buffers,
	unsigned int buffer_count, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		driver_stage(&rig->driver, 0, buffers, buffer_count, false);
	driver_publish(&rig->driver, 0);
	driver_kick(&rig->driver, 0);
}
