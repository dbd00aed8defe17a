/* SPDX-License-Identifier: Apache-2.0 */
/* What has a name for a process that left its namespaces; each try is one of its own. */
#include "src/namespaces.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/container_of.h"
#include "test/unit/test.h"
#include "test/unit/unprivileged.h"

static const char *const names[] = {"ns/ipc", "ns/uts", "ns/cgroup", "ns/net", "ns/mnt"};

/* Shared with the process that tries. */
static struct report {
	bool emptied;
	bool others[ARRAY_SIZE(names)]; /* than before */
	int entries;                    /* of the root, without . and .. */
	int lookup, creation, escape;   /* errno */
	bool reads_open_folder;
	bool done;
} * report;

static int count_entries(void)
{
	DIR *root = opendir("/");
	int count = -2;

	while (root && readdir(root))
		count++;
	if (root)
		closedir(root);
	return count;
}

static void look(int process, const char *name, char text[64])
{
	ssize_t got = readlinkat(process, name, text, 63);

	text[got > 0 ? got : 0] = '\0';
}

static void try(bool net)
{
	int process = open("/proc/self", O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	char before[ARRAY_SIZE(names)][64], after[64];
	int folder = open("/etc", O_DIRECTORY | O_PATH | O_CLOEXEC);
	int file;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		look(process, names[i], before[i]);
	report->emptied = !namespaces_enter(net);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		look(process, names[i], after);
		report->others[i] = strcmp(before[i], after) != 0;
	}
	report->entries = count_entries();
	report->lookup = open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
	report->creation = creat("/file", 0600) < 0 ? errno : 0;
	report->escape = open("../../../etc/passwd", O_RDONLY) < 0 ? errno : 0;
	file = openat(folder, "passwd", O_RDONLY);
	report->reads_open_folder = file >= 0;
	report->done = true;
	_exit(0);
}

/* False where this process may not have any. */
static bool enter(bool net)
{
	int status;
	pid_t pid;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fflush(stdout);
	pid = fork();
	if (!pid)
		try(net);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(report->done);
	if (!report->emptied)
		printf("skipped: no namespaces for this process\n");
	return report->emptied;
}

static void forget(void)
{
	munmap(report, sizeof(*report));
}

TEST(nothing_of_the_host_has_a_name)
{
	if (enter(false)) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			CHECK_EQ(report->others[i], strcmp(names[i], "ns/net") != 0);
		CHECK_EQ(report->entries, 0);
		CHECK_EQ(report->lookup, ENOENT);
		CHECK_EQ(report->escape, ENOENT);
		CHECK_EQ(report->creation, EROFS);
	}
	forget();
}

TEST(what_is_open_stays_open)
{
	if (enter(false))
		CHECK(report->reads_open_folder);
	forget();
}

TEST(a_network_of_its_own_is_there_for_the_asking)
{
	if (enter(true))
		CHECK(report->others[3]);
	forget();
}

static int enter_without_rights(void)
{
	if (namespaces_enter(true) != -EPERM || namespaces_try(false) != -EPERM)
		return 1;
	return open("/etc/passwd", O_RDONLY) < 0 ? 2 : 0;
}

/* It works on with what it has. */
TEST(who_may_have_none_stays_where_it_is)
{
	CHECK_EQ(as_unprivileged(enter_without_rights), 0);
}

TEST(a_try_changes_nothing)
{
	char before[64], after[64];
	int process = open("/proc/self", O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	look(process, "ns/mnt", before);
	if (enter(false))
		CHECK_EQ(namespaces_try(false), 0);
	else
		CHECK(namespaces_try(false) < 0);
	look(process, "ns/mnt", after);
	CHECK_STR(after, before);
	close(process);
	forget();
}

/* A folder stands for what a kernel says of itself. */
TEST(what_a_kernel_was_made_without_has_a_name)
{
	char folder[] = "/tmp/namespaces-XXXXXX", path[64], lacking[80];

	CHECK(mkdtemp(folder));
	namespaces_lacking(folder, true, lacking, sizeof(lacking));
	CHECK_STR(lacking, "CONFIG_IPC_NS, CONFIG_UTS_NS, CONFIG_CGROUPS, CONFIG_NET_NS");
	namespaces_lacking(folder, false, lacking, sizeof(lacking));
	CHECK_STR(lacking, "CONFIG_IPC_NS, CONFIG_UTS_NS, CONFIG_CGROUPS");
	snprintf(path, sizeof(path), "%s/ipc", folder);
	CHECK_EQ(mkdir(path, 0700), 0);
	namespaces_lacking(folder, false, lacking, sizeof(lacking));
	CHECK_STR(lacking, "CONFIG_UTS_NS, CONFIG_CGROUPS");
	rmdir(path);
	rmdir(folder);
}

TEST_MAIN(CASE(nothing_of_the_host_has_a_name), CASE(what_is_open_stays_open),
	CASE(a_network_of_its_own_is_there_for_the_asking),
	CASE(who_may_have_none_stays_where_it_is), CASE(a_try_changes_nothing),
	CASE(what_a_kernel_was_made_without_has_a_name))
