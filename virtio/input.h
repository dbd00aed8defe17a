/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input device (virtio 1.2, section 5.8): what a source of the host is and tells, in
 * the same codes, to the guest, and LEDs and sounds back. Events that belong together go
 * to the guest at once or not at all. A guest without room for them misses them; as soon
 * as it has some it hears what has become of keys, switches, axes and fingers. So does
 * one that starts. Runs with the lock of its loop held.
 */
#ifndef VIRTIO_INPUT_H
#define VIRTIO_INPUT_H

struct error;
struct input_source;
struct loop;
struct virtio_device;

/* The device's queues. */
#define VIRTIO_INPUT_EVENTS 0
#define VIRTIO_INPUT_STATUS 1

/* name and source are borrowed for the device's life; -ENOMEM. */
int virtio_input_create(struct loop *loop, const char *name, struct input_source *source,
	struct virtio_device **ret, struct error *err);

#endif
