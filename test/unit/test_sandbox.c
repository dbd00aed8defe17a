/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each kind of thread tries each forbidden act, in a process of its own since there is no
 * way back out of a sandbox. What is forbidden fails, and the process lives on.
 */
#include "src/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/uring.h"
#include "src/cmd.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/landlock.h"
#include "src/sandbox_filters.h"
#include "test/unit/test.h"

/* Of <linux/kvm.h>, which only files of KVM's include. */
#define KVM_CREATE_VM _IO(0xae, 0x01)
#define KVM_RUN _IO(0xae, 0x80)

static struct uring *ring;
static int plain_fd, socket_fd, connected_fd, null_fd;
static void *page;
static pid_t another; /* process */

/* ---- the acts: 0 where one succeeds --------------------------------------------------
 */

static long open_file(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
}

static long create_file(void)
{
	return syscall(
		SYS_openat, AT_FDCWD, "/tmp/from-the-sandbox", O_WRONLY | O_CREAT, 0600);
}

static long remove_file(void)
{
	return syscall(SYS_unlinkat, AT_FDCWD, "/tmp/from-the-sandbox", 0);
}

static long make_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long reach_out(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};

	return connect(socket_fd, (const struct sockaddr *)&address, sizeof(address));
}

/* By a socket that has a peer already. */
static long send_elsewhere(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/x"};

	return sendto(connected_fd, "x", 1, 0, (const struct sockaddr *)&address,
		sizeof(address));
}

static long pin_another(void)
{
	static const unsigned long cpus[16] = {1};

	return syscall(SYS_sched_setaffinity, another, sizeof(cpus), cpus);
}

static long start_program(void)
{
	static char name[] = "true";
	char *const arguments[] = {name, NULL};

	return syscall(SYS_execve, "/bin/true", arguments, arguments + 1);
}

static long start_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		_exit(0);
	return pid;
}

static long trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long read_another(void)
{
	char byte;
	const struct iovec own = {&byte, 1}, other = {page, 1};

	return syscall(SYS_process_vm_readv, another, &own, 1ul, &other, 1ul, 0ul);
}

static long signal_another(void)
{
	return syscall(SYS_tgkill, another, another, 0);
}

/* When the socket has something to say. */
static long have_another_signalled(void)
{
	return syscall(SYS_fcntl, socket_fd, F_SETOWN, another);
}

