/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtio block: virtio 1.2, section 5.2. Runs with the lock of the device's loop held:
 * kicks and the disk's completions on the loop's thread, resets on a vCPU's.
 *
 * A chain becomes one request of a fixed pool. Its data buffers go to the disk as they
 * are; its header and segments are copied out once. Completions of one turn are shown to
 * the driver together, with one interrupt.
 */
#include "virtio/block.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#include "host/disk.h"
#include "src/container_of.h"
#include "src/error.h"
#include "virtio/block_config.h"
#include "virtio/virtio.h"

#define HEADER_BYTES sizeof(struct virtio_blk_outhdr)

/*
 * A reset waits for what is in flight, so a guest must not have hours of it there. One
 * request may be larger than the second limit: then it goes alone.
 */
#define REQUEST_BYTES_MAX (1ull << 30)
#define IN_FLIGHT_BYTES_MAX (64ull << 20)

/* The config space as far as it is offered: newer headers know of more. */
#define CONFIG_BYTES (offsetof(struct virtio_blk_config, write_zeroes_may_unmap) + 4)

/* Beside the VIRTIO_BLK_S_ codes: the disk has the request now. */
#define STARTED (-1)

struct block_request {
	struct disk_request disk_request;
	struct block *block;
	struct block_request *next_free;
	uint8_t *status;        /* in guest memory */
	uint32_t written_bytes; /* all that is writable: the status is its last byte */
	uint64_t load_bytes;    /* counted in in_flight_bytes */
	uint16_t head;
	uint8_t queue;
	uint8_t range; /* the next of ranges */
	uint8_t range_count;
	union {
		struct iovec iov[SEGMENTS_MAX];
		struct virtio_blk_discard_write_zeroes ranges[RANGES_MAX];
	};
};

struct block {
	struct virtio_device dev;
	struct disk *disk;
	struct disk_user user;
	uint64_t capacity_sectors;
	uint8_t serial[VIRTIO_BLOCK_SERIAL_BYTES];
	struct virtio_blk_config config;

	uint64_t in_flight_bytes;
	uint64_t pushed;  /* a bit for each queue with completions not yet published */
	uint64_t stalled; /* a bit for each queue that waits for a free request */
	int kicked;       /* the queue whose kick is under way; -1: none */
	bool stopping;

	struct virtq_chain chain; /* of the request being taken */

	/* requests[unused ..] were never touched and cost no memory. */
	struct block_request *free;
	unsigned int unused;
	struct block_request requests[VIRTIO_BLOCK_DEPTH];
};

/* ---- the pool --------------------------------------------------------------------- */

static bool has_room(const struct block *block)
{
	return (block->free || block->unused < VIRTIO_BLOCK_DEPTH) &&
	       block->in_flight_bytes < IN_FLIGHT_BYTES_MAX;
}

/* The last one freed first: it is in the cache, and the rest stay untouched. */
static struct block_request *take_request(struct block *block)
{
	struct block_request *request = block->free;

	if (request) {
		block->free = request->next_free;
	} else {
		request = &block->requests[block->unused++];
		request->block = block;
	}
	request->load_bytes = 0;
	request->range = 0;
	request->range_count = 0;
	return request;
}

static void free_request(struct block_request *request)
{
	struct block *block = request->block;

	block->in_flight_bytes -= request->load_bytes;
	request->next_free = block->free;
	block->free = request;
}

/* ---- completing ------------------------------------------------------------------- */

static void finish(struct block_request *request, uint8_t status)
{
	struct block *block = request->block;

	*request->status = status;
	virtq_stage(&block->dev.queues[request->queue], request->head,
		request->written_bytes);
	block->pushed |= 1ull << request->queue;
	free_request(request);
}

static void publish(struct block *block)
{
	for (unsigned int i = 0; i < block->dev.queue_count; i++) {
		if (!(block->pushed & 1ull << i))
			continue;
		virtq_publish(&block->dev.queues[i]);
		/* The core signals the queue it kicks when it is through with it. */
		if ((int)i != block->kicked)
			virtio_device_signal(&block->dev, i);
	}
	block->pushed = 0;
}

static void resume_stalled(struct block *block)
{
	if (!block->stalled || !has_room(block))
		return;
	for (unsigned int i = 0; i < block->dev.queue_count; i++) {
		if (block->stalled & 1ull << i)
			virtio_device_kick_soon(&block->dev, i);
	}
	block->stalled = 0;
}

static void batch_done(struct disk_user *user)
{
	struct block *block = container_of(user, struct block, user);

	publish(block);
	resume_stalled(block);
}

