/* SPDX-License-Identifier: Apache-2.0 */
#include "host/web.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/error.h"
#include "src/loop.h"
#include "test/unit/test.h"

#define SOCKET "Upgrade: websocket\r\n"

TEST(reads_what_is_asked_for)
{
	static const struct {
		const char *target;
		const char *path;
	} rows[] = {
		{"/vnc.html", "/vnc.html"},
		{"/vnc.html?autoconnect=true&path=/../..", "/vnc.html"},
		{"/core/input/key-board_1.js", "/core/input/key-board_1.js"},
		{"/", "/"},
		{"", ""},
		{"vnc.html", ""},
		{"/../etc/passwd", ""},
		{"/app/..", ""},
		{"//etc/passwd", ""},
		{"/app//etc", ""},
		{"/.git", ""},
		{"/%2e%2e/etc", ""},
		{"/a\\b", ""},
	};
	struct web_request request;
	char head[128];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int count = snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\n\r\nmore",
			rows[i].target);

		CHECK_EQ(web_parse(head, (size_t)count, &request), WEB_WHOLE);
		CHECK_STR(request.path, rows[i].path);
		CHECK_EQ(request.bytes, count - 4);
		CHECK(!request.socket);
	}
}

TEST(waits_for_the_whole_head_and_no_longer)
{
	static const char head[] = "GET /vnc.html HTTP/1.1\r\nHost: localhost\r\n\r\n";
	char flood[WEB_HEAD_BYTES];
	struct web_request request;

	for (size_t count = 0; count < sizeof(head) - 1; count++)
		CHECK_EQ(web_parse(head, count, &request), WEB_PARTIAL);
	CHECK_EQ(web_parse(head, sizeof(head) - 1, &request), WEB_WHOLE);
	memset(flood, 'x', sizeof(flood));
	CHECK_EQ(web_parse(flood, sizeof(flood) - 1, &request), WEB_PARTIAL);
	CHECK_EQ(web_parse(flood, sizeof(flood), &request), WEB_WRONG);
	CHECK_EQ(web_parse("PUT / HTTP/1.1\r\n\r\n", 18, &request), WEB_WRONG);
	CHECK_EQ(web_parse("GET /\r\n\r\n", 9, &request), WEB_WRONG);
}

TEST(knows_whose_page_asks)
{
	static const struct {
		const char *headers;
		bool ours;
		bool by_address;
	} rows[] = {
		{"Host: 127.0.0.1:5900\r\nOrigin: http://127.0.0.1:5900\r\n", true, true},
		{"host:localhost:80\r\norigin: https://LOCALHOST:80\r\n", true, true},
		{"Host: [::1]:5900\r\nOrigin: http://[::1]:5900\r\n", true, true},
		{"Host: board.lan:5900\r\nOrigin: http://board.lan:5900\r\n", true,
			false},
		{"Host: 127.0.0.1:5900\r\nOrigin: http://elsewhere\r\n", false, true},
		{"Host: 127.0.0.1:5900\r\nOrigin: http://127.0.0.1\r\n", false, true},
		{"Host: 127.0.0.1:5900\r\nOrigin: null\r\n", false, true},
		{"Host: 127.0.0.1:5900\r\n", false, true},
		{"Origin: http://\r\n", false, false},
		{"Host: \r\nOrigin: http://\r\n", false, false},
		{"Host: 127.0.0.1.elsewhere\r\n", false, false},
		{"Host: [::1\r\n", false, true},
	};
	struct web_request request;
	char head[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int count = snprintf(head, sizeof(head),
			"GET /websockify HTTP/1.1\r\n%s" SOCKET "\r\n", rows[i].headers);

		CHECK_EQ(web_parse(head, (size_t)count, &request), WEB_WHOLE);
		CHECK(request.socket);
		if (request.ours != rows[i].ours ||
			request.by_address != rows[i].by_address)
			test_fail(__FILE__, __LINE__, "wrong about: %s", rows[i].headers);
	}
}

