/* SPDX-License-Identifier: Apache-2.0 */
/* The command that saves what is on a screen. */
#include <string.h>
#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/control_rig.h"
#include "test/unit/test.h"

#define DUMP(arguments) "{\"execute\": \"screendump\", \"arguments\": {" arguments "}}"
#define GENERIC(text) "{\"error\": {\"class\": \"GenericError\", \"desc\": \"" text "\"}}"

static struct control_rig rig;

TEST(screendump_names_a_screen_and_a_file)
{
	static const struct {
		const char *text;
		const char *dumped;
	} rows[] = {
		{DUMP("\"filename\": \"/a.ppm\""), "any 0 /a.ppm ppm"},
		{DUMP("\"filename\": \"b\", \"format\": \"png\""), "any 0 b png"},
		{DUMP("\"filename\": \"c\", \"device\": \"gpu1\", \"head\": 3, "
		      "\"format\": \"ppm\""),
			"gpu1 3 c ppm"},
	};
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_STR(rig_ask(&rig, fd, rows[i].text), "{\"return\": {}}");
		CHECK_STR(rig.dumped, rows[i].dumped);
	}
	close(fd);
	rig_end(&rig);
}

TEST(screendump_says_what_is_wrong)
{
	static const struct {
		const char *text;
		const char *answer;
	} rows[] = {
		{DUMP(""), GENERIC("arguments: Object item not found: filename")},
		{DUMP("\"filename\": \"a\", \"format\": \"jpg\""),
			GENERIC("format is 'jpg', allowed: ppm, png")},
		{DUMP("\"filename\": \"a\", \"head\": -1"),
			GENERIC("head is -1, allowed: 0 to 15")},
		{DUMP("\"filename\": \"a\", \"head\": 4294967296"),
			GENERIC("head is 4294967296, allowed: 0 to 15")},
		{DUMP("\"filename\": \"a\", \"device\": \"none\""),
			"{\"error\": {\"class\": \"DeviceNotFound\", \"desc\": "
			"\"there is none\"}}"},
	};
	int fd;

	rig_begin(&rig);
	fd = rig_client(&rig);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_STR(rig_ask(&rig, fd, rows[i].text), rows[i].answer);
	CHECK_STR(rig.dumped, "");
	close(fd);
	rig_end(&rig);
}

TEST_MAIN(CASE(screendump_names_a_screen_and_a_file), CASE(screendump_says_what_is_wrong))
