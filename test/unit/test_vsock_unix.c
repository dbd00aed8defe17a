/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/vsock.h"
#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

#define CLIENTS 100u

#define PATIENCE_NS 5000000000ull

/* ---- the clock: the linker puts this between the socket and the loop -----------------
 */

void __real_loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t ns);
void __wrap_loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t ns);

static bool time_flies;

void __wrap_loop_timer_arm(struct loop *loop, struct loop_timer *timer, uint64_t ns)
{
	CHECK_EQ(ns, PATIENCE_NS);
	__real_loop_timer_arm(loop, timer, time_flies ? 1 : ns);
}

/* The device's part: takes what is asked, and counts events. */
struct rig {
	char folder[32];
	char path[64];
	struct loop *loop;
	struct vsock_host *host;
	struct vsock_host_user user;
	struct vsock_stream_user stream_user;
	struct vsock_stream *stream;
	bool refuse;
	unsigned int asked;
	uint32_t port;
	unsigned int readable;
	unsigned int writable;
	unsigned int gone;
};

static struct rig rig;

static bool asked(
	struct vsock_host_user *user, struct vsock_stream *stream, uint32_t port)
{
	rig.asked++;
	rig.port = port;
	if (rig.refuse)
		return false;
	rig.stream = stream;
	stream->user = &rig.stream_user;
	return true;
}

static void readable(struct vsock_stream_user *user)
{
	rig.readable++;
}

static void writable(struct vsock_stream_user *user)
{
	rig.writable++;
}

static void gone(struct vsock_stream_user *user)
{
	rig.gone++;
}

static const struct vsock_stream_events events = {
	.readable = readable, .writable = writable, .gone = gone};

static void set_up(void)
{
	memset(&rig, 0, sizeof(rig));
	snprintf(rig.folder, sizeof(rig.folder), "%s", "/tmp/bonsai-vsock.XXXXXX");
	CHECK(mkdtemp(rig.folder));
	snprintf(rig.path, sizeof(rig.path), "%s/vm", rig.folder);
	CHECK_EQ(loop_create(&rig.loop, NULL), 0);
	CHECK_EQ(vsock_unix_open(rig.loop, rig.path, NULL, &rig.host, NULL), 0);
	rig.user.asked = asked;
	rig.stream_user.events = &events;
	rig.host->user = &rig.user;
}

static void tear_down(void)
{
	vsock_stream_close(rig.stream);
	vsock_host_destroy(rig.host);
	loop_destroy(rig.loop);
	CHECK_EQ(rmdir(rig.folder), 0);
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return address;
}

static int connect_client(void)
{
	struct sockaddr_un address = address_of(rig.path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK_EQ(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	loop_turn(rig.loop, 1000);
	return fd;
}

static int listen_at(uint32_t port)
{
	struct sockaddr_un address;
	char path[100];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof(path), "%s_%u", rig.path, port);
	address = address_of(path);
	CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQ(listen(fd, 1), 0);
	return fd;
}

static void unlink_at(uint32_t port)
{
	char path[100];

	snprintf(path, sizeof(path), "%s_%u", rig.path, port);
	unlink(path);
}

static void say(int fd, const char *text)
{
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	loop_turn(rig.loop, 1000);
}

static ssize_t read_stream(void *buf, size_t room)
{
	struct iovec iov = {buf, room};

	return vsock_stream_read(rig.stream, &iov, 1);
}

static ssize_t write_stream(const void *buf, size_t bytes)
{
	struct iovec iov = {(void *)buf, bytes};

	return vsock_stream_write(rig.stream, &iov, 1);
}

/* ---- who wants to reach the guest ------------------------------------------------- */

TEST(client_says_what_it_wants)
{
	static const struct {
		const char *line;
		uint32_t port;
	} lines[] = {
		{"CONNECT 52\n", 52},
		{"connect 1\n", 1},
		{"CONNECT 0\n", 0},
		{"CONNECT 80\r\n", 80},
		{"CONNECT 4294967294\n", 4294967294u},
	};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		int client;

		set_up();
		client = connect_client();
		say(client, lines[i].line);
		CHECK_EQ(rig.asked, 1);
		CHECK_EQ(rig.port, lines[i].port);
		close(client);
		tear_down();
	}
}

TEST(client_that_says_anything_else_is_closed)
{
	static const char *const lines[] = {"CONNECT\n", "CONNECT \n", "CONNECT x\n",
		"CONNECT 4294967295\n", "CONNECT 99999999999\n", "CONNECT 1 \n",
		"CONNECT -1\n", "CONNECT  1\n", "\n", "\r\n", "GET / HTTP/1.1\r\n",
		"this line has no end in sight"};

	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char byte;
		int client;

		set_up();
		client = connect_client();
		say(client, lines[i]);
		CHECK_EQ(rig.asked, 0);
		CHECK(recv(client, &byte, 1, 0) <= 0);
		close(client);
		tear_down();
	}
}

