/* SPDX-License-Identifier: Apache-2.0 */
/* A screen by TLS: VeNCrypt for clients of VNC, TLS from the first byte for browsers. */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "host/web.h"
#include "test/unit/rfb_peer.h"
#include "test/unit/test.h"
#include "test/unit/tls_fixture.h"
#include "test/unit/tls_rig.h"

#define TURNS_MAX 2000u

static const struct tls_rig_files server_files = {
	fixture_server, fixture_server_key, fixture_ca, "ops"};
static const struct tls_rig_files client_files = {
	fixture_client, fixture_client_key, fixture_ca, NULL};

/* A client's side of TLS, whose thread runs once it is open. */
struct secure {
	struct loop *loop;
	struct tls *tls;
	struct tls_rig_end end;
	pthread_t thread;
};

static void *run(void *argument)
{
	loop_run(argument);
	return NULL;
}

/* Until the server has said something by TLS, where it speaks first. */
static void join_by_tls(
	struct rfb_rig *rig, struct secure *secure, int fd, bool server_speaks)
{
	struct timeval limit = {.tv_sec = 20};
	char byte;

	CHECK_EQ(loop_create(&secure->loop, NULL), 0);
	CHECK_EQ(tls_rig_create(TLS_CLIENT, &client_files, &secure->tls, NULL), 0);
	tls_rig_open(
		&secure->end, secure->loop, secure->tls, fd, "vm.example", TLS_AT_ONCE);
	for (unsigned int i = 0; i < TURNS_MAX && !secure->end.over; i++) {
		loop_turn(rig->loop, 0);
		loop_turn(secure->loop, 10);
		if (secure->end.plain >= 0 &&
			(!server_speaks || recv(secure->end.plain, &byte, 1,
						   MSG_PEEK | MSG_DONTWAIT) == 1))
			break;
	}
	CHECK(secure->end.plain >= 0);
	fcntl(secure->end.plain, F_SETFL, 0);
	setsockopt(secure->end.plain, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	pthread_create(&secure->thread, NULL, run, secure->loop);
}

static void leave(struct secure *secure)
{
	loop_stop(secure->loop);
	pthread_join(secure->thread, NULL);
	tls_rig_close(&secure->end);
	tls_destroy(secure->tls);
	loop_destroy(secure->loop);
}

static void begin(struct rfb_rig *rig, struct display_vnc_options *options)
{
	struct tls_rig_paths paths;

	tls_rig_write(&server_files, &paths);
	options->tls = &paths.files;
	rfb_begin(rig, options);
	tls_rig_remove(&paths);
}

/* The gate's thread answers, once the connection is there. */
static void ask_for_vencrypt(int fd, uint8_t subtype)
{
	static const char version[] = "RFB 003.008\n";
	const uint8_t chosen[] = {0, 0, 1, subtype};
	uint8_t bytes[12];

	rfb_read(fd, bytes, 12);
	CHECK(!memcmp(bytes, version, 12));
	rfb_send(fd, version, 12);
	rfb_read(fd, bytes, 2);
	CHECK(bytes[0] == 1 && bytes[1] == 19);
	rfb_send(fd, &bytes[1], 1);
	rfb_read(fd, bytes, 2);
	CHECK(bytes[0] == 0 && bytes[1] == 2);
	rfb_send(fd, bytes, 2);
	rfb_read(fd, bytes, 6);
	CHECK(bytes[0] == 0 && bytes[1] == 1 && !memcmp(bytes + 2, chosen, 4));
	rfb_send(fd, chosen, 4);
	rfb_read(fd, bytes, 1);
	CHECK_EQ(bytes[0], 1);
}

static void see_the_screen(struct rfb_rig *rig, int fd)
{
	static const uint8_t shared = 1;
	uint8_t init[24];
	char name[16] = "";

	rfb_send(fd, &shared, 1);
	rfb_read(fd, init, sizeof(init));
	CHECK_EQ(init[0] << 8 | init[1], RFB_WIDTH);
	CHECK_EQ(init[2] << 8 | init[3], RFB_HEIGHT);
	rfb_read(fd, name, init[23] < sizeof(name) ? init[23] : sizeof(name) - 1);
	CHECK_STR(name, "a screen");
	rfb_see_all(fd, RFB_WIDTH, RFB_HEIGHT);
}

static void make_pages(char folder[32])
{
	char path[64];
	FILE *file;

	snprintf(folder, 32, "/tmp/bonsai-test-XXXXXX");
	CHECK(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vnc.html", folder);
	file = fopen(path, "w");
	fputs("<p>", file);
	fclose(file);
}

static void remove_pages(const char *folder)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/vnc.html", folder);
	unlink(path);
	rmdir(folder);
}

TEST(a_client_of_vnc_comes_by_vencrypt_whether_or_not_there_are_pages)
{
	char folder[32];
	struct display_vnc_options rows[] = {{0}, {.web = folder}};

	make_pages(folder);
	for (size_t i = 0; i < 2; i++) {
		struct secure secure;
		struct rfb_rig rig;
		uint8_t result[4];
		int fd;

		begin(&rig, &rows[i]);
		fd = rfb_connect(&rig);
		ask_for_vencrypt(fd, 4);
		join_by_tls(&rig, &secure, fd, true);
		rfb_read(secure.end.plain, result, sizeof(result));
		CHECK_EQ(result[3], 0);
		see_the_screen(&rig, secure.end.plain);
		leave(&secure);
		rfb_end(&rig);
	}
	remove_pages(folder);
}

TEST(the_password_is_asked_for_by_tls)
{
	char path[] = "/tmp/bonsai-test-XXXXXX";
	struct display_vnc_options options = {.password_file = path};
	struct secure secure;
	struct rfb_rig rig;
	uint8_t bytes[16] = {0};
	int fd = mkstemp(path);

	CHECK_EQ(write(fd, "swordfsh\n", 9), 9);
	close(fd);
	begin(&rig, &options);
	fd = rfb_connect(&rig);
	ask_for_vencrypt(fd, 5);
	join_by_tls(&rig, &secure, fd, true);
	rfb_read(secure.end.plain, bytes, 16);
	rfb_send(secure.end.plain, bytes, 16); /* no answer to that */
	rfb_read(secure.end.plain, bytes, 4);
	CHECK_EQ(bytes[3], 1);
	leave(&secure);
	unlink(path);
	rfb_end(&rig);
}

/* The answer's first and last words, which are long in coming where this machine is busy.
 */
static void expect_answer(
	struct rfb_rig *rig, int fd, const char *ask, const char *first, const char *last)
{
	char answer[1024] = "";
	size_t count = 0;

