/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packed files for tests, of blocks that hold their bytes as they are: the static
 * targets' zlib and zstd can only unpack.
 */
#ifndef TEST_UNIT_PACK_H
#define TEST_UNIT_PACK_H

#include <stddef.h>
#include <stdint.h>

/* What count bytes take at most, packed. */
#define PACK_ROOM(count) ((count) + (count) / 1024 + 64)

/* One gzip member; its length. */
size_t pack_gzip(uint8_t *at, const uint8_t *bytes, size_t count);

/* One zstd frame that says its size; its length. */
size_t pack_zstd(uint8_t *at, const uint8_t *bytes, size_t count);

#endif
