/* SPDX-License-Identifier: Apache-2.0 */
#include "host/pixels.h"

#include <string.h>

#include "src/le.h"

bool rect_is_empty(const struct rect *rect)
{
	return !rect->width || !rect->height;
}

bool rect_fits(const struct rect *rect, uint32_t width, uint32_t height)
{
	return rect->x <= width && rect->width <= width - rect->x && rect->y <= height &&
	       rect->height <= height - rect->y;
}

/* Where a span of both ends, beyond 32 bits. */
static uint64_t end(uint32_t from, uint32_t count)
{
	return (uint64_t)from + count;
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static struct rect between(uint64_t left, uint64_t top, uint64_t right, uint64_t bottom)
{
	struct rect rect = {0};

	if (left < right && top < bottom) {
		rect.x = (uint32_t)left;
		rect.y = (uint32_t)top;
		rect.width = (uint32_t)min(right - left, UINT32_MAX);
		rect.height = (uint32_t)min(bottom - top, UINT32_MAX);
	}
	return rect;
}

struct rect rect_intersect(const struct rect *a, const struct rect *b)
{
	return between(max(a->x, b->x), max(a->y, b->y),
		min(end(a->x, a->width), end(b->x, b->width)),
		min(end(a->y, a->height), end(b->y, b->height)));
}

struct rect rect_union(const struct rect *a, const struct rect *b)
{
	if (rect_is_empty(a))
		return *b;
	if (rect_is_empty(b))
		return *a;
	return between(min(a->x, b->x), min(a->y, b->y),
		max(end(a->x, a->width), end(b->x, b->width)),
		max(end(a->y, a->height), end(b->y, b->height)));
}

/* Which bit each colour begins at when a pixel is read as a little-endian number. */
struct layout {
	uint8_t blue;
	uint8_t green;
	uint8_t red;
	uint8_t alpha;
	uint32_t opaque; /* what a byte without a meaning adds */
};

static const struct layout layouts[] = {
	[PIXEL_BGRA] = {0, 8, 16, 24, 0},
	[PIXEL_BGRX] = {0, 8, 16, 24, 0xff000000},
	[PIXEL_ARGB] = {24, 16, 8, 0, 0},
	[PIXEL_XRGB] = {24, 16, 8, 0, 0xff000000},
	[PIXEL_RGBA] = {16, 8, 0, 24, 0},
	[PIXEL_XBGR] = {8, 16, 24, 0, 0xff000000},
	[PIXEL_ABGR] = {8, 16, 24, 0, 0},
	[PIXEL_RGBX] = {16, 8, 0, 24, 0xff000000},
};

static uint32_t convert(uint32_t pixel, const struct layout *from)
{
	return (pixel >> from->blue & 0xff) | (pixel >> from->green & 0xff) << 8 |
	       (pixel >> from->red & 0xff) << 16 | (pixel >> from->alpha & 0xff) << 24 |
	       from->opaque;
}

void pixels_convert(
	uint32_t *to, const void *from, size_t count, enum pixel_format format)
{
	const struct layout *layout = &layouts[format];
	const uint8_t *bytes = from;

	if (format == PIXEL_BGRA) {
		memcpy(to, from, count * PIXEL_BYTES);
		return;
	}
	for (size_t i = 0; i < count; i++)
		to[i] = convert(le32_at(bytes + i * PIXEL_BYTES), layout);
}

void pixels_copy_rows(uint32_t *to, size_t to_stride_bytes, const uint32_t *from,
	size_t from_stride_bytes, uint32_t width, uint32_t height)
{
	for (uint32_t row = 0; row < height; row++)
		memcpy(to + row * (to_stride_bytes / PIXEL_BYTES),
			from + row * (from_stride_bytes / PIXEL_BYTES),
			(size_t)width * PIXEL_BYTES);
}

bool pixel_source_fits(const struct pixel_source *source)
{
	uint64_t row = (uint64_t)source->width * PIXEL_BYTES;
	uint64_t room = 0;

	for (unsigned int i = 0; i < source->iov_count; i++)
		room += source->iov[i].iov_len;
	if (!source->width || !source->height || source->stride_bytes < row)
		return false;
	if (source->offset_bytes > room || row > room - source->offset_bytes)
		return false;
	room -= source->offset_bytes + row;
	return source->height == 1 || room / (source->height - 1) >= source->stride_bytes;
}

/* A place in an iov that only moves forward. */
struct place {
	const struct iovec *iov;
	uint64_t start; /* of *iov, in the whole */
};

/* Where the byte at that place of the whole is, and how many follow it in one piece. */
static const uint8_t *seek(struct place *place, uint64_t at, size_t *ret_bytes)
{
	while (at - place->start >= place->iov->iov_len) {
		place->start += place->iov->iov_len;
		place->iov++;
	}
	*ret_bytes = place->iov->iov_len - (size_t)(at - place->start);
	return (const uint8_t *)place->iov->iov_base + (at - place->start);
}

/* Copies count pixels from that place of the source, piece by piece. */
static void copy_row(struct place *place, uint64_t at, uint32_t *to, size_t count,
	enum pixel_format format)
{
	while (count) {
		uint8_t split[PIXEL_BYTES];
		size_t bytes;
		const uint8_t *from = seek(place, at, &bytes);
		size_t whole = bytes / PIXEL_BYTES;

		if (whole > count)
			whole = count;
		if (whole) {
			pixels_convert(to, from, whole, format);
		} else {
			/* A pixel that lies across pieces. */
			for (unsigned int i = 0; i < PIXEL_BYTES; i++)
				split[i] = *seek(place, at + i, &bytes);
			whole = 1;
			pixels_convert(to, split, 1, format);
		}
		to += whole;
		count -= whole;
		at += whole * PIXEL_BYTES;
	}
}

void pixels_blend(uint32_t *to, const uint32_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t rest = 255 - (from[i] >> 24), blended = 0;

		for (unsigned int shift = 0; shift < 32; shift += 8) {
			uint32_t sum = (from[i] >> shift & 0xff) +
				       ((to[i] >> shift & 0xff) * rest + 127) / 255;

			blended |= (sum < 255 ? sum : 255) << shift;
		}
		to[i] = blended;
	}
}

void pixel_source_copy(const struct pixel_source *source, const struct rect *rect,
	uint32_t *to, size_t stride_bytes)
{
	struct place place = {source->iov, 0};
	/* X has no meaning to a display either: nothing to convert. */
	enum pixel_format format =
		source->format == PIXEL_BGRX ? PIXEL_BGRA : source->format;

	if (rect_is_empty(rect))
		return;
	for (uint32_t row = 0; row < rect->height; row++) {
		uint64_t at = source->offset_bytes +
			      ((uint64_t)rect->y + row) * source->stride_bytes +
			      (uint64_t)rect->x * PIXEL_BYTES;

		copy_row(&place, at, to, rect->width, format);
		to += stride_bytes / PIXEL_BYTES;
	}
}
