/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Persistent memory: virtio 1.2, section 5.19. Runs with the lock of the device's loop
 * held: kicks and the disk's completions on the loop's thread, resets on a vCPU's.
 *
 * One flush of the disk serves all requests that came before it began; those that come
 * meanwhile wait for the next one.
 */
#include "virtio/pmem.h"

#include <endian.h>
#include <errno.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_pmem.h>
#include <stdlib.h>
#include <string.h>

#include "host/disk.h"
#include "src/container_of.h"
#include "src/error.h"
#include "virtio/virtio.h"

#define ANSWER_OK 0u
#define ANSWER_ERROR 1u
#define ANSWER_BYTES sizeof(uint32_t)

struct pmem_request {
	uint16_t head;
	uint8_t iov_count;
	struct iovec iov[ANSWER_BYTES]; /* the answer's place, however it is cut */
};

struct pmem {
	struct virtio_device dev;
	struct disk *disk;
	bool flush;
	struct virtio_pmem_config config;

	struct disk_request disk_request;
	bool flushing;
	bool stopping;
	/* The first flushed ones are being flushed, those behind them wait. */
	unsigned int flushed;
	unsigned int count;
	struct pmem_request requests[VIRTQ_SIZE_MAX];
	struct virtq_chain chain;
};

static void answer(struct pmem *pmem, const struct pmem_request *request, uint32_t ret)
{
	uint32_t value = htole32(ret);

	iov_copy_in(request->iov, request->iov_count, 0, &value, sizeof(value));
	virtq_push(&pmem->dev.queues[0], request->head, ANSWER_BYTES);
}

static void flush_done(struct disk_request *disk_request);

/* Queues a flush for all that wait; the caller commits it where it must. */
static void start_flush(struct pmem *pmem)
{
	pmem->flushing = true;
	pmem->flushed = pmem->count;
	pmem->disk_request = (struct disk_request){.op = DISK_FLUSH, .done = flush_done};
	disk_submit(pmem->disk, &pmem->disk_request);
}

static void flush_done(struct disk_request *disk_request)
{
	struct pmem *pmem = container_of(disk_request, struct pmem, disk_request);

	pmem->flushing = false;
	if (pmem->stopping)
		return;
	for (unsigned int i = 0; i < pmem->flushed; i++)
		answer(pmem, &pmem->requests[i],
			disk_request->result ? ANSWER_ERROR : ANSWER_OK);
	pmem->count -= pmem->flushed;
	memmove(pmem->requests, &pmem->requests[pmem->flushed],
		pmem->count * sizeof(pmem->requests[0]));
	if (pmem->count)
		start_flush(pmem);
	virtio_device_signal(&pmem->dev, 0);
}

/* Without a place for the answer there is no way to say what is wrong. */
static bool find_place(struct pmem *pmem, struct pmem_request *request)
{
	const struct virtq_chain *chain = &pmem->chain;

	if (chain->writable_bytes < ANSWER_BYTES) {
		virtio_device_broken(
			&pmem->dev, "a pmem request has no room for its answer");
		return false;
	}
	request->head = chain->head;
	request->iov_count = (uint8_t)(chain->writable < ANSWER_BYTES ? chain->writable
								      : ANSWER_BYTES);
	memcpy(request->iov, &chain->iov[chain->readable],
		request->iov_count * sizeof(request->iov[0]));
	return true;
}

static bool is_flush(const struct virtq_chain *chain)
{
	uint32_t type = 0;

	return iov_copy_out(chain->iov, chain->readable, 0, &type, sizeof(type)) ==
		       sizeof(type) &&
	       le32toh(type) == VIRTIO_PMEM_REQ_TYPE_FLUSH;
}

static void kick(struct virtio_device *dev, unsigned int queue)
{
	struct pmem *pmem = container_of(dev, struct pmem, dev);

	/* No queue hands out more chains than there is room for: its heads are few. */
	while (virtq_pop(&dev->queues[queue], &pmem->chain)) {
		struct pmem_request *request = &pmem->requests[pmem->count];

		if (!find_place(pmem, request))
			return;
		if (!is_flush(&pmem->chain))
			answer(pmem, request, ANSWER_ERROR);
		else if (!pmem->flush)
			answer(pmem, request, ANSWER_OK);
		else
			pmem->count++;
	}
	if (pmem->count && !pmem->flushing) {
		start_flush(pmem);
		disk_commit(pmem->disk);
	}
}

static void stop(struct virtio_device *dev)
{
	struct pmem *pmem = container_of(dev, struct pmem, dev);

	pmem->stopping = true;
	disk_drain(pmem->disk);
	pmem->stopping = false;
	pmem->count = 0;
}

static void destroy(struct virtio_device *dev)
{
	free(container_of(dev, struct pmem, dev));
}

static const struct virtio_ops pmem_ops = {
	.device_id = VIRTIO_ID_PMEM,
	.kick = kick,
	.stop = stop,
	.destroy = destroy,
};

int virtio_pmem_create(struct loop *loop, const char *name, struct disk *disk,
	const struct virtio_pmem_options *options, struct virtio_device **ret,
	struct error *err)
{
	struct pmem *pmem = calloc(1, sizeof(*pmem));

	if (!pmem)
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	pmem->dev.ops = &pmem_ops;
	pmem->dev.name = name;
	pmem->dev.loop = loop;
	pmem->dev.queue_count = 1;
	pmem->dev.config = &pmem->config;
	pmem->dev.config_bytes = sizeof(pmem->config);
	pmem->config.start = htole64(options->gpa);
	pmem->config.size = htole64(options->bytes);
	pmem->disk = disk;
	pmem->flush = options->flush;
	*ret = &pmem->dev;
	return 0;
}