TEST(request_may_come_in_pieces)
{
	int client;

	set_up();
	client = connect_client();
	say(client, "CONN");
	say(client, "ECT 5");
	CHECK_EQ(rig.asked, 0);
	say(client, "2\n");
	CHECK_EQ(rig.port, 52);
	close(client);
	tear_down();
}

TEST(what_follows_the_request_is_the_guests)
{
	char buf[16] = "";
	int client;

	set_up();
	client = connect_client();
	say(client, "CONNECT 52\nhello");
	CHECK_EQ(rig.asked, 1);
	CHECK_EQ(read_stream(buf, sizeof(buf)), 5);
	CHECK_STR(buf, "hello");
	close(client);
	tear_down();
}

TEST(client_hears_when_the_guest_agrees)
{
	char buf[32] = "";
	int client;

	set_up();
	client = connect_client();
	say(client, "CONNECT 52\n");
	CHECK_EQ(recv(client, buf, sizeof(buf), MSG_DONTWAIT), -1);
	vsock_stream_agree(rig.stream, 1073741824);
	CHECK_EQ(recv(client, buf, sizeof(buf) - 1, 0), 14);
	CHECK_STR(buf, "OK 1073741824\n");
	close(client);
	tear_down();
}

TEST(client_whom_nobody_takes_is_closed)
{
	char byte;
	int client;

	set_up();
	rig.refuse = true;
	client = connect_client();
	say(client, "CONNECT 52\n");
	CHECK_EQ(recv(client, &byte, 1, 0), 0);
	close(client);
	rig.host->user = NULL;
	client = connect_client();
	say(client, "CONNECT 52\n");
	CHECK_EQ(recv(client, &byte, 1, 0), 0);
	CHECK_EQ(rig.asked, 1);
	close(client);
	tear_down();
}

TEST(silent_clients_make_room_for_others)
{
	int clients[CLIENTS];
	char byte;

	set_up();
	for (unsigned int i = 0; i < CLIENTS; i++)
		clients[i] = connect_client();
	CHECK_EQ(recv(clients[0], &byte, 1, MSG_DONTWAIT), 0);
	CHECK_EQ(recv(clients[CLIENTS - 1], &byte, 1, MSG_DONTWAIT), -1);
	say(clients[CLIENTS - 1], "CONNECT 7\n");
	CHECK_EQ(rig.port, 7);
	for (unsigned int i = 0; i < CLIENTS; i++)
		close(clients[i]);
	tear_down();
}

TEST(client_that_does_not_say_what_it_wants_in_time_is_closed)
{
	int silent;
	int slow;
	int clear;
	char byte;

	set_up();
	clear = connect_client();
	say(clear, "CONNECT 7\n");
	slow = connect_client();
	say(slow, "CONN");
	time_flies = true;
	silent = connect_client();
	time_flies = false;
	loop_turn(rig.loop, 1000);
	CHECK_EQ(recv(silent, &byte, 1, MSG_DONTWAIT), 0);
	CHECK_EQ(recv(slow, &byte, 1, MSG_DONTWAIT), -1);
	CHECK_EQ(recv(clear, &byte, 1, MSG_DONTWAIT), -1);
	CHECK_EQ(rig.asked, 1);
	close(silent);
	close(slow);
	close(clear);
	tear_down();
}

TEST(client_that_leaves_early_is_forgotten)
{
	int client;

	set_up();
	client = connect_client();
	close(client);
	loop_turn(rig.loop, 1000);
	client = connect_client();
	say(client, "CONN");
	close(client);
	loop_turn(rig.loop, 1000);
	CHECK_EQ(rig.asked, 0);
	tear_down();
}

/* ---- streams ---------------------------------------------------------------------- */

/* The guest reaches port 9, where fd is. */
static int reach(void)
{
	int listener = listen_at(9);
	int fd;

	CHECK_EQ(vsock_host_connect(rig.host, 9, &rig.stream), 0);
	rig.stream->user = &rig.stream_user;
	fd = accept(listener, NULL, NULL);
	CHECK(fd >= 0);
	close(listener);
	unlink_at(9);
	return fd;
}

TEST(guest_reaches_a_socket_by_its_port)
{
	char buf[8] = "";
	int fd;

	set_up();
	fd = reach();
	CHECK_EQ(write_stream("abc", 3), 3);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 3);
	CHECK_EQ(write(fd, "xyz", 3), 3);
	CHECK_EQ(read_stream(buf, sizeof(buf)), 3);
	CHECK_STR(buf, "xyz");
	CHECK_EQ(read_stream(buf, sizeof(buf)), -EAGAIN);
	close(fd);
	tear_down();
}

