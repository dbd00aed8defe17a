/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Little-endian bytes, written front to back into room that the caller gives: what the
 * board's tables are made of. What does not fit is dropped and remembered, so that a
 * writer looks once, at its end.
 */
#ifndef ARCH_X86_BLOB_H
#define ARCH_X86_BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
	uint8_t *buf; /* the caller's */
	size_t room;
	size_t bytes; /* written */
	bool full;    /* something was dropped */
};

void blob_put(struct blob *blob, const void *bytes, size_t count);
void blob_zero(struct blob *blob, size_t count);
/* Zeroes up to the next multiple of step. */
void blob_align(struct blob *blob, size_t step);

/* The low width bytes of value, 1 to 8. */
void blob_number(struct blob *blob, uint64_t value, unsigned int width);

/* text without its NUL, padded with spaces or cut to count characters. */
void blob_text(struct blob *blob, const char *text, size_t count);

/* Opens a gap at offset, which was written already, and fills it. */
void blob_insert(struct blob *blob, size_t offset, const void *bytes, size_t count);

/* Overwrites what was written; a place that was dropped stays so. */
void blob_set(struct blob *blob, size_t offset, uint64_t value, unsigned int width);

/* The byte that makes the sum of these, and of itself in place of a zero, zero. */
uint8_t blob_checksum(const uint8_t *bytes, size_t count);

#endif
