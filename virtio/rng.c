/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entropy device: virtio 1.2, section 5.4. One queue of buffers to fill. Runs with
 * the lock of its loop held.
 */
#include "virtio/rng.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/log.h"
#include "virtio/virtio.h"

#define DEVICE_ID 4

/* What one turn of the loop spends on this guest's wishes. */
#define TURN_BYTES (4 * VIRTIO_RNG_CHAIN_BYTES)

struct virtio_rng {
	struct virtio_device dev;
	bool complained;
	struct virtq_chain chain;
};

/* Fills as much of the chain as it may; returns how much that was. */
static uint32_t fill(struct virtio_rng *rng)
{
	const struct virtq_chain *chain = &rng->chain;
	uint32_t done = 0;

	for (unsigned int i = 0; i < chain->writable; i++) {
		const struct iovec *iov = &chain->iov[chain->readable + i];

		for (size_t at = 0; at < iov->iov_len;) {
			size_t room = iov->iov_len - at;
			ssize_t got;

			if (room > VIRTIO_RNG_CHAIN_BYTES - done)
				room = VIRTIO_RNG_CHAIN_BYTES - done;
			if (!room)
				return done;
			got = getrandom((uint8_t *)iov->iov_base + at, room, 0);
			if (got < 0 && errno == EINTR)
				continue;
			if (got < 0) {
				if (!rng->complained)
					log_host("%s: no random numbers: %s",
						rng->dev.name, strerror(errno));
				rng->complained = true;
				return done;
			}
			at += (size_t)got;
			done += (uint32_t)got;
		}
	}
	return done;
}

static void rng_kick(struct virtio_device *dev, unsigned int queue)
{
	struct virtio_rng *rng = container_of(dev, struct virtio_rng, dev);
	struct virtq *q = &dev->queues[queue];
	uint32_t spent = 0;

	while (virtq_pop(q, &rng->chain)) {
		uint32_t bytes = fill(rng);

		virtq_push(q, rng->chain.head, bytes);
		spent += bytes;
		if (spent >= TURN_BYTES) {
			virtio_device_kick_soon(dev, queue);
			return;
		}
	}
}

static void rng_stop(struct virtio_device *dev)
{
	/* Requests are answered at once: there is nothing to forget. */
}

static void rng_destroy(struct virtio_device *dev)
{
	free(container_of(dev, struct virtio_rng, dev));
}

static const struct virtio_ops rng_ops = {
	.device_id = DEVICE_ID,
	.kick = rng_kick,
	.stop = rng_stop,
	.destroy = rng_destroy,
};

int virtio_rng_create(struct loop *loop, const char *name, struct virtio_device **ret,
	struct error *err)
{
	struct virtio_rng *rng = calloc(1, sizeof(*rng));

	if (!rng)
		return error_set(err, -ENOMEM, NULL, "no memory for the device %s", name);
	rng->dev.ops = &rng_ops;
	rng->dev.name = name;
	rng->dev.loop = loop;
	rng->dev.queue_count = 1;
	*ret = &rng->dev;
	return 0;
}
