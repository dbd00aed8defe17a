/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From DRIVER_OK to the reset, for whatever a driver writes: it cannot have the setup of
 * a queue to write into, no queue becomes ready, and none comes to life. What a live
 * queue was started with it keeps, as only virtq_start() assigns that.
 *
 * Proves: driver_ok, virtio_device_setup, virtio_device_set_queue_ready
 */
#include "test/proof/prelude.h"
#include "virtio/virtio.h"

/*@ predicate frozen(struct virtio_device *dev) =
	(dev->status & VIRTIO_STATUS_DRIVER_OK) != 0;

    predicate attached(struct virtio_device *dev) =
	\valid(dev) && dev->queue_count <= VIRTIO_QUEUES_MAX; */

#include "virtio/virtio.c"

/*@ requires \valid_read(dev);
    assigns \nothing;
    ensures \result == 1 <==> frozen(dev);
    ensures \result == 0 || \result == 1; */
static bool driver_ok(const struct virtio_device *dev);

/*@ requires attached(dev);
    assigns \nothing;
    ensures frozen(dev) ==> \result == \null;
    ensures \result == \null ||
	\result == &dev->setups[queue] && queue < dev->queue_count; */
struct virtq_setup *virtio_device_setup(struct virtio_device *dev, unsigned int queue);

/*@ requires \valid(q);
    assigns *q;
    ensures q->live == 0; */
void virtq_stop(struct virtq *q);

/*@ requires attached(dev);
    behavior frozen:
	assumes frozen(dev) && queue < dev->queue_count;
	assigns dev->setups[queue].ready, dev->queues[queue];
	ensures ready == 0 || \old(dev->setups[queue].ready) == dev->setups[queue].ready;
	ensures dev->setups[queue].ready != 0 ==> \old(dev->setups[queue].ready) != 0;
	ensures dev->queues[queue].live != 0 ==> \old(dev->queues[queue].live) != 0;
    behavior no_queue:
	assumes queue >= dev->queue_count;
	assigns \nothing; */
void virtio_device_set_queue_ready(
	struct virtio_device *dev, unsigned int queue, bool ready);
