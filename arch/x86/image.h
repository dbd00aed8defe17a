/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel images of x86 guests, by their headers. */
#ifndef ARCH_X86_IMAGE_H
#define ARCH_X86_IMAGE_H

#include <stddef.h>
#include <stdint.h>

struct error;
struct kernel_image;
struct rom;
struct source_pos;

/*
 * As struct board's read_kernel() (src/board.h): bzImage and ELF. Every image has
 * segments, and load_offset is its guest-physical address: 1 MiB or more, where all of
 * memory_bytes ends below 3 GiB. With anywhere set a multiple of load_align_bytes above
 * that does as well; nothing below does, because a bzImage moves itself up to that
 * address at least. So where RAM does not reach load_offset + memory_bytes the kernel
 * does not fit, while everything from 1 MiB to load_offset is free for others.
 */
int x86_image_read(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err);

#endif
