/* SPDX-License-Identifier: Apache-2.0 */
#include "host/web.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

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

TEST(another_request_may_follow_where_the_end_of_this_one_is_sure)
{
	static const struct {
		const char *version;
		const char *headers;
		bool stays;
	} rows[] = {
		{"HTTP/1.1", "", true},
		{"HTTP/1.1", "Connection: keep-alive\r\n", true},
		{"HTTP/1.1", "Connection: Upgrade, closer\r\n", true},
		{"HTTP/1.1", "connection:close\r\n", false},
		{"HTTP/1.1", "Connection: keep-alive , Close\r\n", false},
		{"HTTP/1.1", "Connection: close\r\nConnection: keep-alive\r\n", false},
		{"HTTP/1.1", "Content-Length: 4\r\n", false},
		{"HTTP/1.1", "Transfer-Encoding: chunked\r\n", false},
		{"HTTP/1.0", "Connection: keep-alive\r\n", false},
	};
	struct web_request request;
	char head[256];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int count = snprintf(head, sizeof(head), "GET / %s\r\n%s\r\n",
			rows[i].version, rows[i].headers);

		CHECK_EQ(web_parse(head, (size_t)count, &request), WEB_WHOLE);
		if (request.stays != rows[i].stays)
			test_fail(__FILE__, __LINE__, "wrong about: %s", head);
	}
}

#define ANSWER_BYTES (1u << 18)

/*
 * What the server's end makes of a connection on which that is said, and what it answers;
 * rest is what it left for others to read.
 */
static enum web_greeting visit(
	const struct web_rules *rules, const char *text, char *answer, char *rest)
{
	enum web_greeting greeting;
	size_t count = 0;
	ssize_t got;
	int pair[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	CHECK_EQ(write(pair[1], text, strlen(text)), strlen(text));
	if (text[0])
		shutdown(pair[1], SHUT_WR);
	greeting = web_greet(pair[0], rules);
	got = recv(pair[0], rest, ANSWER_BYTES - 1, 0);
	rest[got > 0 ? got : 0] = 0;
	close(pair[0]);
	do {
		got = read(pair[1], answer + count, ANSWER_BYTES - 1 - count);
		count += got > 0 ? (size_t)got : 0;
	} while (got > 0);
	answer[count] = 0;
	close(pair[1]);
	return greeting;
}

static enum web_greeting ask(int root, bool any_name, const char *text, char *answer)
{
	const struct web_rules rules = {.root = root, .any_name = any_name};
	char rest[ANSWER_BYTES];
	enum web_greeting greeting = visit(&rules, text, answer, rest);

	/* What was only looked at is still there. */
	if (greeting != WEB_DONE)
		CHECK_STR(rest, text);
	return greeting;
}

static int open_folder(char folder[32])
{
	char name[64];
	int file, root;

	snprintf(folder, 32, "/tmp/bonsai-test-XXXXXX");
	CHECK(mkdtemp(folder));
	snprintf(name, sizeof(name), "%s/vnc.html", folder);
	file = open(name, O_CREAT | O_WRONLY, 0600);
	CHECK_EQ(write(file, "<p>", 3), 3);
	close(file);
	CHECK_EQ(web_open(folder, NULL, &root, NULL), 0);
	return root;
}

static void close_folder(const char *folder, int root)
{
	unlinkat(root, "vnc.html", 0);
	close(root);
	rmdir(folder);
}

TEST(hands_out_files_and_refuses_strangers)
{
	char folder[32], answer[ANSWER_BYTES];
	int root = open_folder(folder);

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
	close_folder(folder, root);
}

static unsigned int count_of(const char *text, const char *word)
{
	unsigned int count = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		count++;
	}
	return count;
}

