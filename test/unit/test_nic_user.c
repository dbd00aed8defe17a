/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The test puts a shell script named passt in front of PATH.
 */
#include "host/nic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/container_of.h"
#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

/* Writes its process id and its arguments where the test finds them, then echoes. */
#define REMEMBER "echo $$ >\"$FAKE_DIR/pid\"\necho \"$@\" >\"$FAKE_DIR/arguments\"\n"
#define READY "echo $$ >/proc/self/fd/1\n"
#define ECHO "exec cat <&3 >&3\n"

struct bench {
	struct nic_user user;
	struct loop *loop;
	struct nic *nic;
	struct error err;
	char dir[32];
	unsigned int frames;
	uint8_t frame[256];
	ssize_t frame_bytes;
};

static void take_frames(struct nic_user *user, unsigned int queue)
{
	struct bench *bench = container_of(user, struct bench, user);
	struct iovec iov = {bench->frame, sizeof(bench->frame)};
	ssize_t got;

	while ((got = nic_receive(bench->nic, queue, &iov, 1)) != -EAGAIN) {
		bench->frame_bytes = got;
		bench->frames++;
	}
}

static void ignore_writable(struct nic_user *user, unsigned int queue)
{
}

static void ignore_link(struct nic_user *user)
{
}

static const struct nic_events bench_events = {
	.readable = take_frames,
	.writable = ignore_writable,
	.link_changed = ignore_link,
};

static void write_script(const struct bench *bench, const char *body)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/passt", bench->dir);
	file = fopen(path, "w");
	CHECK(file != NULL);
	fprintf(file, "#!/bin/sh\n%s", body);
	fclose(file);
	CHECK_EQ(chmod(path, 0755), 0);
}

/* body NULL: no passt at all. */
static void bench_init(struct bench *bench, const char *body)
{
	char path[128];

	*bench = (struct bench){
		.user = {&bench_events}, .dir = "/tmp/bonsai-passt-XXXXXX"};
	CHECK(mkdtemp(bench->dir) != NULL);
	snprintf(path, sizeof(path), "%s%s", bench->dir, body ? ":/usr/bin:/bin" : "");
	setenv("PATH", path, 1);
	setenv("FAKE_DIR", bench->dir, 1);
	if (body)
		write_script(bench, body);
	CHECK_EQ(loop_create(&bench->loop, NULL), 0);
}

static int bench_open(struct bench *bench)
{
	int code = nic_user_open(bench->loop, NULL, 0, 0, NULL, &bench->nic, &bench->err);

	if (!code) {
		nic_set_user(bench->nic, &bench->user);
		nic_want_frames(bench->nic, 0, true);
	}
	return code;
}

static void bench_finish(struct bench *bench)
{
	static const char *const names[] = {"passt", "pid", "arguments", "runs"};
	char path[64];

	nic_destroy(bench->nic);
	loop_destroy(bench->loop);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", bench->dir, names[i]);
		unlink(path);
	}
	CHECK_EQ(rmdir(bench->dir), 0);
}

static void read_file(const struct bench *bench, const char *name, char *text, int room)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", bench->dir, name);
	file = fopen(path, "r");
	text[0] = '\0';
	if (file && !fgets(text, room, file))
		text[0] = '\0';
	if (file)
		fclose(file);
}

static pid_t fake_pid(const struct bench *bench)
{
	char text[32];

	read_file(bench, "pid", text, sizeof(text));
	return (pid_t)atol(text);
}

static void send_frame(struct bench *bench)
{
	uint8_t frame[NIC_HEADER_BYTES + 60] = {0};
	struct iovec iov = {frame, sizeof(frame)};

	CHECK_EQ(nic_send(bench->nic, 0, &iov, 1), 0);
}

TEST(carries_frames_and_ends_the_process_with_the_nic)
{
	struct bench bench;
	pid_t pid;

	bench_init(&bench, REMEMBER READY ECHO);
	CHECK_EQ(bench_open(&bench), 0);
	CHECK(nic_link_up(bench.nic));
	pid = fake_pid(&bench);
	CHECK_EQ(kill(pid, 0), 0);
	send_frame(&bench);
	while (!bench.frames)
		loop_turn(bench.loop, 1000);
	CHECK_EQ(bench.frame_bytes, NIC_HEADER_BYTES + 60);
	nic_destroy(bench.nic);
	bench.nic = NULL;
	CHECK(kill(pid, 0) < 0 && errno == ESRCH); /* reaped, not only dead */
	bench_finish(&bench);
}

TEST(passes_forwards_and_mtu_on)
{
	const struct nic_forward forwards[] = {
		{.host_port = 0, .guest_port = 22},
		{.udp = true, .address = "127.0.0.1", .host_port = 0, .guest_port = 53},
	};
	struct bench bench;
	char text[256];

	bench_init(&bench, REMEMBER READY ECHO);
	CHECK_EQ(nic_user_open(bench.loop, forwards, 2, 1400, NULL, &bench.nic, NULL), 0);
	read_file(&bench, "arguments", text, sizeof(text));
	CHECK_STR(text, "--foreground --quiet --fd 3 --pid /proc/self/fd/1 --mtu 1400 "
			"-t 0:22 -u 127.0.0.1/0:53\n");
	bench_finish(&bench);
}

