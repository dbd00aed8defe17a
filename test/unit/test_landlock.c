/* SPDX-License-Identifier: Apache-2.0 */
/* What Landlock leaves; each try is a process of its own, which never comes out again. */
#include "src/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/test.h"

static bool has_landlock(void)
{
	if (landlock_version())
		return true;
	printf("skipped: no Landlock here\n");
	return false;
}

static int enter(bool may_read, const struct landlock_place *places, unsigned int count)
{
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return landlock_enter(may_read, places, count);
}

/* 0 where a file can be opened after it. */
static int open_after(bool may_read)
{
	int plain_fd = memfd_create("open", MFD_CLOEXEC);
	int status = -1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (enter(may_read, NULL, 0) || write(plain_fd, "", 1) != 1)
			_exit(1);
		if (creat("/tmp/from-the-sandbox", 0600) >= 0 || errno != EACCES)
			_exit(2);
		_exit(open("/etc/passwd", O_RDONLY) < 0 ? errno : 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	close(plain_fd);
	return WEXITSTATUS(status);
}

TEST(what_is_open_is_left_and_nothing_else)
{
	if (!has_landlock())
		return;
	CHECK_EQ(open_after(false), EACCES);
	CHECK_EQ(open_after(true), 0);
}

static int make(const char *path)
{
	int fd = creat(path, 0600);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0700);
}

static int read_back(const char *path)
{
	return open(path, O_RDONLY);
}

/* In this order, for one process. */
static const struct act {
	int (*run)(const char *path);
	const char *path;
	int result; /* 0 or errno */
} acts[] = {
	{make, "any/new", 0},
	{read_back, "any/new", EACCES},
	{unlink, "any/new", 0},
	{make_folder, "any/folder", 0},
	{make, "any/folder/new", 0},
	{make, "files/new", EACCES},
	{make, "files/old", EACCES},
	{rmdir, "files/folder", EACCES},
	{unlink, "files/old", 0},
	{rmdir, "folders/folder", 0},
	{make_folder, "folders/folder", EACCES},
	{unlink, "folders/old", EACCES},
	{make, "new", EACCES},
	{rmdir, "files", EACCES},
};

TEST(places_keep_what_they_are_for)
{
	static const struct landlock_place places[] = {
		{"any", LANDLOCK_WRITE},
		{"files", LANDLOCK_REMOVE_FILES},
		{"folders", LANDLOCK_REMOVE_FOLDERS},
		{"nowhere", LANDLOCK_WRITE},
	};
	char folder[] = "/tmp/landlock-XXXXXX", command[64];
	int status;
	pid_t pid;

	if (!has_landlock())
		return;
	CHECK(mkdtemp(folder));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (chdir(folder) || make_folder("any") || make_folder("files") ||
			make_folder("folders") || make_folder("files/folder") ||
			make_folder("folders/folder") || make("files/old") ||
			make("folders/old") || enter(false, places, ARRAY_SIZE(places)))
			_exit(255);
		for (unsigned int i = 0; i < ARRAY_SIZE(acts); i++)
			if ((acts[i].run(acts[i].path) < 0 ? errno : 0) != acts[i].result)
				_exit((int)i + 1);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	/* The act's number, from 1 on. */
	CHECK_EQ(WEXITSTATUS(status), 0);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CHECK_EQ(system(command), 0);
}

TEST_MAIN(
	CASE(what_is_open_is_left_and_nothing_else), CASE(places_keep_what_they_are_for))
