/* SPDX-License-Identifier: Apache-2.0 */
#include "src/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config.h"
#include "host/terminal.h"
#include "src/loop.h"
#include "test/unit/fake_manager.h"
#include "test/unit/test.h"

struct bench {
	struct fake_manager manager;
	struct loop *loop;
	struct terminal *console;
	struct service *service;
	struct config_ready ready;
	char text[16];
};

/* text NULL: ready as soon as it runs. */
static void begin(struct bench *bench, const char *text)
{
	*bench = (struct bench){.ready = {.device = "hvc0"}};
	fake_manager_init(&bench->manager, true);
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
	CHECK_EQ(terminal_null_create(&bench->console, NULL), 0);
	if (text) {
		strncpy(bench->text, text, sizeof(bench->text) - 1);
		bench->ready.text = bench->text;
	}
	CHECK_EQ(service_create(bench->loop, &bench->ready, text ? bench->console : NULL,
			 NULL, &bench->service, NULL),
		0);
}

static void end(struct bench *bench)
{
	service_destroy(bench->service);
	terminal_destroy(bench->console);
	loop_destroy(bench->loop);
	fake_manager_finish(&bench->manager);
}

/* What the guest writes, and the loop's turn after it. */
static const char *hear_after(struct bench *bench, const char *text)
{
	CHECK_EQ(terminal_write(bench->console, text, strlen(text)), strlen(text));
	loop_turn(bench->loop, 0);
	return fake_manager_hear(&bench->manager);
}

TEST(a_vm_is_ready_as_soon_as_it_runs)
{
	struct bench bench;

	begin(&bench, NULL);
	CHECK_STR(fake_manager_hear(&bench.manager), "");
	service_started(bench.service);
	CHECK_STR(fake_manager_hear(&bench.manager), "READY=1\nSTATUS=The VM runs");
	service_started(bench.service); /* it has rebooted */
	CHECK_STR(fake_manager_hear(&bench.manager), "");
	service_stopping(bench.service);
	CHECK_STR(
		fake_manager_hear(&bench.manager), "STOPPING=1\nSTATUS=The VM has ended");
	end(&bench);
}

TEST(a_vm_is_ready_once_it_has_written_the_text)
{
	struct bench bench;

	begin(&bench, "login:");
	service_started(bench.service);
	CHECK_STR(fake_manager_hear(&bench.manager),
		"STATUS=Waiting for \"login:\" on hvc0");
	CHECK_STR(hear_after(&bench, "starting\r\nguest log"), "");
	CHECK_STR(hear_after(&bench, "in: "), "READY=1\nSTATUS=The VM runs");
	CHECK_STR(hear_after(&bench, "login: "), "");
	service_started(bench.service);
	CHECK_STR(fake_manager_hear(&bench.manager), "");
	end(&bench);
}

TEST(one_that_ends_between_the_text_and_the_loops_turn_tells_nothing)
{
	struct bench bench;

	begin(&bench, "up");
	CHECK_EQ(terminal_write(bench.console, "up", 2), 2);
	service_destroy(bench.service);
	bench.service = NULL;
	CHECK_STR(hear_after(&bench, "up"), "");
	end(&bench);
}

TEST(without_a_manager_nobody_listens_to_the_console)
{
	struct config_ready ready = {.text = (char[]){"up"}, .device = "hvc0"};
	struct terminal *console = NULL;
	struct service *service = NULL;
	struct loop *loop = NULL;

	unsetenv("NOTIFY_SOCKET");
	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(terminal_null_create(&console, NULL), 0);
	CHECK_EQ(service_create(loop, &ready, console, NULL, &service, NULL), 0);
	service_started(service);
	CHECK_EQ(terminal_write(console, "up", 2), 2);
	service_stopping(service);
	service_destroy(service);
	terminal_destroy(console);
	loop_destroy(loop);
}

/* One message of the guest's sd_notify(3); a connection of its own. */
static void say_over_vsock(struct bench *bench, const char *path, const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	close(fd);
	loop_turn(bench->loop, 0);
	loop_turn(bench->loop, 0);
}

TEST(a_vm_is_ready_once_its_systemd_says_so)
{
	struct bench bench = {.ready = {.vsock_port = 9999}};
	char vsock[64];
	char word[80];

	snprintf(vsock, sizeof(vsock), "/tmp/bonsai-service-%d", getpid());
	snprintf(word, sizeof(word), "%s_9999", vsock);
	fake_manager_init(&bench.manager, true);
	CHECK_EQ(loop_create(&bench.loop, NULL), 0);
	CHECK_EQ(service_create(
			 bench.loop, &bench.ready, NULL, vsock, &bench.service, NULL),
		0);
	service_started(bench.service);
	CHECK_STR(fake_manager_hear(&bench.manager),
		"STATUS=Waiting for READY=1 on vsock port 9999");
	say_over_vsock(&bench, word, "X_SYSTEMD_UNIT_ACTIVE=basic.target\nREADY");
	say_over_vsock(&bench, word, "=1 STATUS=Startup finished\n");
	CHECK_STR(fake_manager_hear(&bench.manager), "");
	say_over_vsock(&bench, word, "X_SYSTEMD=1\nREADY=1\nSTATUS=Ready");
	CHECK_STR(fake_manager_hear(&bench.manager), "READY=1\nSTATUS=The VM runs");
	CHECK_EQ(access(word, F_OK), -1); /* nobody is listened to any more */
	service_destroy(bench.service);
	loop_destroy(bench.loop);
	fake_manager_finish(&bench.manager);
}

TEST(the_watchdog_is_fed_twice_in_its_time)
{
	struct bench bench;
	uint64_t start = loop_now_ns();

	setenv("WATCHDOG_USEC", "40000", 1);
	begin(&bench, NULL);
	for (int i = 0; i < 3; i++) {
		while (!*fake_manager_hear(&bench.manager))
			loop_turn(bench.loop, 1000);
		CHECK_STR(bench.manager.heard, "WATCHDOG=1");
	}
	CHECK(loop_now_ns() - start >= 40000000); /* at 0, 20 and 40 ms */
	end(&bench);
}

TEST_MAIN(CASE(a_vm_is_ready_as_soon_as_it_runs),
	CASE(a_vm_is_ready_once_it_has_written_the_text),
	CASE(one_that_ends_between_the_text_and_the_loops_turn_tells_nothing),
	CASE(without_a_manager_nobody_listens_to_the_console),
	CASE(a_vm_is_ready_once_its_systemd_says_so),
	CASE(the_watchdog_is_fed_twice_in_its_time))
