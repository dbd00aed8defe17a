/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a screen says of itself: an EDID (VESA E-EDID 1.4) made for a mode of a scanout. A
 * mode that its detailed timing has no room for is in a DisplayID section (VESA DisplayID
 * 1.2) behind it.
 *
 * Pure, any thread.
 */
#ifndef VIRTIO_GPU_EDID_H
#define VIRTIO_GPU_EDID_H

#include <stdint.h>

struct display_mode;

#define GPU_EDID_BLOCK_BYTES 128u
#define GPU_EDID_BYTES_MAX (2 * GPU_EDID_BLOCK_BYTES)

/*
 * Fills ret, zeroed and of GPU_EDID_BYTES_MAX, and returns the bytes used. Each scanout
 * is another screen, by its serial number. A size that nobody knows is that of 96 dots an
 * inch.
 */
uint32_t gpu_edid_make(
	const struct display_mode *mode, unsigned int scanout, uint8_t *ret);

#endif
