/* SPDX-License-Identifier: Apache-2.0 */
/* gzip: RFC 1952 around RFC 1951, 3.2.4. zstd: RFC 8878, 3.1.1. */
#include "test/unit/pack.h"

#include <string.h>
#include <zlib.h>

#define GZIP_BLOCK_BYTES 0xffffu
#define ZSTD_BLOCK_BYTES (128u << 10)

static uint8_t *put(uint8_t *at, const void *bytes, size_t count)
{
	memcpy(at, bytes, count);
	return at + count;
}

static uint8_t *put_little(uint8_t *at, uint64_t value, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		*at++ = (uint8_t)(value >> 8 * i);
	return at;
}

size_t pack_gzip(uint8_t *at, const uint8_t *bytes, size_t count)
{
	uint8_t *start = at;

	at = put(at, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
	for (size_t done = 0; done < count;) {
		size_t left = count - done;
		size_t block = left < GZIP_BLOCK_BYTES ? left : GZIP_BLOCK_BYTES;

		*at++ = block == left;
		at = put_little(at, block, 2);
		at = put_little(at, ~block, 2);
		at = put(at, bytes + done, block);
		done += block;
	}
	at = put_little(at, crc32(0, bytes, (unsigned int)count), 4);
	at = put_little(at, count, 4);
	return (size_t)(at - start);
}

size_t pack_zstd(uint8_t *at, const uint8_t *bytes, size_t count)
{
	uint8_t *start = at;

	at = put(at, "\x28\xb5\x2f\xfd", 4);
	*at++ = 0xe0; /* a content size of eight bytes, one segment */
	at = put_little(at, count, 8);
	for (size_t done = 0; done < count;) {
		size_t left = count - done;
		size_t block = left < ZSTD_BLOCK_BYTES ? left : ZSTD_BLOCK_BYTES;

		at = put_little(at, block << 3 | (block == left), 3);
		at = put(at, bytes + done, block);
		done += block;
	}
	return (size_t)(at - start);
}