/* Not by mmap(), for which musl has another error than the kernel. */
static long map_executable(void)
{
#ifdef SYS_mmap2
	const long number = SYS_mmap2;
#else
	const long number = SYS_mmap;
#endif

	return syscall(number, NULL, 4096, PROT_READ | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long make_executable(void)
{
	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long foreign_ioctl(void)
{
	return ioctl(null_fd, TIOCSTI, "x");
}

static long new_ring(void)
{
	struct io_uring_params params = {0};

	return syscall(SYS_io_uring_setup, 1, &params);
}

static long loosen_ring(void)
{
	return ring ? syscall(SYS_io_uring_register, uring_fd(ring),
			      IORING_REGISTER_PERSONALITY, NULL, 0)
		    : -1;
}

static long change_user(void)
{
	return syscall(SYS_setresuid, 1, 1, 1);
}

static const struct act {
	const char *name;
	long (*run)(void);
	const char *call; /* of which the log speaks */
} acts[] = {
	{"open a file", open_file, "openat"},
	{"create a file", create_file, "openat"},
	{"remove a file", remove_file, "unlinkat"},
	{"make a socket", make_socket, "socket"},
	{"connect", reach_out, "connect"},
	{"send to another than its peer", send_elsewhere, "sendto"},
	{"pin another process", pin_another, "sched_setaffinity"},
	{"start a program", start_program, "execve"},
	{"start a process", start_process, "clone"},
	{"trace", trace, "ptrace"},
	{"read another process", read_another, "process_vm_readv"},
	{"signal another process", signal_another, "tgkill"},
	{"have another process signalled", have_another_signalled, "fcntl"},
	{"map executable memory", map_executable, "mmap"},
	{"make memory executable", make_executable, "mprotect"},
	{"call a foreign ioctl", foreign_ioctl, "ioctl 0x00005412"},
	{"make an io_uring", new_ring, "io_uring_setup"},
	{"loosen an io_uring", loosen_ring, "io_uring_register"},
	{"change the user", change_user, "setresuid"},
};

/* ---- a process in its sandbox --------------------------------------------------------
 */

/* Shared with it. */
static struct report {
	int started;                           /* of sandbox_start() */
	long results[ARRAY_SIZE(acts)];        /* -errno, or 0 and more */
	long own_ioctl;                        /* of a vCPU */
	int ring_results[IORING_OP_URING_CMD]; /* by opcode, from a completion or enter()
						*/
	bool done;
} * report;

static char said[8192];

static sem_t sandbox_started;

static void try_acts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		long result = acts[i].run();

		report->results[i] = result < 0 ? -errno : result;
	}
	report->own_ioctl = ioctl(null_fd, KVM_RUN, 0) < 0 ? -errno : 0;
}

/* Each opcode up to the youngest that 5.10 or later must know, on the registered file. */
static void try_ring(void)
{
	for (int opcode = 0; ring && opcode < (int)ARRAY_SIZE(report->ring_results);
		opcode++) {
		struct io_uring_sqe *sqe = uring_next(ring, 0);
		uint64_t user_data;
		int code;

		sqe->opcode = (uint8_t)opcode;
		code = uring_submit(ring, 1);
		if (code)
			uring_take_back(ring, &user_data);
		else if (!uring_reap(ring, &user_data, &code))
			code = -ENODATA;
		report->ring_results[opcode] = code;
	}
}

static void try_all(void)
{
	try_acts();
	try_ring();
}

static void crash(void)
{
	abort();
}

static void (*do_inside)(void); /* on the thread of the role */

static void *run_thread(void *argument)
{
	const enum sandbox_role *role = argument;

	sandbox_enter(*role);
	do_inside();
	return NULL;
}

/* As run_thread, of one that was there before. */
static void *run_follower(void *argument)
{
	const enum sandbox_role *role = argument;

	sem_wait(&sandbox_started);
	sandbox_follow(*role);
	do_inside();
	return NULL;
}

static bool is_main(enum sandbox_role role)
{
	return role == SANDBOX_MAIN || role == SANDBOX_MAIN_SCREEN ||
	       role == SANDBOX_MAIN_SERVER;
}

/* Whose thread is older than the sandbox. */
static bool is_window(enum sandbox_role role)
{
	return role == SANDBOX_WINDOW || role == SANDBOX_WAYLAND;
}

static void run_inside(enum sandbox_role role, int log_fd)
{
	const struct sandbox_options beside_options = {.main = role};
	const struct sandbox_options options = {
		.main = is_main(role)                 ? role
			: role == SANDBOX_VIEWER      ? SANDBOX_MAIN_SERVER
			: role == SANDBOX_LOOP_SCREEN ? SANDBOX_MAIN_SCREEN
						      : SANDBOX_MAIN,
		/* What a file's name reaches is the filters' affair here. */
		.any_namespace = true};
	bool beside = role == SANDBOX_KEEPER || role == SANDBOX_BROKER;
	bool follows = is_window(role);
	pthread_t thread;

	dup2(log_fd, STDERR_FILENO);
	sem_init(&sandbox_started, 0, 0);
	if (follows && pthread_create(&thread, NULL, run_follower, &role))
		_exit(1);
	if (beside)
		sandbox_start_beside(&beside_options);
	else
		report->started = sandbox_start(&options, NULL);
	if (beside || is_main(role)) {
		do_inside();
	} else if (follows || !pthread_create(&thread, NULL, run_thread, &role)) {
		sem_post(&sandbox_started);
		pthread_join(thread, NULL);
	}
	report->done = true;
	_exit(0);
}

/* Its wait status; what it said is in said[]. */
static int run_role(enum sandbox_role role, void (*what)(void))
{
	static const uint8_t opcodes[] = {IORING_OP_READV, IORING_OP_FSYNC};
	size_t bytes = 0;
	int log[2], peers[2];
	ssize_t got;
	pid_t pid;
	int status;

	CHECK_EQ(pipe(log), 0);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	page = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	plain_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	socket_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, peers), 0);
	connected_fd = peers[0];
	if (uring_create(4, &plain_fd, 1, opcodes, ARRAY_SIZE(opcodes), &ring))
		ring = NULL;
	another = getpid();
	do_inside = what;
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_inside(role, log[1]);
	close(log[1]);
	while ((got = read(log[0], said + bytes, sizeof(said) - 1 - bytes)) > 0)
		bytes += (size_t)got;
	said[bytes] = '\0';
	close(log[0]);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(report->started, 0);
	close(socket_fd);
	close(peers[0]);
	close(peers[1]);
	close(null_fd);
	close(plain_fd);
	munmap(page, 4096);
	return status;
}

