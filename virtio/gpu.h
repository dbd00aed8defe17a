/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The graphics adapter (virtio 1.2, section 5.7), 2D: the guest's pictures and cursors on
 * the scanouts of a display.
 *
 * What the guest draws in memory of the host's is copied there by its transfers; what
 * stays in its own memory (blobs) is the display's to fetch when it is flushed. Either
 * way a picture is copied once.
 *
 * Runs with the lock of the loop held, which is the display's loop too.
 */
#ifndef VIRTIO_GPU_H
#define VIRTIO_GPU_H

#include <stdint.h>

struct display;
struct error;
struct loop;
struct virtio_device;

struct virtio_gpu_options {
	/*
	 * Of the host, for everything that the guest makes: pictures, views of its own
	 * memory and what a display keeps of them, lists of pages.
	 */
	uint64_t max_memory_bytes;
	/* udmabuf_open()'s answer, taken over: blobs of guest RAM that is memfds become
	 * dma-bufs for the display where it is a descriptor. On failure it is closed too.
	 */
	int udmabuf;
};

/* name and display are borrowed and outlive the device; it becomes the display's user. */
int virtio_gpu_create(struct loop *loop, const char *name, struct display *display,
	const struct virtio_gpu_options *options, struct virtio_device **ret,
	struct error *err);

#endif
