/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As which user the process of a VM goes on, once everything is open. One that root
 * started has no more need to be root: it becomes somebody who owns no file and no other
 * process, not even another VM's.
 *
 * Runs on the main thread.
 */
#ifndef SRC_ACCOUNT_H
#define SRC_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

struct error;
struct source_pos;

struct account {
	uid_t uid;
	gid_t gid; /* the only group */
	bool own;  /* of this process alone: nobody asked for a certain one */
	const struct source_pos *pos;
};

/*
 * Of <sandbox user="...">, whose form the caller has checked: a name, UID or UID:GID.
 * NULL: whoever the process is, and where that is root a user by the process's number.
 * -ENOENT for a name that this host does not know. Opens files; pos stays the caller's.
 */
int account_find(const char *user, const struct source_pos *pos, struct account *ret,
	struct error *err);

/*
 * For all threads and for good; capabilities are lost where PR_SET_KEEPCAPS does not say
 * otherwise. -errno; 0 also where nobody asked and this host does not let it happen, with
 * a line in the log.
 */
int account_become(const struct account *account, struct error *err);

#endif
