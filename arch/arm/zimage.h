/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel of a 32-bit guest: an ARM zImage, which unpacks itself. */
#ifndef ARCH_ARM_ZIMAGE_H
#define ARCH_ARM_ZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct kernel_image;
struct rom;
struct source_pos;

bool arm_zimage_is(const uint8_t *head, size_t head_bytes);

/*
 * As struct board's read_kernel() (src/board.h), of a head that arm_zimage_is(). Without
 * a rom, and where the file's size is not known, the memory that it needs stays 0 or is
 * an estimate.
 */
int arm_zimage_read(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err);

#endif
