/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock (Linux, Documentation/userspace-api/landlock.rst): a process gives up files
 * and ports by itself, for good. What is open stays so. By the kernel's numbers, since
 * headers may be older than it.
 */
#ifndef SRC_LANDLOCK_H
#define SRC_LANDLOCK_H

#include <stdbool.h>

/* Of its interface, from 1 on; 0 where this kernel has none. */
unsigned int landlock_version(void);

/* What is still allowed in a place. */
enum landlock_act {
	LANDLOCK_REMOVE_FILES,
	LANDLOCK_REMOVE_FOLDERS, /* when they are empty */
	LANDLOCK_WRITE,          /* any change */
};

/* A folder, with all below it; one that is not there counts for nothing. */
struct landlock_place {
	const char *folder;
	enum landlock_act act;
};

/*
 * The calling thread, and those that it starts from now on, do nothing to any path any
 * more but in those places, and neither bind nor connect TCP; with may_read they open
 * files to read, still. Needs no_new_privs. -errno; 0 also where there is no Landlock.
 */
int landlock_enter(
	bool may_read, const struct landlock_place *places, unsigned int count);

#endif