	rfb_send(fd, ask, strlen(ask));
	for (unsigned int turn = 0; turn < TURNS_MAX && !strstr(answer, last); turn++) {
		ssize_t n = recv(
			fd, answer + count, sizeof(answer) - 1 - count, MSG_DONTWAIT);

		count += n > 0 ? (size_t)n : 0;
		answer[count] = 0;
		loop_turn(rig->loop, 10);
	}
	CHECK(!strncmp(answer, first, strlen(first)));
	CHECK_HAS(answer, last);
}

TEST(a_browser_begins_with_tls_and_has_pages_under_any_name)
{
	static const char page[] =
		"GET /vnc.html HTTP/1.1\r\nHost: board.example\r\n\r\n";
	static const char none[] = "GET /none HTTP/1.1\r\nHost: board.example\r\n\r\n";
	static const char upgrade[] =
		"GET /websockify HTTP/1.1\r\nHost: board.example\r\n"
		"Origin: https://board.example\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
	char folder[32];
	struct display_vnc_options options = {.web = folder};
	struct secure secure;
	struct rfb_rig rig;

	make_pages(folder);
	begin(&rig, &options);
	join_by_tls(&rig, &secure, rfb_connect(&rig), false);
	/* Longer than clients of VNC would be waited for. */
	poll(NULL, 0, WEB_FIRST_WORD_MS + 200);
	expect_answer(&rig, secure.end.plain, none, "HTTP/1.1 404", "no such file.\n");
	expect_answer(&rig, secure.end.plain, page, "HTTP/1.1 200", "<p>");
	expect_answer(&rig, secure.end.plain, upgrade, "HTTP/1.1 101", "\r\n\r\n");
	leave(&secure);
	rfb_end(&rig);
	remove_pages(folder);
}

TEST(who_asks_for_no_x509_is_left)
{
	static const struct {
		const char *version;
		uint8_t type;
	} rows[] = {{"RFB 003.003\n", 0}, {"RFB 003.008\n", 1}, {"RFB 003.008\n", 2}};
	struct display_vnc_options options = {0};
	struct rfb_rig rig;

	begin(&rig, &options);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[12];
		int fd = rfb_connect(&rig);

		rfb_read(fd, bytes, 12);
		rfb_send(fd, rows[i].version, 12);
		if (rows[i].type) {
			rfb_read(fd, bytes, 2);
			rfb_send(fd, &rows[i].type, 1);
		}
		CHECK(rfb_is_over(fd));
		close(fd);
	}
	rfb_end(&rig);
}

TEST_MAIN(CASE(a_client_of_vnc_comes_by_vencrypt_whether_or_not_there_are_pages),
	CASE(the_password_is_asked_for_by_tls),
	CASE(a_browser_begins_with_tls_and_has_pages_under_any_name),
	CASE(who_asks_for_no_x509_is_left))
