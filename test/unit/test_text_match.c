/* SPDX-License-Identifier: Apache-2.0 */
#include "src/text_match.h"

#include <stdlib.h>
#include <string.h>

#include "test/unit/test.h"

static bool feed(struct text_match *match, const char *text)
{
	return text_match_feed(match, (const uint8_t *)text, strlen(text));
}

TEST(a_text_is_found_however_it_is_cut)
{
	static const struct {
		const char *text;
		const char *stream;
		bool found;
	} rows[] = {
		{"login:", "guest login: ", true},
		{"login:", "guest logon: ", false},
		{"login:", "guest Login: ", false},
		{"login:", "lologin:", true},
		{"aab", "aaaaaab", true},
		{"abab!", "abaabaabab!", true},
		{"aaaa", "aaabaaabaaab", false},
		{"x", "x", true},
		{"xy", "x", false},
		{"\xc3\xa4", "l\xc3\xa4nger", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t bytes = strlen(rows[i].stream);

		for (size_t cut = 0; cut <= bytes; cut++) {
			struct text_match match;
			bool found;

			text_match_init(&match, rows[i].text);
			found = text_match_feed(
				&match, (const uint8_t *)rows[i].stream, cut);
			if (!found)
				found = feed(&match, rows[i].stream + cut);
			CHECK_EQ(found, rows[i].found);
		}
	}
}

TEST(bytes_that_are_no_text_lie_between)
{
	struct text_match match;
	static const uint8_t bytes[] = {'l', 0, 0xff, 'l', 'o', 'g'};

	text_match_init(&match, "log");
	CHECK(text_match_feed(&match, bytes, sizeof(bytes)));
}

TEST(a_text_is_found_again_where_it_overlaps_itself)
{
	struct text_match match;

	text_match_init(&match, "aba");
	CHECK(feed(&match, "aba"));
	CHECK(feed(&match, "ba"));
	CHECK(!feed(&match, "b"));
}

/* Two letters and short texts, so that there are many near misses. */
TEST(it_agrees_with_a_search_of_the_whole)
{
	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct text_match match;
		char text[8] = {0};
		char stream[40] = {0};
		size_t length = 1 + (size_t)rand() % 7;
		bool found = false;

		for (size_t i = 0; i < length; i++)
			text[i] = (char)('a' + rand() % 2);
		for (size_t i = 0; i < sizeof(stream) - 1; i++)
			stream[i] = (char)('a' + rand() % 2);
		text_match_init(&match, text);
		for (size_t i = 0; i < sizeof(stream) - 1 && !found; i++)
			found = text_match_feed(&match, (const uint8_t *)stream + i, 1);
		CHECK_EQ(found, strstr(stream, text) != NULL);
	}
}

TEST(the_longest_text_is_found)
{
	char text[TEXT_MATCH_BYTES_MAX + 1] = {0};
	struct text_match match;

	memset(text, 'a', TEXT_MATCH_BYTES_MAX);
	text_match_init(&match, text);
	CHECK(!feed(&match, text + 1));
	CHECK(feed(&match, "a"));
}

TEST_MAIN(CASE(a_text_is_found_however_it_is_cut),
	CASE(bytes_that_are_no_text_lie_between),
	CASE(a_text_is_found_again_where_it_overlaps_itself),
	CASE(it_agrees_with_a_search_of_the_whole), CASE(the_longest_text_is_found))
