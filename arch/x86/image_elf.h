/* SPDX-License-Identifier: Apache-2.0 */
/* ELF kernels, for arch/x86/image.c. */
#ifndef ARCH_X86_IMAGE_ELF_H
#define ARCH_X86_IMAGE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct kernel_image;
struct rom;
struct source_pos;

bool x86_image_is_elf(const uint8_t *head, size_t head_bytes);

/* As x86_image_read(), of an ELF file. */
int x86_image_read_elf(const uint8_t *head, size_t head_bytes, uint64_t file_bytes,
	const struct rom *rom, const struct source_pos *pos, struct kernel_image *ret,
	struct error *err);

#endif
