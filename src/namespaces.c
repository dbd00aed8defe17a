/* SPDX-License-Identifier: Apache-2.0 */
#include "src/namespaces.h"

#include <sched.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the empty root is mounted, in the process's own namespace: each host has it. */
#define PLACE "/proc"

static bool empty_root(void)
{
	/* What the host unmounts goes here, too, as long as anything of it is left here.
	 */
	if (unshare(CLONE_NEWNS) < 0 ||
		mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
		mount("none", PLACE, "tmpfs",
			MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			"nr_inodes=2,nr_blocks=1") < 0 ||
		chdir(PLACE) < 0)
		return false;
	/* The file system that a host began from cannot be put away, and lies below. */
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return chroot(".") == 0;
	return umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

bool namespaces_enter(bool net)
{
	/* One by one: a kernel may have some of them. */
	unshare(CLONE_NEWIPC);
	unshare(CLONE_NEWUTS);
	unshare(CLONE_NEWCGROUP);
	if (net)
		unshare(CLONE_NEWNET);
	return empty_root();
}
