/* SPDX-License-Identifier: Apache-2.0 */
#include "src/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/error.h"
#include "test/unit/fake_manager.h"
#include "test/unit/test.h"

static void messages_arrive_at(bool abstract)
{
	struct fake_manager manager;
	struct notify notify;

	fake_manager_init(&manager, abstract);
	CHECK_EQ(notify_open(&notify, NULL), 0);
	notify_send(&notify, "READY=%d", 1);
	notify_send(&notify, "STATUS=%s", "well");
	CHECK_STR(fake_manager_hear(&manager), "READY=1");
	CHECK_STR(fake_manager_hear(&manager), "STATUS=well");
	notify_close(&notify);
	fake_manager_finish(&manager);
}

TEST(messages_arrive_at_a_path)
{
	messages_arrive_at(false);
}

TEST(messages_arrive_at_an_abstract_name)
{
	messages_arrive_at(true);
}

TEST(without_a_manager_nothing_happens)
{
	struct notify notify;

	unsetenv("NOTIFY_SOCKET");
	CHECK_EQ(notify_open(&notify, NULL), 0);
	CHECK_EQ(notify.fd, -1);
	CHECK_EQ(notify.watchdog_ns, 0);
	notify_send(&notify, "READY=1");
	notify_close(&notify);
	notify_close(&notify);
}

TEST(children_do_not_inherit_the_manager)
{
	struct fake_manager manager;
	struct notify notify;

	fake_manager_init(&manager, true);
	setenv("WATCHDOG_USEC", "1", 1);
	setenv("WATCHDOG_PID", "1", 1);
	CHECK_EQ(notify_open(&notify, NULL), 0);
	CHECK(!getenv("NOTIFY_SOCKET"));
	CHECK(!getenv("WATCHDOG_USEC"));
	CHECK(!getenv("WATCHDOG_PID"));
	notify_close(&notify);
	fake_manager_finish(&manager);
}

TEST(a_socket_of_no_use_is_told_and_harmless)
{
	static const struct {
		const char *name;
		int code;
		const char *says;
	} rows[] = {
		{"run/notify", -EINVAL, "NOTIFY_SOCKET is 'run/notify'"},
		{"vsock:2:9999", -EINVAL, "NOTIFY_SOCKET is 'vsock:2:9999'"},
		{"/", -EINVAL, "NOTIFY_SOCKET is '/'"},
		{"@", -EINVAL, "NOTIFY_SOCKET is '@'"},
		{"/nowhere/notify", -ENOENT, "No such file"},
		{"@bonsai-nobody-listens", -ECONNREFUSED, "refused"},
	};
	char name[200];
	struct notify notify;
	struct error err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setenv("NOTIFY_SOCKET", rows[i].name, 1);
		CHECK_EQ(notify_open(&notify, &err), rows[i].code);
		CHECK_HAS(err.text, rows[i].says);
		notify_send(&notify, "READY=1");
		notify_close(&notify);
	}
	memset(name, '/', sizeof(name));
	name[108] = '\0';
	setenv("NOTIFY_SOCKET", name, 1);
	CHECK_EQ(notify_open(&notify, &err), -ENAMETOOLONG);
	CHECK_STR(
		err.text, "NOTIFY_SOCKET has 108 bytes, a socket's name has at most 107");
}

