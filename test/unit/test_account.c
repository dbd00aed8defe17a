/* SPDX-License-Identifier: Apache-2.0 */
/* As whom a VM goes on. Nobody becomes root again, so each try is a process of its own.
 */
#include "src/account.h"

#include <errno.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/sandbox.h"
#include "test/unit/test.h"
#include "test/unit/unprivileged.h"

#define OWN_FIRST 0x70000000u
#define NOBODY 65534u

static const struct source_pos pos = {"vm.xml", 7};

TEST(finds_users_by_name_and_by_number)
{
	static const struct {
		const char *user;
		uid_t uid;
		gid_t gid;
	} rows[] = {
		{"root", 0, 0},
		{"0", 0, 0},
		{"1234", 1234, 1234},
		{"1234:56", 1234, 56},
		{"1999999999:0", 1999999999, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct account account;

		CHECK_EQ(account_find(rows[i].user, &pos, &account, NULL), 0);
		CHECK_EQ(account.uid, rows[i].uid);
		CHECK_EQ(account.gid, rows[i].gid);
		CHECK(!account.own);
	}
}

TEST(a_name_that_nobody_has_is_an_error_of_its_line)
{
	struct account account;
	struct error err;

	CHECK_EQ(account_find("no-such-user", &pos, &account, &err), -ENOENT);
	CHECK_STR(err.text, "user is \"no-such-user\", whom this host does not know");
	CHECK_EQ(err.pos.line, 7);
}

TEST(in_place_of_root_a_vm_is_somebody_by_its_process)
{
	struct account account;

	CHECK_EQ(account_find(NULL, &pos, &account, NULL), 0);
	CHECK_EQ(account.own, geteuid() == 0);
	CHECK_EQ(account.uid, geteuid() ? geteuid() : OWN_FIRST + (uid_t)getpid());
	CHECK_EQ(account.gid, geteuid() ? getegid() : OWN_FIRST + (uid_t)getpid());
}

/* ---- becoming one --------------------------------------------------------------------
 */

/* Shared with the process that tries. */
static struct report {
	int started;
	pid_t pid;
	uid_t uids[3];
	gid_t gids[3];
	int groups;
	uid_t thread_uid;
	int parent_ends;
	int dumpable;
	struct rlimit core;
	long back;       /* to root: -errno, or 0 */
	long signal;     /* to the parent, who is root */
	long chroot;     /* which takes a capability */
	int descriptors; /* until there are no more */
	int threads;
	bool done;
} * report;

static long error_of(long result)
{
	return result < 0 ? -errno : result;
}

static pthread_barrier_t barrier;

/* Of a library, and from before. */
static void *run_thread(void *unused)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	report->thread_uid = geteuid();
	return NULL;
}

static int count_descriptors(void)
{
	int count = 0;

	while (count < 100 && dup(STDERR_FILENO) >= 0)
		count++;
	return count;
}

static void *run_idle(void *unused)
{
	pause();
	return NULL;
}

/* They end with the process. */
static int count_threads(void)
{
	pthread_t thread;
	int count = 0;

	while (count < 100 && !pthread_create(&thread, NULL, run_idle, NULL))
		count++;
	return count;
}

static void try(const char *user, const struct sandbox_options *like)
{
	const gid_t some[] = {4, 5};
	struct sandbox_options options = *like;
	struct account account;
	pthread_t thread;

	setgroups(2, some);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, run_thread, NULL);
	pthread_barrier_wait(&barrier);
	account_find(user, &pos, &account, NULL);
	options.any_call = options.any_file = options.any_namespace = true;
	options.account = &account;
	report->pid = getpid();
	report->started = sandbox_start(&options, NULL);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	getresuid(&report->uids[0], &report->uids[1], &report->uids[2]);
	getresgid(&report->gids[0], &report->gids[1], &report->gids[2]);
	report->groups = getgroups(0, NULL);
	prctl(PR_GET_PDEATHSIG, &report->parent_ends);
	report->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
	getrlimit(RLIMIT_CORE, &report->core);
	report->signal = error_of(kill(getppid(), 0));
	report->chroot = error_of(chroot("/"));
	if (options.descriptors)
		report->descriptors = count_descriptors();
	if (options.threads)
		report->threads = count_threads();
	report->back = error_of(setresuid(0, 0, 0));
	report->done = true;
	_exit(0);
}

/* Fills the report; false where this process is not root. */
static bool become(const char *user, const struct sandbox_options *options)
{
	int status;
	pid_t pid;

	if (geteuid()) {
		printf("skipped: not root\n");
		return false;
	}
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fflush(stdout);
	pid = fork();
	if (!pid)
		try(user, options);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(report->done);
	CHECK_EQ(report->started, 0);
	return true;
}

