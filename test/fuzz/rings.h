/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets of virtio devices share: the input in bites, a transport that
 * nobody listens to, and a driver that puts its rings at the start of RAM, a page for
 * each queue, and any chain into them.
 */
#ifndef TEST_FUZZ_RINGS_H
#define TEST_FUZZ_RINGS_H

#include <stddef.h>
#include <stdint.h>

#include "src/guest_mem.h"
#include "virtio/virtio.h"

#define RINGS_RAM_GPA 0x40000000ull
#define RINGS_RAM_BYTES (2u << 20)
#define RINGS_SIZE 16u
#define RINGS_QUEUE_BYTES 4096u
#define RINGS_BUFFERS 65536u /* offset into RAM of what chains point to */

struct rings_input {
	const uint8_t *at;
	size_t left;
};

struct rings_buffer {
	uint64_t offset; /* into RAM */
	uint32_t bytes;
	bool writable;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* The next bytes, little-endian; zeroes behind the end. */
uint32_t rings_take(struct rings_input *input, unsigned int bytes);

/* Puts the device on a transport with this RAM, which has RINGS_RAM_BYTES at its place.
 */
void rings_attach(struct virtio_device *dev, const struct guest_mem *mem);

/* From reset to DRIVER_OK with zeroed rings; the features refused are a bit each. */
void rings_start(struct virtio_device *dev, uint32_t refused);

/* Offers count buffers, at most RINGS_SIZE, as a chain whose head may be in flight. */
void rings_offer(struct virtio_device *dev, unsigned int queue, uint16_t head,
	const struct rings_buffer *buffers, unsigned int count);

uint8_t *rings_ram(const struct virtio_device *dev, uint32_t offset);

#endif