/* What the server's end makes of a request, and what it answers. */
static enum web_greeting ask(int root, bool password, const char *text, char *answer)
{
	enum web_greeting greeting;
	size_t count = 0;
	ssize_t got = 1;
	int pair[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	CHECK_EQ(write(pair[1], text, strlen(text)), strlen(text));
	greeting = web_greet(pair[0], root, password);
	/* What was only looked at is still there. */
	if (greeting != WEB_DONE && text[0])
		CHECK_EQ(recv(pair[0], answer, 4096, 0), strlen(text));
	close(pair[0]);
	while (got > 0 && count < 4000) {
		got = read(pair[1], answer + count, 4000 - count);
		count += got > 0 ? (size_t)got : 0;
	}
	answer[count] = 0;
	close(pair[1]);
	return greeting;
}

TEST(hands_out_files_and_refuses_strangers)
{
	char folder[] = "/tmp/bonsai-test-XXXXXX";
	struct error err = {0};
	char name[64], answer[4097];
	int root, file;

	CHECK(mkdtemp(folder));
	snprintf(name, sizeof(name), "%s/vnc.html", folder);
	file = open(name, O_CREAT | O_WRONLY, 0600);
	CHECK_EQ(write(file, "<p>", 3), 3);
	close(file);
	CHECK_EQ(web_open(folder, NULL, &root, &err), 0);

	CHECK_EQ(ask(root, false, "GET /vnc.html HTTP/1.1\r\n\r\n", answer), WEB_DONE);
	CHECK_HAS(answer, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
			  "Content-Length: 3\r\n");
	CHECK_HAS(answer, "\r\n\r\n<p>");
	CHECK_EQ(ask(root, false, "GET / HTTP/1.1\r\n\r\n", answer), WEB_DONE);
	CHECK_HAS(answer, "\r\nLocation: /vnc.html?autoconnect=true");
	CHECK_EQ(ask(root, false, "GET /no HTTP/1.1\r\n\r\n", answer), WEB_DONE);
	CHECK_HAS(answer, "HTTP/1.1 404 Not Found\r\n");
	CHECK_EQ(ask(root, false, "GET /../vnc.html HTTP/1.1\r\n\r\n", answer), WEB_DONE);
	CHECK_HAS(answer, "HTTP/1.1 404 Not Found\r\n");

	CHECK_EQ(ask(root, false, "RFB 003.008\n", answer), WEB_NOTHING);
	CHECK_EQ(ask(root, false, "", answer), WEB_NOTHING);
	CHECK_EQ(ask(root, false, "GET nonsense\r\n\r\n", answer), WEB_DONE);
	CHECK_STR(answer, "");

	CHECK_EQ(
		ask(root, false,
			"GET / HTTP/1.1\r\nHost: [::1]\r\nOrigin: http://[::1]\r\n" SOCKET
			"\r\n",
			answer),
		WEB_SOCKET);
	CHECK_EQ(
		ask(root, false,
			"GET / HTTP/1.1\r\nHost: [::1]\r\nOrigin: http://there\r\n" SOCKET
			"\r\n",
			answer),
		WEB_DONE);
	CHECK_HAS(answer, "HTTP/1.1 403 Forbidden\r\n");
	/* A name that somebody made up to mean us. */
	CHECK_EQ(ask(root, false,
			 "GET / HTTP/1.1\r\nHost: evil\r\nOrigin: http://evil\r\n" SOCKET
			 "\r\n",
			 answer),
		WEB_DONE);
	CHECK_EQ(ask(root, true,
			 "GET / HTTP/1.1\r\nHost: evil\r\nOrigin: http://evil\r\n" SOCKET
			 "\r\n",
			 answer),
		WEB_SOCKET);
	close(root);
	unlink(name);
	rmdir(folder);
}

/* Its connection is free for another at once, not when a browser's patience would end. */
TEST(does_not_wait_for_the_rest_of_who_has_left)
{
	uint64_t start_ns = loop_now_ns();
	int pair[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	CHECK_EQ(send(pair[1], "GET / HT", 8, 0), 8);
	shutdown(pair[1], SHUT_WR);
	CHECK_EQ(web_greet(pair[0], -1, false), WEB_DONE);
	CHECK(loop_now_ns() - start_ns < 4000000000u);
	close(pair[0]);
	close(pair[1]);
}

TEST_MAIN(CASE(reads_what_is_asked_for), CASE(waits_for_the_whole_head_and_no_longer),
	CASE(knows_whose_page_asks), CASE(hands_out_files_and_refuses_strangers),
	CASE(does_not_wait_for_the_rest_of_who_has_left))
