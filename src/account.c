/* SPDX-License-Identifier: Apache-2.0 */
#include "src/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "src/error.h"
#include "src/log.h"

/*
 * Above the users of containers, below what would be negative in 31 bits: nobody hands
 * these numbers out. A process's number has 22 bits, and no two have the same at a time.
 */
#define OWN_FIRST 0x70000000u

/* Of a container that knows 65536 users. */
#define NOBODY 65534u

static int find_name(const char *name, struct account *ret, struct error *err)
{
	const struct passwd *entry;

	/* Also where there is no list of users. */
	if (!strcmp(name, "root")) {
		ret->uid = ret->gid = 0;
		return 0;
	}
	entry = getpwnam(name);
	if (!entry)
		return error_set(err, -ENOENT, ret->pos,
			"user is \"%s\", whom this host does not know", name);
	ret->uid = entry->pw_uid;
	ret->gid = entry->pw_gid;
	return 0;
}

int account_find(const char *user, const struct source_pos *pos, struct account *ret,
	struct error *err)
{
	char *end;

	*ret = (struct account){.uid = geteuid(), .gid = getegid(), .pos = pos};
	if (!user && !ret->uid) {
		ret->uid = ret->gid = OWN_FIRST + (uid_t)getpid();
		ret->own = true;
	}
	if (!user)
		return 0;
	if (user[0] < '0' || user[0] > '9')
		return find_name(user, ret, err);
	ret->uid = ret->gid = (uid_t)strtoul(user, &end, 10);
	if (*end)
		ret->gid = (gid_t)strtoul(end + 1, NULL, 10);
	return 0;
}

static int change(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
		setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

int account_become(const struct account *account, struct error *err)
{
	int code, parent_ends = 0;

	if (account->uid == geteuid() && account->gid == getegid())
		return 0;
	prctl(PR_GET_PDEATHSIG, &parent_ends);
	code = change(account->uid, account->gid);
	if (code == -EINVAL && account->own)
		code = change(NOBODY, NOBODY);
	/* Whoever starts a VM that is to end with him does not ask for it twice. */
	prctl(PR_SET_PDEATHSIG, (unsigned long)parent_ends, 0, 0, 0);
	if (!code)
		return 0;
	if (!account->own)
		return error_set(err, code, account->pos,
			"the VM cannot run as user %u, group %u: %s", account->uid,
			account->gid, strerror(-code));
	log_host("sandbox: root it stays, for this host lets it be nobody else: %s",
		strerror(-code));
	return 0;
}