TEST(a_watchdog_is_wanted_of_this_process_alone)
{
	static const struct {
		const char *usec;
		const char *pid; /* NULL: not said, "": ours */
		uint64_t ns;
	} rows[] = {
		{"30000000", NULL, 30000000000},
		{"30000000", "", 30000000000},
		{"30000000", "1", 0},
		{"30000000", "soon", 0},
		{"0", "", 0},
		{"", "", 0},
		{"soon", "", 0},
		{"1s", "", 0},
		{"18446744073709551615", "", 0},
		{NULL, "", 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_manager manager;
		struct notify notify;
		char pid[20];

		fake_manager_init(&manager, true);
		snprintf(pid, sizeof(pid), "%d", getpid());
		if (rows[i].usec)
			setenv("WATCHDOG_USEC", rows[i].usec, 1);
		if (rows[i].pid)
			setenv("WATCHDOG_PID", rows[i].pid[0] ? rows[i].pid : pid, 1);
		CHECK_EQ(notify_open(&notify, NULL), 0);
		CHECK_EQ(notify.watchdog_ns, rows[i].ns);
		notify_close(&notify);
		fake_manager_finish(&manager);
	}
}

TEST(a_manager_that_takes_nothing_is_not_waited_for)
{
	struct fake_manager manager;
	struct notify notify;

	fake_manager_init(&manager, true);
	CHECK_EQ(notify_open(&notify, NULL), 0);
	for (int i = 0; i < 5000; i++)
		notify_send(&notify, "STATUS=%d", i);
	CHECK_STR(fake_manager_hear(&manager), "STATUS=0");
	fake_manager_finish(&manager);
	notify_send(&notify, "STATUS=alone");
	notify_close(&notify);
}

/* fds 50 and 51 are what a manager has handed over, 47 others before them. */
static int take(int type, bool listens, const char *pid, const char *count,
	const char *last_names, int *ret_fd, struct error *err)
{
	const struct sockaddr any = {.sa_family = AF_UNIX};
	char names[300];
	size_t at = 0;
	int fd = socket(AF_UNIX, type, 0);
	int code;

	/* To a name of the kernel's choice. */
	CHECK_EQ(bind(fd, &any, sizeof(any.sa_family)), 0);
	if (listens)
		CHECK_EQ(listen(fd, 1), 0);
	dup2(fd, 51);
	close(fd);
	for (unsigned int i = 0; i < 47; i++)
		at += (size_t)snprintf(names + at, sizeof(names) - at, "tap:");
	snprintf(names + at, sizeof(names) - at, "%s", last_names);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", names, 1);
	code = notify_take_socket("control", ret_fd, err);
	CHECK(!getenv("LISTEN_PID"));
	CHECK(!getenv("LISTEN_FDS"));
	CHECK(!getenv("LISTEN_FDNAMES"));
	return code;
}

TEST(a_socket_is_taken_by_its_name)
{
	static const struct {
		const char *count;
		const char *names;
		int fd;
	} rows[] = {
		{"49", "web:control", 51},
		{"49", "control:web", 50},
		{"50", "x:control:control", 51},
		{"49", "web:controls", -1},
		{"49", "web:contro", -1},
		{"48", "web:control", -1},
		{"49", "web", -1},
		{"49", "", -1},
		{"none", "web:control", -1},
		{"-1", "web:control", -1},
		{"18446744073709551615", "web:control", -1},
	};
	struct error err;
	char pid[20];
	int fd;

	snprintf(pid, sizeof(pid), "%d", getpid());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int code;

		dup2(STDIN_FILENO, 50);
		code = take(
			SOCK_STREAM, true, pid, rows[i].count, rows[i].names, &fd, &err);
		/* At 50 is none that listens. */
		CHECK_EQ(code, rows[i].fd == 50 ? -EINVAL : 0);
		CHECK_EQ(fd, rows[i].fd == 50 ? -1 : rows[i].fd);
		close(50);
		close(51);
	}
	CHECK_EQ(take(SOCK_STREAM, true, "1", "49", "web:control", &fd, &err), 0);
	CHECK_EQ(fd, -1);
	CHECK_EQ(notify_take_socket("control", &fd, &err), 0);
	CHECK_EQ(fd, -1);
	close(51);
}

TEST(what_is_no_listening_socket_is_told)
{
	struct error err;
	char pid[20];
	int fd;

	snprintf(pid, sizeof(pid), "%d", getpid());
	CHECK_EQ(take(SOCK_STREAM, false, pid, "49", "web:control", &fd, &err), -EINVAL);
	CHECK_STR(err.text,
		"what the service manager calls control is no unix socket that "
		"listens");
	CHECK_EQ(fd, -1);
	CHECK_EQ(take(SOCK_DGRAM, false, pid, "49", "web:control", &fd, &err), -EINVAL);
	close(51);
	CHECK_EQ(take(SOCK_STREAM, true, pid, "49", "web:control", &fd, &err), 0);
	CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	close(51);
}

TEST_MAIN(CASE(messages_arrive_at_a_path), CASE(messages_arrive_at_an_abstract_name),
	CASE(without_a_manager_nothing_happens),
	CASE(children_do_not_inherit_the_manager),
	CASE(a_socket_of_no_use_is_told_and_harmless),
	CASE(a_watchdog_is_wanted_of_this_process_alone),
	CASE(a_manager_that_takes_nothing_is_not_waited_for),
	CASE(a_socket_is_taken_by_its_name), CASE(what_is_no_listening_socket_is_told))
