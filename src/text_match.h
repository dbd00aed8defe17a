/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for a text in a stream of bytes that comes in pieces, without keeping any. */
#ifndef SRC_TEXT_MATCH_H
#define SRC_TEXT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_MATCH_BYTES_MAX 128

struct text_match {
	const char *text; /* borrowed */
	unsigned int bytes;
	unsigned int matched; /* so many of its first bytes are the last that came */
	/* What of the first i + 1 bytes is both their end and their begin, but not all.
	 */
	uint8_t border[TEXT_MATCH_BYTES_MAX];
};

/* text has 1 to TEXT_MATCH_BYTES_MAX bytes. */
void text_match_init(struct text_match *match, const char *text);

/* True where the text ends in these bytes; those behind it are not looked at. */
bool text_match_feed(struct text_match *match, const uint8_t *bytes, size_t count);

#endif
