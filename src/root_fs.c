/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux, Documentation/filesystems/ext4/super.rst (s_magic, in a superblock at 1024),
 * fs/squashfs/squashfs_fs.h, fs/erofs/erofs_fs.h (at 1024). All are little-endian.
 */
#include "src/root_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "src/container_of.h"

static const struct {
	enum root_fs fs;
	size_t offset;
	const char *magic;
	size_t bytes;
} magics[] = {
	{ROOT_FS_EROFS, 1024, "\xe2\xe1\xf5\xe0", 4},
	{ROOT_FS_SQUASHFS, 0, "hsqs", 4},
	{ROOT_FS_EXT4, 1024 + 0x38, "\x53\xef", 2},
};

enum root_fs root_fs_of(const uint8_t *head, size_t bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (bytes >= magics[i].offset + magics[i].bytes &&
			!memcmp(head + magics[i].offset, magics[i].magic,
				magics[i].bytes))
			return magics[i].fs;
	}
	return ROOT_FS_NONE;
}

/* Without waiting where it is a pipe or a terminal: those are no images. */
enum root_fs root_fs_probe(const char *path)
{
	uint8_t head[ROOT_FS_HEAD_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t got = -1;

	if (fd < 0)
		return ROOT_FS_NONE;
	do {
		got = pread(fd, head, sizeof(head), 0);
	} while (got < 0 && errno == EINTR);
	close(fd);
	return got < 0 ? ROOT_FS_NONE : root_fs_of(head, (size_t)got);
}

const char *root_fs_name(enum root_fs fs)
{
	static const char *const names[] = {
		[ROOT_FS_NONE] = "none",
		[ROOT_FS_EXT4] = "ext4",
		[ROOT_FS_SQUASHFS] = "squashfs",
		[ROOT_FS_EROFS] = "erofs",
	};

	return names[fs];
}

bool root_fs_is_readonly(enum root_fs fs)
{
	return fs == ROOT_FS_SQUASHFS || fs == ROOT_FS_EROFS;
}
