/* SPDX-License-Identifier: Apache-2.0 */
/* Knuth, Morris and Pratt's way: each byte is looked at as it comes, and then forgotten.
 */
#include "src/text_match.h"

#include <assert.h>
#include <string.h>

/* How much of the text the bytes end with, after one more. */
static unsigned int advance(
	const struct text_match *match, unsigned int matched, char byte)
{
	while (matched && match->text[matched] != byte)
		matched = match->border[matched - 1];
	return matched + (match->text[matched] == byte);
}

void text_match_init(struct text_match *match, const char *text)
{
	size_t bytes = strlen(text);

	assert(bytes && bytes <= TEXT_MATCH_BYTES_MAX);
	*match = (struct text_match){.text = text, .bytes = (unsigned int)bytes};
	for (unsigned int i = 1; i < match->bytes; i++)
		match->border[i] = (uint8_t)advance(match, match->border[i - 1], text[i]);
}

bool text_match_feed(struct text_match *match, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		match->matched = advance(match, match->matched, (char)bytes[i]);
		if (match->matched < match->bytes)
			continue;
		match->matched = match->border[match->bytes - 1];
		return true;
	}
	return false;
}