static void check_ids(uid_t uid, gid_t gid)
{
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_EQ(report->uids[i], uid);
		CHECK_EQ(report->gids[i], gid);
	}
	CHECK_EQ(report->thread_uid, uid);
	CHECK_EQ(report->parent_ends, SIGTERM);
}

static void forget(void)
{
	munmap(report, sizeof(*report));
}

TEST(a_vm_that_root_starts_is_root_no_more)
{
	static const struct sandbox_options usual = {0};
	uid_t uid;

	if (!become(NULL, &usual))
		return;
	/* In a container, maybe. */
	uid = report->uids[0] == NOBODY ? NOBODY : OWN_FIRST + (uid_t)report->pid;
	check_ids(uid, uid);
	CHECK_EQ(report->groups, 0);
	CHECK_EQ(report->dumpable != 1, true);
	CHECK_EQ(report->signal, -EPERM);
	CHECK_EQ(report->chroot, -EPERM);
	CHECK_EQ(report->back, -EPERM);
	forget();
}

TEST(a_user_who_was_asked_for_is_taken_with_his_group_alone)
{
	static const struct sandbox_options usual = {0};

	if (!become("1234:56", &usual))
		return;
	check_ids(1234, 56);
	CHECK_EQ(report->groups, 0);
	CHECK_EQ(report->signal, -EPERM);
	CHECK_EQ(report->back, -EPERM);
	forget();
}

TEST(root_that_was_asked_for_stays_and_loses_its_capabilities)
{
	static const struct sandbox_options usual = {0};

	if (!become("root", &usual))
		return;
	check_ids(0, 0);
	CHECK_EQ(report->chroot, -EPERM);
	/* Still a process that the kernel would dump, if it were not for the limit. */
	CHECK_EQ(report->dumpable, 1);
	CHECK_EQ(report->core.rlim_cur, 1);
	CHECK_EQ(report->core.rlim_max, 1);
	forget();
}

TEST(capabilities_that_are_kept_outlast_the_user)
{
	static const struct sandbox_options kept = {.keep_capabilities = true};

	if (!become("1234", &kept))
		return;
	check_ids(1234, 1234);
	CHECK_EQ(report->signal, 0);
	CHECK_EQ(report->back, 0);
	forget();
}

TEST(core_dumps_that_are_asked_for_outlast_the_user)
{
	static const struct sandbox_options dumps = {.core_dumps = true};
	struct rlimit before;

	if (!become(NULL, &dumps))
		return;
	CHECK_EQ(report->dumpable, 1);
	getrlimit(RLIMIT_CORE, &before);
	CHECK_EQ(report->core.rlim_max, before.rlim_max);
	forget();
}

/* Whose hard limit is 0. */
static int forgo_without_rights(void)
{
	static const struct sandbox_options options = {
		.any_call = true, .any_file = true, .any_namespace = true};
	const struct rlimit none = {0, 0};

	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (setrlimit(RLIMIT_CORE, &none) < 0 || sandbox_start(&options, NULL))
		return 1;
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
}

TEST(who_has_no_limit_to_set_is_not_dumped_either)
{
	CHECK_EQ(as_unprivileged(forgo_without_rights), 0);
}

TEST(descriptors_and_threads_have_an_end)
{
	static const struct sandbox_options limits = {.descriptors = 9, .threads = 5};

	if (!become(NULL, &limits))
		return;
	/* One that it has above them is not counted. */
	CHECK(report->descriptors > 0 && report->descriptors <= 9);
	/* In a container the user is not of this process alone. */
	if (report->uids[0] != NOBODY && !SANITIZED)
		CHECK_EQ(report->threads, 5);
	forget();
}

static int change_without_rights(void)
{
	struct account account;
	struct error err;

	if (account_find(NULL, &pos, &account, &err) || account_become(&account, &err))
		return 1;
	account_find("4321", &pos, &account, &err);
	return account_become(&account, &err) != -EPERM || err.pos.line != 7 ? 2 : 0;
}

TEST(who_may_not_change_says_so_or_stays)
{
	CHECK_EQ(as_unprivileged(change_without_rights), 0);
}

TEST_MAIN(CASE(finds_users_by_name_and_by_number),
	CASE(a_name_that_nobody_has_is_an_error_of_its_line),
	CASE(in_place_of_root_a_vm_is_somebody_by_its_process),
	CASE(a_vm_that_root_starts_is_root_no_more),
	CASE(a_user_who_was_asked_for_is_taken_with_his_group_alone),
	CASE(root_that_was_asked_for_stays_and_loses_its_capabilities),
	CASE(capabilities_that_are_kept_outlast_the_user),
	CASE(core_dumps_that_are_asked_for_outlast_the_user),
	CASE(who_has_no_limit_to_set_is_not_dumped_either),
	CASE(descriptors_and_threads_have_an_end),
	CASE(who_may_not_change_says_so_or_stays))