TEST(shows_why_it_ended_at_the_start)
{
	static const struct {
		const char *body;
		const char *text;
	} cases[] = {
		{"echo 'Failed to send 47 bytes to syslog' >&2\n"
		 "echo \"Don't run as root. Changing to nobody...\" >&2\n"
		 "echo 'No external routable interface for IPv4' >&2\n"
		 "printf 'External interface not usable' >&2; echo >&2\nexit 1\n",
			"passt: No external routable interface for IPv4; "
			"External interface not usable"},
		{"exit 7\n", "passt ended with status 7"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench bench;

		bench_init(&bench, cases[i].body);
		CHECK_EQ(bench_open(&bench), -ECHILD);
		CHECK_STR(bench.err.text, cases[i].text);
		CHECK(!bench.nic);
		bench_finish(&bench);
	}
}

TEST(names_the_package_where_there_is_no_passt)
{
	struct bench bench;

	bench_init(&bench, NULL);
	CHECK_EQ(bench_open(&bench), -ENOENT);
	CHECK_STR(bench.err.text, "passt not found: install the package passt");
	bench_finish(&bench);
}

TEST(starts_it_again_when_it_ended)
{
	struct bench bench;
	pid_t pid;

	bench_init(&bench, REMEMBER READY ECHO);
	CHECK_EQ(bench_open(&bench), 0);
	pid = fake_pid(&bench);
	CHECK_EQ(kill(pid, SIGTERM), 0);
	while (nic_link_up(bench.nic))
		loop_turn(bench.loop, 1000);
	CHECK(kill(pid, 0) < 0);
	while (!nic_link_up(bench.nic))
		loop_turn(bench.loop, 5000);
	CHECK(fake_pid(&bench) != pid);
	send_frame(&bench);
	while (!bench.frames)
		loop_turn(bench.loop, 1000);
	bench_finish(&bench);
}

TEST(keeps_trying_while_it_does_not_start)
{
	struct bench bench;
	pid_t pid;

	bench_init(&bench, REMEMBER READY ECHO);
	CHECK_EQ(bench_open(&bench), 0);
	pid = fake_pid(&bench);
	write_script(&bench, REMEMBER "echo broken >&2; exit 1\n");
	kill(pid, SIGTERM);
	while (fake_pid(&bench) == pid || fake_pid(&bench) == 0)
		loop_turn(bench.loop, 100);
	CHECK(!nic_link_up(bench.nic));
	write_script(&bench, REMEMBER READY ECHO);
	while (!nic_link_up(bench.nic))
		loop_turn(bench.loop, 5000);
	bench_finish(&bench);
}

TEST(is_not_held_up_by_a_talkative_process)
{
	struct bench bench;

	bench_init(&bench, READY "i=0\nwhile [ $i -lt 3000 ]; do\n"
				 "echo 'Failed to send 47 bytes to syslog' >&2\n"
				 "i=$((i + 1))\ndone\n" ECHO);
	CHECK_EQ(bench_open(&bench), 0);
	send_frame(&bench);
	while (!bench.frames)
		loop_turn(bench.loop, 1000);
	bench_finish(&bench);
}

TEST(refuses_a_forward_whose_port_is_taken)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t bytes = sizeof(address);
	struct nic_forward forward = {.address = "127.0.0.1", .guest_port = 22};
	struct source_pos pos = {"vm.xml", 9};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct bench bench;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	CHECK_EQ(listen(fd, 1), 0);
	CHECK_EQ(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
	forward.host_port = ntohs(address.sin_port);
	bench_init(&bench, "exit 1\n");
	CHECK_EQ(nic_user_open(bench.loop, &forward, 1, 0, &pos, &bench.nic, &bench.err),
		-EADDRINUSE);
	CHECK_HAS(bench.err.text, "forwarded tcp port 127.0.0.1 ");
	CHECK_EQ(bench.err.pos.line, 9);
	forward.address = "localhost";
	CHECK_EQ(nic_user_open(bench.loop, &forward, 1, 0, &pos, &bench.nic, &bench.err),
		-EINVAL);
	close(fd);
	bench_finish(&bench);
}

TEST_MAIN(CASE(carries_frames_and_ends_the_process_with_the_nic),
	CASE(passes_forwards_and_mtu_on), CASE(shows_why_it_ended_at_the_start),
	CASE(names_the_package_where_there_is_no_passt),
	CASE(starts_it_again_when_it_ended), CASE(keeps_trying_while_it_does_not_start),
	CASE(is_not_held_up_by_a_talkative_process),
	CASE(refuses_a_forward_whose_port_is_taken))
