/* SPDX-License-Identifier: Apache-2.0 */
#include "src/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "src/account.h"
#include "src/error.h"
#include "src/landlock.h"
#include "src/log.h"
#include "src/namespaces.h"
#include "src/sandbox_filters.h"

#define LINES_MAX 20

static bool filters_on;
/* By the main thread, so that one of before can follow it. */
static bool gave_up_files, gave_up_capabilities;
static enum sandbox_role main_role;
static _Thread_local enum sandbox_role own_role;
static _Thread_local pid_t own_process, own_thread; /* 0: it has no filter */

/* ---- names ------------------------------------------------------------------------ */

const char *sandbox_role_name(enum sandbox_role role)
{
	static const char *const names[] = {
		[SANDBOX_MAIN] = "the main thread",
		[SANDBOX_MAIN_SCREEN] = "the main thread",
		[SANDBOX_MAIN_SERVER] = "the main thread",
		[SANDBOX_LOOP] = "the devices' thread",
		[SANDBOX_LOOP_SCREEN] = "the devices' thread",
		[SANDBOX_VCPU] = "a vCPU",
		[SANDBOX_WORKER] = "a disk's worker",
		[SANDBOX_SAVER] = "the saver of pictures",
		[SANDBOX_VIEWER] = "a viewer's thread",
		[SANDBOX_TLS] = "a thread of TLS",
		[SANDBOX_BROKER] = "the broker",
		[SANDBOX_KEEPER] = "a keeper of terminals",
		[SANDBOX_WINDOW] = "a window's thread",
		[SANDBOX_WAYLAND] = "a window's thread on Wayland",
	};

	return names[role];
}

const char *sandbox_call_name(unsigned int number)
{
	const char *name = sandbox_call_names;

	if (number >= sandbox_call_count)
		return NULL;
	for (; number; number--)
		name += strlen(name) + 1;
	return *name ? name : NULL;
}

static bool has_call(const char *wanted)
{
	const char *name = sandbox_call_names;

	for (unsigned int i = 0; i < sandbox_call_count; i++) {
		if (!strcmp(name, wanted))
			return true;
		name += strlen(name) + 1;
	}
	return false;
}

bool sandbox_has_rule(const struct sandbox_rule *rule)
{
#ifndef __GLIBC__
	if (rule->glibc)
		return false;
#endif
	return has_call(rule->call);
}

static const char *kind_of(const struct sandbox_rule *rule)
{
	return rule->form_of ? rule->form_of : rule->call;
}

static bool may(enum sandbox_role role, const struct sandbox_rule *rule)
{
	return rule->roles >> role & 1 && !rule->glibc && sandbox_has_rule(rule);
}

unsigned int sandbox_count(enum sandbox_role role)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		const struct sandbox_rule *rule = &sandbox_rules[i];
		bool first = may(role, rule);

		for (unsigned int j = 0; j < i && first; j++)
			first = !may(role, &sandbox_rules[j]) ||
				strcmp(kind_of(rule), kind_of(&sandbox_rules[j])) != 0;
		count += first;
	}
	return count;
}

/* ---- what is refused ----------------------------------------------------------------
 */

#if defined(__x86_64__)
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
#define REQUEST(context) ((context)->uc_mcontext.gregs[REG_RSI])
#elif defined(__aarch64__)
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#define REQUEST(context) ((context)->uc_mcontext.regs[1])
#elif defined(__arm__)
#define RESULT(context) ((context)->uc_mcontext.arm_r0)
#define REQUEST(context) ((context)->uc_mcontext.arm_r1)
#endif

/*
 * In place of the call, on its thread. Formatting of numbers and strings takes no lock
 * and no memory in either C library, so the log may be written to here.
 */