static uint8_t status_of(int result)
{
	if (result == -EOPNOTSUPP)
		return VIRTIO_BLK_S_UNSUPP;
	return result ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static bool submit_next_range(struct block_request *request);

static void disk_done(struct disk_request *disk_request)
{
	struct block_request *request =
		container_of(disk_request, struct block_request, disk_request);

	if (request->block->stopping)
		free_request(request);
	else if (disk_request->result || !submit_next_range(request))
		finish(request, status_of(disk_request->result));
}

/* ---- requests --------------------------------------------------------------------- */

static void submit(
	struct block_request *request, enum disk_op op, uint64_t sector, uint64_t bytes)
{
	struct disk_request *disk_request = &request->disk_request;

	disk_request->op = op;
	disk_request->offset_bytes = sector << SECTOR_SHIFT;
	disk_request->bytes = bytes;
	disk_request->done = disk_done;
	disk_submit(request->block->disk, disk_request);
}

static bool is_on_disk(const struct block *block, uint64_t sector, uint64_t sectors)
{
	return sector <= block->capacity_sectors &&
	       sectors <= block->capacity_sectors - sector;
}

static void add_load(struct block_request *request, uint64_t bytes)
{
	request->load_bytes += bytes;
	request->block->in_flight_bytes += bytes;
}

static int start_data(struct block_request *request, enum disk_op op, uint64_t sector,
	const struct iovec *iov, unsigned int count, uint64_t bytes)
{
	if (bytes % SECTOR_BYTES || bytes > REQUEST_BYTES_MAX || count > SEGMENTS_MAX ||
		!is_on_disk(request->block, sector, bytes >> SECTOR_SHIFT))
		return VIRTIO_BLK_S_IOERR;
	if (!bytes)
		return VIRTIO_BLK_S_OK;
	memcpy(request->iov, iov, count * sizeof(*iov));
	request->disk_request.iov = request->iov;
	request->disk_request.iov_count = count;
	add_load(request, bytes);
	submit(request, op, sector, bytes);
	return STARTED;
}

static int start_read(
	struct block_request *request, uint64_t sector, struct virtq_chain *chain)
{
	struct iovec *iov = &chain->iov[chain->readable];
	unsigned int count = iov_discard_back(iov, chain->writable, 1);

	return start_data(
		request, DISK_READ, sector, iov, count, chain->writable_bytes - 1);
}

static int start_write(
	struct block_request *request, uint64_t sector, struct virtq_chain *chain)
{
	unsigned int count = iov_discard_front(chain->iov, chain->readable, HEADER_BYTES);

	if (disk_info(request->block->disk)->readonly)
		return VIRTIO_BLK_S_IOERR;
	return start_data(request, DISK_WRITE, sector, chain->iov, count,
		chain->readable_bytes - HEADER_BYTES);
}

static int get_id(struct block_request *request, const struct virtq_chain *chain)
{
	const struct block *block = request->block;
	uint64_t room = chain->writable_bytes - 1;

	if (room > sizeof(block->serial))
		room = sizeof(block->serial);
	iov_copy_in(&chain->iov[chain->readable], chain->writable, 0, block->serial,
		(size_t)room);
	return VIRTIO_BLK_S_OK;
}

/* ---- ranges ----------------------------------------------------------------------- */

/* Of all ranges before the first is started: a request that is refused changes nothing.
 */
static int check_ranges(const struct block_request *request, enum disk_op op)
{
	uint32_t flags_known = 0;
	uint32_t sectors_max = DISCARD_SECTORS_MAX;

	if (op == DISK_WRITE_ZEROES) {
		flags_known = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
		sectors_max = ZEROES_SECTORS_MAX;
	}
	for (unsigned int i = 0; i < request->range_count; i++) {
		uint32_t sectors = le32toh(request->ranges[i].num_sectors);

		if (le32toh(request->ranges[i].flags) & ~flags_known)
			return VIRTIO_BLK_S_UNSUPP;
		if (sectors > sectors_max ||
			!is_on_disk(request->block, le64toh(request->ranges[i].sector),
				sectors))
			return VIRTIO_BLK_S_IOERR;
	}
	return VIRTIO_BLK_S_OK;
}

/* False where none is left. */
static bool submit_next_range(struct block_request *request)
{
	while (request->range < request->range_count) {
		const struct virtio_blk_discard_write_zeroes *range =
			&request->ranges[request->range++];
		uint64_t sectors = le32toh(range->num_sectors);

		if (!sectors)
			continue;
		request->disk_request.may_unmap =
			le32toh(range->flags) & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
		submit(request, request->disk_request.op, le64toh(range->sector),
			sectors << SECTOR_SHIFT);
		return true;
	}
	return false;
}

static int start_ranges(struct block_request *request, enum disk_op op,
	unsigned int feature, const struct virtq_chain *chain)
{
	uint64_t bytes = chain->readable_bytes - HEADER_BYTES;
	int status;

	if (!virtio_device_has(&request->block->dev, feature))
		return VIRTIO_BLK_S_UNSUPP;
	if (!bytes || bytes % sizeof(request->ranges[0]) ||
		bytes > sizeof(request->ranges))
		return VIRTIO_BLK_S_IOERR;
	iov_copy_out(chain->iov, chain->readable, HEADER_BYTES, request->ranges,
		(size_t)bytes);
	request->range_count = (uint8_t)(bytes / sizeof(request->ranges[0]));
	status = check_ranges(request, op);
	if (status != VIRTIO_BLK_S_OK)
		return status;
	for (unsigned int i = 0; op == DISK_WRITE_ZEROES && i < request->range_count; i++)
		add_load(request, (uint64_t)le32toh(request->ranges[i].num_sectors)
					  << SECTOR_SHIFT);
	request->disk_request.op = op;
	return submit_next_range(request) ? STARTED : VIRTIO_BLK_S_OK;
}

/* ---- taking ----------------------------------------------------------------------- */

static int start_request(struct block_request *request, struct virtq_chain *chain)
{
	struct virtio_blk_outhdr header;
	uint64_t sector;

	if (iov_copy_out(chain->iov, chain->readable, 0, &header, sizeof(header)) <
		sizeof(header))
		return VIRTIO_BLK_S_IOERR;
	sector = le64toh(header.sector);
	switch (le32toh(header.type)) {
	case VIRTIO_BLK_T_IN:
		return start_read(request, sector, chain);
	case VIRTIO_BLK_T_OUT:
		return start_write(request, sector, chain);
	case VIRTIO_BLK_T_FLUSH:
		submit(request, DISK_FLUSH, 0, 0);
		return STARTED;
	case VIRTIO_BLK_T_GET_ID:
		return get_id(request, chain);
	case VIRTIO_BLK_T_DISCARD:
		return start_ranges(request, DISK_DISCARD, VIRTIO_BLK_F_DISCARD, chain);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return start_ranges(
			request, DISK_WRITE_ZEROES, VIRTIO_BLK_F_WRITE_ZEROES, chain);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

static void take_chain(struct block *block, unsigned int queue)
{
	struct virtq_chain *chain = &block->chain;
	struct block_request *request;
	const struct iovec *last;
	int status;

	/* Without a place for the status there is no way to say what is wrong. */
	if (!chain->writable_bytes) {
		virtio_device_broken(&block->dev, "a block request has no status byte");
		return;
	}
	last = &chain->iov[chain->readable + chain->writable - 1];
	request = take_request(block);
	request->head = chain->head;
	request->queue = (uint8_t)queue;
	request->status = (uint8_t *)last->iov_base + last->iov_len - 1;
	request->written_bytes = chain->writable_bytes > UINT32_MAX
					 ? UINT32_MAX
					 : (uint32_t)chain->writable_bytes;
	status = start_request(request, chain);
	if (status != STARTED)
		finish(request, (uint8_t)status);
}

static void kick(struct virtio_device *dev, unsigned int queue)
{
	struct block *block = container_of(dev, struct block, dev);

	block->kicked = (int)queue;
	while (has_room(block) && virtq_pop(&dev->queues[queue], &block->chain))
		take_chain(block, queue);
	if (!has_room(block))
		block->stalled |= 1ull << queue;
	disk_commit(block->disk);
	/* What needed no disk, where the disk had nothing to tell. */
	publish(block);
	block->kicked = -1;
}

/* ---- life ------------------------------------------------------------------------- */

static void stop(struct virtio_device *dev)
{
	struct block *block = container_of(dev, struct block, dev);

	block->stopping = true;
	disk_drain(block->disk);
	block->stopping = false;
	block->stalled = 0;
}

static void destroy(struct virtio_device *dev)
{
	struct block *block = container_of(dev, struct block, dev);

	disk_set_user(block->disk, NULL);
	free(block);
}

static const struct virtio_ops block_ops = {
	.device_id = VIRTIO_ID_BLOCK,
	.kick = kick,
	.stop = stop,
	.destroy = destroy,
};

void virtio_block_resized(struct virtio_device *dev)
{
	struct block *block = container_of(dev, struct block, dev);
	uint64_t bytes = disk_info(block->disk)->capacity_bytes;

	block->capacity_sectors = bytes >> SECTOR_SHIFT;
	block->config.capacity = htole64(block->capacity_sectors);
	virtio_device_config_changed(dev);
}

int virtio_block_create(struct loop *loop, const char *name, struct disk *disk,
	const struct virtio_block_options *options, struct virtio_device **ret,
	struct error *err)
{
	const struct disk_info *info = disk_info(disk);
	struct block *block;

	if (!options->queues || options->queues > VIRTIO_QUEUES_MAX)
		return error_set(err, -EINVAL, NULL,
			"%s has %u queues, 1 to %d are possible", name, options->queues,
			VIRTIO_QUEUES_MAX);
	block = calloc(1, sizeof(*block));
	if (!block)
		return error_set(err, -ENOMEM, NULL, "no memory for %s", name);
	block->dev.ops = &block_ops;
	block->dev.name = name;
	block->dev.loop = loop;
	block->dev.features_offered = virtio_block_features(info, options->queues);
	block->dev.queue_count = options->queues;
	block->dev.config = &block->config;
	block->dev.config_bytes = CONFIG_BYTES;
	block->disk = disk;
	block->user.batch_done = batch_done;
	block->kicked = -1;
	block->capacity_sectors = info->capacity_bytes >> SECTOR_SHIFT;
	if (options->serial)
		memcpy(block->serial, options->serial,
			strnlen(options->serial, sizeof(block->serial)));
	virtio_block_fill_config(&block->config, info, options->queues);
	disk_set_user(disk, &block->user);
	*ret = &block->dev;
	return 0;
}