static void forget_report(void)
{
	munmap(report, sizeof(*report));
	uring_destroy(ring);
	ring = NULL;
}

/* An emulated CPU's system calls are not filtered, and a sanitizer makes its own. */
static bool has_filters(void)
{
	if (!SANITIZED && sandbox_can_filter())
		return true;
	printf("skipped: no filters here\n");
	return false;
}

/* Each operation of an io_uring but its own two. */
static void check_ring(void)
{
	for (int opcode = 0; ring && opcode < (int)ARRAY_SIZE(report->ring_results);
		opcode++) {
		int result = report->ring_results[opcode];

		if (opcode != IORING_OP_READV && opcode != IORING_OP_FSYNC &&
			result != -EACCES && result != -EPERM)
			test_fail(__FILE__, __LINE__, "io_uring does operation %d: %d",
				opcode, result);
	}
}

/* What a filter lets through, and what becomes of it then. */
static bool is_let_through(enum sandbox_role role, const struct act *act, long result)
{
	bool broker = role == SANDBOX_BROKER;

	/* What is served, or booted next. */
	if (act->run == open_file &&
		(role == SANDBOX_VIEWER || role == SANDBOX_MAIN_SERVER || broker))
		CHECK(result >= 0);
	else if ((act->run == open_file && is_window(role)) ||
		 (act->run == create_file && broker))
		CHECK(result == -EACCES || !landlock_version());
	else if (act->run == remove_file && broker)
		CHECK(result == -ENOENT || !landlock_version());
	else if (act->run == reach_out && broker)
		CHECK_EQ(result, -ENOENT);
	else
		return false;
	return true;
}

static void check_role(enum sandbox_role role)
{
	char line[160];

	if (!has_filters())
		return;
	CHECK_EQ(run_role(role, try_all), 0);
	CHECK(report->done);
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		if (is_let_through(role, &acts[i], report->results[i]))
			continue;
		if (report->results[i] != -EPERM)
			test_fail(__FILE__, __LINE__, "%s may %s: %ld",
				sandbox_role_name(role), acts[i].name,
				report->results[i]);
		snprintf(line, sizeof(line), "bonsai: sandbox: %s may not call %s",
			sandbox_role_name(role), acts[i].call);
		CHECK_HAS(said, line);
	}
	/* Through the filter, and refused by what is no vCPU. */
	CHECK_EQ(report->own_ioctl,
		is_main(role) || role == SANDBOX_VCPU ? -ENOTTY : -EPERM);
	check_ring();
	forget_report();
}

TEST(the_main_thread_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_MAIN);
}

TEST(the_main_thread_with_a_screen_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_MAIN_SCREEN);
}

TEST(the_main_thread_with_a_server_reads_files_and_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_MAIN_SERVER);
}

TEST(the_devices_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_LOOP);
}

TEST(devices_with_a_screen_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_LOOP_SCREEN);
}

TEST(a_vcpu_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_VCPU);
}

TEST(a_worker_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_WORKER);
}

TEST(the_saver_of_pictures_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_SAVER);
}

TEST(a_viewer_reads_files_and_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_VIEWER);
}

TEST(the_broker_reads_files_and_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_BROKER);
}

TEST(a_keeper_of_terminals_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_KEEPER);
}

TEST(a_windows_thread_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_WINDOW);
}

TEST(a_windows_thread_on_wayland_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_WAYLAND);
}

TEST(a_thread_of_tls_can_do_nothing_that_is_forbidden)
{
	check_role(SANDBOX_TLS);
}

/* As bonsai run does it, and without a word of what is refused. */
TEST(a_crash_of_any_thread_ends_the_process_by_its_signal)
{
	if (!has_filters())
		return;
	cmd_restore_terminal(false);
	for (enum sandbox_role role = 0; role < SANDBOX_ROLES; role++) {
		int status = run_role(role, crash);

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT || said[0])
			test_fail(__FILE__, __LINE__, "%s: status 0x%x, \"%s\"",
				sandbox_role_name(role), (unsigned int)status, said);
		CHECK(!report->done);
		forget_report();
	}
}