static void on_violation(int number, siginfo_t *info, void *argument)
{
	static atomic_uint lines;
	ucontext_t *context = argument;
	const char *name = sandbox_call_name((unsigned int)info->si_syscall);
	unsigned int line = atomic_fetch_add(&lines, 1);
	int before = errno;

	if (line < LINES_MAX && name && !strcmp(name, "ioctl"))
		log_host("sandbox: %s may not call ioctl 0x%08x",
			sandbox_role_name(own_role), (unsigned int)REQUEST(context));
	else if (line < LINES_MAX)
		log_host("sandbox: %s may not call %s (%d)", sandbox_role_name(own_role),
			name ? name : "what has no name", info->si_syscall);
	else if (line == LINES_MAX)
		log_host("sandbox: what else is refused is not told");
	/* What the library that made the filter did not know may be a newer kernel's. */
	RESULT(context) = name ? -EPERM : -ENOSYS;
	errno = before;
}

static int catch_violations(void)
{
	struct sigaction action = {
		.sa_sigaction = on_violation, .sa_flags = SA_SIGINFO | SA_RESTART};

	return sigaction(SIGSYS, &action, NULL) < 0 ? -errno : 0;
}

/* ---- filters ------------------------------------------------------------------------
 */

/* A blocked SIGSYS would end the process without a word. */
static void unblock_violations(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGSYS);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static int add_filter(unsigned int flags, const struct sock_fprog *program)
{
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);
}

static int set_filter(enum sandbox_role role)
{
	const struct sandbox_filter *filter = &sandbox_filters[role];
	struct sock_filter code[SANDBOX_FILTER_MAX];
	struct sock_fprog program = {.len = filter->count, .filter = code};

	memcpy(code, filter->code, filter->count * sizeof(code[0]));
	own_process = getpid();
	own_thread = (pid_t)syscall(SYS_gettid);
	for (unsigned int i = 0; i < filter->count; i++)
		if (code[i].k == SANDBOX_OWN_PID)
			code[i].k = (uint32_t)own_process;
	own_role = role;
	/* Else kernels before 5.16 slow all of a filtered thread's loads down. */
	if (!add_filter(SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program))
		return 0;
	return errno == EINVAL && !add_filter(0, &program) ? 0 : -errno;
}

#ifndef __GLIBC__
/*
 * In place of musl's, which is by tkill(): no filter sees whose thread that is for. So
 * abort() and a handler that passes its signal on end the process by that signal.
 */
int raise(int number)
{
	pid_t process = own_process ? own_process : getpid();
	pid_t thread = own_thread ? own_thread : (pid_t)syscall(SYS_gettid);

	return (int)syscall(SYS_tgkill, process, thread, number);
}
#endif

bool sandbox_can_filter(void)
{
	/* It looks at the filter last. */
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL) < 0 &&
	       errno == EFAULT;
}

void sandbox_enter(enum sandbox_role role)
{
	int code;

	if (!filters_on)
		return;
	if (role == SANDBOX_LOOP && main_role == SANDBOX_MAIN_SCREEN)
		role = SANDBOX_LOOP_SCREEN;
	unblock_violations();
	code = set_filter(role);
	/* Without its own, a thread has that of the main thread. */
	if (code)
		log_host("sandbox: %s has no filter of its own: %s",
			sandbox_role_name(role), strerror(-code));
}

static int start_filters(enum sandbox_role role, struct error *err)
{
	int code = catch_violations();

	unblock_violations();
	if (!code)
		code = set_filter(role);
	/* Of a kernel without seccomp or its filters, or of a container: `bonsai host`
	 * says so. */
	if (code == -ENOSYS || code == -EINVAL || code == -EPERM)
		return 0;
	filters_on = !code;
	main_role = role;
	return code ? error_set(err, code, NULL, "no filter of system calls: %s",
			      strerror(-code))
		    : 0;
}

/* ---- privileges ---------------------------------------------------------------------
 */

static struct __user_cap_header_struct capabilities = {
	.version = _LINUX_CAPABILITY_VERSION_3};