TEST(guest_hears_where_nobody_listens)
{
	struct vsock_stream *stream;
	int listener;

	set_up();
	CHECK_EQ(vsock_host_connect(rig.host, 9, &stream), -ENOENT);
	listener = listen_at(9);
	close(listener);
	CHECK_EQ(vsock_host_connect(rig.host, 9, &stream), -ECONNREFUSED);
	unlink_at(9);
	tear_down();
}

TEST(events_come_as_they_are_wanted)
{
	int fd;

	set_up();
	fd = reach();
	CHECK_EQ(write(fd, "a", 1), 1);
	loop_turn(rig.loop, 0);
	CHECK_EQ(rig.readable, 0);
	vsock_stream_want(rig.stream, true, false);
	loop_turn(rig.loop, 0);
	loop_turn(rig.loop, 0);
	CHECK_EQ(rig.readable, 2);
	vsock_stream_want(rig.stream, false, true);
	loop_turn(rig.loop, 0);
	CHECK_EQ(rig.readable, 2);
	CHECK_EQ(rig.writable, 1);
	close(fd);
	tear_down();
}

TEST(full_socket_takes_no_more)
{
	static char block[1 << 16];
	ssize_t n;
	int fd;

	set_up();
	fd = reach();
	do
		n = write_stream(block, sizeof(block));
	while (n > 0);
	CHECK_EQ(n, -EAGAIN);
	vsock_stream_want(rig.stream, false, true);
	loop_turn(rig.loop, 0);
	CHECK_EQ(rig.writable, 0);
	while (recv(fd, block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	loop_turn(rig.loop, 1000);
	CHECK_EQ(rig.writable, 1);
	close(fd);
	tear_down();
}

TEST(each_direction_ends_on_its_own)
{
	char byte;
	int fd;

	set_up();
	fd = reach();
	vsock_stream_shut(rig.stream, false, true);
	CHECK_EQ(recv(fd, &byte, 1, 0), 0);
	CHECK_EQ(write(fd, "b", 1), 1);
	CHECK_EQ(read_stream(&byte, 1), 1);
	shutdown(fd, SHUT_WR);
	CHECK_EQ(read_stream(&byte, 1), 0);
	close(fd);
	tear_down();
}

TEST(who_left_is_told_once_and_read_to_the_end)
{
	char buf[8];
	int fd;

	set_up();
	fd = reach();
	CHECK_EQ(write(fd, "last", 4), 4);
	close(fd);
	loop_turn(rig.loop, 1000);
	loop_turn(rig.loop, 0);
	CHECK_EQ(rig.gone, 1);
	vsock_stream_want(rig.stream, true, true);
	loop_turn(rig.loop, 0);
	CHECK_EQ(rig.readable + rig.writable, 0);
	CHECK_EQ(read_stream(buf, sizeof(buf)), 4);
	CHECK_EQ(read_stream(buf, sizeof(buf)), 0);
	CHECK_EQ(write_stream(buf, 1), -EPIPE);
	tear_down();
}

/* ---- the socket itself ------------------------------------------------------------ */

TEST(socket_is_its_users_alone_and_goes_with_it)
{
	struct vsock_host *second;
	struct error err = {0};
	struct stat stat_of;

	set_up();
	CHECK_EQ(stat(rig.path, &stat_of), 0);
	CHECK_EQ(stat_of.st_mode & 0777, 0600);
	CHECK_EQ(vsock_unix_open(rig.loop, rig.path, NULL, &second, &err), -EADDRINUSE);
	CHECK_HAS(err.text, "belongs to a running process");
	tear_down();
	CHECK(stat(rig.path, &stat_of) < 0);
}

TEST_MAIN(CASE(client_says_what_it_wants), CASE(client_that_says_anything_else_is_closed),
	CASE(request_may_come_in_pieces), CASE(what_follows_the_request_is_the_guests),
	CASE(client_hears_when_the_guest_agrees),
	CASE(client_whom_nobody_takes_is_closed),
	CASE(silent_clients_make_room_for_others),
	CASE(client_that_does_not_say_what_it_wants_in_time_is_closed),
	CASE(client_that_leaves_early_is_forgotten),
	CASE(guest_reaches_a_socket_by_its_port), CASE(guest_hears_where_nobody_listens),
	CASE(events_come_as_they_are_wanted), CASE(full_socket_takes_no_more),
	CASE(each_direction_ends_on_its_own),
	CASE(who_left_is_told_once_and_read_to_the_end),
	CASE(socket_is_its_users_alone_and_goes_with_it))
