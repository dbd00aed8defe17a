/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entropy device (virtio 1.2, section 5.4): the host's random numbers for the guest.
 * Runs with the lock of its loop held.
 */
#ifndef VIRTIO_RNG_H
#define VIRTIO_RNG_H

struct error;
struct loop;
struct virtio_device;

/* The most that one request gets, however much it asks for. */
#define VIRTIO_RNG_CHAIN_BYTES 65536u

/* name is borrowed for the device's life; virtio_device_destroy() frees it. */
int virtio_rng_create(struct loop *loop, const char *name, struct virtio_device **ret,
	struct error *err);

#endif
