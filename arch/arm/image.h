/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel images of ARM guests, by their headers. */
#ifndef ARCH_ARM_IMAGE_H
#define ARCH_ARM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct kernel_image;
struct rom;
struct source_pos;

/* As struct board's read_kernel() (src/board.h). */
int arm_image_read(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err);

#endif
