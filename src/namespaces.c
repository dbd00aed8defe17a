/* SPDX-License-Identifier: Apache-2.0 */
#include "src/namespaces.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the empty root is mounted, in the process's own namespace: each host has it. */
#define PLACE "/proc"

static int empty_root(void)
{
	/* What the host unmounts goes here, too, as long as anything of it is left here.
	 */
	if (unshare(CLONE_NEWNS) < 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
		mount("none", PLACE, "tmpfs",
			MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			"nr_inodes=2,nr_blocks=1") < 0 ||
		chdir(PLACE) < 0)
		return -errno;
	/* The file system that a host began from cannot be put away, and lies below. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return chroot(".") < 0 ? -errno : 0;
	return umount2(".", MNT_DETACH) < 0 || chdir("/") < 0 ? -errno : 0;
}

int namespaces_enter(bool net)
{
	/* One by one: a kernel may have some of them. */
	unshare(CLONE_NEWIPC);
	unshare(CLONE_NEWUTS);
	unshare(CLONE_NEWCGROUP);
	if (net)
		unshare(CLONE_NEWNET);
	return empty_root();
}

int namespaces_try(bool net)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(-namespaces_enter(net));
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EINTR;
}

void namespaces_lacking(const char *folder, bool net, char *ret, size_t bytes)
{
	static const char *const options[][2] = {{"ipc", "CONFIG_IPC_NS"},
		{"uts", "CONFIG_UTS_NS"}, {"cgroup", "CONFIG_CGROUPS"},
		{"net", "CONFIG_NET_NS"}};
	size_t count = sizeof(options) / sizeof(options[0]) - !net;
	char path[PATH_MAX];

	*ret = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t at = strlen(ret);

		snprintf(path, sizeof(path), "%s/%s", folder, options[i][0]);
		if (access(path, F_OK) < 0)
			snprintf(ret + at, bytes - at, "%s%s", at ? ", " : "",
				options[i][1]);
	}
}
