/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/x86/blob.h"

#include <string.h>

static bool fits(struct blob *blob, size_t count)
{
	if (count > blob->room - blob->bytes)
		blob->full = true;
	return !blob->full;
}

void blob_put(struct blob *blob, const void *bytes, size_t count)
{
	if (!fits(blob, count))
		return;
	memcpy(blob->buf + blob->bytes, bytes, count);
	blob->bytes += count;
}

void blob_zero(struct blob *blob, size_t count)
{
	if (!fits(blob, count))
		return;
	memset(blob->buf + blob->bytes, 0, count);
	blob->bytes += count;
}

void blob_align(struct blob *blob, size_t step)
{
	blob_zero(blob, (step - blob->bytes % step) % step);
}

static void store(uint8_t *at, uint64_t value, unsigned int width)
{
	for (unsigned int i = 0; i < width; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

void blob_number(struct blob *blob, uint64_t value, unsigned int width)
{
	uint8_t bytes[8];

	store(bytes, value, width);
	blob_put(blob, bytes, width);
}

void blob_text(struct blob *blob, const char *text, size_t count)
{
	size_t chars = strnlen(text, count);

	blob_put(blob, text, chars);
	for (size_t i = chars; i < count; i++)
		blob_number(blob, ' ', 1);
}

void blob_insert(struct blob *blob, size_t offset, const void *bytes, size_t count)
{
	if (!fits(blob, count))
		return;
	memmove(blob->buf + offset + count, blob->buf + offset, blob->bytes - offset);
	memcpy(blob->buf + offset, bytes, count);
	blob->bytes += count;
}

void blob_set(struct blob *blob, size_t offset, uint64_t value, unsigned int width)
{
	if (width <= blob->bytes && offset <= blob->bytes - width)
		store(blob->buf + offset, value, width);
}

uint8_t blob_checksum(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return (uint8_t)-sum;
}
