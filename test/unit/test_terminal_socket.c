/* SPDX-License-Identifier: Apache-2.0 */
#include "host/terminal_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/error.h"
#include "test/unit/terminal_probe.h"

static char folder[] = "/tmp/bonsai-test-XXXXXX";
static char path[64];

enum kind { UNIX, TCP };

static void open_terminal(struct probe *probe, enum kind kind)
{
	struct error err = {0};
	int code;

	probe_init(probe);
	code = kind == UNIX ? terminal_unix_create(
				      probe->loop, path, NULL, &probe->terminal, &err)
			    : terminal_tcp_create(probe->loop, "127.0.0.1", 0, NULL, NULL,
				      &probe->terminal, &err);
	if (code)
		test_fail(__FILE__, __LINE__, "%s", err.text);
	probe_watch(probe);
}

static int unix_socket(const char *at, bool listening)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", at);
	if (listening)
		CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
				 listen(fd, 1),
			0);
	else
		CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int tcp_client(const struct probe *probe)
{
	const char *colon = strrchr(terminal_place(probe->terminal), ':');
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A client that waits at most a few seconds for what it reads. */
static int join(struct probe *probe, enum kind kind)
{
	struct timeval limit = {.tv_sec = 5};
	int fd = kind == UNIX ? unix_socket(path, false) : tcp_client(probe);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return fd;
}

/* A client that is attached when this returns. */
static int attach(struct probe *probe, enum kind kind)
{
	int fd = join(probe, kind);

	PROBE_UNTIL(probe, terminal_is_attached(probe->terminal));
	return fd;
}

static void expect(int fd, const char *text)
{
	char got[256] = {0};

	CHECK_EQ(recv(fd, got, strlen(text), MSG_WAITALL), strlen(text));
	CHECK_STR(got, text);
}

static void say(struct probe *probe, const char *text)
{
	CHECK_EQ(terminal_write(probe->terminal, text, strlen(text)), strlen(text));
}

TEST(client_comes_and_goes_and_gets_the_ring_first)
{
	for (enum kind kind = UNIX; kind <= TCP; kind++) {
		struct probe probe;
		int fd;

		open_terminal(&probe, kind);
		say(&probe, "boot\n");
		fd = attach(&probe, kind);
		say(&probe, "login: ");
		expect(fd, "boot\nlogin: ");
		CHECK_EQ(send(fd, "root\n", 5, 0), 5);
		close(fd);
		PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
		CHECK_STR(probe.got, "root\n");
		say(&probe, "meanwhile\n");
		fd = attach(&probe, kind);
		CHECK_EQ(probe.attached, 3);
		say(&probe, "now\n");
		expect(fd, "meanwhile\nnow\n");
		close(fd);
		probe_finish(&probe);
	}
}

TEST(tells_a_second_client_and_closes_it)
{
	for (enum kind kind = UNIX; kind <= TCP; kind++) {
		struct probe probe;
		char rest[256] = {0};
		int first;
		int second;

		open_terminal(&probe, kind);
		first = attach(&probe, kind);
		second = join(&probe, kind);
		probe_settle(&probe);
		CHECK(recv(second, rest, sizeof(rest) - 1, MSG_WAITALL) > 0);
		CHECK_HAS(rest, "another client");
		say(&probe, "mine");
		expect(first, "mine");
		close(first);
		close(second);
		probe_finish(&probe);
	}
}

TEST(half_closed_unix_client_reads_on_and_gives_way)
{
	struct probe probe;
	int first;
	int second;

	open_terminal(&probe, UNIX);
	first = attach(&probe, UNIX);
	CHECK_EQ(send(first, "halt\n", 5, 0), 5);
	shutdown(first, SHUT_WR);
	probe_settle(&probe);
	CHECK_STR(probe.got, "halt\n");
	say(&probe, "halting");
	expect(first, "halting");
	second = join(&probe, UNIX);
	probe_settle(&probe);
	say(&probe, "new");
	expect(second, "new");
	close(first);
	close(second);
	probe_finish(&probe);
}

TEST(keeps_input_of_a_client_that_left_until_it_is_taken)
{
	for (enum kind kind = UNIX; kind <= TCP; kind++) {
		struct probe probe;
		char block[10000];
		int fd;

		open_terminal(&probe, kind);
		probe.deaf = true;
		fd = attach(&probe, kind);
		memset(block, 'x', sizeof(block));
		CHECK_EQ(send(fd, block, sizeof(block), 0), sizeof(block));
		close(fd);
		PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
		probe_take(&probe);
		probe.deaf = false;
		PROBE_UNTIL(&probe, probe.got_bytes >= sizeof(block));
		CHECK_EQ(probe.got_bytes, sizeof(block));
		probe_finish(&probe);
	}
}

TEST(slow_client_loses_nothing)
{
	for (enum kind kind = UNIX; kind <= TCP; kind++) {
		static char block[50000];
		struct probe probe;
		size_t sent = 0;
		size_t seen = 0;
		size_t total = 4000000;
		int fd;

		open_terminal(&probe, kind);
		fd = attach(&probe, kind);
		fcntl(fd, F_SETFL, O_NONBLOCK);
		while (seen < total) {
			size_t part = total - sent < 997 ? total - sent : 997;
			ssize_t n;

			for (size_t i = 0; i < part; i++)
				block[i] = (char)((sent + i) % 251);
			n = (ssize_t)terminal_write(probe.terminal, block, part);
			sent += (size_t)n;
			if ((size_t)n == part && part)
				continue;
			n = recv(fd, block, sizeof(block), 0);
			for (ssize_t i = 0; i < n; i++)
				CHECK_EQ((uint8_t)block[i], seen++ % 251);
			loop_turn(probe.loop, 0);
		}
		CHECK_EQ(sent, total);
		CHECK(probe.writable > 0);
		CHECK_EQ(probe.attached, 1);
		close(fd);
		probe_finish(&probe);
	}
}

TEST(stalled_client_counts_as_gone_and_can_be_replaced)
{
	static char block[65536];
	struct probe probe;
	int first;
	int second;

	open_terminal(&probe, UNIX);
	probe.terminal->stall_ns = 1000000;
	first = attach(&probe, UNIX);
	while (terminal_write(probe.terminal, block, sizeof(block)) == sizeof(block))
		;
	PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
	CHECK_EQ(probe.writable, 1);
	memset(block, 'r', sizeof(block));
	CHECK_EQ(terminal_write(probe.terminal, block, sizeof(block)), sizeof(block));
	second = join(&probe, UNIX);
	PROBE_UNTIL(&probe, terminal_is_attached(probe.terminal));
	expect(second, "rrrr");
	close(first);
	close(second);
	probe_finish(&probe);
}

TEST(stalled_client_that_reads_again_is_back)
{
	static char block[65536];
	struct probe probe;
	int fd;

	open_terminal(&probe, UNIX);
	probe.terminal->stall_ns = 1000000;
	fd = attach(&probe, UNIX);
	while (terminal_write(probe.terminal, block, sizeof(block)) == sizeof(block))
		;
	PROBE_UNTIL(&probe, !terminal_is_attached(probe.terminal));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (recv(fd, block, sizeof(block), 0) > 0)
		;
	PROBE_UNTIL(&probe, terminal_is_attached(probe.terminal));
	say(&probe, "back");
	fcntl(fd, F_SETFL, 0);
	expect(fd, "back");
	close(fd);
	probe_finish(&probe);
}

TEST(socket_file_is_private_and_removed)
{
	struct probe probe;
	struct stat stat;

	open_terminal(&probe, UNIX);
	CHECK_STR(terminal_place(probe.terminal), path);
	CHECK_EQ(lstat(path, &stat), 0);
	CHECK_EQ(stat.st_mode & 0777, 0600);
	probe_finish(&probe);
	CHECK(lstat(path, &stat) < 0);
}

TEST(replaces_the_socket_of_a_dead_process)
{
	struct probe probe;
	struct stat stat;

	close(unix_socket(path, true));
	CHECK_EQ(lstat(path, &stat), 0);
	open_terminal(&probe, UNIX);
	close(attach(&probe, UNIX));
	probe_finish(&probe);
}

TEST(refuses_a_living_socket_without_disturbing_it)
{
	struct terminal *terminal = NULL;
	struct error err = {0};
	int living = unix_socket(path, true);
	struct loop *loop;

	fcntl(living, F_SETFL, O_NONBLOCK);
	CHECK_EQ(loop_create(&loop, NULL), 0);
	CHECK_EQ(terminal_unix_create(loop, path, NULL, &terminal, &err), -EADDRINUSE);
	CHECK_HAS(err.text, "running process");
	CHECK(!terminal);
	CHECK(accept(living, NULL, NULL) < 0);
	CHECK_EQ(unlink(path), 0);
	loop_destroy(loop);
	close(living);
}

TEST(refuses_what_it_cannot_listen_at)
{
	static const struct {
		const char *at;
		int code;
		const char *says;
	} places[] = {
		{"/etc/passwd", -EEXIST, "no socket"},
		{"/nonexistent-folder/socket", -ENOENT, "/nonexistent-folder/socket"},
		{"/tmp/0123456789012345678901234567890123456789012345678901234567890"
		 "123456789012345678901234567890123456789012345678901234567890",
			-ENAMETOOLONG, "107 are allowed"},
	};
	struct terminal *terminal = NULL;
	struct loop *loop;

	CHECK_EQ(loop_create(&loop, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct error err = {0};

		CHECK_EQ(terminal_unix_create(loop, places[i].at, NULL, &terminal, &err),
			places[i].code);
		CHECK_HAS(err.text, places[i].says);
	}
	CHECK_EQ(terminal_tcp_create(loop, "localhost", 1, NULL, NULL, &terminal, NULL),
		-EINVAL);
	CHECK(!terminal);
	loop_destroy(loop);
}

TEST(tells_of_a_taken_port)
{
	struct probe probe;
	struct terminal *second;
	struct error err = {0};
	const char *colon;

	open_terminal(&probe, TCP);
	colon = strrchr(terminal_place(probe.terminal), ':');
	CHECK_EQ(terminal_tcp_create(probe.loop, "127.0.0.1",
			 (uint16_t)strtoul(colon + 1, NULL, 10), NULL, NULL, &second,
			 &err),
		-EADDRINUSE);
	CHECK_HAS(err.text, colon + 1);
	probe_finish(&probe);
}

TEST(makes_its_folder)
{
	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/console", folder);
}

TEST(leaves_nothing_behind)
{
	CHECK_EQ(rmdir(folder), 0);
}

TEST_MAIN(CASE(makes_its_folder), CASE(client_comes_and_goes_and_gets_the_ring_first),
	CASE(tells_a_second_client_and_closes_it),
	CASE(half_closed_unix_client_reads_on_and_gives_way),
	CASE(keeps_input_of_a_client_that_left_until_it_is_taken),
	CASE(slow_client_loses_nothing),
	CASE(stalled_client_counts_as_gone_and_can_be_replaced),
	CASE(stalled_client_that_reads_again_is_back),
	CASE(socket_file_is_private_and_removed),
	CASE(replaces_the_socket_of_a_dead_process),
	CASE(refuses_a_living_socket_without_disturbing_it),
	CASE(refuses_what_it_cannot_listen_at), CASE(tells_of_a_taken_port),
	CASE(leaves_nothing_behind))