TEST(a_connection_stays_for_more_until_it_has_asked_for_too_much)
{
	static const char page[] = "GET /vnc.html HTTP/1.1\r\n\r\n";
	static const char none[] = "GET /no HTTP/1.1\r\n\r\n";
	static const char last[] = "GET /vnc.html HTTP/1.1\r\nConnection: close\r\n\r\n";
	static const char upgrade[] =
		"GET / HTTP/1.1\r\nHost: [::1]\r\nOrigin: http://[::1]\r\n" SOCKET "\r\n";
	char folder[32], answer[ANSWER_BYTES], rest[ANSWER_BYTES];
	char text[(WEB_REQUESTS_MAX + 1) * sizeof(page)] = "";
	int root = open_folder(folder);
	const struct web_rules rules = {.root = root};

	snprintf(text, sizeof(text), "%s%s%s", page, none, page);
	CHECK_EQ(visit(&rules, text, answer, rest), WEB_DONE);
	CHECK_EQ(count_of(answer, "HTTP/1.1 200 OK"), 2);
	CHECK_EQ(count_of(answer, "HTTP/1.1 404"), 1);
	CHECK_EQ(count_of(answer, "Connection: close"), 0);

	snprintf(text, sizeof(text), "%s%s%s", page, last, page);
	CHECK_EQ(visit(&rules, text, answer, rest), WEB_DONE);
	CHECK_EQ(count_of(answer, "HTTP/1.1 200 OK"), 2);
	CHECK_EQ(count_of(answer, "Connection: close"), 1);
	CHECK_STR(rest, page);

	snprintf(text, sizeof(text), "%s%s", page, upgrade);
	CHECK_EQ(visit(&rules, text, answer, rest), WEB_SOCKET);
	CHECK_EQ(count_of(answer, "HTTP/1.1 200 OK"), 1);
	CHECK_STR(rest, upgrade);

	/* Another protocol is one from the first word on, or not at all. */
	snprintf(text, sizeof(text), "%sRFB 003.008\n", page);
	CHECK_EQ(visit(&rules, text, answer, rest), WEB_DONE);

	text[0] = 0;
	for (unsigned int i = 0; i <= WEB_REQUESTS_MAX; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", none);
	CHECK_EQ(visit(&rules, text, answer, rest), WEB_DONE);
	CHECK_EQ(count_of(answer, "HTTP/1.1 404"), WEB_REQUESTS_MAX);
	CHECK_EQ(count_of(answer, "Connection: close"), 1);
	CHECK_STR(rest, none);
	close_folder(folder, root);
}

static void *speak_late(void *argument)
{
	static const char page[] = "GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
	const int *fd = argument;

	poll(NULL, 0, WEB_FIRST_WORD_MS + 200);
	CHECK_EQ(write(*fd, page, strlen(page)), strlen(page));
	return NULL;
}

TEST(a_late_word_is_waited_for_where_everybody_has_one)
{
	const struct web_rules rules = {.root = -1, .speaks_first = true};
	char answer[512] = "";
	pthread_t thread;
	int pair[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	pthread_create(&thread, NULL, speak_late, &pair[1]);
	CHECK_EQ(web_greet(pair[0], &rules), WEB_DONE);
	pthread_join(thread, NULL);
	CHECK(read(pair[1], answer, sizeof(answer) - 1) > 0);
	CHECK_HAS(answer, "HTTP/1.1 302 Found\r\n");
	close(pair[0]);
	close(pair[1]);
}

/* Its connection is free for another at once, not when a browser's patience would end. */
TEST(does_not_wait_for_the_rest_of_who_has_left)
{
	const struct web_rules rules = {.root = -1};
	uint64_t start_ns = loop_now_ns();
	int pair[2];

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	CHECK_EQ(send(pair[1], "GET / HT", 8, 0), 8);
	shutdown(pair[1], SHUT_WR);
	CHECK_EQ(web_greet(pair[0], &rules), WEB_DONE);
	CHECK(loop_now_ns() - start_ns < 4000000000u);
	close(pair[0]);
	close(pair[1]);
}

TEST_MAIN(CASE(reads_what_is_asked_for), CASE(waits_for_the_whole_head_and_no_longer),
	CASE(knows_whose_page_asks),
	CASE(another_request_may_follow_where_the_end_of_this_one_is_sure),
	CASE(hands_out_files_and_refuses_strangers),
	CASE(a_connection_stays_for_more_until_it_has_asked_for_too_much),
	CASE(a_late_word_is_waited_for_where_everybody_has_one),
	CASE(does_not_wait_for_the_rest_of_who_has_left))