/* Whoever adds a call to one of these looks for another way first. */
TEST(no_role_may_make_more_calls_than_its_limit)
{
	static const struct {
		enum sandbox_role role;
		unsigned int limit;
	} roles[] = {
		{SANDBOX_VCPU, 15},
		{SANDBOX_LOOP, 25},
		{SANDBOX_LOOP_SCREEN, 25},
		{SANDBOX_WORKER, 20},
		{SANDBOX_SAVER, 20},
		{SANDBOX_TLS, 25},
		{SANDBOX_WINDOW, 26},
		{SANDBOX_WAYLAND, 25},
	};

	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		unsigned int count = sandbox_count(roles[i].role);

		if (count > roles[i].limit)
			test_fail(__FILE__, __LINE__, "%s may make %u calls",
				sandbox_role_name(roles[i].role), count);
	}
}

/* Of all rules for the same. */
static unsigned int roles_of(const struct sandbox_rule *rule)
{
	unsigned int roles = 0;

	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		const struct sandbox_rule *other = &sandbox_rules[i];

		if (!strcmp(other->call, rule->call) &&
			other->argument == rule->argument && other->mask == rule->mask &&
			other->value == rule->value)
			roles |= other->roles;
	}
	return roles;
}

/* All inherit its filter. */
TEST(the_main_thread_may_do_what_the_others_may)
{
	for (unsigned int i = 0; i < sandbox_rule_count; i++) {
		unsigned int roles = roles_of(&sandbox_rules[i]);
		unsigned int screen = 1u << SANDBOX_LOOP_SCREEN;
		unsigned int viewer = 1u << SANDBOX_VIEWER;

		roles &= ~(1u << SANDBOX_BROKER | 1u << SANDBOX_KEEPER |
			   1u << SANDBOX_WINDOW | 1u << SANDBOX_WAYLAND);
		CHECK(!(roles & screen) || roles & 1u << SANDBOX_MAIN_SCREEN);
		CHECK(!(roles & viewer) || roles & 1u << SANDBOX_MAIN_SERVER);
		CHECK(!(roles & ~screen & ~viewer & ~(1u << SANDBOX_MAIN_SCREEN) &
			      ~(1u << SANDBOX_MAIN_SERVER)) ||
			roles & 1u << SANDBOX_MAIN);
	}
}

TEST(calls_have_names)
{
	CHECK_STR(sandbox_call_name(SYS_futex), "futex");
	CHECK_STR(sandbox_call_name(SYS_io_uring_setup), "io_uring_setup");
	CHECK(!sandbox_call_name(100000));
}

TEST_MAIN(CASE(the_main_thread_can_do_nothing_that_is_forbidden),
	CASE(the_main_thread_with_a_screen_can_do_nothing_that_is_forbidden),
	CASE(the_main_thread_with_a_server_reads_files_and_can_do_nothing_that_is_forbidden),
	CASE(the_devices_can_do_nothing_that_is_forbidden),
	CASE(devices_with_a_screen_can_do_nothing_that_is_forbidden),
	CASE(the_saver_of_pictures_can_do_nothing_that_is_forbidden),
	CASE(a_crash_of_any_thread_ends_the_process_by_its_signal),
	CASE(no_role_may_make_more_calls_than_its_limit),
	CASE(the_main_thread_may_do_what_the_others_may),
	CASE(a_vcpu_can_do_nothing_that_is_forbidden),
	CASE(a_worker_can_do_nothing_that_is_forbidden),
	CASE(a_viewer_reads_files_and_can_do_nothing_that_is_forbidden),
	CASE(the_broker_reads_files_and_can_do_nothing_that_is_forbidden),
	CASE(a_keeper_of_terminals_can_do_nothing_that_is_forbidden),
	CASE(a_windows_thread_can_do_nothing_that_is_forbidden),
	CASE(a_windows_thread_on_wayland_can_do_nothing_that_is_forbidden),
	CASE(a_thread_of_tls_can_do_nothing_that_is_forbidden), CASE(calls_have_names))