/* Before the user changes: what an exec may gain takes a capability to give up. */
static void drop_bounds(void)
{
	/* Without CAP_SETPCAP there is nothing that an exec could gain here. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0; cap++)
		;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

static int drop_capabilities(struct error *err)
{
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capset, &capabilities, none) < 0)
		return error_set(err, -errno, NULL, "capabilities cannot be dropped: %s",
			strerror(errno));
	return 0;
}

/* Another user has those that he may have, but none in force. */
static int raise_capabilities(struct error *err)
{
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	long code = syscall(SYS_capget, &capabilities, sets);

	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		sets[i].effective = sets[i].permitted;
	if (code < 0 || syscall(SYS_capset, &capabilities, sets) < 0)
		return error_set(err, -errno, NULL, "capabilities cannot be kept: %s",
			strerror(errno));
	return 0;
}

static int change_user(const struct sandbox_options *options, struct error *err)
{
	bool keeps = options->keep_capabilities;
	int code = 0;

	if (!keeps)
		drop_bounds();
	prctl(PR_SET_KEEPCAPS, keeps, 0, 0, 0);
	if (options->account)
		code = account_become(options->account, err);
	/* The kernel has none of who has been another user. */
	if (options->core_dumps)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (code)
		return code;
	return keeps ? raise_capabilities(err) : drop_capabilities(err);
}

static void limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0 || now.rlim_max <= most)
		return;
	now.rlim_max = most;
	if (now.rlim_cur > most)
		now.rlim_cur = most;
	setrlimit(resource, &now);
}

/*
 * A program that the host has for them gets dumps at any limit but 1, at 0 too. Who may
 * not have as much is no dumpable process, and less of it is in /proc.
 */
static void forgo_core_dumps(void)
{
	const struct rlimit none = {1, 1};

	if (setrlimit(RLIMIT_CORE, &none) < 0)
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Beside what it has: an inherited one of a high number is none of those to come. */
static void limit_descriptors(unsigned int more)
{
	int next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);

	if (next < 0)
		return;
	close(next);
	limit(RLIMIT_NOFILE, (rlim_t)next + more);
}

/* Of a user's, whose only process this is: this is its only thread. */
static void limit_threads(const struct sandbox_options *options)
{
	const struct account *account = options->account;

	if (options->threads && account && account->own && account->uid == geteuid())
		limit(RLIMIT_NPROC, options->threads + 1);
}

void sandbox_start_beside(const struct sandbox_options *options)
{
	enum sandbox_role role = options->main;
	struct error err;

	forgo_core_dumps();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		log_host("sandbox: no_new_privs: %s", strerror(errno));
		return;
	}
	/* What the guest boots may be elsewhere by its next boot: links are set anew. */
	if (!options->any_file)
		landlock_enter(
			role == SANDBOX_BROKER, options->places, options->place_count);
	if (!options->any_call && start_filters(role, &err))
		log_host("sandbox: %s has %s", sandbox_role_name(role), err.text);
}

int sandbox_start(const struct sandbox_options *options, struct error *err)
{
	int code;

#ifdef M_ARENA_MAX
	/* Further arenas ask /proc how to be given back, and /proc is out of reach. */
	mallopt(M_ARENA_MAX, 1);
	/* Who asks for the time of day first has the time zone read from its file. */
	tzset();
#endif
	if (!options->core_dumps)
		forgo_core_dumps();
	if (options->descriptors)
		limit_descriptors(options->descriptors);
	/* A network has its price (docs/security.md), and filters know no sockets. */
	if (!options->any_namespace)
		namespaces_enter(options->any_call || !sandbox_can_filter());
	code = change_user(options, err);
	if (code)
		return code;
	limit_threads(options);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return error_set(err, -errno, NULL, "no_new_privs: %s", strerror(errno));
	if (!options->any_file)
		code = landlock_enter(options->main == SANDBOX_MAIN_SERVER, NULL, 0);
	if (code)
		return error_set(err, code, NULL, "Landlock: %s", strerror(-code));
	gave_up_files = !options->any_file;
	gave_up_capabilities = !options->keep_capabilities;
	return options->any_call ? 0 : start_filters(options->main, err);
}

void sandbox_follow(enum sandbox_role role)
{
	struct error err;
	int code = 0;

	if (gave_up_capabilities && drop_capabilities(&err))
		log_host("sandbox: %s: %s", sandbox_role_name(role), err.text);
	if ((gave_up_files || filters_on) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		code = -errno;
	if (!code && gave_up_files)
		code = landlock_enter(false, NULL, 0);
	if (code)
		log_host("sandbox: %s has files within reach: %s",
			sandbox_role_name(role), strerror(-code));
	sandbox_enter(role);
}
