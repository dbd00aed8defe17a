/* SPDX-License-Identifier: Apache-2.0 */
#include "src/notify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

TEST_MAIN(CASE(messages_arrive_at_a_path), CASE(messages_arrive_at_an_abstract_name),
	CASE(without_a_manager_nothing_happens),
	CASE(children_do_not_inherit_the_manager),
	CASE(a_socket_of_no_use_is_told_and_harmless),
	CASE(a_watchdog_is_wanted_of_this_process_alone),
	CASE(a_manager_that_takes_nothing_is_not_waited_for))
