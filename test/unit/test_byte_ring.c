/* SPDX-License-Identifier: Apache-2.0 */
#include "src/byte_ring.h"

#include <stdbool.h>
#include <string.h>

#include "test/unit/test.h"

/* Everything from offset on, as text. */
static const char *text_of(const struct byte_ring *ring, size_t offset)
{
	static char text[64];
	size_t done = 0;

	while (offset + done < ring->count) {
		const uint8_t *from;
		size_t run = byte_ring_run(ring, offset + done, &from);

		CHECK(run && run <= ring->count - offset - done);
		memcpy(text + done, from, run);
		done += run;
	}
	text[done] = 0;
	return text;
}

static void put(struct byte_ring *ring, const char *text)
{
	byte_ring_put(ring, (const uint8_t *)text, strlen(text));
}

TEST(keeps_the_last_bytes_in_their_order)
{
	struct byte_ring ring = {.size = 8};

	CHECK_STR(text_of(&ring, 0), "");
	put(&ring, "abc");
	CHECK_STR(text_of(&ring, 0), "abc");
	put(&ring, "defghij");
	CHECK_STR(text_of(&ring, 0), "cdefghij");
	put(&ring, "0123456789");
	CHECK_STR(text_of(&ring, 0), "23456789");
	byte_ring_finish(&ring);
}

TEST(is_read_from_any_byte_and_forgets_the_oldest)
{
	struct byte_ring ring = {.size = 8};

	put(&ring, "abcdef");
	byte_ring_drop(&ring, 4);
	put(&ring, "ghijk");
	for (size_t i = 0; i < 7; i++)
		CHECK_STR(text_of(&ring, i), &"efghijk"[i]);
	byte_ring_drop(&ring, 7);
	CHECK_STR(text_of(&ring, 0), "");
	put(&ring, "new");
	CHECK_STR(text_of(&ring, 0), "new");
	byte_ring_finish(&ring);
}

TEST_MAIN(CASE(keeps_the_last_bytes_in_their_order),
	CASE(is_read_from_any_byte_and_forgets_the_oldest))
