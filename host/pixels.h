/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pixels of 32 bits and rectangles of them.
 *
 * A pixel of the host is a little-endian 0xAARRGGBB, in memory blue, green, red, alpha,
 * which displays know as ARGB8888 or, with an alpha that means nothing, XRGB8888. Guests
 * have eight orders; pixels_convert() is where they end.
 *
 * Pure functions, any thread.
 */
#ifndef HOST_PIXELS_H
#define HOST_PIXELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define PIXEL_BYTES 4u

/* By the order of the bytes in memory, lowest first; X is a byte without a meaning. */
enum pixel_format {
	PIXEL_BGRA, /* the host's own */
	PIXEL_BGRX,
	PIXEL_ARGB,
	PIXEL_XRGB,
	PIXEL_RGBA,
	PIXEL_XBGR,
	PIXEL_ABGR,
	PIXEL_RGBX,
};

struct rect {
	uint32_t x;
	uint32_t y;
	uint32_t width;
	uint32_t height;
};

bool rect_is_empty(const struct rect *rect);
/* Whether rect lies in a surface of that size; an empty one does where its corner does.
 */
bool rect_fits(const struct rect *rect, uint32_t width, uint32_t height);
/* What both have in common; empty where that is nothing. */
struct rect rect_intersect(const struct rect *a, const struct rect *b);
/* The smallest one around both; an empty one adds nothing. */
struct rect rect_union(const struct rect *a, const struct rect *b);

/* count pixels of that format become the host's; X becomes 0xff. from may be unaligned.
 */
void pixels_convert(
	uint32_t *to, const void *from, size_t count, enum pixel_format format);

/* Pixels with a premultiplied alpha over others. Brighter than their alpha allows: white.
 */
void pixels_blend(uint32_t *to, const uint32_t *from, size_t count);

/* Copies rows of the host's pixels, strides being multiples of PIXEL_BYTES. */
void pixels_copy_rows(uint32_t *to, size_t to_stride_bytes, const uint32_t *from,
	size_t from_stride_bytes, uint32_t width, uint32_t height);

/*
 * Pixels scattered over memory, such as a guest's: rows of width pixels, stride_bytes
 * apart, the first at offset_bytes of iov. The bytes may change at any time.
 */
struct pixel_source {
	const struct iovec *iov;
	unsigned int iov_count;
	uint64_t offset_bytes;
	uint64_t stride_bytes;
	uint32_t width;
	uint32_t height;
	enum pixel_format format;
};

/* Whether all of its pixels lie in its iov, rows not overlapping. */
bool pixel_source_fits(const struct pixel_source *source);

/*
 * Copies rect of a source that fits, each pixel read once, to a surface of the host: to
 * is where the first one goes, stride_bytes, a multiple of PIXEL_BYTES, from row to row.
 * rect lies in the source. The alpha of PIXEL_BGRX stays what it is.
 */
void pixel_source_copy(const struct pixel_source *source, const struct rect *rect,
	uint32_t *to, size_t stride_bytes);

#endif
