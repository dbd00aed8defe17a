/* SPDX-License-Identifier: Apache-2.0 */
#include "src/json_frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/test.h"

/* Feeds text in pieces of so many bytes; the values found, each with a '|' behind it. */
static const char *split(const char *text, size_t piece)
{
	static char found[512];
	struct json_frame frame = {0};
	const char *end = text + strlen(text);

	found[0] = 0;
	for (const char *at = text; at < end;) {
		const char *stop = piece < (size_t)(end - at) ? at + piece : end;

		while (json_frame_feed(&frame, &at, stop) == 1) {
			size_t count = strlen(found);

			snprintf(found + count, sizeof(found) - count, "%.*s|",
				(int)frame.count, frame.bytes);
		}
	}
	json_frame_finish(&frame);
	return found;
}

TEST(splits_a_stream_wherever_it_is_cut)
{
	static const struct {
		const char *text;
		const char *values;
	} rows[] = {
		{"{}", "{}|"},
		{"{}{}\n{}", "{}|{}|{}|"},
		{" \r\n\t{\"a\": [1, {}]} ", "{\"a\": [1, {}]}|"},
		{"{\n\"a\":\n1}\n", "{\n\"a\":\n1}|"},
		{"{\"}\": \"{\\\"\"}{}", "{\"}\": \"{\\\"\"}|{}|"},
		{"[1]{}", "[1]|{}|"},
		{"\"text\"{}", "\"text\"|{}|"},
		{"stop {}\n", "stop |{}|"},
		{"}{}", "}|{}|"},
		{"{\"lost quote}\n{}", "{\"lost quote}\n|{}|"},
		{"{\"half\": ", ""},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece < 9; piece++)
			CHECK_STR(split(rows[i].text, piece), rows[i].values);
}

TEST(refuses_what_is_too_long)
{
	struct json_frame frame = {0};
	char *text = malloc(JSON_FRAME_BYTES_MAX + 1);
	const char *at = text;

	memset(text, ' ', JSON_FRAME_BYTES_MAX + 1);
	text[0] = '{';
	CHECK_EQ(json_frame_feed(&frame, &at, text + JSON_FRAME_BYTES_MAX), 0);
	CHECK_EQ(
		json_frame_feed(&frame, &at, text + JSON_FRAME_BYTES_MAX + 1), -EMSGSIZE);
	json_frame_finish(&frame);
	free(text);
}

TEST(refuses_what_is_too_deep)
{
	struct json_frame frame = {0};
	char text[JSON_FRAME_DEPTH_MAX + 1];
	const char *at = text;

	memset(text, '[', sizeof(text));
	CHECK_EQ(json_frame_feed(&frame, &at, text + sizeof(text)), -EMSGSIZE);
	json_frame_finish(&frame);
}

TEST_MAIN(CASE(splits_a_stream_wherever_it_is_cut), CASE(refuses_what_is_too_long),
	CASE(refuses_what_is_too_deep))
