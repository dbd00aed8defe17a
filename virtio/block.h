/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtio block device (virtio 1.2, section 5.2) on a disk of the host.
 *
 * Runs with the lock of the loop held, which is the disk's loop too.
 */
#ifndef VIRTIO_BLOCK_H
#define VIRTIO_BLOCK_H

struct disk;
struct error;
struct loop;
struct virtio_device;

/* Requests in flight at most, over all queues: the depth to open the disk with. */
#define VIRTIO_BLOCK_DEPTH 256

#define VIRTIO_BLOCK_SERIAL_BYTES 20

struct virtio_block_options {
	const char *serial; /* VIRTIO_BLOCK_SERIAL_BYTES at most; NULL: none */
	unsigned int queues;
};

/*
 * name and disk are borrowed and outlive the device; it becomes the disk's user. What it
 * offers follows from disk_info().
 */
int virtio_block_create(struct loop *loop, const char *name, struct disk *disk,
	const struct virtio_block_options *options, struct virtio_device **ret,
	struct error *err);

/* After disk_resize(): tells the driver. */
void virtio_block_resized(struct virtio_device *dev);

#endif
