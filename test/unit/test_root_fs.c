/* SPDX-License-Identifier: Apache-2.0 */
#include "src/root_fs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/test.h"

static const struct {
	const char *magic;
	size_t offset;
	size_t bytes;
	enum root_fs fs;
	const char *name;
	bool readonly;
} table[] = {
	{"\x53\xef", 0x438, 2, ROOT_FS_EXT4, "ext4", false},
	{"hsqs", 0, 4, ROOT_FS_SQUASHFS, "squashfs", true},
	{"\xe2\xe1\xf5\xe0", 1024, 4, ROOT_FS_EROFS, "erofs", true},
	{"<config/>", 0, 9, ROOT_FS_NONE, "none", false},
	{"sqsh", 0, 4, ROOT_FS_NONE, "none", false},
	{"\xef\x53", 0x438, 2, ROOT_FS_NONE, "none", false},
};

TEST(a_superblock_tells_the_file_system)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint8_t head[ROOT_FS_HEAD_BYTES] = {0};
		enum root_fs fs;

		memcpy(head + table[i].offset, table[i].magic, table[i].bytes);
		fs = root_fs_of(head, sizeof(head));
		CHECK_EQ(fs, table[i].fs);
		CHECK_STR(root_fs_name(fs), table[i].name);
		CHECK_EQ(root_fs_is_readonly(fs), table[i].readonly);
	}
}

/* Each length up to the end of the magic, in a buffer that has no byte more. */
TEST(a_short_file_is_none_and_is_not_read_beyond)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		size_t whole = table[i].offset + table[i].bytes;

		for (size_t bytes = 0; bytes <= whole; bytes++) {
			uint8_t *head = calloc(bytes + !bytes, 1);

			for (size_t at = table[i].offset; at < bytes; at++)
				head[at] = (uint8_t)table[i].magic[at - table[i].offset];
			CHECK_EQ(root_fs_of(head, bytes),
				bytes == whole ? table[i].fs : ROOT_FS_NONE);
			free(head);
		}
	}
}

TEST(what_cannot_be_read_is_none)
{
	char pipe[] = "/tmp/root-fs.XXXXXX";

	CHECK_EQ(root_fs_probe("/nowhere/at/all"), ROOT_FS_NONE);
	CHECK_EQ(root_fs_probe("/"), ROOT_FS_NONE);
	CHECK_EQ(root_fs_probe("/dev/null"), ROOT_FS_NONE);
	CHECK(mkdtemp(pipe));
	CHECK_EQ(rmdir(pipe), 0);
	CHECK_EQ(mkfifo(pipe, 0600), 0);
	CHECK_EQ(root_fs_probe(pipe), ROOT_FS_NONE);
	unlink(pipe);
}

TEST_MAIN(CASE(a_superblock_tells_the_file_system),
	CASE(a_short_file_is_none_and_is_not_read_beyond),
	CASE(what_cannot_be_read_is_none))
