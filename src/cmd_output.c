/* SPDX-License-Identifier: Apache-2.0 */
/* What a command writes into a file that the person names. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/cmd.h"
#include "src/write_full.h"

static int write_failed(const char *path, int code)
{
	fprintf(stderr, "bonsai: cannot write %s: %s\n", path, strerror(code));
	return EXIT_HOST_FAILED;
}

/* A new file with the blob, in place of an old one; never half of one under its name. */
static int replace_file(const char *path, const void *blob, size_t bytes)
{
	char temporary[PATH_MAX];
	int code;
	int fd;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
		(int)sizeof(temporary))
		return write_failed(path, ENAMETOOLONG);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return write_failed(path, errno);
	code = -write_full(fd, blob, bytes);
	if (!code && fchmod(fd, 0644) == 0 && rename(temporary, path) == 0) {
		close(fd);
		return 0;
	}
	if (!code)
		code = errno;
	close(fd);
	unlink(temporary);
	return write_failed(path, code);
}

/* A device or a pipe, such as /dev/stdout, is written to and stays what it is. */
static int write_into(const char *path, const void *blob, size_t bytes)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int code;

	if (fd < 0)
		return write_failed(path, errno);
	code = -write_full(fd, blob, bytes);
	close(fd);
	return code ? write_failed(path, code) : 0;
}

/* Through links to the file that they stand for. */
int cmd_write_file(const char *path, const void *blob, size_t bytes)
{
	char target[PATH_MAX];
	struct stat status;

	if (stat(path, &status) < 0)
		return replace_file(path, blob, bytes);
	if (S_ISDIR(status.st_mode))
		return write_failed(path, EISDIR);
	if (!S_ISREG(status.st_mode))
		return write_into(path, blob, bytes);
	if (!realpath(path, target))
		return write_failed(path, errno);
	return replace_file(target, blob, bytes);
}
